"""Changes to EC2 capacity on one state: services move to it and back, and its settings change while they run."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import emulator
from tests.support.trial import Trial

CATALOG = """
[catalog]
name = "trial"
region = "us-west-2"
[network]
zones = ["us-west-2a"]
nat = "none"
flow_logs = false
[mesh]
kind = "none"
{capacity}
[services.llm]
image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/team/app:1"
capacity = "{name}"
"""
POOL = """
[capacity.pool]
instance_types = ["{types}"]
max = 2
{more}
"""
ONE = POOL.format(types="m7i.large", more="warm = 1")
REDEPLOY = '-var=redeploy=["llm"]'
"""The argument without which the provider replaces a service whose capacity changes."""
STEPS = [
    ("", "fargate"),
    (ONE, "pool"),
    (POOL.format(types='m7i.large", "m6i.large', more="disk_gib = 50"), "pool"),
    (POOL.format(types='m7i.large", "m6i.large', more="spot = true"), "pool"),
    (POOL.format(types="m6i.large", more="min = 1"), "pool"),
    (ONE, "fargate"),
    ("", "fargate-spot"),
]
"""The steps: the catalog's capacity, and the capacity that the service uses. The warm pool is removed before Spot is
added, because AWS rejects both together, and no capacity is removed in the same step as its last service."""


@pytest.mark.slow
def test_a_service_moves_to_instances_that_change_and_back_to_fargate(aws: None, tmp_path: Path) -> None:
    emulator.reset()
    trial = Trial(tmp_path)
    replaced: dict[str, list[str]] = {}
    for capacity, name in STEPS:
        trial.write(CATALOG.format(capacity=capacity, name=name))
        planned = trial.planned(REDEPLOY)
        replaced |= {
            address: actions
            for address, actions in planned.items()
            if "delete" in actions and "create" in actions and not address.startswith("aws_ecs_task_definition.")
        }
        trial.apply_planned()

        assert trial.planned(REDEPLOY) == {}, f"after {name} {capacity}"
        ecs = emulator.client("ecs", region="us-west-2")
        [service] = ecs.describe_services(cluster="trial", services=["trial-llm"])["services"]
        [strategy] = service["capacityProviderStrategy"]
        expected = {"fargate": "FARGATE", "fargate-spot": "FARGATE_SPOT", "pool": "trial-pool"}[name]
        assert (strategy["capacityProvider"], service["runningCount"]) == (expected, 1)
    assert replaced == {}
    trial.workspace.destroy()
    assert emulator.leftovers() == {}


@pytest.mark.slow
def test_an_instance_has_its_settings_and_room_for_rollouts(aws: None, tmp_path: Path) -> None:
    emulator.reset()
    trial = Trial(tmp_path)
    catalog = CATALOG.format(capacity=POOL.format(types="m7i.large", more="min = 1\ndisk_gib = 50"), name="pool")
    trial.write(catalog)
    trial.workspace.apply()

    [group] = emulator.client("autoscaling", region="us-west-2").describe_auto_scaling_groups()["AutoScalingGroups"]
    [instance] = group["Instances"]
    assert instance["ProtectedFromScaleIn"]
    tags = {tag["Key"]: tag["Value"] for tag in group["Tags"]}
    assert tags == {"AmazonECSManaged": "true", "Name": "trial-pool"}
    [state] = [
        values for address, values in trial.state().items() if address == "aws_launch_template.main_capacity_pool"
    ]
    assert state["image_id"].startswith("resolve:ssm:/aws/service/ecs/optimized-ami/amazon-linux-2023/")
    [provider] = emulator.client("ecs", region="us-west-2").describe_capacity_providers(
        capacityProviders=["trial-pool"]
    )["capacityProviders"]
    assert provider["autoScalingGroupProvider"]["managedTerminationProtection"] == "ENABLED"
    # The disk has room for the old task and the new one, and an hour later not for those of the rollout before.
    emulator.write_to_disk("trial-llm", gib=20)
    for tag in ("2", "3"):
        emulator.pass_time(minutes=60)
        trial.write(catalog.replace("app:1", f"app:{tag}"))
        trial.workspace.apply()
    # Unprotected capacity that is removed leaves no resources.
    trial.workspace.destroy()
    assert emulator.leftovers() == {}
