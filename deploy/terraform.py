"""Terraform commands in the folders of stacks, with a shared provider lock and a shared copy of the provider, and the
effect of the user's own arguments."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from deploy import guards, process
from deploy.process import NO_TERRAFORM, Command, Refusal
from deploy.stacks import Stack

KEPT_LOCK = "terraform.lock.hcl"
"""The provider lock, in the catalog's folder."""
_INSTALL = "Install Terraform 1.10 or newer, or set TERRAFORM to its path."
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
        raise Refusal(f"{name} isn't on the PATH. {_INSTALL}", status=NO_TERRAFORM)
    return str(Path(found).absolute())  # it runs in other folders


def init_advice(output: str) -> str | None:
    """`Error: fact. Advice.` for a failed `terraform init`, from its output: the AWS provider can't be downloaded, or
    Terraform is too old. None for any other failure, which Terraform explains itself."""
    words = " ".join(output.replace("\N{BOX DRAWINGS LIGHT VERTICAL}", " ").split())
    if "Unsupported Terraform Core version" in words:
        return f"Error: Terraform is too old. {_INSTALL}"
    if not any(each in words for each in ("Failed to query available provider packages", "Failed to install provider")):
        return None
    fact = "Error: Terraform couldn't download the AWS provider."
    plugins = os.environ.get("TF_PLUGIN_DIR")
    if plugins:
        known = "doesn't contain the required version" if Path(plugins).is_dir() else "doesn't exist"
        return f"{fact} TF_PLUGIN_DIR={plugins} {known}. Set TF_PLUGIN_DIR to a folder that has it, or unset it."
    others = "or set TF_PLUGIN_DIR to a folder with the provider (registry.terraform.io/hashicorp/aws/...)."
    named = os.environ.get("TF_CLI_CONFIG_FILE")
    if named and not Path(named).is_file():
        return f"{fact} TF_CLI_CONFIG_FILE={named} doesn't exist. Set it to an existing file, unset it, {others}"
    if named:
        return f"{fact} Add a provider_installation block to {named} (TF_CLI_CONFIG_FILE), {others}"
    verb = "Add a provider_installation block to" if _configuration_file().is_file() else "Create"
    what = "" if _configuration_file().is_file() else " with a provider_installation block"
    return f"{fact} Allow access to registry.terraform.io. Without access: {verb} ~/.terraformrc{what}, {others}"


_ON_CREDENTIALS = {
    "failed to get shared config profile": (
        "Error: the AWS profile doesn't exist. Set AWS_PROFILE, or profile in [aws], to one that "
        "`aws configure list-profiles` prints."
    ),
    "cached SSO token": "Error: the AWS profile isn't logged in. Run aws sso login.",
    "SSO session has expired": "Error: the AWS session has expired. Run aws sso login.",
    "ExpiredToken": "Error: the AWS credentials have expired. Run aws sso login, or set new ones.",
    "InvalidClientTokenId": "Error: AWS doesn't accept the credentials. Run aws sso login, or set other ones.",
    "No valid credential sources found": (
        "Error: Terraform found no AWS credentials. Run aws sso login, set AWS_PROFILE, or write profile in [aws]. "
        "`aws sts get-caller-identity` must work."
    ),
    "AWS account ID not allowed": (
        "Error: the AWS credentials are for an account that isn't in [aws] accounts. Set AWS_PROFILE to another "
        "profile, or add the account."
    ),
}
"""Advice by a part of Terraform's message, the more specific ones first."""
_COLOR = re.compile(r"\x1b\[[0-9;]*m")


def credentials_advice(output: str) -> str | None:
    """`Error: fact. Advice.` for a Terraform command that failed because of the AWS credentials, from its output; None
    for any other failure."""
    words = " ".join(_COLOR.sub("", output).replace("\N{BOX DRAWINGS LIGHT VERTICAL}", " ").split())
    return next((advice for part, advice in _ON_CREDENTIALS.items() if part in words), None)


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
        status, errors = process.run([self.binary, command, *arguments, *self.arguments], folder=stack.folder)
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


def one_after_another(runs: Sequence[Run], *, command: str, terraform: Terraform, fine: set[int]) -> int:
    """Run a command in every stack, in the order given, up to the first failure. Returns the greatest exit status, so
    that a later plan without changes doesn't hide one with changes. Raises Failed."""
    greatest = 0
    for number, run in enumerate(runs, start=1):
        stack, left = run.stack, list(dict.fromkeys(later.stack for later in runs[number:]))
        print(f"\n=== {stack.id}: terraform {command}{run.part} ({number} of {len(runs)})\n", flush=True)
        terraform.init_quietly(stack, left=left)
        if command == "destroy":
            guards.refuse_what_aws_protects(stack, terraform=terraform.binary)
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


def _configuration_file() -> Path:
    """The user's Terraform CLI configuration file, which may not exist."""
    return Path(os.environ.get("TF_CLI_CONFIG_FILE") or Path.home() / ".terraformrc")


def _configuration() -> str:
    """The text of the user's Terraform CLI configuration; empty if there is none."""
    try:
        return _configuration_file().read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
