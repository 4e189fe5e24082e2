"""The variable `redeploy` of the generated configuration: which services an apply deploys again, and the services that
Terraform would replace without it."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from catalog.analysis.states import BASE
from catalog.diagnostics import did_you_mean, listed
from deploy.process import Refusal
from deploy.stacks import Stack, base_of, configuration_of, pulled_state

_SERVICE = "aws_ecs_service"
_PROVIDER = re.compile(r"\$\{aws_ecs_capacity_provider\.([\w-]+)\.name\}")
_OUTPUT = re.compile(rf"\$\{{data\.terraform_remote_state\.{BASE}\.outputs\.([\w-]+)\}}")
Strategy = frozenset[tuple[str | None, int, int]]
"""Capacity providers, each with its weight and base."""


def services_of(stack: Stack) -> list[str]:
    """The names of a stack's ECS services, as in their addresses."""
    addresses = (address.rpartition(".") for address in configuration_of(stack).resources)
    return sorted(name for type_, _, name in addresses if type_ == _SERVICE)


def refuse_unknown(names: Collection[str], *, stacks: Sequence[Stack]) -> None:
    """Raise Refusal for a name that no stack has."""
    known = sorted({name for stack in stacks for name in services_of(stack)})
    for name in names:
        if name not in known:
            close = did_you_mean(name, known)
            fix = f'; did you mean "{close}"?' if close else f". Use one of {', '.join(known)}."
            raise Refusal(f'REDEPLOY: no service is called "{name}"{fix}')


def variable(stack: Stack, names: Collection[str]) -> list[str]:
    """Terraform's argument for those of the services that are in the stack; empty if the stack has no such service."""
    here = [name for name in services_of(stack) if name in names]
    return [f"-var=redeploy={json.dumps(here)}"] if here else []


def refuse_replacement(
    stack: Stack, *, all_stacks: Sequence[Stack], names: Collection[str], command: str, terraform: str
) -> None:
    """Raise Refusal if Terraform would replace ECS services of an initialized stack because their capacity changes.

    The provider changes the strategy in place only together with `force_new_deployment`. Otherwise it deletes the
    service with all its tasks and creates it again.
    """
    replaced = [each for each in _changed(stack, all_stacks=all_stacks, terraform=terraform) if each[0] not in names]
    if not replaced:
        return
    what = [f"{_SERVICE}.{name} ({_shown(old)} to {_shown(new)})" for name, old, new in replaced]
    every = ",".join(sorted({*names, *(name for name, _, _ in replaced)}))
    raise Refusal(
        f"{stack.id}: Terraform would delete {listed(what)} with all tasks and create it again, because the capacity "
        f"changes. Run make {command} REDEPLOY={every} to change it in place."
    )


def _shown(strategy: Strategy) -> str:
    return ", ".join(sorted(provider or "a new capacity provider" for provider, _, _ in strategy))


def _changed(stack: Stack, *, all_stacks: Sequence[Stack], terraform: str) -> Iterator[tuple[str, Strategy, Strategy]]:
    """The services whose strategy differs from the state's: their names, and both strategies."""
    held = {
        f"{resource['type']}.{resource['name']}": instance["attributes"]
        for resource in pulled_state(stack, terraform=terraform).get("resources", ())
        if resource["type"] == _SERVICE
        for instance in resource["instances"]
    }
    if not held:
        return
    output = json.loads(stack.text())
    base = base_of(stack, all_stacks)
    above = json.loads(base.text()) if base else {}
    before = {block["to"]: block["from"] for block in output.get("moved", ())}
    for name, arguments in sorted(output.get("resource", {}).get(_SERVICE, {}).items()):
        address = f"{_SERVICE}.{name}"
        attributes = held.get(address) or held.get(before.get(address, ""))
        if attributes is None:
            continue
        old = _strategy(attributes["capacity_provider_strategy"])
        new = _strategy(
            {**item, "capacity_provider": _provider(item["capacity_provider"], output, above)}
            for item in arguments.get("capacity_provider_strategy", ())
        )
        if old != new:
            yield name, old, new


def _strategy(items: Any) -> Strategy:
    return frozenset((each["capacity_provider"], each.get("weight") or 0, each.get("base") or 0) for each in items)


def _provider(text: str, output: dict[str, Any], base: dict[str, Any]) -> str | None:
    """The name of a capacity provider in the configuration, which may refer to a resource here or to an output of the
    base; None if it can't be known."""
    if shared := _OUTPUT.fullmatch(text):
        value = base.get("output", {}).get(shared[1], {}).get("value", "")
        return _provider(value, base, {}) if isinstance(value, str) and value else None
    if reference := _PROVIDER.fullmatch(text):
        found = output.get("resource", {}).get("aws_ecs_capacity_provider", {}).get(reference[1], {})
        name: str | None = found.get("name")
        return name
    return text
