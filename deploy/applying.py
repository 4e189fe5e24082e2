"""`make apply` and `make destroy`: stacks in the order in which AWS lets go of what they share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from catalog.problems import listed
from deploy import asked, protected, states
from deploy.environment import deployment_of
from deploy.output import Stack
from deploy.refusal import Refusal
from deploy.terraform import Failed, Run, Terraform, one_after_another

_SERVICE = "aws_ecs_service"


def apply(stacks: Sequence[Stack], *, all_stacks: Sequence[Stack], terraform: Terraform) -> int:
    """All stacks in order, bases first, but what a base deletes last: as in one state, where Terraform updates what
    uses a thing before it deletes that. Raises Refusal for what would delete more than the catalog says."""
    if asked.destroys(terraform.arguments):
        raise Refusal("apply does not destroy; use make destroy, which takes stacks before their base")
    runs = [Run(stack=stack) for stack in stacks]
    if asked.is_whole(terraform.arguments):
        _let_services_leave(stacks, all_stacks=all_stacks, terraform=terraform)
        runs = _deleting_last(stacks, all_stacks=all_stacks, terraform=terraform)
    return one_after_another(runs, command="apply", terraform=terraform, fine={0})


def _let_services_leave(stacks: Sequence[Stack], *, all_stacks: Sequence[Stack], terraform: Terraform) -> None:
    """Delete services that have left their stacks before anything else: what they ran on, such as a capacity provider,
    the base may be about to change."""
    for stack in all_stacks:
        base = states.base_of(stack, all_stacks)
        if base is None or base not in stacks:
            continue
        terraform.init_quietly(stack)
        known = states.configuration(stack).addresses
        gone = states.gone(stack, known=known, terraform=terraform.binary)
        _refuse_homeless(gone, stack, [each for each in all_stacks if _together(each, stack) and each != stack])
        if gone and stack not in stacks:
            raise Refusal(f"{stack.id} holds what has left the catalog and uses {base.id}; apply {stack.id} too")
        if any(address.startswith(f"{_SERVICE}.") for address in gone):
            print(f"\n=== {stack.id}: terraform apply of what leaves it, before its base changes\n", flush=True)
            status = terraform.run("apply", stack, *_targets(gone))
            if status != 0:
                raise Failed("apply", status=status, at=stack, left=[each for each in stacks if each != stack])


def _deleting_last(stacks: Sequence[Stack], *, all_stacks: Sequence[Stack], terraform: Terraform) -> list[Run]:
    """The stacks in order. A base whose state holds what the catalog has no more, while other states may use it, is
    first applied without deleting that, and once more when these have let go."""
    runs, deletions = [], []
    for stack in stacks:
        users = [each for each in all_stacks if states.base_of(each, all_stacks) == stack]
        if not any(states.in_state(each, terraform=terraform.binary) for each in users):
            runs.append(Run(stack=stack))
            continue
        terraform.init_quietly(stack)
        configuration = states.configuration(stack)
        gone = states.gone(stack, known=configuration.addresses, terraform=terraform.binary)
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
    return deployment_of(one) == deployment_of(other)


def _refuse_homeless(gone: Sequence[str], stack: Stack, siblings: Sequence[Stack]) -> None:
    """What leaves one state while another configures it would be deleted, running as it is."""
    for sibling in siblings:
        both = sorted({*gone} & states.configuration(sibling).resources)
        if both:
            state = stack.id.partition("_")[2]
            raise Refusal(
                f"{both[0]} runs in {stack.id}, and the catalog has it in {sibling.id}: nothing is done, as it would "
                f'be deleted. Write stack_from = "{state}" to have it taken over, and leave that until both are applied'
            )


def destroy(stacks: Sequence[Stack], *, all_stacks: Sequence[Stack], terraform: Terraform) -> int:
    """Delete everything, in the opposite order. What was never applied has nothing to delete, and its base may lack the
    outputs that terraform would ask for."""
    alone = [stack for stack in stacks if states.base_of(stack, all_stacks) is None]
    for base in alone:
        others = [s for s in all_stacks if states.base_of(s, all_stacks) == base and s not in stacks]
        for other in others:
            terraform.init_quietly(other)
            if states.in_state(other, terraform=terraform.binary):
                raise Refusal(f"{base.id} still carries {other.id}; destroy that first, or all of them together")
    for base in alone:
        terraform.init_quietly(base)
        protected.refuse_what_aws_protects(base, terraform=terraform.binary)
    left = []
    for stack in stacks:
        if stack not in alone:
            terraform.init_quietly(stack)
            if not states.in_state(stack, terraform=terraform.binary):
                print(f"\n=== {stack.id}: nothing to destroy\n", flush=True)
                continue
        left.append(Run(stack=stack))
    return one_after_another(left, command="destroy", terraform=terraform, fine={0})
