"""A catalog that uses a platform team's resources leaves them unchanged, with each mesh, on the emulated AWS."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import emulator
from tests.emulator.terraform import TerraformError
from tests.support.existing import REGION, platform
from tests.support.trial import Trial
from tests.support.verify import MESHES

KINDS = [kind for kind in MESHES if kind != "vpc-lattice"]
"""VPC Lattice is left out, because it uses no existing resource that the others don't."""


@pytest.mark.slow
def test_existing_resources_are_never_changed_or_deleted(aws: None, tmp_path: Path) -> None:
    emulator.reset()
    existing = platform()
    before, there = existing.described(), emulator.leftovers()
    trial = Trial(tmp_path)
    for kind in KINDS:
        deployment = trial.write(existing.catalog(kind))
        trial.workspace.apply()

        assert trial.planned() == {}, kind
        MESHES[kind].assert_reaches(deployment)
        assert existing.described() == before, kind
        assert not {address for address in trial.state() if "main_cluster" in address or "main_namespace" in address}

    output = trial.workspace.output()
    assert output["public_urls"] == {"chat": "http://assistant.example.com:8080"}
    assert (output["ecs_cluster_name"], output["namespace"]) == ("platform", "platform.internal")
    elb = emulator.client("elbv2", region=REGION)
    [ours] = [r for r in elb.describe_rules(ListenerArn=existing.listener_arn)["Rules"] if r["Priority"][0] == "2"]
    assert 20000 <= int(ours["Priority"]) <= 29999
    scaled = emulator.client("application-autoscaling", region=REGION).describe_scaling_policies(ServiceNamespace="ecs")
    [policy] = scaled["ScalingPolicies"]
    assert policy["ResourceId"] == "service/platform/joining-chat"
    metric = policy["TargetTrackingScalingPolicyConfiguration"]["PredefinedMetricSpecification"]
    group = ours["Actions"][0]["TargetGroupArn"].partition(":targetgroup/")[2]
    assert metric["ResourceLabel"].startswith("app/platform/")
    assert metric["ResourceLabel"].endswith(f"/targetgroup/{group}")

    trial.workspace.destroy()
    assert existing.described() == before
    assert emulator.leftovers() == there


@pytest.mark.slow
def test_a_plan_fails_if_an_existing_load_balancer_differs_from_the_catalog(aws: None, tmp_path: Path) -> None:
    emulator.reset()
    existing = platform(idle_timeout=30)
    ec2 = emulator.client("ec2", region=REGION)
    stranger = ec2.create_security_group(GroupName="other", Description="Other", VpcId=existing.vpc_id)["GroupId"]
    trial = Trial(tmp_path)
    wrong = existing.catalog("none").replace(existing.group_id, stranger)
    _, llm = wrong.split("[services.llm]")
    wrong = wrong.replace('namespace = "platform.internal"', 'namespace = "elsewhere.internal"')
    behind = llm.replace('health = { path = "/" }', 'public = { path = "/llm" }\nprotocol = "grpc"')
    trial.write(wrong.replace(llm, behind))

    with pytest.raises(TerraformError) as refused:
        trial.planned()

    said = " ".join(str(refused.value).replace("│", " ").split())
    assert "no matching Route 53 Hosted Zone found" in said
    assert f"its load balancer is not a member of {stranger}" in said
    assert "idle timeout is shorter than 60 seconds" in said
    assert "the protocol of services.llm needs a listener that speaks HTTPS" in said
