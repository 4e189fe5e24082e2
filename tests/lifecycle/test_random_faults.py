"""The shipped catalog: applied while AWS fails at random, then changed outside Terraform, then destroyed."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests import emulator
from tests.conftest import ROOT
from tests.emulator import faults
from tests.emulator.terraform import Workspace, find_terraform
from tests.support.trial import Trial, state_of

pytestmark = [pytest.mark.nightly, pytest.mark.usefixtures("signals")]

SEEDS = [int(seed) for seed in os.environ.get("STORM_SEEDS", "1").split()]
"""Use more seeds with STORM_SEEDS="1 2 3" make test-all ARGS=tests/lifecycle/test_random_faults.py."""
ROUNDS = 8
SCALES = "\n[services.ui.scale]\nmin = 1\nmax = 4\ncpu_percent = 60\n"
CLUSTER, REGION = "chatqna", "us-west-2"

NAMELESS = "AWS makes another one, and nothing tells it from the first: an orphan, to be found by its Name tag"
NAMED = "AWS refuses a second one like the first, and Terraform does not adopt that: it has to be imported"
UNHARMED = {
    "ec2:AllocateAddress": NAMELESS,
    "ec2:CreateInternetGateway": NAMELESS,
    "ec2:CreateVpc": NAMELESS,
    "ec2:AuthorizeSecurityGroupEgress": NAMED,
    "ec2:AuthorizeSecurityGroupIngress": NAMED,
    "ec2:CreateRoute": NAMED,
    "ec2:CreateSecurityGroup": NAMED,
    "ec2:CreateSubnet": NAMED,
    "elbv2:CreateRule": NAMED,
    "iam:CreateRole": NAMED,
    "logs:CreateLogGroup": NAMED,
}
"""Calls that take no client token: another apply can't fix a lost response. tests/lifecycle/test_lost_answers.py
loses these; here the responses of all other calls are lost."""

_MADE_UP = [
    r"arn:aws:elasticloadbalancing:\S+",
    r"(?<=scalable-target/)\w+",
    r"(?<=/)[0-9a-f]{16}\b",
    r"\b(acl|dopt|eipalloc|eipassoc|eni|fl|igw|nat|ns|pl|r-rtb|rtb|rtbassoc|sg|sgr|srv|subnet|vpce|vpc)-[0-9a-z]{8,}",
    r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b",
    r"\bA[A-Z]{3}[A-Z0-9]{12,}\b",
    r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\S*",
    r"\b\d{1,3}(\.\d{1,3}){3}\b(?!/)",
    r"(?<=task-definition/)(\S+):\d+",
    r"\b[0-9a-f]{32}\b",
    r"\bZ[A-Z0-9]{12,}\b",
    r"terraform-\d+",
    r"\b(ec2|ip)-\d+-\d+-\d+-\d+\b",
]
"""Values that AWS or the clock generates."""
_COUNTED = {"revision", "dns_name", "hosted_zone", "default_action_order"}


def comparable(state: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A state without values that differ in each account, and with unordered lists sorted."""
    return {address: _comparable(values) for address, values in state.items()}


def _comparable(value: Any) -> Any:
    if isinstance(value, dict):
        # Terraform stores null for an empty value until the next refresh.
        return {key: _comparable(item) for key, item in value.items() if item or item is False if key not in _COUNTED}
    if isinstance(value, list):
        return sorted((_comparable(item) for item in value), key=json.dumps)
    if isinstance(value, str):
        if value[:1] in ("[", "{"):
            return _comparable(json.loads(value))
        for pattern in _MADE_UP:
            value = re.sub(pattern, "made-up", value)
    return value


class Undisturbed:
    """The same catalog applied concurrently to an emulator in another process, without errors."""

    def __init__(self, trial: Trial, folder: Path) -> None:
        self._aws = subprocess.Popen(
            [sys.executable, "-m", "tests.emulator"], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert self._aws.stdout
        lines = iter(self._aws.stdout.readline, "# serving until Ctrl-C\n")
        settings = dict(line.removeprefix("export ").strip().split("=", 1) for line in lines)
        subprocess.run(["cp", "-r", str(trial.workspace.folder), str(folder)], check=True)
        self.workspace = Workspace(folder=folder, environment=emulator.environment() | settings, shares_provider=False)
        self._apply = Started(self.workspace, "apply")

    def state(self) -> dict[str, dict[str, Any]]:
        said = self._apply.ended()
        assert self._apply.returncode == 0, said
        self.workspace.run("apply", "-refresh-only", "-auto-approve")
        return state_of(self.workspace)

    def stop(self) -> None:
        self._apply.kill()
        self._aws.terminate()
        self._aws.wait()


class Started(subprocess.Popen[str]):
    """A terraform that runs concurrently with the test. Its output goes to a file: a full pipe without a reader would
    block it."""

    def __init__(self, workspace: Workspace, command: str) -> None:
        self._output = tempfile.TemporaryFile("w+")  # noqa: SIM115  (open for as long as this runs)
        super().__init__(
            [find_terraform() or "terraform", command, "-no-color", "-input=false", "-auto-approve"],
            cwd=workspace.folder,
            env=workspace.environment,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            process_group=0,
        )

    def ended(self, timeout: float = 1800) -> str:
        """Wait for its end and return its output."""
        self.wait(timeout)
        # A killed terraform leaves its providers running.
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)
        self._output.seek(0)
        return self._output.read()


