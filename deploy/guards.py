"""Checks before Terraform runs, and advice for failures that Terraform doesn't explain."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from catalog.analysis.states import BASE, backend_arguments
from catalog.diagnostics import Problem, listed, plural
from catalog.meshes import MESHES
from catalog.model import Deployment
from deploy.process import Refusal
from deploy.stacks import Stack, configuration_of, in_state


def on_partial_resources(stack: Stack, *, terraform: str) -> str | None:
    """Advice on tainted resources, which were only partly created before an apply failed; None if there are none, or if
    the state can't be read.

    Security groups, their rules and Cloud Map services are created before the old ones are destroyed, so that running
    tasks keep them. If such a resource has a fixed name, AWS refuses a second one at every apply.
    """
    shown = subprocess.run([terraform, "show", "-json"], cwd=stack.folder, capture_output=True, text=True, check=False)
    tainted = _tainted(shown.stdout) if shown.returncode == 0 else []
    if not tainted:
        return None
    command = shlex.join(["terraform", "destroy", *(f"-target={address}" for address in tainted)])
    return (
        f"{stack.id}: {', '.join(tainted)} was only partly created. Run make apply again. If it reports that one "
        "already exists, destroy the partly created resources, then run make apply again:\n"
        f"  cd {shlex.quote(str(stack.folder))} && {command}"
    )


def _tainted(state: str) -> list[str]:
    try:
        resources = json.loads(state)["values"]["root_module"]["resources"]
    except (ValueError, KeyError):
        return []
    return [resource["address"] for resource in resources if resource.get("tainted")]


def on_retired_mesh(stack: Stack, *, terraform: str) -> str | None:
    """Advice on resources of a mesh that AWS has ended, which are in a stack's state but not in its configuration,
    for example of a service that left the catalog. Terraform can't delete them, so they must be removed from the state.
    None if there are none, or if the state can't be read."""
    known = configuration_of(stack).addresses
    try:
        held = in_state(stack, terraform=terraform) if known else []
    except Refusal:
        return None
    for mesh in MESHES.values():
        stray = [
            address
            for address in held
            if mesh.ended and address.startswith(mesh.resource_prefix) and address not in known
        ]
        if stray:
            command = shlex.join(["terraform", "state", "rm", *stray])
            return (
                f"{stack.id}: AWS has ended {mesh.title}, so Terraform can't delete its resources in the state. "
                f"Remove them from the state:\n  cd {shlex.quote(str(stack.folder))} && {command}\n"
                "If the catalog has just changed to another mesh, write migrate_from in its [mesh] table instead "
                f"({mesh.migration_page})."
            )
    return None


def refuse_ended_mesh(stacks: Sequence[Stack]) -> None:
    """Raise Refusal if any of these stacks would create resources of a mesh that AWS has ended: the apply would fail
    after it created what else the stack has. With an endpoint of one's own, as for an emulated AWS, it isn't refused
    (AWS SDKs and Tools Reference Guide, "Service-specific endpoints"), nor with a variable named after the mesh."""
    for kind, mesh in MESHES.items():
        variable = kind.upper().replace("-", "_")
        endpoints = ("AWS_ENDPOINT_URL", f"AWS_ENDPOINT_URL_{variable}")
        if not mesh.ended or os.environ.get(variable) == "1" or any(os.environ.get(name) for name in endpoints):
            continue
        for stack in stacks:
            made = configuration_of(stack).resources
            if any(address.startswith(mesh.resource_prefix) for address in made):
                other = next(other for other, traits in MESHES.items() if not traits.ended)
                raise Refusal(
                    f"{stack.id}: AWS ended {mesh.title} on {mesh.ended}, so the apply would fail; nothing was changed."
                    f' Write kind = "{other}" in [mesh]. If {stack.deployment} exists, also write '
                    f'migrate_from = "{kind}" there ({mesh.migration_page}). If {mesh.title} answers in your account, '
                    f"run make apply {variable}=1."
                )


def refuse_empty_state(stacks: Sequence[Stack]) -> None:
    """Raise Refusal for a local state that is empty although its backup isn't: Terraform would create everything
    again. Terraform 1.11 truncates the state file before it writes it, and keeps the state from before the run in the
    backup (measured)."""
    for stack in stacks:
        state = _local_state(stack)
        backup = state and state.with_name(f"{state.name}.backup")
        if state and backup and _holds_nothing(state) and not _holds_nothing(backup):
            raise Refusal(
                f"{stack.id}: {state} is empty but {backup.name} isn't, which happens if terraform is killed while it "
                f"writes; terraform would create everything again. Copy {backup.name} to {state}, and import what the "
                "killed run created; or delete both files, if all resources are deleted."
            )


