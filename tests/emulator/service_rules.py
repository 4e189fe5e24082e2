"""Refuse services that ECS refuses, and services whose tasks could never start.

`terraform plan` checks none of these. If AWS would accept the service and its tasks would then fail in
a loop (the log group or mesh node doesn't exist), the emulator refuses the service, so that tests find
the defect in a second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from moto.ec2 import ec2_backends
from moto.ecs.models import Cluster, EC2ContainerServiceBackend, TaskDefinition
from moto.elbv2 import elbv2_backends
from moto.iam import iam_backends
from moto.logs import logs_backends
from moto.servicediscovery import servicediscovery_backends

from . import groups
from .appmesh import appmesh_backends
from .lattice_store import lattice_backends

Settings = dict[str, Any]
Ports = dict[str, dict[str, Any]]
"""Port mappings by name."""
FARGATE = {"FARGATE", "FARGATE_SPOT"}


def faults(
    settings: Settings, *, backend: EC2ContainerServiceBackend, cluster: Cluster, task: TaskDefinition
) -> Iterator[str]:
    """Every reason to refuse a service with these settings that runs this task definition."""
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", settings["serviceName"]):
        yield f"Service name contains invalid characters: {settings['serviceName']!r}"
    yield from _capacity(settings, cluster, task)
    yield from _early_instances(settings, backend)
    yield from _deployment(settings)
    yield from _network(settings, backend, task)
    yield from _registries(settings, backend, task)
    yield from _load_balancers(settings, backend, task)
    yield from _service_connect(settings, backend, task)
    yield from _lattice(settings, backend, task)
    yield from _logs(backend, task)
    yield from _mesh(backend, task)
    if settings.get("enableExecuteCommand") and not getattr(task, "task_role_arn", None):
        yield "The service couldn't be created because a valid taskRoleArn is not being used."
    health_checks = settings.get("loadBalancers") or settings.get("vpcLatticeConfigurations")
    if settings.get("healthCheckGracePeriodSeconds") and not (
        health_checks or any("healthCheck" in container for container in task.container_definitions)
    ):
        yield "Health check grace period is only valid for services configured to use load balancers"


def _capacity(settings: Settings, cluster: Cluster, task: TaskDefinition) -> Iterator[str]:
    strategy, launch_type = settings.get("capacityProviderStrategy") or [], settings.get("launchType")
    if strategy and launch_type:
        yield "Specifying both a launch type and capacity provider strategy is not supported."
    associated = {provider.split("/")[-1] for provider in cluster.capacity_providers or []}
    names = {each["capacityProvider"].split("/")[-1] for each in strategy}
    if missing := names - associated:
        yield (
            "The specified capacity provider strategy cannot contain a capacity provider that is not "
            f"associated with the cluster: {', '.join(sorted(missing))}"
        )
    if names & FARGATE and names - FARGATE:
        yield "A capacity provider strategy cannot mix Fargate and Auto Scaling group capacity providers."
    if strategy and not any(each.get("weight") or each.get("base") for each in strategy):
        yield "A capacity provider strategy needs at least one weight or base above 0."
    if (names & FARGATE or launch_type == "FARGATE") and "FARGATE" not in (task.requires_compatibilities or []):
        yield "Task definition does not support launch_type FARGATE."
    if (names - FARGATE or launch_type == "EC2") and "EC2" not in (task.requires_compatibilities or ["EC2"]):
        yield "Task definition does not support launch_type EC2."
    if (names & FARGATE or launch_type == "FARGATE") and settings.get("placementStrategy"):
        yield "Placement strategies are not supported with FARGATE launch type."
    placement = settings.get("placementStrategy") or []
    if settings.get("availabilityZoneRebalancing") == "ENABLED" and placement:
        first = placement[0]
        if (first["type"], first.get("field")) != ("spread", "attribute:ecs.availability-zone"):
            yield "Availability Zone rebalancing needs a spread over Availability Zones as the first strategy."


def _early_instances(settings: Settings, backend: EC2ContainerServiceBackend) -> Iterator[str]:
    for each in settings.get("capacityProviderStrategy") or []:
        provider = each["capacityProvider"].split("/")[-1]
        if groups.registered_too_early(backend, provider):
            yield (
                f"Instances of {provider} registered before the capacity provider was associated with the cluster, "
                "and get no task."
            )


def _deployment(settings: Settings) -> Iterator[str]:
    configuration = settings.get("deploymentConfiguration") or {}
    lowest, highest = configuration.get("minimumHealthyPercent", 100), configuration.get("maximumPercent", 200)
    if lowest == highest == 100:
        yield "Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments."
    if lowest > highest:
        yield "minimumHealthyPercent must not be above maximumPercent."
    if settings.get("availabilityZoneRebalancing") == "ENABLED" and highest <= 100:
        yield "Availability Zone rebalancing needs a maximumPercent above 100."


def _network(settings: Settings, backend: EC2ContainerServiceBackend, task: TaskDefinition) -> Iterator[str]:
    network = (settings.get("networkConfiguration") or {}).get("awsvpcConfiguration")
    if task.network_mode != "awsvpc":
        if network:
            yield "Network Configuration is not valid for the given networkMode of this task definition."
        return
    if not network:
        yield "Network Configuration must be provided when networkMode 'awsvpc' is specified."
        return
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    known = {subnet.id: subnet.vpc_id for zone in tuple(ec2.subnets.values()) for subnet in tuple(zone.values())}
    groups = network.get("securityGroups") or []
    if not 1 <= len(network["subnets"]) <= 16 or len(groups) > 5:
        yield "A service takes 1 to 16 subnets and at most 5 security groups."
    vpcs = {known.get(subnet) for subnet in network["subnets"]}
    for subnet in network["subnets"]:
        if subnet not in known:
            yield f"Error retrieving subnet information for [{subnet}]: it does not exist"
    if len(vpcs) > 1:
        yield "The subnets belong to different VPCs."
    for name in groups:
        group = ec2.get_security_group_from_id(name)
        if group is None:
            yield f"Error retrieving security group information for [{name}]: it does not exist"
        elif group.vpc_id not in vpcs:
            yield f"Security group {name} does not belong to the VPC of the subnets."


def _port_fault(task: TaskDefinition, container: str, port: int | None) -> Iterator[str]:
    for definition in task.container_definitions:
        if definition["name"] == container:
            if port and port not in [mapping["containerPort"] for mapping in definition["portMappings"]]:
                yield f"The container {container} did not have a container port {port} defined."
            return
    yield f"The container {container} does not exist in the task definition."


def _named_ports(task: TaskDefinition) -> Ports:
    return {
        mapping["name"]: mapping
        for definition in task.container_definitions
        for mapping in definition["portMappings"]
        if mapping.get("name")
    }


def _registries(settings: Settings, backend: EC2ContainerServiceBackend, task: TaskDefinition) -> Iterator[str]:
    registries = settings.get("serviceRegistries") or []
    if len(registries) > 1:
        yield "A service takes one service registry."
    services = servicediscovery_backends[backend.account_id][backend.region_name].services
    by_arn = {service.arn: service for service in tuple(services.values())}
    for registry in registries:
        found = by_arn.get(registry.get("registryArn"))
        if found is None:
            yield f"Service registry {registry.get('registryArn')} does not exist."
            continue
        if registry.get("containerName"):
            yield from _port_fault(task, registry["containerName"], registry.get("containerPort"))
        records = {record["Type"] for record in (found.dns_config or {}).get("DnsRecords", [])}
        if "SRV" in records and not (registry.get("port") or registry.get("containerPort")):
            yield "A registry with SRV records needs a port."
        if registry.get("port") and registry.get("containerPort"):
            yield "A registry takes port or containerPort, not both."


def _load_balancers(settings: Settings, backend: EC2ContainerServiceBackend, task: TaskDefinition) -> Iterator[str]:
    elb = elbv2_backends[backend.account_id][backend.region_name]
    for each in settings.get("loadBalancers") or []:
        arn = each.get("targetGroupArn")
        group = elb.target_groups.get(arn)
        if group is None:
            yield f"The specified target group does not exist: {arn}"
            continue
        yield from _port_fault(task, each["containerName"], each["containerPort"])
        if task.network_mode == "awsvpc" and group.target_type != "ip":
            yield f"The target group {arn} has target type {group.target_type}, which awsvpc does not support."
        if arn not in _forwarded(elb):
            yield f"The target group with targetGroupArn {arn} does not have an associated load balancer."


def _forwarded(elb: Any) -> set[str]:
    """The target groups to which a listener or rule sends requests."""
    listeners = [each for balancer in tuple(elb.load_balancers.values()) for each in tuple(balancer.listeners.values())]
    actions = [action for listener in listeners for action in listener.default_actions]
    actions += [action for listener in listeners for rule in tuple(listener.rules.values()) for action in rule.actions]
    return {
        arn
        for action in actions
        if action.type == "forward"
        for arn in elb._get_target_group_arns_from(action_data=action.data)
    }


def _service_connect(settings: Settings, backend: EC2ContainerServiceBackend, task: TaskDefinition) -> Iterator[str]:
    connect = settings.get("serviceConnectConfiguration") or {}
    if not connect.get("enabled"):
        return
    if task.proxy_configuration:
        yield "Service Connect and an App Mesh proxy configuration exclude each other."
    if not task.memory:
        yield "Service Connect needs the memory of the whole task (ECS developer guide)."
    namespace = find_namespace(backend, connect.get("namespace"))
    if namespace is None:
        yield f"Namespace {connect.get('namespace')} was not found."
    services = servicediscovery_backends[backend.account_id][backend.region_name].services
    taken = {
        other.name
        for other in tuple(services.values())
        if namespace is not None
        and other.namespace_id == namespace.id
        and other.creator_request_id != settings["serviceName"]
    }
    for service in connect.get("services", []):
        yield from _endpoint(service, backend, _named_ports(task))
        if (name := service.get("discoveryName") or service["portName"]) in taken:
            yield f"The discovery name {name} exists in the namespace already."


def _endpoint(service: dict[str, Any], backend: EC2ContainerServiceBackend, ports: Ports) -> Iterator[str]:
    """One endpoint that a service offers (ECS API reference, ServiceConnectService and TimeoutConfiguration)."""
    port = ports.get(service["portName"])
    if port is None:
        yield f"The port name {service['portName']} does not exist in the task definition."
        return
    for name in (service["portName"], service.get("discoveryName") or service["portName"]):
        if not re.fullmatch(r"[a-z0-9_][a-z0-9_-]{0,63}", name):
            yield f"{name} must have at most 64 lower-case letters, digits, underscores and hyphens."
    aliases = service.get("clientAliases", [])
    if len(aliases) > 1:
        yield "An endpoint takes one client alias."
    if any(len(alias.get("dnsName", "")) > 127 for alias in aliases):
        yield "The name of a client alias has at most 127 characters."
    if "appProtocol" not in port and "perRequestTimeoutSeconds" in service.get("timeout", {}):
        # AWS's message, as in hashicorp/terraform-provider-aws issue 38432.
        seconds = service["timeout"]["perRequestTimeoutSeconds"]
        yield f"Per request timeout {seconds} can't be set for tcp application."
    if (role := service.get("tls", {}).get("roleArn")) and role not in _roles(backend):
        yield f"The role {role} does not exist."


def _roles(backend: EC2ContainerServiceBackend) -> set[str]:
    return {role.arn for role in tuple(iam_backends[backend.account_id][backend.partition].roles.values())}


def protocol_fault(settings: Settings, before: Settings, *, backend: EC2ContainerServiceBackend) -> Iterator[str]:
    """With Service Connect, a port's protocol can't change while the service exists (ECS API reference,
    PortMapping.appProtocol)."""

    def protocols(each: Settings) -> dict[str, str | None]:
        connect = each.get("serviceConnectConfiguration") or {}
        ports = _named_ports(backend.describe_task_definition(each["taskDefinition"]))
        offered = [service["portName"] for service in connect.get("services", [])]
        return {name: ports[name].get("appProtocol") for name in offered if name in ports}

    old, new = protocols(before), protocols(settings)
    for name in sorted(old.keys() & new.keys()):
        if old[name] != new[name]:
            yield f"The appProtocol of the port {name} cannot change from {old[name]} to {new[name]}."


def find_namespace(backend: EC2ContainerServiceBackend, name_or_arn: str | None) -> Any:
    """A Cloud Map namespace by name or ARN, or None."""
    namespaces = servicediscovery_backends[backend.account_id][backend.region_name].namespaces
    for namespace in tuple(namespaces.values()):
        if name_or_arn in (namespace.name, namespace.arn):
            return namespace
    return None


def _lattice(settings: Settings, backend: EC2ContainerServiceBackend, task: TaskDefinition) -> Iterator[str]:
    store = lattice_backends[backend.account_id][backend.region_name]
    ports = _named_ports(task)
    for each in settings.get("vpcLatticeConfigurations") or []:
        if each["roleArn"] not in _roles(backend):
            yield f"The role {each['roleArn']} does not exist."
        if each["portName"] not in ports:
            yield f"The port name {each['portName']} does not exist in the task definition."
        group = store.documents.get(each["targetGroupArn"].rsplit("/", 1)[-1])
        if group is None:
            yield f"The target group {each['targetGroupArn']} does not exist."
            continue
        if group["type"] != "IP" and task.network_mode == "awsvpc":
            yield f"The target group {group['name']} has target type {group['type']}, which awsvpc does not support."
        if not store.users_of(group["id"]):
            yield f"The target group {group['name']} is not associated with a VPC Lattice service."


def _logs(backend: EC2ContainerServiceBackend, task: TaskDefinition) -> Iterator[str]:
    for definition in task.container_definitions:
        logs = definition.get("logConfiguration") or {}
        options = logs.get("options") or {}
        if logs.get("logDriver") != "awslogs" or options.get("awslogs-create-group") == "true":
            continue
        region, group = options.get("awslogs-region", backend.region_name), options.get("awslogs-group")
        if group not in logs_backends[backend.account_id][region].groups:
            yield f"The log group {group} of container {definition['name']} does not exist in {region}."


def _mesh(backend: EC2ContainerServiceBackend, task: TaskDefinition) -> Iterator[str]:
    for definition in task.container_definitions:
        for variable in definition.get("environment", []):
            if variable["name"] == "APPMESH_RESOURCE_ARN":
                store = appmesh_backends[backend.account_id][backend.region_name]
                arn = variable["value"]
                if arn not in {document["metadata"]["arn"] for document in tuple(store.documents.values())}:
                    yield f"APPMESH_RESOURCE_ARN of container {definition['name']} names nothing: {arn}"
