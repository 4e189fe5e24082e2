"""The stacks that synth wrote: which belong together, which a user has picked, in which order they are visited, what
each configures and what its state holds; and atlantis.yaml for them."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from pathlib import Path

from catalog.analysis.states import BASE
from catalog.load import load
from catalog.reading import folder
from deploy.process import Refusal

_REMOTE_OUTPUT = re.compile(r"\bdata\.terraform_remote_state\.base\.outputs\.([\w-]+)")


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


def configuration_of(stack: Stack) -> Configuration:
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
        reads=frozenset(_REMOTE_OUTPUT.findall(text)),
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


def resources_gone(held: Sequence[str], configured: Configuration) -> list[str]:
    """What of the addresses that a state holds its configuration does not have."""
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
        """The id of the deployment that it belongs to."""
        return self.id.partition("_")[0]

    @property
    def state(self) -> str:
        """The state that it keeps: "base", or what services name as their stack."""
        return self.id.partition("_")[2] or BASE

    def text(self) -> str:
        """Its Terraform JSON; that of one without any says nothing."""
        file = self.folder / "cdk.tf.json"
        return file.read_text(encoding="utf-8") if file.is_file() else "{}"


def output_folder() -> Path:
    """Where synth writes, by cdktf's own variable."""
    return Path(os.environ.get("CDKTF_OUTDIR") or "cdktf.out")


def read_stacks(outdir: Path) -> list[Stack]:
    """Every stack of the last synth, by id. Folders that older ones left behind are not in its manifest."""
    try:
        manifest = json.loads((outdir / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refusal(f"there is no {outdir / 'manifest.json'}; run make synth first") from None
    except json.JSONDecodeError:
        raise Refusal(f"{outdir / 'manifest.json'} is not complete; run make synth again") from None
    stacks = [
        Stack(id=id_, folder=outdir / entry["workingDirectory"], dependencies=frozenset(entry["dependencies"]))
        for id_, entry in sorted(manifest["stacks"].items())
    ]
    for stack in stacks:
        if not stack.folder.is_dir():
            raise Refusal(f"there is no {stack.folder}, although the manifest lists it; run make synth again")
    return stacks


def in_order(stacks: Iterable[Stack]) -> list[Stack]:
    """Every stack after those it depends on; by id where nothing else decides, so that every run is alike."""
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
    """The stacks of one deployment. Raises CatalogError, with the environments there are, where the catalog has no
    such one.

    A stack is called like its deployment, or like that, `_` and the state beside its base; no id holds a `_`.
    """
    (deployment,) = load(catalog, environment=environment).deployments
    chosen = [stack for stack in stacks if stack.deployment == deployment.id]
    if not chosen:
        raise Refusal(f'the last synth wrote no stack of "{environment}"; run make synth without CATALOG_ENVIRONMENT')
    return chosen


def of_state(stacks: Sequence[Stack], *, state: str) -> list[Stack]:
    """The stacks that keep one state, "base" or another, of each deployment that has it."""
    chosen = [stack for stack in stacks if stack.state == state]
    if not chosen:
        known = ", ".join(sorted({stack.state for stack in stacks}))
        raise Refusal(f'the last synth wrote no stack "{state}"; name one of {known}')
    return chosen


def base_of(stack: Stack, stacks: Sequence[Stack]) -> Stack | None:
    """The stack whose outputs another reads; None for a base itself. A base is called like its deployment, the others
    like that, `_` and their state."""
    if stack.state == BASE:
        return None
    return next((other for other in stacks if other.id == stack.deployment), None)


def atlantis_yaml(stacks: Sequence[Stack], *, catalog: Path) -> str:
    """The file's text, for a repository whose root is the current folder: every stack is planned when the catalog
    changes, and applied after those that it depends on. Raises CatalogError where the catalog cannot be read."""
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
    """The files that a catalog is read from, as patterns: its own, and the machine-written ones that it names."""
    document = folder.read(catalog, shown=str(catalog))
    named = document.data.get("catalog")
    images = named.get("images") if isinstance(named, dict) else None
    written = [document.beside / re.sub(r"\{[^}]*\}", "*", images)] if isinstance(images, str) else []
    return [catalog / "*.toml" if catalog.is_dir() else catalog, *written]


def _relative_pattern(stack: Path, pattern: Path) -> str:
    """Atlantis takes patterns from the project's folder on."""
    return Path(os.path.relpath(pattern, stack)).as_posix()
