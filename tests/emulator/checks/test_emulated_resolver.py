"""The resolver of a VPC: which zone answers, and how long it keeps the answer that there is none."""

from __future__ import annotations

from typing import Any

import pytest

from tests.emulator.resolver import Resolver, watching
from tests.emulator.server import REGION

HOST = "llm.shop.internal"


@pytest.fixture
def vpc(aws: Any) -> str:
    return str(aws("ec2").create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"])


def zone(aws: Any, vpc: str, *, name: str = HOST) -> str:
    created = aws("route53").create_hosted_zone(
        Name=name, CallerReference=name, VPC={"VPCRegion": REGION, "VPCId": vpc}, HostedZoneConfig={"PrivateZone": True}
    )
    return str(created["HostedZone"]["Id"])


def record(aws: Any, zone_id: str, address: str) -> None:
    written = {"Name": HOST, "Type": "A", "TTL": 60, "ResourceRecords": [{"Value": address}]}
    changes = [{"Action": "CREATE", "ResourceRecordSet": written}]
    aws("route53").change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch={"Changes": changes})


def registered(aws: Any, vpc: str, address: str) -> None:
    """An instance of a Cloud Map service with the host's name."""
    client = aws("servicediscovery")
    client.create_private_dns_namespace(Name="shop.internal", Vpc=vpc)
    [namespace] = client.list_namespaces()["Namespaces"]
    records = {"NamespaceId": namespace["Id"], "DnsRecords": [{"Type": "A", "TTL": 10}]}
    service = client.create_service(Name="llm", DnsConfig=records)["Service"]["Id"]
    client.register_instance(ServiceId=service, InstanceId="task", Attributes={"AWS_INSTANCE_IPV4": address})


def test_a_zone_without_a_record_is_remembered_for_fifteen_minutes(aws: Any, vpc: str) -> None:
    resolver, other = Resolver(region=REGION, vpc=vpc), Resolver(region=REGION, vpc=vpc)
    zone_id = zone(aws, vpc)
    assert resolver.resolve(HOST, second=0) == []
    record(aws, zone_id, "10.1.0.9")

    assert other.resolve(HOST, second=1) == ["10.1.0.9"]
    assert resolver.resolve(HOST, second=899) == []
    assert resolver.resolve(HOST, second=900) == ["10.1.0.9"]


def test_the_zone_of_a_name_hides_the_one_above_it_in_its_vpc_only(aws: Any, vpc: str) -> None:
    registered(aws, vpc, "10.1.0.4")
    resolver = Resolver(region=REGION, vpc=vpc)
    assert resolver.resolve(HOST, second=0) == ["10.1.0.4"]
    elsewhere = aws("ec2").create_vpc(CidrBlock="10.2.0.0/16")["Vpc"]["VpcId"]
    assert Resolver(region=REGION, vpc=elsewhere).resolve(HOST, second=0) == []
    zone(aws, vpc)

    assert resolver.resolve(HOST, second=1) == []


def test_cloud_map_says_for_fifteen_seconds_that_a_service_has_no_instance(aws: Any, vpc: str) -> None:
    registered(aws, vpc, "10.1.0.4")
    resolver = Resolver(region=REGION, vpc=vpc)
    assert resolver.resolve("web.shop.internal", second=0) == []
    [namespace] = aws("servicediscovery").list_namespaces()["Namespaces"]
    records = {"NamespaceId": namespace["Id"], "DnsRecords": [{"Type": "A", "TTL": 10}]}
    service = aws("servicediscovery").create_service(Name="web", DnsConfig=records)["Service"]["Id"]
    aws("servicediscovery").register_instance(
        ServiceId=service, InstanceId="task", Attributes={"AWS_INSTANCE_IPV4": "10.1.0.5"}
    )

    assert resolver.resolve("web.shop.internal", second=14) == []
    assert resolver.resolve("web.shop.internal", second=15) == ["10.1.0.5"]


def test_a_generated_name_answers_while_vpc_lattice_has_the_service(aws: Any, vpc: str) -> None:
    service = aws("vpc-lattice").create_service(name="shop-llm")
    host = aws("vpc-lattice").get_service(serviceIdentifier=service["id"])["dnsEntry"]["domainName"]

    assert Resolver(region=REGION, vpc=vpc).resolve(host, second=0)
    aws("vpc-lattice").delete_service(serviceIdentifier=service["id"])
    assert not Resolver(region=REGION, vpc=vpc).resolve(host, second=0)


def test_time_passes_only_in_calls_that_wait(aws: Any, vpc: str) -> None:
    with watching(region=REGION) as watch:
        aws("ec2").describe_vpcs()
        assert watch.second == 0
        record(aws, zone(aws, vpc), "10.1.0.9")
        assert watch.second == 60
