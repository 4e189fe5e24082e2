"""The stacks beside the base, and what Terraform is told to forget in one state because another has it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from cdktf import App, TerraformStack

from catalog.meshes import RESOURCE_TYPES
from catalog.model import Deployment
from catalog.moves import moves
from catalog.order import state_order
from catalog.states import folder_of, owner_of, stacks_of, state_of
from stacks.part import Ref


def workload_stacks(
    base: TerraformStack, app: App, *, deployment: Deployment, emptied: Collection[str]
) -> dict[str, TerraformStack]:
    """A stack for each state beside the base, by the state's name; each is applied after the base and after the
    stacks of its callees."""
    states = sorted({*stacks_of(deployment), *emptied})
    stacks = {state: TerraformStack(app, folder_of(deployment.id, state)) for state in states}
    before = state_order(deployment)
    for state, stack in stacks.items():
        stack.add_dependency(base)
        for other in before.get(state, ()):
            stack.add_dependency(stacks[other])
    return stacks


def handed_over(addresses: Iterable[str], deployment: Deployment) -> list[tuple[str, str]]:
    """The resources that another state takes over, each with the state that it leaves."""
    owners = [(address, owner_of(address, deployment=deployment, types=RESOURCE_TYPES)) for address in addresses]
    return [
        (address, owner.stack_from)
        for address, owner in owners
        if owner is not None and owner.stack_from is not None and not address.startswith("data.")
    ]


def left_behind(addresses: Collection[str], deployment: Deployment) -> list[tuple[str, str]]:
    """Resources of a mesh that AWS has ended, each with every state that may have it."""
    found = []
    former = {new: old for old, new in moves(addresses, renamed=deployment.renamed)}
    for address in addresses:
        owner = owner_of(address, deployment=deployment, types=RESOURCE_TYPES)
        states = [state_of(address, deployment=deployment, types=RESOURCE_TYPES)]
        if owner is not None and owner.stack_from is not None:
            states.append(owner.stack_from)
        # What was renamed meanwhile is not moved any more, as nothing is left to move it to.
        found += [(each, state) for each in (address, former.get(address, address)) for state in states]
    return found


def move(stacks: Mapping[str, TerraformStack], elements: Mapping[str, Ref], deployment: Deployment) -> None:
    """Write a `moved` block for whatever a renaming gave another address, into the state where it lives."""
    for state, stack in stacks.items():
        here = [address for address, ref in elements.items() if ref.state == state]
        if moved := moves(here, renamed=deployment.renamed):
            stack.add_override("moved", [{"from": old, "to": new} for old, new in moved])


def forget(stacks: Mapping[str, TerraformStack], leaving: Iterable[tuple[str, str]]) -> None:
    """Write a `removed` block for each resource into the state that it leaves: it is not deleted (Terraform, "Removing
    Resources"). A block for what was never there does nothing."""
    by_state: dict[str, set[str]] = defaultdict(set)
    for address, state in leaving:
        by_state[state].add(address)
    for state, addresses in sorted(by_state.items()):
        blocks = [{"from": address, "lifecycle": {"destroy": False}} for address in sorted(addresses)]
        stacks[state].add_override("removed", blocks)
