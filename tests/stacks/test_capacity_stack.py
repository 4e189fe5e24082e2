"""EC2 capacity in the output: launch template, Auto Scaling group, capacity provider, and the tasks that use it."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from tests.support.synth import catalog_output, containers, resources

HEAD = """
[catalog]
name = "shop"
region = "us-west-2"
tags = { team = "ml" }
permissions_boundary = "arn:aws:iam::123456789012:policy/boundary"
[mesh]
kind = "none"
"""
GPU = """
[capacity.gpu]
instance_types = ["g5.xlarge"]
max = 4
[services.llm]
image = "llm:1"
capacity = "gpu"
cpu = 2048
memory = 8192
gpus = 1
"""
POOL = '[capacity.pool]\ninstance_types = ["{types}"]\nmax = 4\n{more}\n'
WEB = '[services.web]\nimage = "web:1"\ncapacity = "pool"\n'
GROUP = "${aws_security_group.main_capacity_pool.id}"


@pytest.fixture
def shop(tmp_path: Path):
    def build(tables: str) -> dict[str, Any]:
        return catalog_output(HEAD + tables, tmp_path)["shop"]

    return build


def pool(types: str = "m7i.large", more: str = "", service: str = "") -> str:
    return POOL.format(types=types, more=more) + WEB + service


def test_instances_start_from_the_image_for_what_they_are(shop) -> None:
    images = "resolve:ssm:/aws/service/ecs/optimized-ami/amazon-linux-2023"
    for tables, variant in (
        (pool(), ""),
        (pool("m7g.large", service='architecture = "arm64"'), "/arm64"),
        (GPU, "/gpu"),
    ):
        [template] = resources(shop(tables), "aws_launch_template").values()
        assert template["image_id"] == f"{images}{variant}/recommended/image_id"


def test_containers_cannot_get_the_credentials_of_the_instance(shop) -> None:
    [template] = resources(shop(pool()), "aws_launch_template").values()

    assert template["metadata_options"] == {
        "http_endpoint": "enabled",
        "http_tokens": "required",
        "http_put_response_hop_limit": 1,
    }
    assert "\\nECS_AWSVPC_BLOCK_IMDS=true\\n" in template["user_data"]


def test_a_disk_is_encrypted_and_has_the_configured_size(shop) -> None:
    [template] = resources(shop(pool(more="disk_gib = 300")), "aws_launch_template").values()

    [disk] = template["block_device_mappings"]
    assert disk["device_name"] == "/dev/xvda"
    assert (disk["ebs"]["volume_size"], disk["ebs"]["encrypted"]) == (300, "true")
    [volume] = template["tag_specifications"]
    assert (volume["resource_type"], volume["tags"]) == ("volume", {"Name": "shop-pool", "team": "ml"})


@pytest.mark.parametrize(
    ("tables", "written"),
    [
        (pool(), (None, None)),
        (GPU, (500, None)),
        (pool(more="throughput = 125"), (125, None)),
        (pool(more="throughput = 750"), (750, None)),
        (pool(more="throughput = 1000"), (1000, 4000)),
        (GPU.replace("max = 4", "max = 4\nthroughput = 125"), (125, None)),
    ],
)
def test_a_disk_of_gpu_instances_has_more_throughput_and_every_disk_the_iops_for_it(
    shop, tables: str, written: tuple[int | None, int | None]
) -> None:
    [template] = resources(shop(tables), "aws_launch_template").values()

    disk = template["block_device_mappings"][0]["ebs"]
    assert (disk.get("throughput"), disk.get("iops")) == written


def test_the_agent_removes_stopped_tasks_within_minutes(shop) -> None:
    [template] = resources(shop(pool()), "aws_launch_template").values()

    assert "\\nECS_ENGINE_TASK_CLEANUP_WAIT_DURATION=5m\\n" in template["user_data"]


@pytest.mark.parametrize(
    ("tables", "said"),
    [
        (pool(), set()),
        (GPU, {"ECS_ENABLE_GPU_SUPPORT"}),
        (pool(more="spot = true"), {"ECS_ENABLE_SPOT_INSTANCE_DRAINING"}),
        (pool(more="warm = 1"), {"ECS_WARM_POOLS_CHECK"}),
    ],
)
def test_the_agent_gets_its_cluster_and_settings_from_user_data(shop, tables: str, said: set[str]) -> None:
    [template] = resources(shop(tables), "aws_launch_template").values()

    text = template["user_data"].removeprefix('${base64encode("').removesuffix('")}').replace("\\n", "\n")
    settings = dict(line.split("=", 1) for line in text.splitlines() if line.startswith("ECS_"))
    assert settings["ECS_CLUSTER"] == "${aws_ecs_cluster.main_cluster.name}"
    always = {
        "ECS_CLUSTER",
        "ECS_AWSVPC_BLOCK_IMDS",
        "ECS_ENABLE_AWSLOGS_EXECUTIONROLE_OVERRIDE",
        "ECS_RESERVED_MEMORY",
        "ECS_ENGINE_TASK_CLEANUP_WAIT_DURATION",
    }
    assert set(settings) == always | said


def test_one_on_demand_type_needs_only_a_launch_template(shop) -> None:
    [group] = resources(shop(pool()), "aws_autoscaling_group").values()

    assert set(group["launch_template"]) == {"id", "version"}
    assert "mixed_instances_policy" not in group
    assert group["protect_from_scale_in"] is True
    assert {tag["key"]: tag["value"] for tag in group["tag"]} == {
        "AmazonECSManaged": "true",
        "Name": "shop-pool",
        "team": "ml",
    }
    assert all(tag["propagate_at_launch"] for tag in group["tag"])
    assert "desired_capacity" not in group


@pytest.mark.parametrize(("more", "share"), [("", 100), ("spot = true", 0)])
def test_several_types_are_tried_in_their_order(shop, more: str, share: int) -> None:
    output = shop(pool('m7i.large", "m6i.large', more))
    [group] = resources(output, "aws_autoscaling_group").values()
    [template] = resources(output, "aws_launch_template").values()

    policy = group["mixed_instances_policy"]
    assert [each["instance_type"] for each in policy["launch_template"]["override"]] == ["m7i.large", "m6i.large"]
    assert policy["instances_distribution"]["on_demand_percentage_above_base_capacity"] == share
    assert "launch_template" not in group
    assert "instance_type" not in template


def test_a_warm_pool_has_its_configured_size_regardless_of_the_group_size(shop) -> None:
    [group] = resources(shop(pool(more="warm = 2")), "aws_autoscaling_group").values()

    assert group["warm_pool"] == {"pool_state": "Stopped", "min_size": 2, "max_group_prepared_capacity": 2}


@pytest.mark.parametrize(("zones", "subnets"), [("", ["a", "b"]), ('zones = ["b"]', ["b"])])
def test_instances_start_in_the_named_zones(shop, zones: str, subnets: list[str]) -> None:
    [group] = resources(shop(pool(more=zones)), "aws_autoscaling_group").values()

    assert group["vpc_zone_identifier"] == [f"${{aws_subnet.private_{letter}.id}}" for letter in subnets]


def test_a_zone_can_be_written_by_its_name(shop) -> None:
    network = '[network]\nzones = ["us-west-2b", "us-west-2c"]\n'
    [group] = resources(shop(network + pool(more='zones = ["us-west-2c"]')), "aws_autoscaling_group").values()

    assert group["vpc_zone_identifier"] == ["${aws_subnet.private_c.id}"]


def test_instances_use_the_private_subnets_of_an_existing_network(shop) -> None:
    network = '[network]\nvpc_id = "vpc-0a1b"\nprivate_subnet_ids = ["subnet-0a", "subnet-0b"]\n'
    [group] = resources(shop(network + pool()), "aws_autoscaling_group").values()

    assert group["vpc_zone_identifier"] == ["subnet-0a", "subnet-0b"]


def test_the_provider_scales_protects_and_drains(shop) -> None:
    [provider] = resources(shop(pool()), "aws_ecs_capacity_provider").values()

    settings = provider["auto_scaling_group_provider"]
    assert provider["name"] == "shop-pool"
    assert settings["managed_scaling"] == {"status": "ENABLED", "target_capacity": 100}
    assert (settings["managed_termination_protection"], settings["managed_draining"]) == ("ENABLED", "ENABLED")
    # The cluster must detach it before it is deleted. Only this reference makes Terraform keep that order.
    assert provider["lifecycle"] == {"create_before_destroy": True}


def test_services_are_removed_before_the_provider_and_the_provider_before_the_instances(shop) -> None:
    output = shop(pool())
    service = resources(output, "aws_ecs_service")["web"]
    [association] = resources(output, "aws_ecs_cluster_capacity_providers").values()
    [provider] = resources(output, "aws_ecs_capacity_provider").values()
    [group] = resources(output, "aws_autoscaling_group").values()
    [template] = resources(output, "aws_launch_template").values()

    # Terraform destroys what refers to something before that.
    assert "aws_ecs_cluster_capacity_providers.main_cluster" in service["depends_on"]
    assert "${aws_ecs_capacity_provider.main_capacity_pool.name}" in association["capacity_providers"]
    assert "aws_autoscaling_group.main_capacity_pool" in json.dumps(provider)
    assert "aws_launch_template.main_capacity_pool" in json.dumps(group)
    assert "aws_ecs_cluster.main_cluster" in json.dumps(template)
    assert group["depends_on"] == ["aws_iam_role_policy_attachment.main_container_instances"]
    # The agent's egress stays until the tasks have stopped.
    assert "aws_vpc_security_group_egress_rule.main_capacity_pool_to_anywhere_443" in service["depends_on"]


@pytest.mark.parametrize("network", ["", '[network]\nvpc_id = "vpc-0a1b"\nprivate_subnet_ids = ["subnet-0a"]\n'])
def test_instances_reach_aws_only_after_the_association_of_their_own_provider(shop, network: str) -> None:
    output = shop(network + pool(more="min = 1") + '[capacity.other]\ninstance_types = ["m7i.large"]\nmax = 1\n')
    [association] = resources(output, "aws_ecs_cluster_capacity_providers").values()
    rules = resources(output, "aws_vpc_security_group_egress_rule")
    groups = resources(output, "aws_autoscaling_group")

    assert "depends_on" not in association
    for name in ("pool", "other"):
        own = f"${{aws_security_group.main_capacity_{name}.id}}"
        template = resources(output, "aws_launch_template")[f"main_capacity_{name}"]
        [rule] = [each for each in rules.values() if each["security_group_id"] == own]
        assert template["vpc_security_group_ids"] == [own]
        assert rule["depends_on"] == ["aws_ecs_cluster_capacity_providers.main_cluster"]
        assert not any("egress_rule" in each for each in groups[f"main_capacity_{name}"]["depends_on"])


def test_capacity_without_services_stays_until_it_is_removed_from_the_catalog(shop) -> None:
    output = shop(POOL.format(types="m7i.large", more="") + WEB.replace('"pool"', '"fargate"'))

    assert set(resources(output, "aws_ecs_capacity_provider")) == {"main_capacity_pool"}


def test_instances_have_a_bounded_role_with_the_aws_managed_policy_and_no_ingress(shop) -> None:
    output = shop(pool())
    role = resources(output, "aws_iam_role")["main_container_instances"]

    assert role["permissions_boundary"].endswith(":policy/boundary")
    [statement] = json.loads(role["assume_role_policy"])["Statement"]
    assert statement["Principal"] == {"Service": "ec2.amazonaws.com"}
    [attached] = resources(output, "aws_iam_role_policy_attachment").values()
    assert attached["policy_arn"] == ("arn:aws:iam::aws:policy/service-role/AmazonEC2ContainerServiceforEC2Role")
    assert not any(
        rule["security_group_id"] == GROUP for rule in resources(output, "aws_vpc_security_group_ingress_rule").values()
    )


@pytest.mark.parametrize(
    ("network", "targets"),
    [
        ("", {"anywhere_443"}),
        ('[network]\negress = "any"\n', {"anywhere_all"}),
        ('[network]\nnat = "none"\n', {"s3_gateway", "vpc_endpoints"}),
    ],
)
def test_instances_reach_aws_through_the_egress_of_the_network(shop, network: str, targets: set[str]) -> None:
    image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/web:1"
    output = shop(network + pool().replace("web:1", image))

    rules = resources(output, "aws_vpc_security_group_egress_rule")
    ours = {name for name, rule in rules.items() if rule["security_group_id"] == GROUP}
    assert ours == {f"main_capacity_pool_to_{target}" for target in targets}


def test_without_nat_the_agent_has_its_endpoints(shop) -> None:
    image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/web:1"
    closed = '[network]\nnat = "none"\n' + pool().replace("web:1", image)
    agent = {"main_interface_ecs", "main_interface_ecs-agent", "main_interface_ecs-telemetry"}

    assert agent <= set(resources(shop(closed), "aws_vpc_endpoint"))
    on_fargate = closed.partition("[services")[0].partition("[capacity")[0] + WEB.replace('"pool"', '"fargate"')
    assert not agent & set(resources(shop(on_fargate.replace("web:1", image)), "aws_vpc_endpoint"))


def test_a_task_on_instances_requests_gpus_and_shared_memory(shop) -> None:
    output = shop(GPU + "shared_memory_mib = 4096\ncontainer = { linuxParameters = { initProcessEnabled = true } }\n")
    task = resources(output, "aws_ecs_task_definition")["llm"]
    container = containers(output, "llm")["llm"]

    assert task["requires_compatibilities"] == ["EC2"]
    assert "ephemeral_storage" not in task
    assert container["resourceRequirements"] == [{"type": "GPU", "value": "1"}]
    assert container["linuxParameters"] == {"sharedMemorySize": 4096, "initProcessEnabled": True}


def test_a_service_on_instances_is_placed_by_its_provider_over_zones_and_close_together(shop) -> None:
    output = shop(pool(service='[services.other]\nimage = "other:1"\n'))
    services = resources(output, "aws_ecs_service")

    [strategy] = services["web"]["capacity_provider_strategy"]
    assert strategy["capacity_provider"] == "${aws_ecs_capacity_provider.main_capacity_pool.name}"
    assert "launch_type" not in services["web"]
    assert services["web"]["ordered_placement_strategy"] == [
        {"type": "spread", "field": "attribute:ecs.availability-zone"},
        {"type": "binpack", "field": "memory"},
    ]
    assert "ordered_placement_strategy" not in services["other"]


def test_terraform_waits_longer_if_instances_must_start(shop) -> None:
    output = shop(pool(service='[services.other]\nimage = "other:1"\n'))
    services = resources(output, "aws_ecs_service")

    assert services["other"]["timeouts"]["create"] == "14m"
    assert services["web"]["timeouts"]["create"] == "24m"


def update_of(output: dict[str, Any], service: str) -> str:
    return str(resources(output, "aws_ecs_service")[service]["timeouts"]["update"])


@pytest.mark.parametrize(
    ("keys", "most", "minutes"),
    [
        # A wave takes 3.5 minutes: 1 to start, 0.5 to stop, 2 to place. 23.5 for a single wave.
        ("replicas = 1", 2, 24),
        ("replicas = 8", 16, 24),  # all at once beside the old ones
        ("replicas = 8", 10, 34),  # two at a time: three waves more
        ("replicas = 8", 9, 48),  # one at a time: seven waves more
        ("replicas = 8", 8, 48),  # one stops first
        ("replicas = 8\ndeploy = { min = 50, max = 100 }", 8, 27),  # four stop first
        ('replicas = 8\nhealth = { command = "true", grace = "10m" }', 9, 138),
        ('replicas = 900\nhealth = { command = "true", grace = "10m" }', 901, 720),  # the longest session
    ],
)
def test_terraform_waits_for_every_wave_of_a_rollout(shop, keys: str, most: int, minutes: int) -> None:
    table = f'[capacity.gpu]\ninstance_types = ["g5.xlarge"]\nmax = {most}\n'
    llm = f'[services.llm]\nimage = "llm:1"\ncapacity = "gpu"\ncpu = 2048\nmemory = 8192\ngpus = 1\n{keys}\n'
    assert update_of(shop(table + llm), "llm") == f"{minutes}m"


@pytest.mark.parametrize(
    ("deploy", "waves"), [("", 1), ("deploy.max = 125", 5), ("deploy = { min = 90, max = 110 }", 5)]
)
def test_waves_on_fargate_follow_from_the_percentages(shop, deploy: str, waves: int) -> None:
    output = shop(f'[services.web]\nimage = "web:1"\nreplicas = 10\n{deploy}\n')
    assert update_of(output, "web") == f"{math.ceil(13.5 + 3.5 * (waves - 1))}m"
    assert resources(output, "aws_ecs_service")["web"]["timeouts"]["create"] == "14m"


def test_capacity_that_is_not_configured_is_not_created(shop) -> None:
    output = shop('[services.web]\nimage = "web:1"\n')

    for type_ in (
        "aws_launch_template",
        "aws_autoscaling_group",
        "aws_ecs_capacity_provider",
        "aws_iam_instance_profile",
    ):
        assert not resources(output, type_)


@pytest.mark.parametrize(("region", "suffix"), [("cn-north-1", "amazonaws.com.cn"), ("us-gov-west-1", "amazonaws.com")])
def test_other_partitions_use_their_own_arns_and_hosts(tmp_path: Path, region: str, suffix: str) -> None:
    head = HEAD.replace("us-west-2", region).replace("arn:aws:", f"arn:aws-{'cn' if 'cn' in region else 'us-gov'}:")
    output = catalog_output(head + pool(), tmp_path)["shop"]

    assert f"ec2.{suffix}" in resources(output, "aws_iam_role")["main_container_instances"]["assume_role_policy"]
    [attached] = resources(output, "aws_iam_role_policy_attachment").values()
    assert attached["policy_arn"].startswith("arn:aws-")


def test_container_insights_measures_services_and_keeps_its_own_log_group(shop) -> None:
    output = shop('[services.web]\nimage = "web:1"\n')
    cluster = resources(output, "aws_ecs_cluster")["main_cluster"]
    assert cluster["setting"] == [{"name": "containerInsights", "value": "enabled"}]
    # Container Insights makes its group itself, again while Terraform destroys: one of ours would be in the way.
    assert not [
        group for group in resources(output, "aws_cloudwatch_log_group").values() if "insights" in group["name"]
    ]
