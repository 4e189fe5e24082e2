"""The stacks of other states than the base, and the `removed`, `import` and `moved` blocks of resources."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from cdktf import App, TerraformStack

from catalog.analysis.call_graph import state_order
from catalog.analysis.resource_types import moved_blocks
from catalog.analysis.states import folder_of, owner_of, stacks_of, state_of
from catalog.meshes import RESOURCE_TYPES
from catalog.model import Deployment
from stacks.part import Ref

Configurations = Mapping[str, Mapping[str, Any]]
"""The arguments of every resource of a deployment, by address."""

_REFERENCE = re.compile(r"\$\{(aws_\w+\.[\w-]+)\.(\w+)\}")


class _Known(Mapping[str, str]):
    """The arguments of a resource with references resolved: Terraform must know an import's id before the import, so
    references to other resources' arguments are replaced by the values of these."""

    def __init__(self, configurations: Configurations, address: str) -> None:
        self._configurations = configurations
        self._arguments = configurations[address]

    def __getitem__(self, argument: str) -> str:
        return self._cluster_name() if argument == "cluster_name" else self._followed(str(self._arguments[argument]))

    def __iter__(self) -> Iterator[str]:
        return iter(self._arguments)

    def __len__(self) -> int:
        return len(self._arguments)

    def _cluster_name(self) -> str:
        """The name of an ECS service's cluster, from its ARN."""
        arn = str(self._arguments["cluster"])
        reference = _REFERENCE.fullmatch(arn)
        return str(self._configurations[reference[1]]["name"]) if reference else arn.rpartition("/")[2]

    def _followed(self, text: str) -> str:
        return _REFERENCE.sub(
            lambda found: self._followed(str(self._configurations[found[1]].get(found[2], found[0]))), text
        )


def add_import_blocks(output: dict[str, Any], addresses: list[str], *, configurations: Configurations) -> None:
    """Add `import` blocks for the existing resources at `addresses`, which another state removes without deleting."""
    blocks = []
    for address in sorted(addresses):
        type_, _, name = address.partition(".")
        row = RESOURCE_TYPES[type_]
        if row.latest:
            key, argument = row.latest
            latest = {key: configurations[address][argument]}
            output.setdefault("data", {}).setdefault(type_, {})[name] = latest
            blocks.append({"to": address, "id": f"${{data.{address}.arn}}"})
        elif row.import_id:
            blocks.append({"to": address, "id": row.import_id.format_map(_Known(configurations, address))})
    if blocks:
        output["import"] = blocks


def workload_stacks(
    base: TerraformStack, app: App, *, deployment: Deployment, emptied: Collection[str]
) -> dict[str, TerraformStack]:
    """A stack for each state except the base, by the state's name. Each depends on the base and on the stacks of its
    callees, so cdktf applies it after them."""
    states = sorted({*stacks_of(deployment), *emptied})
    stacks = {state: TerraformStack(app, folder_of(deployment.id, state)) for state in states}
    before = state_order(deployment)
    for state, stack in stacks.items():
        stack.add_dependency(base)
        for other in before.get(state, ()):
            stack.add_dependency(stacks[other])
    return stacks


def moved_between_states(addresses: Iterable[str], deployment: Deployment) -> list[tuple[str, str]]:
    """The addresses of resources that move to another state, each with the state that they leave."""
    owners = [(address, owner_of(address, deployment=deployment, types=RESOURCE_TYPES)) for address in addresses]
    return [
        (address, owner.move_from_stack)
        for address, owner in owners
        if owner is not None and owner.move_from_stack is not None and not address.startswith("data.")
    ]


def retired_addresses(addresses: Collection[str], deployment: Deployment) -> list[tuple[str, str]]:
    """Addresses of a retired mesh's resources, each with every state that may contain it."""
    found = []
    former = {new: old for old, new in moved_blocks(addresses, renamed=deployment.renamed, types=RESOURCE_TYPES)}
    for address in addresses:
        owner = owner_of(address, deployment=deployment, types=RESOURCE_TYPES)
        states = [state_of(address, deployment=deployment, types=RESOURCE_TYPES)]
        if owner is not None and owner.move_from_stack is not None:
            states.append(owner.move_from_stack)
        # A renamed resource has no `moved` block here, because its new address doesn't exist: remove the old one too.
        found += [(each, state) for each in (address, former.get(address, address)) for state in states]
    return found


def move(stacks: Mapping[str, TerraformStack], elements: Mapping[str, Ref], deployment: Deployment) -> None:
    """Add a `moved` block for each renamed resource to the stack of its state."""
    for state, stack in stacks.items():
        here = [address for address, ref in elements.items() if ref.state == state]
        if moved := moved_blocks(here, renamed=deployment.renamed, types=RESOURCE_TYPES):
            stack.add_override("moved", [{"from": old, "to": new} for old, new in moved])


def forget(stacks: Mapping[str, TerraformStack], retired: Iterable[tuple[str, str]]) -> None:
    """Add a `removed` block for each resource to the stack of the state that it leaves. Terraform doesn't delete it
    (Terraform, "Removing Resources"). A block for a resource that doesn't exist has no effect."""
    by_state: dict[str, set[str]] = defaultdict(set)
    for address, state in retired:
        by_state[state].add(address)
    for state, addresses in sorted(by_state.items()):
        blocks = [{"from": address, "lifecycle": {"destroy": False}} for address in sorted(addresses)]
        stacks[state].add_override("removed", blocks)