def former_states(deployments: Sequence[Deployment], *, outdir: Path) -> list[Problem]:
    """A notice for each local state of a deployment that a catalog had before its `catalog.name` or its environments
    changed, if no state exists yet for a deployment that continues it. `deployments` are those of all environments.

    Other catalogs may have their states in the same folder: a former deployment has the catalog's name without an
    environment, or at least half of the services.
    """
    by_id = {each.id: each for each in deployments}
    homes = {id_: home for id_, each in by_id.items() if (home := _default_state(each, outdir=outdir))}
    found = []
    for folder in sorted({home.parent for home in homes.values()}):
        new = [by_id[id_] for id_, home in homes.items() if home.parent == folder and not _held_in(home)]
        for former in sorted(each for each in folder.glob("*") if each.name not in by_id):
            held = _held_in(former)
            names = [each.id for each in new if held and _continues(each, former=former.name, held=held)]
            if names:
                found.append(_former_state(former, count=len(held), names=names))
    return found


def _default_state(deployment: Deployment, *, outdir: Path) -> Path | None:
    """The folder of a deployment's local states; None if the catalog configures another place."""
    kind, arguments = backend_arguments(deployment)
    if kind != "local":
        return None
    file = Path(os.path.normpath(outdir / "stacks" / deployment.id / arguments["path"]))
    return file.parent if file.parts[-3:] == ("state", deployment.id, f"{BASE}.tfstate") else None


def _held_in(folder: Path) -> list[str]:
    """The addresses of the resources in all state files of a folder, except those that can't be read."""
    held = []
    for file in sorted(folder.glob("*.tfstate")):
        with suppress(OSError, ValueError, KeyError, TypeError):
            resources = json.loads(file.read_text(encoding="utf-8"))["resources"]
            held += [f"{each['type']}.{each['name']}" for each in resources if each["mode"] == "managed"]
    return held


def _continues(deployment: Deployment, *, former: str, held: Sequence[str]) -> bool:
    prefix = "aws_ecs_service."
    before = {address.removeprefix(prefix) for address in held if address.startswith(prefix)}
    now = set(deployment.workloads)
    return former == deployment.catalog.catalog.name or (bool(before) and 2 * len(before & now) >= len(before | now))


def _former_state(former: Path, *, count: int, names: Sequence[str]) -> Problem:
    # Terraform's plan creates the new folder, so that mv alone would move the old one into it.
    new = shlex.quote(str(former.with_name(names[0])))
    others = f" (or to {', '.join(str(former.with_name(each)) for each in names[1:])})" if names[1:] else ""
    message = (
        f"has {count} {plural('resource', count)} of {former.name}, which isn't in this catalog any more; make apply "
        f"would create all of it again as {listed(names)}. To delete {former.name} first, run make destroy with the "
        f"former catalog.name and environments. To replace it, run mkdir -p {new} && mv {shlex.quote(str(former))}/* "
        f"{new}{others}."
    )
    return Problem(file=str(former / f"{BASE}.tfstate"), line=0, place="", message=message, level="notice")


def _local_state(stack: Stack) -> Path | None:
    """The state file of a stack; None if there is none."""
    local = json.loads(stack.text()).get("terraform", {}).get("backend", {}).get("local")
    if local is None:
        return None
    path = Path(os.path.normpath(stack.folder / local.get("path", "terraform.tfstate")))
    return path if path.is_file() else None


def _holds_nothing(file: Path) -> bool:
    return not file.is_file() or not file.read_bytes().strip()


def refuse_protected(stacks: Sequence[Stack]) -> None:
    """Raise Refusal if any of these stacks has resources with deletion protection."""
    for stack in stacks:
        if kept := sorted(_kept(json.loads(stack.text()))):
            raise Refusal(
                f"{stack.id}: security.deletion_protection protects {', '.join(kept)}; nothing was deleted. Write "
                "deletion_protection = false, run make apply, then make destroy again."
            )


def refuse_what_aws_protects(stack: Stack, *, terraform: str) -> None:
    """Raise Refusal if the state of an initialized stack has load balancers with deletion protection: Terraform would
    fail only after it deleted everything behind them."""
    pulled = subprocess.run([terraform, "state", "pull"], cwd=stack.folder, capture_output=True, text=True, check=False)
    try:
        state = json.loads(pulled.stdout)
    except ValueError:  # no state yet, or unreadable: terraform destroy reports that
        return
    if kept := sorted(_protected_by_aws(state)):
        raise Refusal(
            f"{stack.id}: AWS still protects {', '.join(kept)} from deletion; nothing was deleted. "
            "Run make apply to remove the protection, then make destroy again."
        )


def _kept(configuration: dict[str, Any]) -> Iterator[str]:
    for type_, named in configuration.get("resource", {}).items():
        for name, body in named.items():
            if (body.get("lifecycle") or {}).get("prevent_destroy"):
                yield f"{type_}.{name}"


def _protected_by_aws(state: dict[str, Any]) -> Iterator[str]:
    for resource in state.get("resources", ()):
        for instance in resource["instances"]:
            if instance["attributes"].get("enable_deletion_protection"):
                yield f"{resource['type']}.{resource['name']}"
