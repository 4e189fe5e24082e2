"""Terraform commands in the folders of stacks, with a shared provider lock and a shared copy of the provider, and the
effect of the user's own arguments."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy import guards, process, redeploy
from deploy.failures import INSTALL, configuration_file, credentials_advice, init_advice
from deploy.process import NO_TERRAFORM, Command, Refusal
from deploy.stacks import Stack

KEPT_LOCK = "terraform.lock.hcl"
"""The provider lock, in the catalog's folder."""
_LOCK = ".terraform.lock.hcl"
_CACHE_VARIABLE = "TF_PLUGIN_CACHE_DIR"
_CACHE = Path(".terraform") / "plugin-cache"
_WITH_VALUE = {
    "backup", "generate-config-out", "lock", "lock-timeout", "out", "parallelism", "replace", "state", "state-out",
    "target", "var", "var-file",
}  # fmt: skip
"""The options of `terraform plan` and `terraform apply` that take a value, which may be the next word."""


def destroys(arguments: Sequence[str]) -> bool:
    """Whether these arguments of an apply would delete everything."""
    return any(name == "destroy" for name, _ in _options("apply", arguments))


def is_whole(arguments: Sequence[str]) -> bool:
    """Whether an apply covers the whole stack: no targets, and no saved plan."""
    return not any(name in ("target", "replace", "") for name, _ in _options("apply", arguments))


def tells_changes_by_status(arguments: Sequence[str]) -> bool:
    """Whether the exit status of a plan tells if there are changes."""
    return any(
        name == "detailed-exitcode" and value in ("", "1", "t", "T", "true", "True", "TRUE")
        for name, value in _options("plan", arguments)
    )


def plan_file(arguments: Sequence[str]) -> Path | None:
    """The file to save the plan to."""
    named = [value for name, value in _options("plan", arguments) if name == "out"]
    return Path(named[-1]) if named else None


