"""AWS completed a call, but its response was lost or terraform was killed: what another apply fixes, and what not."""

from __future__ import annotations

import json
import re
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests import emulator
from tests.emulator import faults
from tests.lifecycle.test_random_faults import NAMELESS, UNHARMED, Started
from tests.support.trial import Trial

pytestmark = [pytest.mark.nightly, pytest.mark.usefixtures("signals")]

REGION = "us-west-2"
CATALOG = """
[catalog]
name = "trial"
region = "us-west-2"
[network]
flow_logs = false
zones = ["us-west-2a"]
[mesh]
kind = "none"
[defaults]
image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/team/app:1"
[services.chat]
calls = ["llm"]
[services.llm]
port = 80
"""

Values = dict[str, Any]


def _first(operation: str, key: str, **filters: str) -> dict[str, Any]:
    """The only resource that EC2 describes with these filters."""
    asked = [{"Name": name.replace("_", "-"), "Values": [value]} for name, value in filters.items()]
    described = getattr(emulator.client("ec2", region=REGION), operation)(Filters=asked)[key]
    found: dict[str, Any] = described[0]
    return found


def _rule(values: Values, *, egress: bool) -> str:
    rules = emulator.client("ec2", region=REGION).describe_security_group_rules(
        Filters=[{"Name": "group-id", "Values": [values["security_group_id"]]}]
    )["SecurityGroupRules"]
    port, other = values["from_port"], values["referenced_security_group_id"]
    # For egress, the group's default rule would match too if Terraform had not removed it.
    [rule] = [
        rule["SecurityGroupRuleId"]
        for rule in rules
        if rule["IsEgress"] == egress
        and rule["FromPort"] == port
        and rule.get("ReferencedGroupInfo", {}).get("GroupId") == (other or None)
        and rule.get("CidrIpv4") == (values["cidr_ipv4"] or None)
    ]
    return str(rule)


IMPORTED_AS: dict[str, Callable[[Values], str]] = {
    "aws_cloudwatch_log_group": lambda values: str(values["name"]),
    "aws_ecs_service": lambda values: f"trial/{values['name']}",
    "aws_iam_role": lambda values: str(values["name"]),
    "aws_route": lambda values: f"{values['route_table_id']}_{values['destination_cidr_block']}",
    "aws_security_group": lambda values: str(
        _first("describe_security_groups", "SecurityGroups", group_name=values["name"])["GroupId"]
    ),
    "aws_subnet": lambda values: str(
        _first("describe_subnets", "Subnets", cidr_block=values["cidr_block"], vpc_id=values["vpc_id"])["SubnetId"]
    ),
    "aws_vpc_security_group_egress_rule": lambda values: _rule(values, egress=True),
    "aws_vpc_security_group_ingress_rule": lambda values: _rule(values, egress=False),
}
"""The import id of a resource that AWS doesn't create twice, found as a user would find it."""


@pytest.fixture
def trial(aws: None, tmp_path: Path) -> Trial:
    emulator.reset()
    trial = Trial(tmp_path, shares_provider=False)
    trial.write(CATALOG)
    return trial


def refused(said: str) -> list[str]:
    """The addresses that Terraform couldn't create because such a resource exists already."""
    errors = said.split("Error: ")[1:]
    already = re.compile(r"[Aa]lready\s*[Ee]xists|Duplicate|InvalidSubnet.Conflict|not idempotent")
    assert all(already.search(error) for error in errors), said
    return [re.findall(r"with ([\w.-]+),", error)[0] for error in errors]


def import_what_is_there(trial: Trial, addresses: list[str]) -> None:
    """Let the next apply import the resources that AWS didn't create twice."""
    trial.workspace.run("plan", "-refresh=false", "-out=planned")
    changes = json.loads(trial.workspace.run("show", "-json", "planned"))["resource_changes"]
    after = {change["address"]: change["change"]["after"] for change in changes}
    blocks = [{"to": each, "id": IMPORTED_AS[each.partition(".")[0]](after[each])} for each in addresses]
    (trial.workspace.folder / "imports.tf.json").write_text(json.dumps({"import": blocks}))


def test_named_resources_can_be_imported_and_unnamed_ones_are_orphaned(trial: Trial) -> None:
    lost = {(*call.split(":"), 1): "lost" for call in UNHARMED}
    imported: set[str] = set()
    with faults.during(faults.Plan(calls=lost)) as plan:  # type: ignore[arg-type]
        for _ in range(5):
            said = Started(trial.workspace, "apply").ended()
            if not (addresses := refused(said)):
                break
            import_what_is_there(trial, addresses)
            imported.update(address.partition(".")[0] for address in addresses)
    happened = {f"{service}:{operation}" for service, operation, *_ in plan.injected}

    assert happened == UNHARMED.keys() - {"elbv2:CreateRule"}  # no load balancer here
    assert imported == IMPORTED_AS.keys() - {"aws_ecs_service"}
    assert trial.planned() == {}
    orphans = trial.orphans()
    # Each VPC comes with a network ACL and a route table of its own.
    assert {kind: len(names) for kind, names in orphans.items()} == {
        "VPC": 1, "elastic IP": 1, "internet gateway": 1, "network ACL": 1, "route table": 1,
    }  # fmt: skip
    assert sum(why == NAMELESS for why in UNHARMED.values()) == 3


def _is_being_written(state: Path) -> bool:
    """Whether terraform may be writing its state: killed during that, it leaves an empty file."""
    return time.time() - state.stat().st_mtime < 0.3 or not state.read_text()


def interrupted(trial: Trial, number: signal.Signals, *, at: str) -> Started:
    """An apply that got a signal after a call of an operation, and while it wrote no state."""
    # Terraform polls for some time after each create call: long enough to catch it waiting.
    waits = {("ecs", "DescribeServices", call): "slow" for call in range(1, 30)}
    with faults.during(faults.Plan(calls=waits)) as plan:  # type: ignore[arg-type]
        applying = Started(trial.workspace, "apply")
        while at not in plan.counts or _is_being_written(trial.workspace.folder / "terraform.tfstate"):
            assert applying.poll() is None, applying.ended()
            time.sleep(0.02)
        applying.send_signal(number)
        applying.ended()
    return applying


def test_the_next_apply_completes_an_interrupted_one_and_a_killed_one_after_an_import(
    trial: Trial,
) -> None:
    # A service is created, and terraform waits for its tasks. On SIGINT it writes the service to the state.
    assert interrupted(trial, signal.SIGINT, at="ecs:DescribeServices").returncode == 1
    assert trial.orphans() == {}

    # On SIGKILL it doesn't.
    assert interrupted(trial, signal.SIGKILL, at="ecs:CreateService").returncode == -signal.SIGKILL
    assert set(trial.orphans()) == {"service"}

    # The lock ended with the process that held it.
    addresses = refused(Started(trial.workspace, "apply").ended())
    assert len(addresses) == 1 and addresses[0].startswith("aws_ecs_service.")
    import_what_is_there(trial, addresses)
    trial.workspace.apply()
    assert trial.planned() == {}
    assert trial.orphans() == {}
    trial.workspace.destroy()
    assert emulator.leftovers() == {}
