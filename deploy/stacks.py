"""The stacks that synth wrote: their deployments, selection, order, configuration and state, and an atlantis.yaml."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

from catalog.analysis.states import BASE
from catalog.load import load
from catalog.reading import folder
from deploy.process import Refusal

_REMOTE_OUTPUT = re.compile(r"\bdata\.terraform_remote_state\.base\.outputs\.([\w-]+)")


@dataclass(frozen=True, kw_only=True)
class Configuration:
    """The addresses in a stack's Terraform JSON."""

    resources: frozenset[str]
    """The addresses of its resources."""
    addresses: frozenset[str]
    """The addresses of its resources, of removed blocks, and the old ones of moved blocks."""
    data: frozenset[str]
    """The addresses of its data sources."""
    reads: frozenset[str]
    """The outputs of its base that it reads."""


def configuration_of(stack: Stack) -> Configuration:
    """Read a stack's Terraform JSON; empty if there is none."""
    text = stack.text()
    output = json.loads(text)
    resources = {f"{type_}.{name}" for type_, named in output.get("resource", {}).items() for name in named}
    data = {f"data.{type_}.{name}" for type_, named in output.get("data", {}).items() for name in named}
    addresses = resources | {block["from"] for kind in ("removed", "moved") for block in output.get(kind, [])}
    return Configuration(
        resources=frozenset(resources),
        addresses=frozenset(addresses),
        data=frozenset(data),
        reads=frozenset(_REMOTE_OUTPUT.findall(text)),
    )


def offered(base: Stack, *, terraform: str) -> frozenset[str]:
    """The outputs in the state of an initialized base. Raises Refusal if the state can't be read."""
    return frozenset(json.loads(_output_of(base, terraform, "output", "-json", "-no-color") or "{}"))


def in_state(stack: Stack, *, terraform: str) -> list[str]:
    """The addresses in the state of an initialized stack. Raises Refusal if the state can't be read, because that isn't
    an empty state."""
    return [line for line in _output_of(stack, terraform, "state", "list").splitlines() if line]


def pulled_state(stack: Stack, *, terraform: str) -> dict[str, Any]:
    """The state of an initialized stack, as Terraform stores it; empty if there is none. Raises Refusal if the state
    can't be read."""
    state: dict[str, Any] = json.loads(_output_of(stack, terraform, "state", "pull") or "{}")
    return state


