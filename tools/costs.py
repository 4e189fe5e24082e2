"""Print what AWS bills for the shipped catalog by the hour or the month, used or not, on each kind of mesh.

    python -m tools.costs [--write PAGE]

The numbers are those of the synthesized output, and the prices those of tools/prices.toml. `--write` puts the table
between the two comments of a Markdown page, as `make docs` does with docs/production.md.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from catalog.diagnostics import CatalogError
from catalog.load import load
from catalog.meshes import MESHES
from stacks.synthesize import synthesize

ROOT = Path(__file__).resolve().parent.parent
PRICES: dict[str, Any] = tomllib.loads((ROOT / "tools" / "prices.toml").read_text("utf-8"))
BEGIN, END = "<!-- Made by `make docs`: the costs. -->", "<!-- The end of the costs. -->"
_FARGATE = "FARGATE"

Output = Mapping[str, Any]
"""The Terraform JSON of a deployment."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A thing that AWS bills, and its price."""

    name: str
    price: str
    page: str
    month: float
    """Dollars for one of them in a month."""
    is_task: bool


def _lines() -> dict[str, Line]:
    lines = {}
    for table in ("fixed", "tasks"):
        for key, row in PRICES[table].items():
            hourly = "hour" in row
            lines[key] = Line(
                name=row["name"],
                price=f"${row['hour']:.4g} an hour" if hourly else f"${row['month']:.2f} a month",
                page=row["page"],
                month=row["hour"] * PRICES["hours"] if hourly else row["month"],
                is_task=table == "tasks",
            )
    return lines


LINES = _lines()


def counts(output: Output) -> dict[str, float]:
    """How many of each thing an output makes."""
    made: Output = output.get("resource", {})
    balancers = [*_of(made, "aws_lb")]
    open_ = [each for each in balancers if not each.get("internal")]
    endpoints = [each for each in _of(made, "aws_vpc_endpoint") if each.get("vpc_endpoint_type") == "Interface"]
    zones = sum(name.startswith("private_") for name in made.get("aws_subnet", {}))
    tasks = [*_fargate_tasks(made)]
    return {
        "nat-gateway": len(made.get("aws_nat_gateway", {})),
        "public-address": len(made.get("aws_eip", {})) + sum(len(each["subnets"]) for each in open_),
        "interface-endpoint": len(endpoints) * zones,
        "application-balancer": sum(each["load_balancer_type"] == "application" for each in balancers),
        "network-balancer": sum(each["load_balancer_type"] == "network" for each in balancers),
        "lattice-service": len(made.get("aws_vpclattice_service", {})),
        # Cloud Map makes a zone for each namespace with DNS names.
        "hosted-zone": len(made.get("aws_route53_zone", {}))
        + len(made.get("aws_service_discovery_private_dns_namespace", {})),
        "metric": _metrics(made),
        "alarm": len(made.get("aws_cloudwatch_metric_alarm", {})),
        "key": len(made.get("aws_kms_key", {})),
        "vcpu": sum(number * int(task["cpu"]) / 1024 for number, task in tasks),
        "memory": sum(number * int(task["memory"]) / 1024 for number, task in tasks),
    }


def _of(made: Output, type_: str) -> Iterator[Mapping[str, Any]]:
    yield from made.get(type_, {}).values()


def _fargate_tasks(made: Output) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """The number of tasks of each service on Fargate, and their task definition."""
    for name, service in made.get("aws_ecs_service", {}).items():
        if any(each["capacity_provider"] == _FARGATE for each in service["capacity_provider_strategy"]):
            yield service["desired_count"], made["aws_ecs_task_definition"][name]


def _metrics(made: Output) -> int:
    """The metrics of Container Insights at the level "enabled"."""
    levels = [each["value"] for cluster in _of(made, "aws_ecs_cluster") for each in cluster["setting"]]
    per = PRICES["metrics"]
    return per["cluster"] + per["service"] * len(made.get("aws_ecs_service", {})) if "enabled" in levels else 0


