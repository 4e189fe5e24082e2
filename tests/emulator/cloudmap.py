"""Corrections of Cloud Map, for differences between moto and AWS.

* A service of a DNS namespace gets its namespace from DnsConfig; moto ignores that.
* A VPC can have several private namespaces. Each has a hosted zone with its name, which is deleted with it.
* Namespaces and services in use can't be deleted, registering an instance again replaces it, and lists have filters.
"""

from __future__ import annotations

import json
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.ec2 import ec2_backends
from moto.route53 import route53_backends
from moto.servicediscovery.exceptions import InvalidInput, NamespaceNotFound, ServiceNotFound
from moto.servicediscovery.models import Namespace, Service, ServiceDiscoveryBackend
from moto.servicediscovery.responses import ServiceDiscoveryResponse

_create_service = ServiceDiscoveryBackend.create_service
_delete_namespace = ServiceDiscoveryBackend.delete_namespace
_register_instance = ServiceDiscoveryBackend.register_instance


def create_service(
    self: ServiceDiscoveryBackend,
    *,
    name: str,
    namespace_id: str | None,
    dns_config: dict[str, Any] | None,
    service_type: str | None,
    **rest: Any,
) -> Service:
    namespace_id = namespace_id or (dns_config or {}).get("NamespaceId")
    if not namespace_id:
        raise InvalidInput("NamespaceId is required")
    namespace = self.get_namespace(namespace_id.split("/")[-1])  # an id, or the ARN of a shared one
    if namespace.type == "HTTP" and dns_config:
        raise InvalidInput(f"{namespace.name} is an HTTP namespace: DnsConfig is not allowed")
    if any(other.name == name and other.namespace_id == namespace.id for other in self.list_services()):
        raise JsonRESTError("ServiceAlreadyExists", f"{name} exists in {namespace.name}")
    return _create_service(
        self,
        name=name,
        namespace_id=namespace.id,
        dns_config=dns_config,
        service_type=service_type or ("DNS_HTTP" if dns_config else "HTTP"),
        **rest,
    )


def delete_service(self: ServiceDiscoveryBackend, service_id: str) -> None:
    if self.get_service(service_id).instances:
        raise JsonRESTError("ResourceInUse", f"Service {service_id} has registered instances")
    del self.services[service_id]


def create_private_dns_namespace(
    self: ServiceDiscoveryBackend,
    *,
    name: str,
    vpc: str,
    creator_request_id: str,
    description: str,
    tags: list[dict[str, str]] | None,
    properties: dict[str, Any] | None,
) -> str:
    if not ec2_backends[self.account_id][self.region_name].vpcs.get(vpc):
        raise InvalidInput(f"VPC {vpc} does not exist")
    for other in self.list_namespaces():
        if other.name == name and other.vpc == vpc:
            raise JsonRESTError("NamespaceAlreadyExists", f"{name} exists in {vpc}")
    zone = route53_backends[self.account_id][self.partition].create_hosted_zone(
        f"{name}.", private_zone=True, vpcid=vpc, vpcregion=self.region_name, comment="Created by AWS Cloud Map"
    )
    namespace = Namespace(
        account_id=self.account_id,
        region=self.region_name,
        name=name,
        ns_type="DNS_PRIVATE",
        creator_request_id=creator_request_id,
        description=description,
        dns_properties={"SOA": {"TTL": 15}} | (properties or {}).get("DnsProperties", {}) | {"HostedZoneId": zone.id},
        http_properties={"HttpName": name},
        vpc=vpc,
    )
    self.namespaces[namespace.id] = namespace
    if tags:
        self.tagger.tag_resource(namespace.arn, tags)
    return self._create_operation("CREATE_NAMESPACE", targets={"NAMESPACE": namespace.id})


def delete_namespace(self: ServiceDiscoveryBackend, namespace_id: str) -> str:
    namespace = self.namespaces.get(namespace_id)
    if namespace is None:
        raise NamespaceNotFound(namespace_id)
    if any(service.namespace_id == namespace_id for service in self.list_services()):
        raise JsonRESTError("ResourceInUse", f"Namespace {namespace_id} contains services")
    if zone := (namespace.dns_properties or {}).get("HostedZoneId"):
        route53_backends[self.account_id][self.partition].zones.pop(zone.replace("/hostedzone/", ""), None)
    return _delete_namespace(self, namespace_id)


def register_instance(self: ServiceDiscoveryBackend, service_id: str, instance_id: str, **rest: Any) -> str:
    service = self.get_service(service_id)
    service.instances[:] = [each for each in service.instances if each.instance_id != instance_id]
    return _register_instance(self, service_id=service_id, instance_id=instance_id, **rest)


def find_service(self: ServiceDiscoveryBackend, arn: str) -> Service:
    """The service that a registry ARN names."""
    for service in tuple(self.services.values()):
        if service.arn == arn:
            return service
    raise ServiceNotFound(arn)


def _allowed(document: dict[str, Any], filters: list[dict[str, Any]]) -> bool:
    fields = {"NAMESPACE_ID": "NamespaceId", "TYPE": "Type", "NAME": "Name"}
    return all(document.get(fields.get(each["Name"], "")) in each["Values"] for each in filters)


def list_services(self: ServiceDiscoveryResponse) -> str:
    filters = json.loads(self.body).get("Filters", [])
    found = [service.to_json() for service in tuple(self.servicediscovery_backend.list_services())]
    return json.dumps({"Services": [service for service in found if _allowed(service, filters)]})


def list_namespaces(self: ServiceDiscoveryResponse) -> str:
    filters = json.loads(self.body).get("Filters", [])
    found = [namespace.to_json() for namespace in tuple(self.servicediscovery_backend.list_namespaces())]
    return json.dumps({"Namespaces": [namespace for namespace in found if _allowed(namespace, filters)]})


def install() -> None:
    """Replace moto's functions with those above. moto looks them up on every request."""
    for function in (
        create_service,
        delete_service,
        create_private_dns_namespace,
        delete_namespace,
        register_instance,
    ):
        setattr(ServiceDiscoveryBackend, function.__name__, function)
    ServiceDiscoveryResponse.list_services = list_services
    ServiceDiscoveryResponse.list_namespaces = list_namespaces
