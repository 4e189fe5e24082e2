"""Which stacks belong to an environment of the catalog."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from catalog.load import load
from catalog.reading.source import Source
from deploy.output import Stack
from deploy.refusal import Refusal


def of_environment(stacks: Sequence[Stack], *, catalog: Path, environment: str) -> list[Stack]:
    """The stacks of one deployment. Raises CatalogError, with the environments there are, where the catalog has no
    such one.

    A stack is called like its deployment, or like that and a suffix. Where "prod" and "prod-eu" are both environments
    the longer id claims a stack, or work on the one would reach the other.
    """
    (deployment,) = load(catalog, environment=environment).deployments
    stem = deployment.id.removesuffix(environment)
    # The others are only named, not read: what is wrong with them is no reason to stop this one.
    ids = [stem + name for name in Source(catalog).data["environments"]]
    chosen = [stack for stack in stacks if _owner(stack.id, ids=ids) == deployment.id]
    if not chosen:
        raise Refusal(f'the last synth wrote no stack of "{environment}"; run make synth without CATALOG_ENVIRONMENT')
    return chosen


def _owner(stack: str, *, ids: Sequence[str]) -> str | None:
    """The id of the deployment that a stack belongs to."""
    owners = [id_ for id_ in ids if stack == id_ or stack.startswith(f"{id_}-")]
    return max(owners, key=len, default=None)
