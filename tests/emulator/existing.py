"""Create what a configuration refers to as existing, under the ids and ARNs that it names.

AWS chooses these ids itself, so each function creates a resource in moto's store and then gives it the id. The account
is always the emulator's, regardless of the account in the ARN, because Terraform's calls use it. Call these functions
before Terraform runs, because the store isn't locked.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any
from unittest.mock import patch

from moto.backends import get_backend
from moto.core import DEFAULT_ACCOUNT_ID
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
from moto.secretsmanager.utils import get_secret_name_from_partial_arn

from .server import client

ACCOUNT: str = DEFAULT_ACCOUNT_ID
_VALUE = "stand-in"
_NOT_FOUND = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain"}}


def zones(region: str) -> list[str]:
    """The names of a region's availability zones; none for a region that the emulator doesn't have."""
    return [zone.name for zone in RegionsAndZonesBackend.zones.get(region, [])]


def vpc(id_: str, *, region: str) -> None:
    """A VPC with an address range of its own."""
    with patch("moto.ec2.models.vpcs.random_vpc_id", return_value=id_):
        _backend("ec2", region).create_vpc("10.0.0.0/16")


def subnet(id_: str, *, region: str, number: int, vpc_id: str | None = None) -> None:
    """A subnet of a VPC, by default of the region's default VPC. `number`, from 0, chooses its zone."""
    ec2, names = _backend("ec2", region), zones(region)
    vpc_id = vpc_id or ec2.default_vpc.id
    range_ = ip_network(ec2.get_vpc(vpc_id).cidr_block)
    subnets = [each for zone in ec2.subnets.values() for each in zone.values() if each.vpc_id == vpc_id]
    taken = [ip_network(each.cidr_block) for each in subnets]
    free = next(
        each
        # From the end: the subnets of a default VPC are at the beginning. /28 is the smallest that AWS allows.
        for each in reversed([*range_.subnets(new_prefix=min(28, range_.prefixlen + 8))])
        if not any(map(each.overlaps, taken))
    )
    with patch("moto.ec2.models.subnets.random_subnet_id", return_value=id_):
        ec2.create_subnet(vpc_id, str(free), availability_zone=names[number % len(names)])


def security_group(id_: str, *, region: str, vpc_id: str | None = None) -> None:
    """A security group of a VPC, by default of the region's default VPC."""
    with patch("moto.ec2.models.security_groups.random_security_group_id", return_value=id_):
        _backend("ec2", region).create_security_group(f"existing {id_}", "Existing group", vpc_id=vpc_id)


def listener(arn: str, *, subnet_ids: list[str], security_group_id: str, https: bool, internal: bool) -> None:
    """A listener of an Application Load Balancer, with that load balancer. Its default response is 404."""
    region = arn.split(":")[3]
    elb, store = client("elbv2", region=region), _backend("elbv2", region)
    known_arn = arn.rpartition("/")[0].replace(":listener/", ":loadbalancer/")
    if known_arn not in store.load_balancers:
        _load_balancer(known_arn, subnet_ids=subnet_ids, security_group_id=security_group_id, internal=internal)
    created_arn = elb.create_listener(
        LoadBalancerArn=known_arn,
        Protocol="HTTPS" if https else "HTTP",
        # One load balancer may have several existing listeners.
        Port=(443 if https else 80) + len(store.load_balancers[known_arn].listeners),
        DefaultActions=[_NOT_FOUND],
    )["Listeners"][0]["ListenerArn"]
    listeners = store.load_balancers[known_arn].listeners
    _rename(listeners, listeners[created_arn], arn)
    listeners[arn].arn = arn


def _load_balancer(arn: str, *, subnet_ids: list[str], security_group_id: str, internal: bool) -> None:
    elb, store = client("elbv2", region=arn.split(":")[3]), _backend("elbv2", arn.split(":")[3])
    name, scheme = arn.split("/")[2], "internal" if internal else "internet-facing"
    balancer_arn = elb.create_load_balancer(
        Name=name, Subnets=subnet_ids, SecurityGroups=[security_group_id], Scheme=scheme, Type="application"
    )["LoadBalancers"][0]["LoadBalancerArn"]
    # The longest that AWS allows: services behind it may need any shorter one.
    elb.modify_load_balancer_attributes(
        LoadBalancerArn=balancer_arn, Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": "4000"}]
    )
    _rename(store.load_balancers, store.load_balancers[balancer_arn], arn)
    store.load_balancers[arn].arn = arn


def cluster(arn: str) -> None:
    """An ECS cluster with Fargate."""
    client("ecs", region=arn.split(":")[3]).create_cluster(
        clusterName=arn.rpartition("/")[2], capacityProviders=["FARGATE", "FARGATE_SPOT"]
    )


def namespace(id_: str, *, name: str, region: str, vpc_id: str | None) -> None:
    """A Cloud Map namespace: with private DNS names in a VPC, or without DNS."""
    cloud_map, store = client("servicediscovery", region=region), _backend("servicediscovery", region)
    answer = (
        cloud_map.create_private_dns_namespace(Name=name, Vpc=vpc_id)
        if vpc_id
        else cloud_map.create_http_namespace(Name=name)
    )
    operation = cloud_map.get_operation(OperationId=answer["OperationId"])["Operation"]
    made = store.namespaces.pop(operation["Targets"]["NAMESPACE"])
    made.arn, made.id = made.arn.replace(made.id, id_), id_
    store.namespaces[id_] = made


