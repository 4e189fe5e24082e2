"""Stacks of one deployment: what they read of its base, and what has to go before the base may change."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from deploy.output import Stack

_READ = re.compile(r"\bdata\.terraform_remote_state\.base\.outputs\.([\w-]+)")


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """What of a stack's Terraform JSON is asked for here."""

    addresses: frozenset[str]
    """Of its resources, of those that it makes Terraform forget, and the former ones of those that moved."""
    reads: frozenset[str]
    """The outputs of its base that it reads."""


def configuration(stack: Stack) -> Configuration:
    """Read a stack's Terraform JSON; one without any says nothing."""
    file = stack.folder / "cdk.tf.json"
    if not file.is_file():
        return Configuration(addresses=frozenset(), reads=frozenset())
    text = file.read_text(encoding="utf-8")
    output = json.loads(text)
    addresses = {f"{type_}.{name}" for type_, named in output.get("resource", {}).items() for name in named}
    addresses |= {block["from"] for kind in ("removed", "moved") for block in output.get(kind, [])}
    return Configuration(addresses=frozenset(addresses), reads=frozenset(_READ.findall(text)))


def base_of(stack: Stack, stacks: Sequence[Stack]) -> Stack | None:
    """The stack whose outputs another reads; None for a base itself. A base is called like its deployment, the others
    like that, `_` and their state."""
    deployment, _, state = stack.id.partition("_")
    return next((other for other in stacks if other.id == deployment), None) if state else None


def offered(base: Stack, *, terraform: str) -> frozenset[str]:
    """The outputs that a base has, as it was last applied. It must be initialized."""
    asked = [terraform, "output", "-json", "-no-color"]
    done = subprocess.run(asked, cwd=base.folder, capture_output=True, text=True, check=False)
    return frozenset(json.loads(done.stdout)) if done.returncode == 0 else frozenset()


def in_state(stack: Stack, *, terraform: str) -> list[str]:
    """The addresses of what a stack's state holds; of none where it cannot be read."""
    asked = [terraform, "state", "list"]
    done = subprocess.run(asked, cwd=stack.folder, capture_output=True, text=True, check=False)
    return [line for line in done.stdout.splitlines() if line] if done.returncode == 0 else []


def gone(stack: Stack, *, known: Collection[str], terraform: str) -> list[str]:
    """What a stack's state holds and its configuration does not. It has to go first: what it uses of the base, such as
    a security group or a target group, AWS deletes only when nothing uses it any more."""
    held = in_state(stack, terraform=terraform)
    return [address for address in held if not address.startswith("data.") and address not in known]
