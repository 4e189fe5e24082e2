"""Counts of resources that AWS limits. Each function yields the place of their owner, their description and number."""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_lowercase

from catalog.analysis.packing import known_types
from catalog.diagnostics import Path
from catalog.endpoints import gateways_of, has_internet_access, interface_endpoints
from catalog.meshes import mesh_of
from catalog.model import Deployment, Service
from catalog.task.storage import shared_folders

Counts = Iterator[tuple[Path, str, int]]


_ANYWHERE = "0.0.0.0/0"


def rules_in(deployment: Deployment) -> Counts:
    """One ingress rule for each caller, or for the mesh between them."""
    mesh = mesh_of(deployment)
    for service in deployment.services.values():
        if service.port is not None:
            callers = len(deployment.callers_of(service.name))
            if callers and mesh.carries(service):
                callers = mesh.own_addresses or callers
            balancers = deployment.ingress_of(service) is not None
            yield ("services", service.name), "ingress rules, one for each caller", callers + balancers


def rules_out(deployment: Deployment) -> Counts:
    """One egress rule for each callee, external and endpoint of AWS. Versions share their service's security group."""
    if deployment.catalog.network.egress == "any":
        return
    mesh = mesh_of(deployment)
    internet_access = has_internet_access(deployment)
    interfaces = 0 if internet_access else min(1, len(interface_endpoints(deployment)))
    for service in deployment.services.values():
        through = [mesh.own_addresses > 0 and mesh.carries(callee) for callee in deployment.callees_of(service)]
        rules = through.count(False) + (mesh.own_addresses if any(through) else 0)
        outside = {
            (target, external.port)
            for external in deployment.externals_of(service).values()
            for target in (*filter(None, [external.security_group]), *external.cidrs) or (_ANYWHERE,)
        }
        workloads = deployment.workloads_of(service.name)
        if internet_access:
            outside.add((_ANYWHERE, 443))
        else:
            rules += len({name for each in workloads for name in gateways_of(each, deployment=deployment)})
            rules += interfaces
        rules += any(shared_folders(each) for each in workloads)
        yield ("services", service.name, "calls"), "egress rules, one for each callee", rules + len(outside)


def groups(deployment: Deployment) -> Counts:
    tables = {workload.table for workload in deployment.running}
    yield ("services",), "groups, one for each service", len(tables)


def roles(deployment: Deployment) -> Counts:
    yield ("services",), "roles, two for each service and version", 2 * len(deployment.workloads)


def services(deployment: Deployment) -> Counts:
    services = sum(isinstance(workload, Service) for workload in deployment.running)
    yield ("services",), "services and versions", services


def interfaces(deployment: Deployment) -> Counts:
    tasks = sum(workload.most_tasks for workload in deployment.workloads.values())
    yield ("services",), "interfaces, one for each task", tasks


def capacities(deployment: Deployment) -> Counts:
    yield ("capacity",), "providers, Fargate's two included", len(deployment.used_capacity) + 2


def balancers(deployment: Deployment) -> Iterator[tuple[str, tuple[Service, ...]]]:
    """The Application Load Balancers that Terraform creates, with the services behind each."""
    for name, ingress in deployment.catalog.ingress.items():
        if ingress.listener_arn is None and not ingress.gateway:
            yield name, deployment.public_services(name)


def rules_to_targets(deployment: Deployment) -> Counts:
    for name, services in balancers(deployment):
        yield ("ingress", name), "egress rules, one for each service behind it", len(services)


def targets(deployment: Deployment) -> Counts:
    for name, services in balancers(deployment):
        tasks = sum(each.most_tasks for service in services for each in deployment.workloads_of(service.name))
        yield ("ingress", name), "targets, one for each task behind it", tasks


def rules_to_files(deployment: Deployment) -> Counts:
    users = [
        name for name in deployment.services if any(shared_folders(each) for each in deployment.workloads_of(name))
    ]
    yield ("services",), "ingress rules of the file system, one for each service", len(users)


def access_points(deployment: Deployment) -> Counts:
    folders = {folder for each in deployment.workloads.values() for folder in shared_folders(each).values()}
    yield ("services",), "access points, one for each folder", len(folders)


def instances(deployment: Deployment) -> Counts:
    """Tasks of a service and its versions, if they are registered in Cloud Map."""
    mesh = mesh_of(deployment)
    for service in deployment.services.values():
        if service.port is not None and mesh.is_registered(deployment, service):
            tasks = sum(each.most_tasks for each in deployment.workloads_of(service.name))
            yield ("services", service.name), "instances, one for each task", tasks


_CLASSES = {"g": "g", "gr": "g", "vt": "g", "p": "p", "x": "x"} | dict.fromkeys(
    ("a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z"), "standard"
)
"""The quota class of instance types, by the letters that they begin with (EC2 User Guide, "On-Demand Instance
quotas")."""


_SPOT_OF_P = {"p2": "p-spot", "p3": "p-spot", "p4": "p-spot", "p5": "p5-spot"}


def _class_of(type_: str, *, spot: bool) -> str | None:
    """The quota class of an instance type; None if it isn't known."""
    class_ = _CLASSES.get(type_[: len(type_) - len(type_.lstrip(ascii_lowercase))])
    if class_ is None or not spot:
        return class_
    return _SPOT_OF_P.get(type_[:2]) if class_ == "p" else f"{class_}-spot"


def vcpus(deployment: Deployment) -> dict[str, tuple[Path, float]]:
    """The vCPUs of the largest number of tasks on Fargate and of instances, with a place, by the quota that they count
    against: `fargate`, `fargate-spot`, or a class of instances, with `-spot` if they are."""
    found: dict[str, tuple[Path, float]] = {}

    def add(quota: str, place: Path, count: float) -> None:
        first, before = found.get(quota, (place, 0))
        found[quota] = (first, before + count)

    for workload in deployment.workloads.values():
        if workload.on_fargate:
            add(workload.capacity, ("services",), workload.most_tasks * workload.cpu / 1024)
    for name, capacity in deployment.used_capacity.items():
        largest: dict[str, int] = {}
        for type_ in known_types(capacity):
            class_ = _class_of(type_.name, spot=capacity.spot)
            if class_ is not None:
                largest[class_] = max(largest.get(class_, 0), type_.vcpu)
        for class_, vcpu in largest.items():
            add(class_, ("capacity", name, "max"), capacity.max * vcpu)
    return found


def vpcs(deployment: Deployment) -> int:
    return 0 if deployment.uses_existing_network else 1


def addresses(deployment: Deployment) -> int:
    """Elastic IP addresses, one for each NAT gateway."""
    network = deployment.catalog.network
    if deployment.uses_existing_network or network.nat == "none":
        return 0
    zones = network.zones if isinstance(network.zones, int) else len(network.zones)
    return zones if network.nat == "per-zone" else 1
