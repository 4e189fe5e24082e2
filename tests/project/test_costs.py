"""The costs that docs/production.md and README name are those of the synthesized output."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from catalog.meshes import MESHES
from tests.conftest import ROOT
from tests.support.catalogs import EXAMPLES, MORE, of_kind
from tests.support.outputs import ShippedOutputs
from tools import costs

README = " ".join((ROOT / "README.md").read_text("utf-8").split())


@pytest.fixture(scope="module")
def found(shipped: ShippedOutputs) -> dict[str, dict[str, float]]:
    """The counts of the shipped catalog, by the kind of mesh."""
    counts = {}
    for kind in MESHES:
        [(_, output)] = shipped(ROOT / "services.toml", kind).bases
        counts[kind] = costs.counts(output)
    return counts


def test_the_table_of_the_documentation_is_current(found: dict[str, dict[str, float]]) -> None:
    page = (ROOT / "docs" / "production.md").read_text("utf-8")
    assert costs.table(found) in page
    assert page == costs.written(page, costs.table(found))


def test_the_script_reads_the_shipped_catalog_on_each_mesh() -> None:
    kind = next(iter(MESHES))
    changed = re.sub(
        r"^kind = .*$", f'kind = "{kind}"', (ROOT / "services.toml").read_text("utf-8"), count=1, flags=re.M
    )
    assert changed.split() == of_kind(ROOT / "services.toml", kind).split()


def test_readme_says_what_the_table_says(found: dict[str, dict[str, float]]) -> None:
    own = found[re.search(r'^kind = "(.*)"', (ROOT / "services.toml").read_text("utf-8"), re.M)[1]]  # type: ignore[index]

    def of(key: str) -> str:
        return costs.dollars(own[key] * costs.LINES[key].month)

    tasks = costs.total(own) - costs.fixed(own)
    for said in (
        f"{costs.dollars(costs.fixed(own))} a month whether or not a request arrives",
        f"(Container Insights {of('metric')}, NAT gateway {of('nat-gateway')}, load balancer "
        f"{of('application-balancer')}, public IPv4 addresses {of('public-address')}, a DNS zone {of('hosted-zone')})",
        f"and {costs.dollars(tasks)} for tasks that run all the time ({own['vcpu']:g} vCPU and {own['memory']:g} GiB",
        f'With `kind = "vpc-lattice"` the first sum is {costs.dollars(costs.fixed(found["vpc-lattice"]))}',
    ):
        assert said in README


@pytest.mark.parametrize("file", [*EXAMPLES, *MORE], ids=lambda file: file.stem)
def test_every_resource_type_has_a_price_or_is_known_to_be_free(file: Path, shipped: ShippedOutputs) -> None:
    for state in shipped(file).folders.values():
        assert costs.unknown_types(state) == []


def test_what_is_billed_is_counted() -> None:
    output: dict[str, Any] = {
        "resource": {
            "aws_subnet": {"private_a": {}, "private_b": {}, "public_a": {}},
            "aws_lb": {
                "one": {"load_balancer_type": "application", "internal": False, "subnets": ["a", "b"]},
                "two": {"load_balancer_type": "network", "internal": True, "subnets": ["a", "b"]},
            },
            "aws_eip": {"nat_a": {}},
            "aws_nat_gateway": {"nat_a": {}},
            "aws_vpc_endpoint": {"s3": {"vpc_endpoint_type": "Gateway"}, "sqs": {"vpc_endpoint_type": "Interface"}},
            "aws_ecs_cluster": {"main": {"setting": [{"name": "containerInsights", "value": "enabled"}]}},
            "aws_ecs_service": {
                "web": {"desired_count": 3, "capacity_provider_strategy": [{"capacity_provider": "FARGATE"}]},
                "gpu": {"desired_count": 1, "capacity_provider_strategy": [{"capacity_provider": "shop-gpu"}]},
            },
            "aws_ecs_task_definition": {"web": {"cpu": "512", "memory": "1024"}, "gpu": {"cpu": "4", "memory": "8"}},
            "aws_new_thing": {"x": {}},
        }
    }
    assert {key: number for key, number in costs.counts(output).items() if number} == {
        "nat-gateway": 1,
        "public-address": 3,
        "interface-endpoint": 2,
        "application-balancer": 1,
        "network-balancer": 1,
        "metric": 63,
        "vcpu": 1.5,
        "memory": 3.0,
    }
    assert costs.unknown_types(output) == ["aws_new_thing"]
