"""The summary that `make synth` prints after a successful run."""

from __future__ import annotations

import shlex
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
    environ: Mapping[str, str],
) -> str:
    """A table of the deployments, the folders that were written, and the command to run next. `folders` are those of
    all stacks; `emptied` are those among them that no service is left in."""
    header = ("deployment", "region", "mesh", "services", "calls", "public", "resources", "network")
    rows = [header, *(_row(deployment, resources[deployment.id]) for deployment in loaded.deployments)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(header))]
    table = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    shown = _relative(outdir)
    listed_folders = ", ".join(f"{shown}/stacks/{folder}" for folder in folders)
    where = listed_folders if len(folders) <= _LISTED else f"{len(folders)} folders in {shown}/stacks"
    left = [f"{folder} has no services left. Apply it, then delete {shown}/stacks/{folder}." for folder in emptied]
    lines = [*table, *_fallbacks(loaded), *([""] if left else []), *left, "", f"Wrote {where} from {file}"]
    counts = [_count(loaded, level) for level in ("warning", "notice")]
    if reported := " and ".join(count for count in counts if count):
        lines.append(f"{reported} above")
    return "\n".join([*lines, f"Next: {_next_command(environ)}"])


def _next_command(environ: Mapping[str, str]) -> str:
    """`make plan`, with the variables that `make synth` was given."""
    given = {
        "CATALOG_FILE": environ.get("CATALOG_FILE"),
        "ENV": environ.get("CATALOG_ENVIRONMENT"),
        "CDKTF_OUTDIR": environ.get("CDKTF_OUTDIR"),
    }
    return " ".join(["make plan", *(f"{name}={shlex.quote(value)}" for name, value in given.items() if value)])


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
    """The services whose protocol the mesh doesn't support: their callers reach them without it."""
    lines = []
    for deployment in loaded.deployments:
        mesh = mesh_of(deployment)
        direct = [s.name for s in deployment.services.values() if s.port is not None and not mesh.carries(s)]
        if mesh.protocols and direct:
            lines.append(f"{deployment.id}: {mesh.title} doesn't support {listed(direct)}; callers connect directly")
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
