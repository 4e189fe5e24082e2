"""The account as a whole: what is left in it, and how clients reach it."""

from typing import Any

import pytest

from tests import emulator
from tests.emulator_checks.stage import Stage


def test_an_empty_account_has_no_leftovers(aws: Any) -> None:
    assert emulator.leftovers() == {}


def test_leftovers_name_everything_a_service_needed(stage: Stage) -> None:
    stage.create()
    left = emulator.leftovers()
    assert {"VPC", "cluster", "log group", "role", "security group", "service", "subnet"} <= set(left)
    assert left["service"] == ["chat"]
    assert [arn.rsplit("/", 1)[-1] for arn in emulator.active_task_definitions()] == ["chat:1"]


def test_leftovers_of_other_regions_count(aws: Any) -> None:
    aws("logs", region="eu-west-1").create_log_group(logGroupName="/far")
    assert emulator.leftovers() == {"log group": ["/far"]}


def test_a_reset_empties_the_account(stage: Stage) -> None:
    stage.create()
    emulator.reset()
    assert emulator.leftovers() == {}
    assert emulator.active_task_definitions() == []


def test_a_deleted_vpc_takes_its_defaults_with_it(aws: Any) -> None:
    vpc = aws("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    aws("ec2").delete_vpc(VpcId=vpc)
    assert emulator.leftovers() == {}


@pytest.mark.parametrize("source", ["UserIdGroupPairs", "PrefixListIds", "IpRanges"])
def test_a_security_group_rule_keeps_its_description(aws: Any, source: str) -> None:
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="a", Description="a", VpcId=vpc)["GroupId"]
    allowed = {
        "UserIdGroupPairs": {"GroupId": group},
        "PrefixListIds": {"PrefixListId": "pl-1"},
        "IpRanges": {"CidrIp": "10.0.0.0/16"},
    }[source]
    permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, source: [allowed | {"Description": "why"}]}
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])
    assert "why" in [rule.get("Description") for rule in rules["SecurityGroupRules"]]


def test_awss_own_policies_exist(aws: Any) -> None:
    for name in ("AWSAppMeshEnvoyAccess", "service-role/AmazonECSTaskExecutionRolePolicy"):
        aws("iam").get_policy(PolicyArn=f"arn:aws:iam::aws:policy/{name}")


def test_a_users_own_settings_do_not_reach_a_subprocess(aws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    monkeypatch.setenv("TF_CLI_CONFIG_FILE", "/somewhere")
    environment = emulator.environment()
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "TF_CLI_CONFIG_FILE"} & set(environment)
    assert environment["AWS_ENDPOINT_URL"] == emulator.url()
