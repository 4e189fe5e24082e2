"""`make demo`: the shipped catalog through real Terraform, against an AWS that lives in this process.

Nothing leaves the machine, but for the download of the AWS provider where no mirror of it is found.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from catalog.diagnostics import CatalogError
from catalog.load import Loaded, load
from catalog.model import Deployment
from deploy.stacks import in_order, read_stacks
from stacks.synthesize import synthesize
from tests import emulator
from tests.emulator.terraform import TerraformError, Workspace, find_terraform, workspace
from tests.support.verify import MESHES

_DONE = re.compile(r"^(\S+): (Creation|Destruction|Modifications) complete after (\S+)")
_TOTAL = re.compile(r"Plan: (\d+) to add, \d+ to change, (\d+) to destroy")


def main() -> int:
    if find_terraform() is None:
        print("The demo needs terraform, 1.10 or newer, on the PATH: developer.hashicorp.com/terraform/install")
        return 3
    file = os.environ.get("CATALOG_FILE", "services.toml")
    try:
        loaded = _with_local_state(load(file))
    except CatalogError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"An AWS on {emulator.start()}: emulated, in this process, gone when the demo ends", flush=True)
    try:
        with tempfile.TemporaryDirectory() as folder:
            outdir = synthesize(loaded, outdir=Path(folder) / "out").outdir
            stacks = in_order(read_stacks(outdir))
            for deployment in loaded.deployments:
                # With the states where the output says, as one reads another.
                _walk(
                    deployment,
                    [
                        workspace(
                            stack.folder, Path(folder) / "run" / "stacks", keep_backend=True, shares_provider=False
                        )
                        for stack in stacks
                        if stack.deployment == deployment.id
                    ],
                )
    except KeyboardInterrupt:
        print("\nInterrupted; the emulated AWS is gone with everything in it.")
        return 130
    except TerraformError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        emulator.stop()
    return 0


def _with_local_state(loaded: Loaded) -> Loaded:
    """A catalog whose states lie beside the output, wherever it keeps them: a demo touches nobody's."""
    local = [
        replace(each, catalog=each.catalog.model_copy(update={"state": {"local": {}}})) for each in loaded.deployments
    ]
    return replace(loaded, deployments=tuple(local))


def _walk(deployment: Deployment, stacks: list[Workspace]) -> None:
    """One deployment, its base first where it has several stacks."""

    def heading(text: str, here: Workspace) -> None:
        _heading(f"{text} ({here.folder.name})" if len(stacks) > 1 else text)

    outputs: dict[str, Any] = {}
    for here in stacks:
        _heading(f"terraform init ({here.folder.name})")
        here.init()
        heading("terraform apply", here)
        _with_progress(here, "apply")
        outputs |= here.output()["services"]
    _heading("Where callers find their callees")
    _print_table(deployment, outputs)
    for here in stacks:
        heading("terraform plan, again", here)
        _, output = here.run_code("plan", "-detailed-exitcode", allowed=(0, 2))
        print(next(line for line in output.splitlines() if line.startswith(("No changes", "Plan:"))))
    for here in reversed(stacks):
        heading("terraform destroy", here)
        _with_progress(here, "destroy")
    left = emulator.leftovers()
    print(f"Left in the account: {left or 'nothing'}")


def _heading(text: str) -> None:
    print(f"\n--- {text}", flush=True)


def _with_progress(here: Workspace, command: str) -> None:
    """Run terraform and count what it finishes: on a terminal in one line, elsewhere a line for every tenth."""
    started, done, total = time.monotonic(), 0, 0
    process = subprocess.Popen(
        [find_terraform() or "terraform", command, "-auto-approve", "-input=false", "-no-color"],
        cwd=here.folder,
        env=here.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    said: list[str] = []
    for line in process.stdout:
        said.append(line)
        if found := _TOTAL.search(line):
            total = int(found[1]) + int(found[2])
        if found := _DONE.match(line):
            done += 1
            _progress(f"{done:4} of {total}  {found[1]}", last=done == total, every=done % 10 == 0)
    if process.wait() != 0:
        raise TerraformError(f"terraform {command} ended with {process.returncode}\n{''.join(said)}")
    print(f"{said[-1].strip() if command == 'destroy' else _result(said)}  ({time.monotonic() - started:.0f} s)")


def _progress(text: str, *, last: bool, every: bool) -> None:
    if sys.stdout.isatty():
        print(f"\r\033[K{text[:100]}", end="\n" if last else "", flush=True)
    elif every or last:
        print(text, flush=True)


def _result(said: list[str]) -> str:
    return next((line.strip() for line in said if line.startswith("Apply complete!")), "")


def _print_table(deployment: Deployment, outputs: dict[str, Any]) -> None:
    mesh = MESHES[deployment.catalog.mesh.kind]
    rows = [("service", "address", "protocol", "timeout", "tasks at")]
    for service in deployment.services.values():
        if service.port is None:
            continue
        addresses = ", ".join(mesh.found(service, deployment))
        timeout = "-" if service.is_tcp else f"{service.timeout:.0f} s"
        rows.append((service.name, outputs[service.name]["address"], service.protocol, timeout, addresses))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


if __name__ == "__main__":
    sys.exit(main())
