"""EC2 capacity: what AWS refuses, and in which order it goes."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.emulator.checks.stage import Stage

SCALING = {"status": "ENABLED", "targetCapacity": 100}


def group(aws: Any, name: str = "gpu", *, protected: bool = True, **settings: Any) -> str:
    """An Auto Scaling group; its ARN."""
    ec2, scaling = aws("ec2"), aws("autoscaling")
    ec2.create_launch_template(LaunchTemplateName=name, LaunchTemplateData={"InstanceType": "m7i.large"})
    template = {"LaunchTemplateName": name, "Version": "1"}
    scaling.create_auto_scaling_group(
        AutoScalingGroupName=name,
        MinSize=0,
        MaxSize=2,
        AvailabilityZones=["us-east-1a"],
        NewInstancesProtectedFromScaleIn=protected,
        **(settings or {"LaunchTemplate": template}),
    )
    [made] = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[name])["AutoScalingGroups"]
    return str(made["AutoScalingGroupARN"])


def provider(arn: str, name: str = "team-gpu", **settings: Any) -> dict[str, Any]:
    protection = {"managedScaling": SCALING, "managedTerminationProtection": "ENABLED"}
    return {"name": name, "autoScalingGroupProvider": {"autoScalingGroupArn": arn, **protection, **settings}}


def refused(text: str) -> Any:
    return pytest.raises(ClientError, match=text)


@pytest.mark.parametrize("name", ["aws-gpu", "ecsgpu", "fargate-gpu"])
def test_aws_keeps_names(aws: Any, name: str) -> None:
    with refused("cannot begin with"):
        aws("ecs").create_capacity_provider(**provider(group(aws), name))


def test_termination_protection_needs_protected_instances_and_managed_scaling(aws: Any) -> None:
    with refused("instance protection"):
        aws("ecs").create_capacity_provider(**provider(group(aws, protected=False)))
    with refused("Managed scaling must be enabled"):
        aws("ecs").create_capacity_provider(**provider(group(aws, "other"), managedScaling={"status": "DISABLED"}))


def test_a_group_has_one_provider(aws: Any) -> None:
    arn = group(aws)
    aws("ecs").create_capacity_provider(**provider(arn))
    with refused("another capacity provider"):
        aws("ecs").create_capacity_provider(**provider(arn, "second"))


def test_services_go_before_the_cluster_lets_a_provider_go_and_then_it_goes(stage: Stage, aws: Any) -> None:
    stage.ecs.create_capacity_provider(**provider(group(aws)))
    stage.ecs.put_cluster_capacity_providers(
        cluster="example", capacityProviders=["team-gpu"], defaultCapacityProviderStrategy=[]
    )
    task = stage.register(requiresCompatibilities=["EC2"])
    stage.create(taskDefinition=task, capacityProviderStrategy=[{"capacityProvider": "team-gpu", "weight": 1}])
    nothing: dict[str, Any] = {"capacityProviders": [], "defaultCapacityProviderStrategy": []}

    with refused("in use"):
        stage.ecs.put_cluster_capacity_providers(cluster="example", **nothing)
    with refused("associated with the cluster"):
        stage.ecs.delete_capacity_provider(capacityProvider="team-gpu")
    stage.ecs.delete_service(cluster="example", service="chat", force=True)
    stage.ecs.put_cluster_capacity_providers(cluster="example", **nothing)
    stage.ecs.delete_capacity_provider(capacityProvider="team-gpu")


def test_a_task_must_be_meant_for_instances(stage: Stage, aws: Any) -> None:
    stage.ecs.create_capacity_provider(**provider(group(aws)))
    stage.ecs.put_cluster_capacity_providers(
        cluster="example", capacityProviders=["team-gpu"], defaultCapacityProviderStrategy=[]
    )
    with refused("does not support launch_type EC2"):
        stage.create(capacityProviderStrategy=[{"capacityProvider": "team-gpu", "weight": 1}])


def test_fargate_takes_no_placement_strategy(stage: Stage) -> None:
    with refused("Placement strategies are not supported"):
        stage.create(placementStrategy=[{"type": "binpack", "field": "memory"}])


def test_spot_instances_are_not_kept_warm(aws: Any) -> None:
    policy = {
        "InstancesDistribution": {"OnDemandPercentageAboveBaseCapacity": 0},
        "LaunchTemplate": {
            "LaunchTemplateSpecification": {"LaunchTemplateName": "spot", "Version": "1"},
            "Overrides": [{"InstanceType": "m7i.large"}],
        },
    }
    group(aws, "spot", MixedInstancesPolicy=policy)
    with refused("requests Spot Instances"):
        aws("autoscaling").put_warm_pool(AutoScalingGroupName="spot", MinSize=1)


def test_instances_that_lose_their_protection_go_where_too_many_run(aws: Any) -> None:
    group(aws)
    scaling = aws("autoscaling")
    scaling.update_auto_scaling_group(AutoScalingGroupName="gpu", DesiredCapacity=1)
    scaling.update_auto_scaling_group(AutoScalingGroupName="gpu", DesiredCapacity=0)
    [made] = scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    [instance] = made["Instances"]

    scaling.set_instance_protection(
        AutoScalingGroupName="gpu", InstanceIds=[instance["InstanceId"]], ProtectedFromScaleIn=False
    )

    [made] = scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    assert made["Instances"] == []


def test_a_further_version_of_a_template_starts_instances_too(aws: Any) -> None:
    ec2, scaling = aws("ec2"), aws("autoscaling")
    group(aws)
    data = {"InstanceType": "m7i.large", "UserData": "IyEvYmluL2Jhc2gK"}
    ec2.create_launch_template_version(LaunchTemplateName="gpu", LaunchTemplateData=data)
    template = {"LaunchTemplateName": "gpu", "Version": "2"}

    scaling.update_auto_scaling_group(AutoScalingGroupName="gpu", MinSize=1, LaunchTemplate=template)

    [made] = scaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    assert len(made["Instances"]) == 1
