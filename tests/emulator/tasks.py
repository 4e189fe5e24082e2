"""The tasks of an ECS service: their addresses and their registrations.

No container runs. A task is an address in one of the service's subnets; it is registered in the Cloud
Map service of the service's registry, in the Cloud Map services of Service Connect and in its target
groups, with the attributes that ECS sets (ECS developer guide, "Service discovery").
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any
from uuid import uuid4

from moto.ec2 import ec2_backends
from moto.ecs.models import EC2ContainerServiceBackend, Service
from moto.elbv2 import elbv2_backends
from moto.servicediscovery import servicediscovery_backends

from . import cloudmap, lattice_store
from .service_rules import find_namespace

Task = dict[str, str]


def start(backend: EC2ContainerServiceBackend, settings: dict[str, Any], count: int) -> list[Task]:
    """New tasks, spread over the service's subnets, each with its own address."""
    subnets = (settings.get("networkConfiguration") or {}).get("awsvpcConfiguration", {}).get("subnets", [])
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    places = [ec2.get_subnet(subnet) for subnet in subnets]
    networks = [(ip_network(place.cidr_block), place.availability_zone) for place in places]
    # Bridge and host mode have no subnets, so any private range is fine.
    networks = networks or [(ip_network("10.255.0.0/16"), f"{backend.region_name}a")]
    taken = backend.__dict__.setdefault("taken_addresses", set())
    tasks = []
    for index in range(count):
        network, zone = networks[index % len(networks)]
        # AWS reserves the first four addresses of a subnet.
        address = next(str(ip) for ip in network if int(ip) - int(network[0]) > 3 and str(ip) not in taken)
        taken.add(address)
        tasks.append({"id": uuid4().hex, "address": address, "zone": zone})
    return tasks


def announce(backend: EC2ContainerServiceBackend, service: Service) -> None:
    """Register the service's tasks with its target groups and Cloud Map services only."""
    withdraw(backend, service)
    cloud_map = servicediscovery_backends[backend.account_id][backend.region_name]
    elb = elbv2_backends[backend.account_id][backend.region_name]
    store = lattice_store.lattice_backends[backend.account_id][backend.region_name]
    places: list[tuple[str, int | None]] = [
        (cloudmap.find_service(cloud_map, each["registryArn"]).id, each.get("port") or each.get("containerPort"))
        for each in service.settings.get("serviceRegistries") or []
    ]
    places += [(found.id, port) for found, port in _service_connect(backend, service)]
    for task in service.tasks:
        for service_id, port in places:
            cloud_map.register_instance(
                service_id=service_id,
                instance_id=task["id"],
                creator_request_id=task["id"],
                attributes=_attributes(service, task, port),
            )
            service.announced.append((service_id, task["id"]))
        for each in service.settings.get("loadBalancers") or []:
            target = {"Id": task["address"], "Port": each["containerPort"]}
            elb.register_targets(each["targetGroupArn"], [target])
            service.announced.append((each["targetGroupArn"], target))
        for each in service.settings.get("vpcLatticeConfigurations") or []:
            lattice_store.register(store, each["targetGroupArn"], [{"id": task["address"]}])
            service.announced.append((each["targetGroupArn"], {"id": task["address"]}))


def withdraw(backend: EC2ContainerServiceBackend, service: Service) -> None:
    """Remove every registration of the service."""
    cloud_map = servicediscovery_backends[backend.account_id][backend.region_name]
    elb = elbv2_backends[backend.account_id][backend.region_name]
    store = lattice_store.lattice_backends[backend.account_id][backend.region_name]
    for place, what in service.announced:
        if place in elb.target_groups:
            elb.deregister_targets(place, [what])
        elif place in cloud_map.services:
            found = cloud_map.services[place]
            found.instances[:] = [each for each in found.instances if each.instance_id != what]
        elif ":vpc-lattice:" in place:
            lattice_store.deregister(store, place, [what])
    service.announced = []
    for service_id in service.connect_services:
        cloud_map.services.pop(service_id, None)
    service.connect_services = []


def stop(backend: EC2ContainerServiceBackend, tasks: list[Task]) -> None:
    """Release the tasks' addresses."""
    backend.__dict__.setdefault("taken_addresses", set()).difference_update(task["address"] for task in tasks)


def _attributes(service: Service, task: Task, port: int | None) -> dict[str, str]:
    family = service.settings["taskDefinition"].split("/")[-1].split(":")[0]
    return {
        "AWS_INSTANCE_IPV4": task["address"],
        **({"AWS_INSTANCE_PORT": str(port)} if port else {}),
        "AVAILABILITY_ZONE": task["zone"],
        "REGION": service.region_name,
        "ECS_CLUSTER_NAME": service.cluster_name,
        "ECS_SERVICE_NAME": service.name,
        "ECS_TASK_DEFINITION_FAMILY": family,
        # Cloud Map asks ECS for the health of its instances; a running task is healthy.
        "AWS_INIT_HEALTH_STATUS": "HEALTHY",
    }


def endpoints_in_sight(backend: EC2ContainerServiceBackend, settings: dict[str, Any]) -> set[str]:
    """The endpoints, `name:port`, that Service Connect has in a service's namespace at this moment, its own included;
    none for a service that is not in one."""
    own = settings.get("serviceConnectConfiguration") or {}
    namespace = find_namespace(backend, own.get("namespace"))
    if namespace is None:
        return set()
    running = [other.settings for other in tuple(backend.services.values()) if other.status == "ACTIVE"]
    offered = [
        service
        for connect in (own, *(each.get("serviceConnectConfiguration") or {} for each in running))
        if find_namespace(backend, connect.get("namespace")) is namespace
        for service in connect.get("services", [])
    ]
    return {
        f"{alias.get('dnsName') or _default_alias(service, namespace.name)}:{alias['port']}"
        for service in offered
        for alias in service.get("clientAliases", [])
    }


def _default_alias(service: dict[str, Any], namespace: str) -> str:
    return f"{service.get('discoveryName') or service['portName']}.{namespace}"


def _service_connect(backend: EC2ContainerServiceBackend, service: Service) -> list[tuple[Any, int | None]]:
    """The Cloud Map services that ECS creates and owns for Service Connect."""
    connect = service.settings.get("serviceConnectConfiguration") or {}
    cloud_map = servicediscovery_backends[backend.account_id][backend.region_name]
    made = []
    for each in connect.get("services", []):
        namespace = find_namespace(backend, connect["namespace"])
        found = cloud_map.create_service(
            name=each.get("discoveryName") or each["portName"],
            namespace_id=namespace.id,
            creator_request_id=service.name,
            description="Managed by Amazon ECS",
            dns_config=None,
            health_check_config=None,
            health_check_custom_config=None,
            tags=[],
            service_type="HTTP",
        )
        service.connect_services.append(found.id)
        made.append((found, each.get("ingressPortOverride")))
    return made
