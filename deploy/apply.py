"""`make apply` and `make destroy`: stacks in the order in which AWS lets go of what they share."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from catalog.diagnostics import listed
from deploy import guards
from deploy.process import Refusal
from deploy.stacks import Stack, base_of, configuration_of, in_state, resources_gone
from deploy.terraform import Failed, Run, Terraform, destroys, is_whole, one_after_another


def apply(stacks: Sequence[Stack], *, all_stacks: Sequence[Stack], terraform: Terraform) -> int:
    """All stacks in order, bases first, but what a base deletes last: as in one state, where Terraform updates what
    uses a thing before it deletes that. Raises Refusal for what would delete more than the catalog says."""
    if destroys(terraform.arguments):
        raise Refusal("apply does not destroy; use make destroy, which takes stacks before their base")
    runs = [Run(stack=stack) for stack in stacks]
    if is_whole(terraform.arguments):
        beside = {
            stack: base for stack in all_stacks if (base := base_of(stack, all_stacks)) is not None and base in stacks
        }
        held = {}
        for stack in dict.fromkeys([*beside, *beside.values()]):
            terraform.init_quietly(stack)
            held[stack] = in_state(stack, terraform=terraform.binary)
        for stack, base in beside.items():
            gone = resources_gone(held[stack], configuration_of(stack))
            _refuse_homeless(gone, stack, [each for each in all_stacks if _together(each, stack) and each != stack])
            if gone and stack not in stacks:
                raise Refusal(f"{stack.id} holds what has left the catalog and uses {base.id}; apply {stack.id} too")
            _let_services_leave(gone, stack, stacks, terraform)
        runs = _deleting_last(stacks, beside, held)
    return one_after_another(runs, command="apply", terraform=terraform, fine={0})


def _let_services_leave(gone: Sequence[str], stack: Stack, stacks: Sequence[Stack], terraform: Terraform) -> None:
    """Delete services that have left a stack before anything else: what they run on, such as a capacity provider, the
    base may be about to change. All else that has left goes with the stack's own turn, after what uses it."""
    services = [address for address in gone if address.startswith("aws_ecs_service.")]
    if services:
        print(f"\n=== {stack.id}: terraform apply of what leaves it, before its base changes\n", flush=True)
        if status := terraform.run("apply", stack, *_targets(services)):
            raise Failed("apply", status=status, at=stack, left=[each for each in stacks if each != stack])


def _deleting_last(
    stacks: Sequence[Stack], beside: Mapping[Stack, Stack], held: Mapping[Stack, Sequence[str]]
) -> list[Run]:
    """The stacks in order. A base whose state holds what the catalog has no more, while stacks beside it may use that,
    is first applied without deleting it, and once more when these have let go. `held` says what states hold."""
    runs, deletions = [], []
    for stack in stacks:
        users = [each for each, base in beside.items() if base == stack and held[each]]
        configuration = configuration_of(stack)
        gone = resources_gone(held[stack], configuration) if users else []
        if not gone:
            runs.append(Run(stack=stack))
            continue
        kept = _targets(configuration.addresses | configuration.data)
        runs.append(Run(stack=stack, arguments=kept, part=" without what it deletes"))
        if waits := [each.id for each in users if each not in stacks]:
            print(f"{stack.id}: {gone[0]} and what else it deletes waits for {listed(waits)}: apply all", flush=True)
        else:
            deletions.append(Run(stack=stack, part=" of what it deletes"))
    return [*runs, *deletions]


def _targets(addresses: Iterable[str]) -> list[str]:
    return [f"-target={address}" for address in sorted(addresses)]


def _together(one: Stack, other: Stack) -> bool:
    return one.deployment == other.deployment


def _refuse_homeless(gone: Sequence[str], stack: Stack, siblings: Sequence[Stack]) -> None:
    """What leaves one state while another configures it would be deleted, running as it is."""
    for sibling in siblings:
        both = sorted({*gone} & configuration_of(sibling).resources)
        if both:
            raise Refusal(
                f"{both[0]} runs in {stack.id}, and the catalog has it in {sibling.id}: nothing is done, as it would "
                f'be deleted. Write move_from_stack = "{stack.state}" to have it taken over, and leave that until both '
                "are applied"
            )


def destroy(stacks: Sequence[Stack], *, all_stacks: Sequence[Stack], terraform: Terraform) -> int:
    """Delete everything, in the opposite order. What was never applied has nothing to delete, and its base may lack the
    outputs that terraform would ask for."""
    alone = [stack for stack in stacks if base_of(stack, all_stacks) is None]
    for base in alone:
        others = [s for s in all_stacks if base_of(s, all_stacks) == base and s not in stacks]
        for other in others:
            terraform.init_quietly(other)
            if in_state(other, terraform=terraform.binary):
                raise Refusal(f"{base.id} still carries {other.id}; destroy that first, or all of them together")
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
    return one_after_another(left, command="destroy", terraform=terraform, fine={0})
