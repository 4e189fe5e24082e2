"""`make apply` and `make destroy`: stacks in the order in which AWS lets go of what they share."""

from __future__ import annotations

from collections.abc import Sequence

from deploy import states
from deploy.output import Stack
from deploy.refusal import Refusal
from deploy.terraform import Failed, Terraform, one_after_another


def apply(stacks: Sequence[Stack], *, all_stacks: Sequence[Stack], terraform: Terraform) -> int:
    """First what leaves the stacks beside a base, because it uses what the base may be about to delete; then all
    stacks in order."""
    whole = not any(argument.startswith("-target") or not argument.startswith("-") for argument in terraform.arguments)
    for stack in stacks if whole else ():
        if states.base_of(stack, all_stacks) is None or states.base_of(stack, all_stacks) not in stacks:
            continue
        terraform.init_quietly(stack)
        known = states.configuration(stack).addresses
        if gone := states.gone(stack, known=known, terraform=terraform.binary):
            print(f"\n=== {stack.id}: terraform apply of what leaves it, before its base changes\n", flush=True)
            status = terraform.run("apply", stack, *(f"-target={address}" for address in gone))
            if status != 0:
                raise Failed("apply", status=status, at=stack, left=stacks)
    return one_after_another(stacks, command="apply", terraform=terraform, fine={0})


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
    left = []
    for stack in stacks:
        if stack not in alone:
            terraform.init_quietly(stack)
            if not states.in_state(stack, terraform=terraform.binary):
                print(f"\n=== {stack.id}: nothing to destroy\n", flush=True)
                continue
        left.append(stack)
    return one_after_another(left, command="destroy", terraform=terraform, fine={0})
