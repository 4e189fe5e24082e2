"""`make apply` and `make destroy`: visit stacks in an order in which AWS can delete what they share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from catalog.diagnostics import listed
from deploy import guards
from deploy.process import Refusal
from deploy.stacks import Stack, base_of, configuration_of, in_state, resources_gone
from deploy.terraform import Failed, Run, Terraform, destroys, is_whole, one_after_another


def apply(stacks: Sequence[Stack], *, all_stacks: Sequence[Stack], terraform: Terraform) -> int:
    """Apply all stacks in order, bases first. Deletions in a base come last: as in a single state, Terraform
    updates the users of a resource before it deletes the resource. Raises Refusal if an apply would delete resources
    that are still in the catalog."""
    if destroys(terraform.arguments):
        raise Refusal("make apply doesn't support -destroy. Use make destroy, which destroys stacks before their base.")
    runs = [Run(stack=stack) for stack in stacks]
    if is_whole(terraform.arguments):
        beside = {
            stack: base for stack in all_stacks if (base := base_of(stack, all_stacks)) is not None and base in stacks
        }
        held = {}
        for stack in dict.fromkeys([*beside, *beside.values()]):
            terraform.init_quietly(stack)
            held[stack] = in_state(stack, terraform=terraform.binary)
            if stack in stacks:
                terraform.refuse_replacement("apply", stack, all_stacks=all_stacks)
        for stack, base in beside.items():
            gone = resources_gone(held[stack], configuration_of(stack))
            _refuse_moved_without_key(
                gone, stack, [each for each in all_stacks if _together(each, stack) and each != stack]
            )
            if gone and stack not in stacks:
                raise Refusal(
                    f"{stack.id} has resources that left the catalog and use {base.id}. Apply {stack.id} too."
                )
            _let_services_leave(gone, stack, stacks, terraform)
        runs = _deleting_last(stacks, beside, held)
    return one_after_another(runs, all_stacks=all_stacks, command="apply", terraform=terraform, fine={0})


def _let_services_leave(gone: Sequence[str], stack: Stack, stacks: Sequence[Stack], terraform: Terraform) -> None:
    """Delete services that left the catalog before anything else: the base may change what they run on, such as a
    capacity provider. Other resources that left are deleted when the stack is applied, after their users."""
    services = [address for address in gone if address.startswith("aws_ecs_service.")]
    if services:
        print(
            f"\n=== {stack.id}: terraform apply of services that left the catalog, before the base changes\n",
            flush=True,
        )
        if status := terraform.run("apply", stack, *_targets(services)):
            raise Failed("apply", status=status, at=stack, left=[each for each in stacks if each != stack])


def _deleting_last(
    stacks: Sequence[Stack], beside: Mapping[Stack, Stack], held: Mapping[Stack, Sequence[str]]
) -> list[Run]:
    """The runs in order. If a base deletes resources that other stacks may use, it is applied twice: first without the
    deletions, and again after these stacks. `held` has the addresses in each state."""
    runs, deletions = [], []
    for stack in stacks:
        users = [each for each, base in beside.items() if base == stack and held[each]]
        configuration = configuration_of(stack)
        gone = resources_gone(held[stack], configuration) if users else []
        if not gone:
            runs.append(Run(stack=stack))
            continue
        kept = _targets(configuration.addresses | configuration.data)
        runs.append(Run(stack=stack, arguments=kept, part=" without deletions"))
        if waits := [each.id for each in users if each not in stacks]:
            print(
                f"{stack.id}: {gone[0]} and other deletions wait until {listed(waits)} is applied. Apply all stacks.",
                flush=True,
            )
        else:
            deletions.append(Run(stack=stack, part=" of deletions"))
    return [*runs, *deletions]


def _targets(addresses: Iterable[str]) -> list[str]:
    return [f"-target={address}" for address in sorted(addresses)]


def _together(one: Stack, other: Stack) -> bool:
    return one.deployment == other.deployment


def _refuse_moved_without_key(gone: Sequence[str], stack: Stack, siblings: Sequence[Stack]) -> None:
    """Raise Refusal for a running resource that moved to another stack: Terraform would delete it."""
    for sibling in siblings:
        both = sorted({*gone} & configuration_of(sibling).resources)
        if both:
            raise Refusal(
                f"{both[0]} is in the state of {stack.id}, but the catalog has it in {sibling.id}; Terraform would "
                f'delete it. Write move_from_stack = "{stack.state}" to move it, and keep that key until both stacks '
                "are applied."
            )


def destroy(stacks: Sequence[Stack], *, all_stacks: Sequence[Stack], terraform: Terraform) -> int:
    """Destroy all stacks, each before its base. A stack that was never applied is skipped: it has no resources, and its
    base may lack the outputs that Terraform reads."""
    alone = [stack for stack in stacks if base_of(stack, all_stacks) is None]
    for base in alone:
        others = [s for s in all_stacks if base_of(s, all_stacks) == base and s not in stacks]
        for other in others:
            terraform.init_quietly(other)
            if in_state(other, terraform=terraform.binary):
                raise Refusal(f"{base.id} is used by {other.id}. Destroy {other.id} first, or all stacks together.")
    for base in alone:
        terraform.init_quietly(base)
        guards.refuse_what_aws_protects(base, terraform=terraform.binary)
    left = []
    for stack in stacks:
        if stack not in alone:
            terraform.init_quietly(stack)
            if not in_state(stack, terraform=terraform.binary):
                print(f"\n=== {stack.id}: nothing to destroy\n", flush=True)
                continue
        left.append(Run(stack=stack))
    return one_after_another(left, all_stacks=all_stacks, command="destroy", terraform=terraform, fine={0})
