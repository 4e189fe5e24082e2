"""A platform team's resources in the emulated account, and examples/joining.toml with their ids."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import emulator
from tests.conftest import ROOT

REGION = "us-west-2"
JOINING = ROOT / "examples" / "joining.toml"


@dataclass(frozen=True, kw_only=True)
class Platform:
    """Ids of VPC, cluster, namespace and load balancer."""

    vpc_id: str
    subnet_ids: list[str]
    cluster_arn: str
    namespace_id: str
    group_id: str
    listener_arn: str

    def catalog(self, kind: str) -> str:
        """The example, joining these, with a kind of mesh."""
        text = JOINING.read_text(encoding="utf-8")
        for example, id_ in (
            ("vpc-0123456789abcdef0", self.vpc_id),
            ("subnet-0123456789abcdef0", self.subnet_ids[0]),
            ("subnet-0123456789abcdef1", self.subnet_ids[1]),
            ("arn:aws:ecs:us-west-2:123456789012:cluster/platform", self.cluster_arn),
            ("ns-e4anhexample0004", self.namespace_id),
            ("sg-0123456789abcdef0", self.group_id),
            (_listener_of(JOINING), self.listener_arn),
            ('kind = "service-connect"', f'kind = "{kind}"'),
        ):
            assert text.count(example) == 1, f"the example no longer says {example}"
            text = text.replace(example, id_)
        return text

    def described(self) -> dict[str, Any]:
        """All attributes of them in AWS, except counts of tasks and services that use them."""
        ec2, ecs, elb = (emulator.client(name, region=REGION) for name in ("ec2", "ecs", "elbv2"))
        cloud_map = emulator.client("servicediscovery", region=REGION)
        balancer = self.listener_arn.rpartition("/")[0].replace(":listener/", ":loadbalancer/")
        namespace = cloud_map.get_namespace(Id=self.namespace_id)["Namespace"]
        zone = namespace["Properties"]["DnsProperties"]["HostedZoneId"]
        group = [{"Name": "group-id", "Values": [self.group_id]}]
        rules = elb.describe_rules(ListenerArn=self.listener_arn)["Rules"]
        clusters = ecs.describe_clusters(
            clusters=[self.cluster_arn], include=["ATTACHMENTS", "CONFIGURATIONS", "SETTINGS", "TAGS"]
        )["clusters"]
        return {
            "vpc": ec2.describe_vpcs(VpcIds=[self.vpc_id])["Vpcs"],
            "subnets": [
                {key: value for key, value in subnet.items() if key != "AvailableIpAddressCount"}
                for subnet in ec2.describe_subnets(SubnetIds=self.subnet_ids)["Subnets"]
            ],
            "cluster": [
                {key: value for key, value in cluster.items() if not key.endswith("Count")} for cluster in clusters
            ],
            "namespace": {key: value for key, value in namespace.items() if key != "ServiceCount"},
            "zone": emulator.client("route53").get_hosted_zone(Id=zone)["VPCs"],
            "group": ec2.describe_security_groups(GroupIds=[self.group_id])["SecurityGroups"],
            "group's rules": ec2.describe_security_group_rules(Filters=group)["SecurityGroupRules"],
            "balancer": elb.describe_load_balancers(LoadBalancerArns=[balancer])["LoadBalancers"],
            "attributes": elb.describe_load_balancer_attributes(LoadBalancerArn=balancer)["Attributes"],
            "listener": elb.describe_listeners(ListenerArns=[self.listener_arn])["Listeners"],
            "listeners": elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"],
            "others' rules": [rule for rule in rules if not rule["Priority"].startswith("2")],
            "tags": elb.describe_tags(ResourceArns=[balancer, self.listener_arn])["TagDescriptions"],
        }


def _listener_of(file: Path) -> str:
    [line] = [line for line in file.read_text(encoding="utf-8").splitlines() if line.startswith("listener_arn")]
    return line.split('"')[1]


def platform(*, idle_timeout: int = 60) -> Platform:
    """Create them, with settings that their owner chose."""
    ec2, ecs, elb = (emulator.client(name, region=REGION) for name in ("ec2", "ecs", "elbv2"))
    vpc_id = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc_id, CidrBlock=f"10.8.{at}.0/24", AvailabilityZone=f"{REGION}{zone}")["Subnet"]
        for at, zone in enumerate("ab")
    ]
    subnet_ids = [subnet["SubnetId"] for subnet in subnets]
    cluster = ecs.create_cluster(
        clusterName="platform",
        settings=[{"name": "containerInsights", "value": "enabled"}],
        capacityProviders=["FARGATE"],
        defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE", "weight": 3}],
        tags=[{"key": "owner", "value": "platform"}],
    )["cluster"]
    cloud_map = emulator.client("servicediscovery", region=REGION)
    operation = cloud_map.create_private_dns_namespace(Name="platform.internal", Vpc=vpc_id)["OperationId"]
    namespace_id = cloud_map.get_operation(OperationId=operation)["Operation"]["Targets"]["NAMESPACE"]
    group_id = ec2.create_security_group(GroupName="balancer", Description="Balancer", VpcId=vpc_id)["GroupId"]
    balancer = elb.create_load_balancer(
        Name="platform", Subnets=subnet_ids, SecurityGroups=[group_id], Scheme="internal", Type="application"
    )["LoadBalancers"][0]["LoadBalancerArn"]
    elb.modify_load_balancer_attributes(
        LoadBalancerArn=balancer, Attributes=[{"Key": "idle_timeout.timeout_seconds", "Value": str(idle_timeout)}]
    )
    nothing = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain"}}
    listener_arn = elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=8080, DefaultActions=[nothing])[
        "Listeners"
    ][0]["ListenerArn"]
    elb.create_rule(
        ListenerArn=listener_arn,
        Priority=10,
        Conditions=[{"Field": "path-pattern", "Values": ["/platform/*"]}],
        Actions=[nothing],
    )
    return Platform(
        vpc_id=vpc_id,
        subnet_ids=subnet_ids,
        cluster_arn=cluster["clusterArn"],
        namespace_id=namespace_id,
        group_id=group_id,
        listener_arn=listener_arn,
    )
