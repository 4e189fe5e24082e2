"""The demo itself: apply every deployment, show where callers find their callees, plan again and destroy."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from catalog.diagnostics import CatalogError
from catalog.load import Loaded, load
from catalog.model import UNLIMITED, Deployment
from catalog.model.platform import Aws
from deploy.failures import init_advice
from deploy.stacks import in_order, read_stacks
from stacks.synthesize import synthesize
from tests import emulator
from tests.emulator.terraform import PROVIDER, Workspace, find_terraform, plugin_dir, workspace
from tests.support.verify import MESHES
from tools.demo import impossible, progress, stand_ins

_CONFIGURATION = "TF_CLI_CONFIG_FILE"


def main() -> int:
    """Run the demo. Returns the exit status."""
    if find_terraform() is None:
        print(
            "Terraform isn't on the PATH. Install 1.10 or newer: https://developer.hashicorp.com/terraform/install",
            file=sys.stderr,
        )
        return 3
    file = os.environ.get("CATALOG_FILE", "services.toml")
    try:
        loaded = load(file, environment=os.environ.get("CATALOG_ENVIRONMENT") or None)
        if problems := impossible.problems(loaded):
            raise CatalogError(problems)
        with tempfile.TemporaryDirectory() as folder:
            return _run(*for_demo(loaded), folder=Path(folder))
    except CatalogError as error:
        print(error, file=sys.stderr)
        return 2
    except progress.Failed as error:
        sys.stdout.flush()
        print(f"\n{error}", file=sys.stderr)
        return 1


def _run(loaded: Loaded, ignored: list[str], *, folder: Path) -> int:
    variables = _provider_settings()
    print(f"AWS emulated in this process: {emulator.start()}. It ends with the demo.", flush=True)
    try:
        outdir = synthesize(loaded, outdir=folder / "out").outdir
        stacks = in_order(read_stacks(outdir))
        for line in ignored:
            print(f"Ignored in the demo: {line}")
        if created := stand_ins.create(loaded):
            print("The catalog names these as existing. The demo created them:")
        for each in created:
            print(f"  {each}")
        sys.stdout.flush()
        before = emulator.leftovers()
        for deployment in loaded.deployments:
            # States keep their configured paths because stacks read each other's outputs from them.
            here = [
                workspace(each.folder, folder / "run" / "stacks", keep_backend=True, variables=variables)
                for each in stacks
                if each.deployment == deployment.id
            ]
            _walk(deployment, here)
            print(f"Left in the account: {_difference(emulator.leftovers(), before) or 'nothing'}", flush=True)
    finally:
        emulator.stop()
    return 0


def for_demo(loaded: Loaded) -> tuple[Loaded, list[str]]:
    """The deployments without settings that the emulated AWS can't honor, and these settings with their lines: remote
    states, the provider's profile, role and accounts, and deletion protection."""
    ignored: dict[str, None] = {}
    changed = []
    for each in loaded.deployments:
        report, catalog = loaded.reports[each.id], each.catalog
        places: list[tuple[str, ...]] = [("aws", key) for key in ("profile", "assume_role", "accounts")]
        places += [("security", "deletion_protection")] if catalog.security.deletion_protection else []
        places += [("state", kind) for kind in catalog.state if kind != "local"]
        for place in places:
            if report.is_set(*place):
                ignored[f"{'.'.join(place)} ({report.location(*place)})"] = None
        security = catalog.security.model_copy(update={"deletion_protection": False})
        update = {"state": {"local": {}}, "aws": Aws(), "security": security}
        changed.append(replace(each, catalog=catalog.model_copy(update=update)))
    return replace(loaded, deployments=tuple(changed)), list(ignored)


def _provider_settings() -> dict[str, str]:
    """Variables that tell `terraform init` where the provider is; none if a folder on this machine has it."""
    named = os.environ.get("TF_PLUGIN_DIR")
    found = plugin_dir()
    if named and (found is None or found != Path(named).expanduser()):
        print(f"TF_PLUGIN_DIR has no effect: {named} doesn't contain hashicorp/aws {PROVIDER}", flush=True)
    file = os.environ.get(_CONFIGURATION)
    if found or not file:
        return {}
    if not Path(file).is_file():
        print(f"{_CONFIGURATION} has no effect: {file} doesn't exist", flush=True)
        return {}
    return {_CONFIGURATION: str(Path(file).absolute())}


def _init(here: Workspace) -> None:
    _heading(f"terraform init ({here.folder.name})")
    place = plugin_dir()
    try:
        progress.run(here, "init", *([f"-plugin-dir={place}"] if place else []))
    except progress.Failed as error:
        if advice := init_advice(error.output):
            raise progress.Failed(error.fact, advice=advice) from None
        raise


def _walk(deployment: Deployment, stacks: list[Workspace]) -> None:
    """Apply, verify, plan and destroy one deployment; its base first if it has several stacks."""

    def heading(text: str, here: Workspace) -> None:
        _heading(f"{text} ({here.folder.name})" if len(stacks) > 1 else text)

    outputs: dict[str, Any] = {}
    for here in stacks:
        _init(here)
        heading("terraform apply", here)
        _timed(here, "apply", result="Apply complete!")
        outputs |= here.output()["services"]
    _heading("Addresses of the services")
    _print_table(deployment, outputs)
    for here in stacks:
        heading("terraform plan, again", here)
        lines = progress.run(here, "plan", "-detailed-exitcode", allowed=(0, 2))
        print(next(line.strip() for line in lines if line.startswith(("No changes", "Plan:"))), flush=True)
    for here in reversed(stacks):
        heading("terraform destroy", here)
        _timed(here, "destroy", result="Destroy complete!")


def _timed(here: Workspace, command: str, *, result: str) -> None:
    started = time.monotonic()
    lines = progress.run(here, command, "-auto-approve")
    found = next((line.strip() for line in lines if line.startswith(result)), f"terraform {command}: done")
    print(f"{found}  ({time.monotonic() - started:.0f} s)", flush=True)


def _heading(text: str) -> None:
    print(f"\n--- {text}", flush=True)


def _difference(after: dict[str, list[str]], before: dict[str, list[str]]) -> dict[str, list[str]]:
    """Resources that an account has after a run and didn't have before, by kind."""
    found = {kind: sorted((Counter(names) - Counter(before.get(kind, []))).elements()) for kind, names in after.items()}
    return {kind: names for kind, names in found.items() if names}


def _print_table(deployment: Deployment, outputs: dict[str, Any]) -> None:
    mesh = MESHES[deployment.catalog.mesh.kind]
    rows = [("service", "address", "protocol", "timeout", "tasks at")]
    for service in deployment.services.values():
        if service.port is None:
            continue
        # Only its load balancer reaches a public service of Service Connect with TLS.
        addresses = ", ".join(mesh.found(service, deployment)) or "-"
        limit = "none" if service.timeout == UNLIMITED else f"{service.timeout:.0f} s"
        timeout = "-" if service.is_tcp else limit
        rows.append((service.name, outputs[service.name]["address"], service.protocol, timeout, addresses))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
