"""One process of the AWS provider for many runs of Terraform: starting one, and its first look at 1,500 resource types,
costs more than most runs do.

Terraform attaches to a running provider that TF_REATTACH_PROVIDERS names; a provider started with -debug prints the
value. Such a process reads AWS_* variables from its own environment, and is configured by the run that came last. Runs
that overlap can share it only with one configuration, and a run that is going to be killed needs its own.
"""

from __future__ import annotations

import atexit
import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

PROVIDER = "5.100.0"
QUICK = {"GOGC": "off", "GOMEMLIMIT": "1GiB"}
"""Variables for a Go process that ends soon: it collects no garbage below this size."""

# The provider ends when the pipe to cat is closed, which also happens when this process is killed.
_START = '"$0" -debug & cat > /dev/null; kill $!; wait $!'
_PRINTED = re.compile(r"TF_REATTACH_PROVIDERS='(.*)'$")
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True, kw_only=True)
class _Shared:
    """A running provider, the AWS_* variables that it was started with, and what it printed."""

    process: subprocess.Popen[str]
    settings: dict[str, str]
    attach: str


_shared: _Shared | None = None


def plugin_dir() -> Path | None:
    """A directory with the AWS provider in the layout of `init -plugin-dir`, or None."""
    named = [os.environ[key] for key in ("TF_PLUGIN_DIR", "TF_PLUGIN_CACHE_DIR") if os.environ.get(key)]
    usual = [
        "/opt/tf-plugins",
        "/usr/share/terraform/plugins",
        "~/.terraform.d/plugins",
        "/usr/local/share/terraform/plugins",
    ]
    for place in map(Path, map(os.path.expanduser, named + usual)):
        if (place / "registry.terraform.io/hashicorp/aws" / PROVIDER).is_dir():
            return place
    return None


def attach(environment: dict[str, str]) -> dict[str, str]:
    """The variables with which Terraform uses the shared provider, in addition to those of `environment`. None if
    the provider isn't unpacked on this machine: Terraform then starts its own."""
    global _shared
    settings = {key: value for key, value in environment.items() if key.startswith("AWS_")}
    if _shared is None or _shared.settings != settings or _shared.process.poll() is not None:
        stop()
        binary = _binary()
        if binary is None:
            return {}
        _shared = _start(binary, environment=environment, settings=settings)
    return {"TF_REATTACH_PROVIDERS": _shared.attach}


def stop() -> None:
    """Stop the shared provider if it runs."""
    global _shared
    if _shared is not None:
        assert _shared.process.stdin and _shared.process.stdout
        _shared.process.stdin.close()
        _shared.process.stdout.close()
        _shared.process.wait()
        _shared = None


atexit.register(stop)


def _start(binary: Path, *, environment: dict[str, str], settings: dict[str, str]) -> _Shared:
    process = subprocess.Popen(
        ["sh", "-c", _START, str(binary)],
        env=environment | {"GOGC": "400"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,  # Ctrl-C would end the shell, and leave the provider
    )
    assert process.stdout
    printed = next(filter(None, map(_PRINTED.search, process.stdout)), None)
    assert printed, f"{binary} -debug printed no TF_REATTACH_PROVIDERS"
    return _Shared(process=process, settings=settings, attach=printed[1])


def _binary() -> Path | None:
    place = plugin_dir()
    if place is None or shutil.which("sh") is None:
        return None
    target = f"{platform.system().lower()}_{_MACHINES.get(platform.machine(), platform.machine())}"
    folder = place / "registry.terraform.io/hashicorp/aws" / PROVIDER / target
    return next((file for file in sorted(folder.glob("terraform-provider-aws_*"))), None)