@pytest.fixture(scope="module", params=SEEDS)
def stormed(
    request: pytest.FixtureRequest, aws: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Trial, dict[str, dict[str, Any]]]]:
    """ChatQnA, applied with random errors; and the state of a run without errors."""
    emulator.reset()
    folder = tmp_path_factory.mktemp("storm")
    trial = Trial(folder, shares_provider=False)
    trial.write((ROOT / "services.toml").read_text() + SCALES)
    undisturbed = Undisturbed(trial, folder / "undisturbed")
    try:
        plan = faults.Plan(
            # All three attempts of one call fail, so that a second apply is always needed.
            calls={("ecs", "PutClusterCapacityProviders", number): "unavailable" for number in (1, 2, 3)},
            seed=request.param,
            chance=0.12,
            at_most=80,
            unharmed=UNHARMED,
        )
        with faults.during(plan):
            rounds = _applied_in_rounds(trial, plan)
        kinds = {kind for *_, kind in plan.injected}
        print(f"seed {request.param}: {len(plan.injected)} faults, {rounds} rounds")
        assert kinds == set(faults.KINDS) and rounds > 1, "a storm has every kind of fault"
        yield trial, undisturbed.state()
    finally:
        undisturbed.stop()
        emulator.reset()


def _applied_in_rounds(trial: Trial, plan: faults.Plan) -> int:
    for number in range(1, ROUNDS + 1):
        applying = Started(trial.workspace, "apply")
        said = applying.ended()
        if applying.returncode == 0:
            return number
        # `make apply` prints this advice: a replacement that is created before its tainted predecessor is destroyed
        # can't get the same name.
        for address in trial.tainted():
            if re.search(rf"(Duplicate|already exists)[^│]*?with {re.escape(address)},", said, re.IGNORECASE):
                trial.workspace.destroy(f"-target={address}")
    raise AssertionError(f"not done after {ROUNDS} rounds of {plan.injected}:\n{said[-6000:]}")


def test_the_state_after_random_errors_equals_that_of_an_undisturbed_run(
    stormed: tuple[Trial, dict[str, dict[str, Any]]],
) -> None:
    trial, undisturbed = stormed

    trial.workspace.run("apply", "-refresh-only", "-auto-approve")
    assert comparable(trial.state()) == comparable(undisturbed)
    assert trial.planned() == {}
    assert trial.orphans() == {}


def test_changes_outside_terraform_are_found_and_repaired(
    stormed: tuple[Trial, dict[str, dict[str, Any]]],
) -> None:
    trial, _ = stormed
    state = trial.state()
    changed = _changed_behind_its_back(state)

    planned = trial.planned()

    assert set(planned) == changed
    trial.apply_planned()
    assert trial.planned() == {}
    ecs = emulator.client("ecs", region=REGION)
    counts = {
        each["serviceName"]: each["desiredCount"]
        for each in ecs.describe_services(cluster=CLUSTER, services=["chatqna-ui", "chatqna-llm"])["services"]
    }
    assert counts == {"chatqna-ui": 3, "chatqna-llm": 1}, "Terraform must not change a scaled count"


def _changed_behind_its_back(state: dict[str, dict[str, Any]]) -> set[str]:
    """Change several resources; returns the addresses that Terraform must repair."""

    def client(name: str) -> Any:
        return emulator.client(name, region=REGION)

    ecs, ec2, logs = client("ecs"), client("ec2"), client("logs")
    changed = set()

    def of(address: str) -> dict[str, Any]:
        changed.add(address)
        return state[address]

    client("elbv2").delete_rule(RuleArn=of("aws_lb_listener_rule.nginx")["arn"])
    ecs.update_service(cluster=CLUSTER, service=of("aws_ecs_service.llm")["name"], desiredCount=0)
    ecs.update_service(cluster=CLUSTER, service=state["aws_ecs_service.ui"]["name"], desiredCount=3)
    ecs.update_service(
        cluster=CLUSTER,
        service=of("aws_ecs_service.redis")["name"],
        taskDefinition=state["aws_ecs_task_definition.retriever"]["arn"],
    )
    revoked = of("aws_vpc_security_group_egress_rule.backend_to_llm")
    ec2.revoke_security_group_egress(
        GroupId=revoked["security_group_id"], SecurityGroupRuleIds=[revoked["security_group_rule_id"]]
    )
    logs.put_retention_policy(logGroupName=of("aws_cloudwatch_log_group.llm")["name"], retentionInDays=1)
    logs.delete_log_group(logGroupName=of("aws_cloudwatch_log_group.ui")["name"])
    changed.add("aws_iam_role_policy.ui_execution")  # refers to the group, whose ARN is unknown before it is created
    role, _, policy = of("aws_iam_role_policy.llm_execution")["id"].partition(":")
    client("iam").delete_role_policy(RoleName=role, PolicyName=policy)
    return changed


def _restore(folder: Path) -> None:
    """Restore the backup of an empty state file, as a user must after terraform was killed while it wrote one: the next
    run would find nothing to destroy."""
    state = folder / "terraform.tfstate"
    if not state.read_text().strip():
        shutil.copy(folder / "terraform.tfstate.backup", state)


def test_a_completed_destroy_leaves_nothing_after_an_interrupted_and_a_killed_one(
    stormed: tuple[Trial, dict[str, dict[str, Any]]],
) -> None:
    trial, _ = stormed
    for number in (signal.SIGINT, signal.SIGKILL):
        with faults.during(faults.Plan()) as plan:
            destroying = Started(trial.workspace, "destroy")
            while not any(name.startswith("ec2:Revoke") or name.startswith("ecs:DeleteS") for name in plan.counts):
                assert destroying.poll() is None and time.sleep(0.02) is None
        destroying.send_signal(number)
        said = destroying.ended()
        assert destroying.returncode == (1 if number == signal.SIGINT else -number), said
        _restore(trial.workspace.folder)

    trial.workspace.destroy()
    assert emulator.leftovers() == {}