def _output_of(stack: Stack, *words: str) -> str:
    # The user's arguments for other commands don't apply to these.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_CLI_ARGS")}
    done = subprocess.run(words, cwd=stack.folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return done.stdout
    if "No state file was found" in done.stderr:
        return ""
    raise Refusal(f"{stack.id}: its state can't be read; nothing was changed.\n{done.stderr.strip()}")


def resources_gone(held: Sequence[str], configured: Configuration) -> list[str]:
    """The resource addresses of a state that aren't in the configuration."""
    return [
        each for each in held if not each.startswith("data.") and each.partition("[")[0] not in configured.addresses
    ]


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A Terraform root module with a state of its own."""

    id: str
    folder: Path
    dependencies: frozenset[str]
    """Ids of the stacks whose outputs it reads."""

    @property
    def deployment(self) -> str:
        """The id of its deployment."""
        return self.id.partition("_")[0]

    @property
    def state(self) -> str:
        """The name of its state: "base", or the `stack` of services."""
        return self.id.partition("_")[2] or BASE

    def text(self) -> str:
        """Its Terraform JSON; `{}` if there is none."""
        file = self.folder / "cdk.tf.json"
        return file.read_text(encoding="utf-8") if file.is_file() else "{}"


def output_folder() -> Path:
    """The folder that synth writes to: cdktf's own variable, or the default."""
    return Path(os.environ.get("CDKTF_OUTDIR") or "cdktf.out")


def read_stacks(outdir: Path) -> list[Stack]:
    """Every stack of the last synth, by id. Folders left by older runs aren't in the manifest. Raises Refusal."""
    try:
        manifest = json.loads((outdir / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refusal(f"{outdir / 'manifest.json'} doesn't exist. Run make synth first.") from None
    except json.JSONDecodeError:
        raise Refusal(f"{outdir / 'manifest.json'} is incomplete. Run make synth again.") from None
    stacks = [
        Stack(id=id_, folder=outdir / entry["workingDirectory"], dependencies=frozenset(entry["dependencies"]))
        for id_, entry in sorted(manifest["stacks"].items())
    ]
    for stack in stacks:
        if not stack.folder.is_dir():
            raise Refusal(f"{stack.folder} is in the manifest, but doesn't exist. Run make synth again.")
    return stacks


def in_order(stacks: Iterable[Stack]) -> list[Stack]:
    """The stacks, each after those it depends on; otherwise by id, so that every run has the same order."""
    by_id = {stack.id: stack for stack in stacks}
    sorter = TopologicalSorter({id_: stack.dependencies & by_id.keys() for id_, stack in by_id.items()})
    sorter.prepare()
    ordered: list[Stack] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        ordered += [by_id[id_] for id_ in ready]
        sorter.done(*ready)
    return ordered


def of_environment(stacks: Sequence[Stack], *, catalog: Path, environment: str) -> list[Stack]:
    """The stacks of one environment's deployment. Raises CatalogError if the catalog doesn't have the environment."""
    (deployment,) = load(catalog, environment=environment).deployments
    chosen = [stack for stack in stacks if stack.deployment == deployment.id]
    if not chosen:
        raise Refusal(f'the last synth wrote no stack of "{environment}". Run make synth without CATALOG_ENVIRONMENT.')
    return chosen


def of_state(stacks: Sequence[Stack], *, state: str) -> list[Stack]:
    """The stacks with this state, in each deployment that has it. Raises Refusal if none has."""
    chosen = [stack for stack in stacks if stack.state == state]
    if not chosen:
        if all(stack.state == BASE for stack in stacks):
            raise Refusal(f'stack "{state}" doesn\'t exist: no service of this catalog has a stack. Remove STACK.')
        known = ", ".join(sorted({stack.state for stack in stacks}))
        raise Refusal(f'stack "{state}" doesn\'t exist in the last synth. Use one of {known}.')
    return chosen


def base_of(stack: Stack, stacks: Sequence[Stack]) -> Stack | None:
    """The stack whose outputs another reads; None for a base itself. The id of a base is its deployment's; the id of
    another stack is the deployment's, `_` and its state."""
    if stack.state == BASE:
        return None
    return next((other for other in stacks if other.id == stack.deployment), None)


def atlantis_yaml(stacks: Sequence[Stack], *, catalog: Path) -> str:
    """The text of atlantis.yaml, for a repository whose root is the current folder. Atlantis plans every stack when the
    catalog changes, and applies it after those it depends on. Raises CatalogError if the catalog can't be read."""
    groups: dict[str, int] = {}
    for stack in in_order(stacks):
        groups[stack.id] = max((groups[each] + 1 for each in stack.dependencies & groups.keys()), default=0)
    lines = ["# Written by make atlantis.", "version: 3", "projects:"]
    for stack in sorted(stacks, key=lambda each: (groups[each.id], each.id)):
        patterns = [_relative_pattern(stack.folder, pattern) for pattern in _catalog_files(catalog)]
        lines += [
            f"  - name: {json.dumps(stack.id)}",
            f"    dir: {json.dumps(stack.folder.as_posix())}",
            f"    execution_order_group: {groups[stack.id]}",
            "    autoplan:",
            f"      when_modified: {json.dumps(patterns)}",
        ]
    return "\n".join(lines) + "\n"


def _catalog_files(catalog: Path) -> list[Path]:
    """The files of a catalog, as patterns: its own, and the generated files of image tags."""
    document = folder.read(catalog, shown=str(catalog))
    named = document.data.get("catalog")
    images = named.get("images") if isinstance(named, dict) else None
    written = [document.beside / re.sub(r"\{[^}]*\}", "*", images)] if isinstance(images, str) else []
    return [catalog / "*.toml" if catalog.is_dir() else catalog, *written]


def _relative_pattern(stack: Path, pattern: Path) -> str:
    """A pattern relative to the project's folder, as Atlantis expects."""
    return Path(os.path.relpath(pattern, stack)).as_posix()
