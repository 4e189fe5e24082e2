"""Cloud Map: instances are found in every kind of namespace, and what is in use stays."""

from typing import Any

import pytest

from tests.emulator.checks.stage import refused


@pytest.fixture
def vpc(aws: Any) -> str:
    return aws("ec2").create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]


@pytest.fixture
def cloud_map(aws: Any) -> Any:
    return aws("servicediscovery")


def namespace_id(cloud_map: Any, name: str) -> str:
    return next(each["Id"] for each in cloud_map.list_namespaces()["Namespaces"] if each["Name"] == name)


def dns_service(cloud_map: Any, vpc: str) -> str:
    cloud_map.create_private_dns_namespace(Name="example.internal", Vpc=vpc)
    records = {
        "NamespaceId": namespace_id(cloud_map, "example.internal"),
        "DnsRecords": [{"Type": "A", "TTL": 10}],
    }
    return cloud_map.create_service(Name="chat", DnsConfig=records)["Service"]["Id"]


def http_service(cloud_map: Any, vpc: str) -> str:
    cloud_map.create_http_namespace(Name="example.internal")
    return cloud_map.create_service(Name="chat", NamespaceId=namespace_id(cloud_map, "example.internal"))["Service"][
        "Id"
    ]


@pytest.mark.parametrize("make", [dns_service, http_service])
def test_instances_are_discovered_in_dns_and_http_namespaces(cloud_map: Any, vpc: str, make: Any) -> None:
    service = make(cloud_map, vpc)
    for address in ("10.0.0.4", "10.0.0.5"):  # the second registration replaces the first
        cloud_map.register_instance(ServiceId=service, InstanceId="one", Attributes={"AWS_INSTANCE_IPV4": address})
    found = cloud_map.discover_instances(NamespaceName="example.internal", ServiceName="chat")["Instances"]
    assert [each["Attributes"]["AWS_INSTANCE_IPV4"] for each in found] == ["10.0.0.5"]


def test_a_namespace_with_services_cannot_be_deleted(cloud_map: Any, vpc: str) -> None:
    service = dns_service(cloud_map, vpc)
    namespace = namespace_id(cloud_map, "example.internal")
    with refused("ResourceInUse"):
        cloud_map.delete_namespace(Id=namespace)
    cloud_map.delete_service(Id=service)
    cloud_map.delete_namespace(Id=namespace)
    assert cloud_map.list_namespaces()["Namespaces"] == []


def test_a_service_with_instances_cannot_be_deleted(cloud_map: Any, vpc: str) -> None:
    service = dns_service(cloud_map, vpc)
    cloud_map.register_instance(ServiceId=service, InstanceId="one", Attributes={"AWS_INSTANCE_IPV4": "10.0.0.4"})
    with refused("ResourceInUse"):
        cloud_map.delete_service(Id=service)
    cloud_map.deregister_instance(ServiceId=service, InstanceId="one")
    cloud_map.delete_service(Id=service)
    assert cloud_map.list_services()["Services"] == []


def test_a_service_needs_a_namespace_that_exists(cloud_map: Any) -> None:
    with refused("InvalidInput", "NamespaceId"):
        cloud_map.create_service(Name="chat")
    with refused("NamespaceNotFound"):
        cloud_map.delete_namespace(Id="ns-ghost")
    with refused("NamespaceNotFound"):
        cloud_map.create_service(Name="chat", NamespaceId="ns-ghost")


def test_a_service_name_is_unique_in_its_namespace(cloud_map: Any, vpc: str) -> None:
    dns_service(cloud_map, vpc)
    with refused("ServiceAlreadyExists"):
        cloud_map.create_service(Name="chat", NamespaceId=namespace_id(cloud_map, "example.internal"))


def test_a_private_namespace_has_a_hosted_zone_of_its_name_that_goes_with_it(
    aws: Any, cloud_map: Any, vpc: str
) -> None:
    cloud_map.create_private_dns_namespace(Name="one.internal", Vpc=vpc)
    cloud_map.create_private_dns_namespace(Name="two.internal", Vpc=vpc)
    zones = aws("route53")
    assert [zone["Name"] for zone in zones.list_hosted_zones()["HostedZones"]] == ["one.internal.", "two.internal."]
    cloud_map.delete_namespace(Id=namespace_id(cloud_map, "one.internal"))
    assert [zone["Name"] for zone in zones.list_hosted_zones()["HostedZones"]] == ["two.internal."]


def test_a_private_namespace_needs_a_vpc_and_a_name_of_its_own_in_it(cloud_map: Any, vpc: str) -> None:
    with refused("InvalidInput", "vpc-ghost"):
        cloud_map.create_private_dns_namespace(Name="example.internal", Vpc="vpc-ghost")
    cloud_map.create_private_dns_namespace(Name="example.internal", Vpc=vpc)
    with refused("NamespaceAlreadyExists"):
        cloud_map.create_private_dns_namespace(Name="example.internal", Vpc=vpc)


def test_services_are_listed_by_namespace(cloud_map: Any, vpc: str) -> None:
    dns_service(cloud_map, vpc)
    cloud_map.create_http_namespace(Name="other")
    other = namespace_id(cloud_map, "other")
    service = cloud_map.create_service(Name="chat", NamespaceId=other)["Service"]
    found = cloud_map.list_services(Filters=[{"Name": "NAMESPACE_ID", "Values": [other]}])["Services"]
    assert [each["Id"] for each in found] == [service["Id"]]


def test_an_http_namespace_takes_no_dns_records(cloud_map: Any) -> None:
    cloud_map.create_http_namespace(Name="example")
    records = {"NamespaceId": namespace_id(cloud_map, "example"), "DnsRecords": [{"Type": "A", "TTL": 10}]}
    with refused("InvalidInput", "DnsConfig is not allowed"):
        cloud_map.create_service(Name="chat", DnsConfig=records)
