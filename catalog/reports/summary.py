"""What synth says when all is well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from catalog.diagnostics import listed, plural
from catalog.load import Loaded
from catalog.meshes import mesh_of
from catalog.model import Deployment

_LISTED = 3
_NAT = {"none": "no NAT", "single": "one NAT gateway", "per-zone": "a NAT gateway in each zone"}


def summary(
    loaded: Loaded,
    *,
    file: str,
    outdir: Path,
    resources: Mapping[str, int],
    folders: Sequence[str],
    emptied: Sequence[str],
) -> str:
    """A table of the deployments, where the output is, and what to do next. `folders` are those of all stacks, and
    `emptied` the ones among them that hold no service any more."""
    header = ("deployment", "region", "mesh", "services", "calls", "public", "resources", "network")
    rows = [header, *(_row(deployment, resources[deployment.id]) for deployment in loaded.deployments)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    shown = _relative(outdir)
    listed_folders = ", ".join(f"{shown}/stacks/{folder}" for folder in folders)
    where = listed_folders if len(folders) <= _LISTED else f"{len(folders)} folders in {shown}/stacks"
    left = [f"{folder} holds no service any more: once applied, delete {shown}/stacks/{folder}" for folder in emptied]
    lines = [*table, *_fallbacks(loaded), *([""] if left else []), *left, "", f"{file} -> {where}; next: make plan"]
    counts = [_count(loaded, level) for level in ("warning", "notice")]
    if said := " and ".join(count for count in counts if count):
        lines.append(f"{said} on stderr")
    return "\n".join(lines)


def _row(deployment: Deployment, resources: int) -> tuple[str, ...]:
    services = deployment.services.values()
    public = [service.name for service in services if service.public is not None]
    return (
        deployment.id,
        deployment.region,
        deployment.catalog.mesh.kind,
        str(len(deployment.services)),
        str(sum(len(service.calls) for service in services)),
        ", ".join(public) if len(public) <= 3 else f"{len(public)} services",
        str(resources),
        _network(deployment),
    )


def _fallbacks(loaded: Loaded) -> list[str]:
    """Which services are reached past the mesh, in a mesh that carries the others."""
    lines = []
    for deployment in loaded.deployments:
        mesh = mesh_of(deployment)
        direct = [s.name for s in deployment.services.values() if s.port is not None and not mesh.carries(s)]
        if mesh.protocols and direct:
            lines.append(f"{deployment.id}: {mesh.title} does not carry {listed(direct)}, reached directly by name")
    return ["", *lines] if lines else []


def _network(deployment: Deployment) -> str:
    network = deployment.catalog.network
    if network.vpc_id is not None:
        return f"existing {network.vpc_id}"
    zones = network.zones if isinstance(network.zones, int) else len(network.zones)
    return f"{network.cidr}, {zones} {plural('zone', zones)}, {_NAT[network.nat]}"


def _count(loaded: Loaded, level: str) -> str:
    number = sum(problem.level == level for problem in loaded.notices)
    return f"{number} {plural(level, number)}" if number else ""


def _relative(path: Path) -> str:
    here = Path.cwd()
    path = path.resolve()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else path.as_posix()