def unknown_types(output: Output) -> list[str]:
    """The types of an output that neither `counts` nor the price list knows."""
    counted = {
        *("aws_nat_gateway", "aws_eip", "aws_lb", "aws_vpc_endpoint", "aws_vpclattice_service", "aws_route53_zone"),
        *("aws_service_discovery_private_dns_namespace", "aws_cloudwatch_metric_alarm", "aws_kms_key"),
    }
    known = [*counted, *PRICES["types"]["free"], *PRICES["types"]["not_priced"]]
    return sorted(type_ for type_ in output.get("resource", {}) if not any(fnmatchcase(type_, each) for each in known))


def shipped(kind: str) -> Output | None:
    """The output of the shipped catalog with this kind of mesh; None if the mesh doesn't support the catalog."""
    with tempfile.TemporaryDirectory(prefix="costs-") as folder:
        catalog = Path(folder, "services.toml")
        text = (ROOT / "services.toml").read_text("utf-8")
        catalog.write_text(re.sub(r"^kind = .*$", f'kind = "{kind}"', text, count=1, flags=re.M), encoding="utf-8")
        if (ROOT / "images").is_dir():
            shutil.copytree(ROOT / "images", Path(folder, "images"))
        try:
            loaded = load(catalog)
        except CatalogError:
            return None
        [deployment] = loaded.deployments
        stacks = synthesize(loaded, outdir=Path(folder, "out")).outdir / "stacks"
        output: Output = json.loads((stacks / deployment.id / "cdk.tf.json").read_text("utf-8"))
        return output


def fixed(count: Mapping[str, float]) -> float:
    """Dollars a month, used or not, without tasks."""
    return sum(number * LINES[key].month for key, number in count.items() if not LINES[key].is_task)


def total(count: Mapping[str, float]) -> float:
    """Dollars a month, used or not, with the tasks that run all the time."""
    return sum(number * LINES[key].month for key, number in count.items())


def table(found: Mapping[str, Mapping[str, float]]) -> str:
    """The table in Markdown: a column for each kind of mesh, with number and dollars."""
    rows = [["billed, used or not", "price", *(f"`{kind}`" for kind in found)]]
    for is_task, sum_name, sum_ in ((False, "fixed", fixed), (True, "with tasks", total)):
        for key, line in LINES.items():
            numbers = [count[key] for count in found.values()]
            if line.is_task == is_task and any(numbers):
                cells = [f"{number:g}: {dollars(number * line.month)}" if number else "" for number in numbers]
                rows.append([f"[{line.name}]({line.page})", line.price, *cells])
        sums = [f"**{dollars(sum_(count))}**" for count in found.values()]
        rows.append([f"**{sum_name}, a month**", "", *sums])
    rows.insert(1, ["---"] * len(rows[0]))
    head = (
        f"List prices of {PRICES['region']}, {PRICES['date']}, for {PRICES['hours']} hours: number and dollars a month."
    )
    return "\n".join([head, "", *("|" + "|".join(f" {cell} " if cell else " " for cell in row) + "|" for row in rows)])


def dollars(amount: float) -> str:
    """Whole dollars, or cents below ten dollars."""
    return f"${amount:,.0f}" if amount >= 10 else f"${amount:.2f}"


def found_on(kinds: Iterable[str]) -> dict[str, dict[str, float]]:
    """The counts of the shipped catalog on each kind of mesh that supports it."""
    outputs = {kind: shipped(kind) for kind in kinds}
    return {kind: counts(output) for kind, output in outputs.items() if output is not None}


def written(page: str, text: str) -> str:
    """A page with another text between its two comments."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n{text}\n\n{END}{after}"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.costs", description="Prints what the shipped catalog costs.")
    parser.add_argument("--write", type=Path, metavar="PAGE", help="put the table into this page instead")
    arguments = parser.parse_args()
    text = table(found_on(MESHES))
    if arguments.write is None:
        print(text)
    else:
        arguments.write.write_text(written(arguments.write.read_text("utf-8"), text), encoding="utf-8")


if __name__ == "__main__":
    main()