def _options(command: str, arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """The names and values of all options, with an empty value if there is none, and an empty name for each word that
    isn't an option."""
    variables = [os.environ.get(name, "") for name in ("TF_CLI_ARGS", f"TF_CLI_ARGS_{command}")]
    words = iter([*(word for text in variables for word in shlex.split(text)), *arguments])
    for word in words:
        name, has_value, value = word.lstrip("-").partition("=")
        if not word.startswith("-"):
            name, value = "", ""
        elif name in _WITH_VALUE and not has_value:
            value = next(words, "")
        yield name, value


def find_terraform() -> str:
    """The path of the binary: TERRAFORM, such as tofu, or TERRAFORM_BINARY_NAME, which cdktf's CLI reads."""
    name = os.environ.get("TERRAFORM") or os.environ.get("TERRAFORM_BINARY_NAME") or "terraform"
    found = shutil.which(name)
    if found is None:
        raise Refusal(f"{name} isn't on the PATH. {INSTALL}", status=NO_TERRAFORM)
    return str(Path(found).absolute())  # it runs in other folders


class Failed(Refusal):
    """A Terraform command failed; the exit status is Terraform's."""

    def __init__(self, command: str, *, status: int, at: Stack, left: Sequence[Stack] = ()) -> None:
        skipped = f" Not reached: {', '.join(stack.id for stack in left)}." if left else ""
        super().__init__(
            f"{at.id}: terraform {command} exited with status {status} in {at.folder}.{skipped}", status=status
        )


@dataclass(frozen=True, kw_only=True)
class Terraform:
    """Terraform commands in the folders of stacks, with the user's own arguments."""

    binary: str
    kept_lock: Path
    arguments: Sequence[str] = ()
    redeploy: Collection[str] = ()
    """The names of the ECS services that a plan or an apply deploys again."""

    def words(self, command: str, stack: Stack, *arguments: str) -> list[str]:
        """A command's words, with the user's arguments."""
        return [self.binary, command, *arguments, *redeploy.variable(stack, self.redeploy), *self.arguments]

    def refuse_replacement(self, command: str, stack: Stack, *, all_stacks: Sequence[Stack]) -> None:
        """Raise Refusal if a plan or an apply would replace ECS services because their capacity changes. A saved plan
        was checked when it was made, and the user's own variables aren't read."""
        options = [*_options(command, self.arguments)]
        own = "TF_VAR_redeploy" in os.environ or any(
            name == "" or (name == "var" and value.startswith("redeploy=")) for name, value in options
        )
        if command in ("plan", "apply") and not own:
            redeploy.refuse_replacement(
                stack, all_stacks=all_stacks, names=self.redeploy, command=command, terraform=self.binary
            )

    def init(self, stack: Stack, *, output: Path | None = None) -> int:
        """Run `terraform init` in a stack's folder, with the shared provider lock. Returns its exit status."""
        _put_lock(stack.folder, kept=self.kept_lock)
        plugins = os.environ.get("TF_PLUGIN_DIR")
        words = [self.binary, "init", "-input=false", *([f"-plugin-dir={plugins}"] if plugins else [])]
        [status] = process.run_together([Command(words=words, folder=stack.folder, output=output)], at_once=1)
        if status == 0:
            _take_lock(stack.folder, kept=self.kept_lock)
        return status

    def init_quietly(self, stack: Stack, *, left: Sequence[Stack] = ()) -> None:
        """Run `terraform init` and print its output only if it fails, with advice. Raises Failed then."""
        with tempfile.TemporaryDirectory() as folder:
            output = Path(folder) / "init"
            if status := self.init(stack, output=output):
                text = output.read_text(encoding="utf-8", errors="replace")
                print(f"\n=== {stack.id}: terraform init\n\n{text}", flush=True)
                if advice := init_advice(text) or credentials_advice(text):
                    print(advice, file=sys.stderr)
                raise Failed("init", status=status, at=stack, left=left)

    def run(self, command: str, stack: Stack, *arguments: str) -> int:
        status, errors = process.run(self.words(command, stack, *arguments), folder=stack.folder)
        if advice := guards.on_retired_mesh(stack, terraform=self.binary):
            print(f"\n{advice}", file=sys.stderr)
        if status and (advice := credentials_advice(errors)):
            print(advice, file=sys.stderr)
        return status


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of a command in a stack."""

    stack: Stack
    arguments: Sequence[str] = ()
    part: str = ""
    """The part of the stack, for the heading; empty for all of it."""


def one_after_another(
    runs: Sequence[Run], *, all_stacks: Sequence[Stack], command: str, terraform: Terraform, fine: set[int]
) -> int:
    """Run a command in every stack, in the order given, up to the first failure. Returns the greatest exit status, so
    that a later plan without changes doesn't hide one with changes. Raises Failed."""
    greatest = 0
    for number, run in enumerate(runs, start=1):
        stack, left = run.stack, list(dict.fromkeys(later.stack for later in runs[number:]))
        print(f"\n=== {stack.id}: terraform {command}{run.part} ({number} of {len(runs)})\n", flush=True)
        terraform.init_quietly(stack, left=left)
        if command == "destroy":
            guards.refuse_what_aws_protects(stack, terraform=terraform.binary)
        terraform.refuse_replacement(command, stack, all_stacks=all_stacks)
        status = terraform.run(command, stack, *run.arguments)
        if status not in fine:
            if command == "apply" and (advice := guards.on_partial_resources(stack, terraform=terraform.binary)):
                print(f"\n{advice}", file=sys.stderr)
            raise Failed(command, status=status, at=stack, left=left)
        greatest = max(greatest, status)
    return greatest


def _put_lock(folder: Path, *, kept: Path) -> None:
    """Before init: copy the kept lock to the stack, or delete the stack's: without a kept lock, Terraform upgrades."""
    if kept.exists():
        (folder / _LOCK).write_bytes(kept.read_bytes())
    else:
        (folder / _LOCK).unlink(missing_ok=True)


def _take_lock(folder: Path, *, kept: Path) -> None:
    """After init: keep what terraform added (a provider, hashes for this platform) for the next stack and for git."""
    written = folder / _LOCK
    if written.exists() and not (kept.exists() and kept.read_bytes() == written.read_bytes()):
        kept.write_bytes(written.read_bytes())


def share_plugins() -> None:
    """Set a plugin cache in the current folder, unless the user has one (Terraform, "Provider Plugin Cache").
    Concurrent inits must not share a cache; this driver runs them one after another."""
    if _CACHE_VARIABLE in os.environ or "plugin_cache_dir" in _configuration():
        return
    _CACHE.mkdir(parents=True, exist_ok=True)
    os.environ[_CACHE_VARIABLE] = str(_CACHE.absolute())


def _configuration() -> str:
    """The text of the user's Terraform CLI configuration; empty if there is none."""
    try:
        return configuration_file().read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
