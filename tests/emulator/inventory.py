"""List everything in the emulated account that `terraform destroy` should have removed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.base_backend import BackendDict

from . import appmesh
from .insights import GROUP
from .server import REGION, client


def leftovers() -> dict[str, list[str]]:
    """Names of the remaining resources, by kind. Skips task definitions that are kept or inactive, and the log groups
    that Container Insights made."""
    found: dict[str, list[str]] = {}
    for kind, name in (*_global(), *(each for region in _regions() for each in _regional(region))):
        found.setdefault(kind, []).append(name)
    return {kind: sorted(names) for kind, names in sorted(found.items())}


def active_task_definitions() -> list[str]:
    """Task definitions that are still ACTIVE: a stack keeps them for rollbacks."""
    return [
        arn
        for region in _regions()
        for arn in client("ecs", region=region).list_task_definitions()["taskDefinitionArns"]
    ]


def _regions() -> list[str]:
    # Only regions in use: moto creates a backend on the first request for it.
    used = {region for backends in BackendDict._instances for region in backends.get(DEFAULT_ACCOUNT_ID, {})}
    # Services without regions are under the name of their partition, e.g. aws-us-gov.
    return sorted(region for region in used | {REGION} if re.fullmatch(r"[a-z]+(-[a-z]+)+-\d+", region))


def _global() -> Iterator[tuple[str, str]]:
    iam, zones, buckets = client("iam"), client("route53"), client("s3")
    for role in iam.list_roles()["Roles"]:
        yield "role", role["RoleName"]
    for policy in iam.list_policies(Scope="Local")["Policies"]:
        yield "policy", policy["PolicyName"]
    for profile in iam.list_instance_profiles()["InstanceProfiles"]:
        yield "instance profile", profile["InstanceProfileName"]
    for zone in zones.list_hosted_zones()["HostedZones"]:
        yield "hosted zone", zone["Name"]
    for bucket in buckets.list_buckets()["Buckets"]:
        yield "bucket", bucket["Name"]


def _regional(region: str) -> Iterator[tuple[str, str]]:
    yield from _network(region)
    yield from _balancers(region)
    ecs, cloud_map, mesh = (client(name, region=region) for name in ("ecs", "servicediscovery", "appmesh"))
    arns = ecs.list_clusters()["clusterArns"]
    for cluster in ecs.describe_clusters(clusters=arns)["clusters"] if arns else []:
        if cluster["status"] == "ACTIVE":
            yield "cluster", cluster["clusterName"]
        services = ecs.list_services(cluster=cluster["clusterName"])["serviceArns"]
        for service in ecs.describe_services(cluster=cluster["clusterName"], services=services)["services"]:
            if service["status"] == "ACTIVE":
                yield "service", service["serviceName"]
    for namespace in cloud_map.list_namespaces()["Namespaces"]:
        yield "namespace", namespace["Name"]
    for service in cloud_map.list_services()["Services"]:
        yield "Cloud Map service", service["Name"]
    for each in () if appmesh.has_ended(DEFAULT_ACCOUNT_ID) else mesh.list_meshes()["meshes"]:
        yield "mesh", each["meshName"]
    for group in client("logs", region=region).describe_log_groups()["logGroups"]:
        if not GROUP.fullmatch(group["logGroupName"]):
            yield "log group", group["logGroupName"]
    yield from _lattice(region)
    yield from _others(region)


def _lattice(region: str) -> Iterator[tuple[str, str]]:
    lattice = client("vpc-lattice", region=region)
    for network in lattice.list_service_networks()["items"]:
        yield "service network", network["name"]
    for service in lattice.list_services()["items"]:
        yield "Lattice service", service["name"]
    for group in lattice.list_target_groups()["items"]:
        yield "Lattice target group", group["name"]


def _network(region: str) -> Iterator[tuple[str, str]]:
    ec2 = client("ec2", region=region)

    def without_defaults(kind: str, answer: list[dict[str, Any]], key: str) -> Iterator[tuple[str, str]]:
        for each in answer:
            if each.get("VpcId") not in defaults:
                yield kind, each[key]

    vpcs = ec2.describe_vpcs()["Vpcs"]
    defaults = {vpc["VpcId"] for vpc in vpcs if vpc["IsDefault"]}
    yield from without_defaults("VPC", vpcs, "VpcId")
    yield from without_defaults("subnet", ec2.describe_subnets()["Subnets"], "SubnetId")
    yield from without_defaults("route table", ec2.describe_route_tables()["RouteTables"], "RouteTableId")
    yield from without_defaults("network ACL", ec2.describe_network_acls()["NetworkAcls"], "NetworkAclId")
    for group in ec2.describe_security_groups()["SecurityGroups"]:
        if group["GroupName"] != "default":
            yield "security group", group["GroupName"]
    for gateway in ec2.describe_internet_gateways()["InternetGateways"]:
        if not {each.get("VpcId") for each in gateway["Attachments"]} & defaults:
            yield "internet gateway", gateway["InternetGatewayId"]
    for gateway in ec2.describe_nat_gateways()["NatGateways"]:
        if gateway["State"] != "deleted":
            yield "NAT gateway", gateway["NatGatewayId"]
    for address in ec2.describe_addresses()["Addresses"]:
        yield "elastic IP", address["AllocationId"]
    for endpoint in ec2.describe_vpc_endpoints()["VpcEndpoints"]:
        if endpoint["State"] != "deleted":
            yield "VPC endpoint", endpoint["ServiceName"]
    for log in ec2.describe_flow_logs()["FlowLogs"]:
        yield "flow log", log["FlowLogId"]
    for template in ec2.describe_launch_templates()["LaunchTemplates"]:
        yield "launch template", template["LaunchTemplateName"]


def _balancers(region: str) -> Iterator[tuple[str, str]]:
    elb = client("elbv2", region=region)
    for balancer in elb.describe_load_balancers()["LoadBalancers"]:
        yield "load balancer", balancer["LoadBalancerName"]
    for group in elb.describe_target_groups()["TargetGroups"]:
        yield "target group", group["TargetGroupName"]


def _others(region: str) -> Iterator[tuple[str, str]]:
    for certificate in client("acm", region=region).list_certificates()["CertificateSummaryList"]:
        yield "certificate", certificate["DomainName"]
    for authority in client("acm-pca", region=region).list_certificate_authorities()["CertificateAuthorities"]:
        # A deleted authority stays listed for its restoration period.
        if authority["Status"] != "DELETED":
            yield "certificate authority", authority["Arn"]
    for secret in client("secretsmanager", region=region).list_secrets()["SecretList"]:
        yield "secret", secret["Name"]
    for alarm in client("cloudwatch", region=region).describe_alarms()["MetricAlarms"]:
        yield "alarm", alarm["AlarmName"]
    for group in client("autoscaling", region=region).describe_auto_scaling_groups()["AutoScalingGroups"]:
        yield "Auto Scaling group", group["AutoScalingGroupName"]
    scaling = client("application-autoscaling", region=region)
    for target in scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"]:
        yield "scalable target", target["ResourceId"]
    for system in client("efs", region=region).describe_file_systems()["FileSystems"]:
        yield "file system", system["FileSystemId"]
    for repository in client("ecr", region=region).describe_repositories()["repositories"]:
        yield "repository", repository["repositoryName"]
    for provider in client("ecs", region=region).describe_capacity_providers()["capacityProviders"]:
        if not provider["name"].startswith("FARGATE"):
            yield "capacity provider", provider["name"]