def hosted_zone(id_: str, *, name: str) -> None:
    """A public Route 53 zone."""
    store = _backend("route53", "aws")
    made = store.create_hosted_zone(name=f"{name}.", private_zone=False)
    _rename(store.zones, made, id_)
    made.resource_id = id_


def certificate(arn: str) -> None:
    """An issued ACM certificate."""
    store = _backend("acm", arn.split(":")[3])
    [made] = [store.get_certificate(store.request_certificate("example.com", None, [], []))]
    _rename(store._certificates, made, arn)
    made.arn, made.status = arn, "ISSUED"


def authority(arn: str) -> None:
    """A private CA."""
    region = arn.split(":")[3]
    store = _backend("acm-pca", region)
    made_arn = client("acm-pca", region=region).create_certificate_authority(
        CertificateAuthorityConfiguration={
            "KeyAlgorithm": "RSA_2048",
            "SigningAlgorithm": "SHA256WITHRSA",
            "Subject": {"CommonName": "Existing"},
        },
        CertificateAuthorityType="ROOT",
    )["CertificateAuthorityArn"]
    made = store.certificate_authorities[made_arn]
    _rename(store.certificate_authorities, made, arn)
    made.arn = arn


def web_acl(arn: str) -> None:
    """A WAF web ACL of the region, without rules."""
    region, (_, _, name, id_) = arn.split(":")[3], arn.split("/")
    store = _backend("wafv2", region)
    with patch.object(store, "_generate_id", return_value=id_):
        client("wafv2", region=region).create_web_acl(
            Name=name,
            Scope="REGIONAL",
            DefaultAction={"Allow": {}},
            VisibilityConfig={
                "SampledRequestsEnabled": False,
                "CloudWatchMetricsEnabled": False,
                "MetricName": "existing",
            },
        )
    [made] = [each for each in store.wacls.values() if each.id == id_]
    _rename(store.wacls, made, arn)
    made.arn = arn


def key(arn: str) -> None:
    """A KMS key, or an alias of a new one."""
    region, (kind, _, id_) = arn.split(":")[3], arn.split(":", 5)[5].partition("/")
    if kind == "alias" and id_.startswith("aws/"):
        return  # a key that AWS manages
    store = _backend("kms", region)
    made = store.create_key(None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "Existing key", None)
    if kind == "alias":
        client("kms", region=region).create_alias(AliasName=f"alias/{id_}", TargetKeyId=made.id)
    else:
        _rename(store.keys, made, id_)
        made.id, made.arn = id_, arn


def secret(arn: str, *, keys: list[str]) -> None:
    """A Secrets Manager secret: a JSON object with these keys, or a string if there are none."""
    region = arn.split(":")[3]
    name = get_secret_name_from_partial_arn(arn)
    value = json.dumps(dict.fromkeys(keys, _VALUE)) if keys else _VALUE
    client("secretsmanager", region=region).create_secret(Name=name, SecretString=value)
    _backend("secretsmanager", region).secrets[name].arn = arn


def parameter(arn: str) -> None:
    """An SSM parameter. AWS's own, below /aws, exist already."""
    path = arn.partition(":parameter/")[2]
    if not path.startswith("aws/"):
        name = f"/{path}" if "/" in path else path
        client("ssm", region=arn.split(":")[3]).put_parameter(Name=name, Value=_VALUE, Type="SecureString")


def policy(arn: str) -> None:
    """A customer managed IAM policy. AWS's own exist already."""
    partition, account, resource = arn.split(":")[1], arn.split(":")[4], arn.split(":", 5)[5]
    if account == "aws":
        return
    path, _, name = resource.removeprefix("policy").rpartition("/")
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}],
    }
    store = _backend("iam", partition)
    made = store.create_policy("Existing policy", f"{path}/", json.dumps(document), name, [])
    made.account_id = account
    _rename(store.managed_policies, made, arn)


def bucket(name: str, *, region: str, object_: str = "") -> None:
    """An S3 bucket, with an object if `object_` is its key."""
    s3 = client("s3", region=region)
    if name not in {each["Name"] for each in s3.list_buckets()["Buckets"]}:
        location = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=name, **location)
    if object_:
        s3.put_object(Bucket=name, Key=object_, Body=_VALUE.encode())


def queue(name: str, *, region: str) -> None:
    """An SQS queue."""
    attributes = {"FifoQueue": "true"} if name.endswith(".fifo") else {}
    client("sqs", region=region).create_queue(QueueName=name, Attributes=attributes)


def table(name: str, *, region: str) -> None:
    """A DynamoDB table."""
    client("dynamodb", region=region).create_table(
        TableName=name,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )


def topic(arn: str) -> None:
    """An SNS topic."""
    client("sns", region=arn.split(":")[3]).create_topic(Name=arn.rpartition(":")[2])


BY_ARN: dict[str, tuple[str, Callable[[str], None]]] = {
    "acm": ("certificate", certificate),
    "acm-pca": ("private CA", authority),
    "kms": ("KMS key", key),
    "sns": ("SNS topic", topic),
    "wafv2": ("web ACL", web_acl),
}
"""Kinds that an ARN is enough to create, by the service in the ARN."""


def _backend(service: str, region: str) -> Any:
    return get_backend(service)[ACCOUNT][region]  # type: ignore[call-overload]


def _rename(store: dict[str, Any], made: Any, key: str) -> None:
    old = next(name for name, each in store.items() if each is made)
    del store[old]
    store[key] = made
