"""The account as a whole: what is left in it, and how clients reach it."""

import json
from typing import Any

import pytest

from tests import emulator
from tests.emulator.checks.stage import Stage


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


def test_leftovers_name_what_stands_around_a_service(aws: Any) -> None:
    ec2, elb = aws("ec2"), aws("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")
        for number, zone in enumerate("ab")
    ]
    first, second = (subnet["Subnet"]["SubnetId"] for subnet in subnets)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    ec2.create_nat_gateway(SubnetId=first, AllocationId=address)
    ec2.create_internet_gateway()
    ec2.create_vpc_endpoint(VpcId=vpc, ServiceName="com.amazonaws.us-east-1.s3")
    elb.create_load_balancer(Name="web", Subnets=[first, second])
    elb.create_target_group(Name="chat", Protocol="HTTP", Port=80, VpcId=vpc, TargetType="ip")
    aws("route53").create_hosted_zone(Name="example.com", CallerReference="a")
    aws("acm").request_certificate(DomainName="example.com")
    aws("acm-pca").create_certificate_authority(
        CertificateAuthorityConfiguration={
            "KeyAlgorithm": "RSA_2048",
            "SigningAlgorithm": "SHA256WITHRSA",
            "Subject": {"CommonName": "example"},
        },
        CertificateAuthorityType="ROOT",
    )
    aws("secretsmanager").create_secret(Name="token", SecretString="x")
    aws("s3").create_bucket(Bucket="logs")
    aws("appmesh").create_mesh(meshName="example")
    aws("servicediscovery").create_http_namespace(Name="example")
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    aws("iam").create_policy(PolicyName="own", PolicyDocument=json.dumps(policy))
    aws("ecr").create_repository(repositoryName="chat")
    assert {
        "NAT gateway",
        "VPC endpoint",
        "bucket",
        "certificate",
        "certificate authority",
        "elastic IP",
        "hosted zone",
        "internet gateway",
        "load balancer",
        "mesh",
        "namespace",
        "network ACL",
        "policy",
        "repository",
        "route table",
        "secret",
        "target group",
    } <= set(emulator.leftovers())


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


def test_a_target_has_its_own_policies_and_none_of_one_whose_name_begins_alike(stage: Stage, aws: Any) -> None:
    stage.create()
    stage.create(serviceName="chat-ui")
    scaling = aws("application-autoscaling")
    for name in ("chat", "chat-ui"):
        at = {
            "ServiceNamespace": "ecs",
            "ScalableDimension": "ecs:service:DesiredCount",
            "ResourceId": f"service/example/{name}",
        }
        scaling.register_scalable_target(**at, MinCapacity=1, MaxCapacity=2)
        scaling.put_scaling_policy(
            **at,
            PolicyName="cpu",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": 60.0,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
            },
        )
    found = scaling.describe_scaling_policies(ServiceNamespace="ecs", ResourceId="service/example/chat-ui")
    assert [each["ResourceId"] for each in found["ScalingPolicies"]] == ["service/example/chat-ui"]


def test_a_scalable_target_has_tags(stage: Stage, aws: Any) -> None:
    stage.create()
    scaling = aws("application-autoscaling")
    arn = scaling.register_scalable_target(
        ServiceNamespace="ecs",
        ScalableDimension="ecs:service:DesiredCount",
        ResourceId="service/example/chat",
        MinCapacity=1,
        MaxCapacity=2,
        Tags={"a": "1", "b": "2"},
    )["ScalableTargetARN"]
    scaling.tag_resource(ResourceARN=arn, Tags={"c": "3"})
    scaling.untag_resource(ResourceARN=arn, TagKeys=["a"])
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"b": "2", "c": "3"}


def test_a_launch_templates_own_tags_are_not_those_of_its_instances(aws: Any) -> None:
    ec2 = aws("ec2")
    tags = [{"ResourceType": "launch-template", "Tags": [{"Key": "own", "Value": "1"}]}]
    ec2.create_launch_template(
        LaunchTemplateName="gpu", LaunchTemplateData={"InstanceType": "g5.xlarge"}, TagSpecifications=tags
    )
    version = ec2.describe_launch_template_versions(LaunchTemplateName="gpu")["LaunchTemplateVersions"][0]
    assert not version["LaunchTemplateData"].get("TagSpecifications")
    assert ec2.describe_launch_templates()["LaunchTemplates"][0]["Tags"] == [{"Key": "own", "Value": "1"}]


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


def test_a_load_balancer_that_is_protected_is_not_deleted(aws: Any) -> None:
    ec2, elb = aws("ec2"), aws("elbv2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
    [balancer] = elb.create_load_balancer(Name="web", Subnets=[subnet])["LoadBalancers"]
    arn = balancer["LoadBalancerArn"]

    def protect(value: str) -> None:
        attributes = [{"Key": "deletion_protection.enabled", "Value": value}]
        elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=attributes)

    protect("true")
    with pytest.raises(elb.exceptions.OperationNotPermittedException):
        elb.delete_load_balancer(LoadBalancerArn=arn)
    protect("false")
    elb.delete_load_balancer(LoadBalancerArn=arn)
    assert elb.describe_load_balancers()["LoadBalancers"] == []


def test_a_log_group_gets_another_key(aws: Any) -> None:
    logs = aws("logs")
    logs.create_log_group(logGroupName="/chat")
    key = "arn:aws:kms:us-east-1:123456789012:key/1111"
    logs.associate_kms_key(logGroupName="/chat", kmsKeyId=key)
    assert logs.describe_log_groups()["logGroups"][0]["kmsKeyId"] == key
    logs.disassociate_kms_key(logGroupName="/chat")
    assert "kmsKeyId" not in logs.describe_log_groups()["logGroups"][0]
