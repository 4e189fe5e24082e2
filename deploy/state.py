"""What a stack configures, what its state holds, and what of that has left the configuration."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass

from deploy.process import Refusal
from deploy.stacks import Stack

_READ = re.compile(r"\bdata\.terraform_remote_state\.base\.outputs\.([\w-]+)")


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """What of a stack's Terraform JSON is asked for here."""

    resources: frozenset[str]
    """The addresses of its resources."""
    addresses: frozenset[str]
    """Of its resources, of those that it makes Terraform forget, and the former ones of those that moved."""
    data: frozenset[str]
    """The addresses of what it looks up."""
    reads: frozenset[str]
    """The outputs of its base that it reads."""


def configuration(stack: Stack) -> Configuration:
    """Read a stack's Terraform JSON; one without any says nothing."""
    text = stack.text()
    output = json.loads(text)
    resources = {f"{type_}.{name}" for type_, named in output.get("resource", {}).items() for name in named}
    data = {f"data.{type_}.{name}" for type_, named in output.get("data", {}).items() for name in named}
    addresses = resources | {block["from"] for kind in ("removed", "moved") for block in output.get(kind, [])}
    return Configuration(
        resources=frozenset(resources),
        addresses=frozenset(addresses),
        data=frozenset(data),
        reads=frozenset(_READ.findall(text)),
    )


def offered(base: Stack, *, terraform: str) -> frozenset[str]:
    """The outputs that a base has, as it was last applied; it must be initialized. Raises Refusal where its state
    cannot be read."""
    return frozenset(json.loads(_output_of(base, terraform, "output", "-json", "-no-color") or "{}"))


def in_state(stack: Stack, *, terraform: str) -> list[str]:
    """The addresses of what a stack's state holds; it must be initialized. Raises Refusal where that cannot be read:
    what is not known is not empty."""
    said = _output_of(stack, terraform, "state", "list")
    return [line for line in said.splitlines() if line]


def _output_of(stack: Stack, *words: str) -> str:
    # Arguments that the user gives to other commands are not for these.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_CLI_ARGS")}
    done = subprocess.run(words, cwd=stack.folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return done.stdout
    if "No state file was found" in done.stderr:
        return ""
    raise Refusal(f"{stack.id}: its state cannot be read, so nothing is done\n{done.stderr.strip()}")


def gone(held: Sequence[str], configured: Configuration) -> list[str]:
    """What of the addresses that a state holds its configuration does not have."""
    return [
        each for each in held if not each.startswith("data.") and each.partition("[")[0] not in configured.addresses
    ]
