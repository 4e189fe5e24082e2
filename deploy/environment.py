"""Which stacks belong to an environment of the catalog, and which keep one of its states."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from catalog.load import load
from catalog.states import BASE
from deploy.output import Stack
from deploy.refusal import Refusal


def of_environment(stacks: Sequence[Stack], *, catalog: Path, environment: str) -> list[Stack]:
    """The stacks of one deployment. Raises CatalogError, with the environments there are, where the catalog has no
    such one.

    A stack is called like its deployment, or like that, `_` and the state beside its base; no id holds a `_`.
    """
    (deployment,) = load(catalog, environment=environment).deployments
    chosen = [stack for stack in stacks if deployment_of(stack) == deployment.id]
    if not chosen:
        raise Refusal(f'the last synth wrote no stack of "{environment}"; run make synth without CATALOG_ENVIRONMENT')
    return chosen


def of_state(stacks: Sequence[Stack], *, state: str) -> list[Stack]:
    """The stacks that keep one state, "base" or another, of each deployment that has it."""
    chosen = [stack for stack in stacks if _state(stack) == state]
    if not chosen:
        known = ", ".join(sorted({_state(stack) for stack in stacks}))
        raise Refusal(f'the last synth wrote no stack "{state}"; name one of {known}')
    return chosen


def deployment_of(stack: Stack) -> str:
    """The id of the deployment that a stack belongs to."""
    return stack.id.partition("_")[0]


def _state(stack: Stack) -> str:
    return stack.id.partition("_")[2] or BASE
