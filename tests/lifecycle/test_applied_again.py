"""Applied, destroyed and applied again: what AWS makes and keeps by itself is in no deployment's way."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests import emulator
from tests.conftest import ROOT
from tests.emulator.terraform import Workspace, workspace
from tests.support.trial import Trial

REGION = "us-west-2"
GROUP = "/aws/ecs/containerinsights/shop/performance"
CATALOG = f"""
[catalog]
name = "shop"
region = "{REGION}"

[network]
nat = "none"
zones = ["us-west-2a", "us-west-2b", "us-west-2c"]

[mesh]
kind = "none"

[services.web]
image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/web:1"
deploy = {{ min = 0, max = 100 }}
volumes.data = {{ path = "/data", kind = "efs" }}
"""


@pytest.mark.slow
def test_a_deployment_is_applied_again_after_a_destroy(aws: None, tmp_path: Path) -> None:
    emulator.reset()
    emulator.withdraw_service("ecr.api", letters="b", region=REGION)
    logs, trial = emulator.client("logs", region=REGION), Trial(tmp_path)
    trial.write(CATALOG)
    trial.workspace.apply()
    assert emulator.without_backups(region=REGION) == []
    assert _zones_of("ecr.api") == ["us-west-2a", "us-west-2c"]
    assert _zones_of("logs") == ["us-west-2a", "us-west-2b", "us-west-2c"]
    # Container Insights makes it, and makes it again while the cluster is deleted.
    _recipe(tmp_path).apply()
    [group] = logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]
    assert group["retentionInDays"] == 7
    logs.delete_log_group(logGroupName=GROUP)

    trial.workspace.destroy()
    assert logs.describe_log_groups(logGroupNamePrefix=GROUP)["logGroups"]
    assert emulator.leftovers() == {}

    trial.workspace.apply()
    assert trial.planned() == {}


def _recipe(folder: Path) -> Workspace:
    """The configuration of docs/production.md that imports the log group of Container Insights."""
    page = (ROOT / "docs" / "production.md").read_text("utf-8")
    [text] = re.findall(r"```hcl\n(.*?)```", page, re.S)
    own = folder / "insights"
    own.mkdir()
    (own / "main.tf").write_text(text.replace("/chatqna/", "/shop/"), encoding="utf-8")
    here = workspace(own, folder / "run")
    here.init()
    return here


def _zones_of(endpoint: str) -> list[str]:
    """The zones in which an endpoint of the account has a subnet."""
    ec2 = emulator.client("ec2", region=REGION)
    service = {"Name": "service-name", "Values": [f"com.amazonaws.{REGION}.{endpoint}"]}
    [found] = [
        each for each in ec2.describe_vpc_endpoints(Filters=[service])["VpcEndpoints"] if each["State"] != "deleted"
    ]
    subnets = ec2.describe_subnets(SubnetIds=found["SubnetIds"])["Subnets"]
    return sorted(each["AvailabilityZone"] for each in subnets)
