"""ECS services and task definitions: stored, refused and rolled out as on AWS.

moto stores half of the settings of CreateService and UpdateService, and doesn't run tasks. Here a service has
all its settings, its tasks run immediately and are registered, and a test can make a deployment fail:
rollback_next("chat") makes the next deployment of the service "chat" fail. Then, as on AWS,

* with a circuit breaker that rolls back, the service soon becomes steady again on the previous revision, which
  Terraform's provider reports as a success;
* without one, or if the previous revision is INACTIVE or doesn't exist, the service never becomes steady, and a
  client that waits for that times out.
"""

from __future__ import annotations

import json
from random import randrange
from typing import Any

from botocore import xform_name
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ecs.models import Cluster, EC2ContainerServiceBackend, Service, TaskDefinition, ecs_backends
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.iam import iam_backends

from . import disks, insights, quotas, service_rules, task_rules, tasks, validation

Settings = dict[str, Any]

# The defaults of CreateService (botocore's ECS model).
DEFAULTS: Settings = {
    "availabilityZoneRebalancing": "ENABLED",
    "capacityProviderStrategy": [],
    "deploymentController": {"type": "ECS"},
    "desiredCount": 0,
    "enableECSManagedTags": False,
    "enableExecuteCommand": False,
    "healthCheckGracePeriodSeconds": 0,
    "launchType": None,
    "loadBalancers": [],
    "networkConfiguration": None,
    "placementConstraints": [],
    "placementStrategy": [],
    "platformVersion": None,
    "propagateTags": "NONE",
    "schedulingStrategy": "REPLICA",
    "serviceConnectConfiguration": None,
    "serviceRegistries": [],
    "volumeConfigurations": [],
    "vpcLatticeConfigurations": [],
}
DEFAULT_DEPLOYMENT = {
    "deploymentCircuitBreaker": {"enable": False, "rollback": False},
    "maximumPercent": 200,
    "minimumHealthyPercent": 100,
    "strategy": "ROLLING",
}
# The settings of a service revision, which a rollback restores. Changing one starts a deployment, except the strategy
# of capacity providers, which applies to new tasks only (ECS API reference, UpdateService).
REVISION = (
    "capacityProviderStrategy",
    "launchType",
    "loadBalancers",
    "networkConfiguration",
    "platformVersion",
    "serviceConnectConfiguration",
    "serviceRegistries",
    "taskDefinition",
    "volumeConfigurations",
    "vpcLatticeConfigurations",
)
STARTS_DEPLOYMENT = frozenset(REVISION) - {"capacityProviderStrategy"}
SERVICE_ROLE = "aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS"

_register_task_definition = EC2ContainerServiceResponse.register_task_definition
_delete_service = EC2ContainerServiceResponse.delete_service
_delete_cluster = EC2ContainerServiceResponse.delete_cluster


class Refusal(ServiceException):
    """An ECS error by code. It exists because moto fails on codes without an exception class of moto's."""


class InvalidParameter(Refusal):
    code = "InvalidParameterException"


class ClientError(Refusal):
    code = "ClientException"


def rollback_next(service: str, *, account: str = DEFAULT_ACCOUNT_ID) -> None:
    """Make the next deployment of this service fail once, in any region and cluster."""
    _failing(account).add(service)


def forced_deployments(*, account: str = DEFAULT_ACCOUNT_ID) -> list[str]:
    """The names of the services of all calls of UpdateService that forced a deployment, in order. ECS then replaces
    every running task, whatever else changes."""
    return list(_forced(account))


def known_endpoints(cluster: str, service: str, *, region: str, account: str = DEFAULT_ACCOUNT_ID) -> set[str]:
    """The endpoints, `name:port`, that the proxies of a service's running tasks know: those that Service Connect had
    in the namespace when they started (ECS developer guide, "Service Connect concepts")."""
    return ecs_backends[account][region].services[f"{cluster}:{service}"].known_endpoints


def _failing(account: str) -> set[str]:
    # On a backend without regions, so that a reset of the emulator clears it too.
    return iam_backends[account]["aws"].__dict__.setdefault("failing_deployments", set())


def _forced(account: str) -> list[str]:
    return iam_backends[account]["aws"].__dict__.setdefault("forced_deployments", [])


def _check_model(response: EC2ContainerServiceResponse) -> Settings:
    # The body as sent: moto's parser has already dropped members that aren't in the model.
    request = json.loads(response.body)
    if found := validation.problems("ecs", response._get_action(), request):
        raise InvalidParameter("; ".join(found))
    return request


def register_task_definition(self: EC2ContainerServiceResponse) -> ActionResult:
    request = _check_model(self)
    for fault in task_rules.faults(request, account=self.current_account, partition=self.partition):
        raise ClientError(fault)
    return _register_task_definition(self)


def create_service(self: EC2ContainerServiceResponse) -> ActionResult:
    backend = self.ecs_backend
    _check_model(self)
    cluster = _active_cluster(backend, self.params.get("cluster", "default"))
    sent = {key: value for key, value in self.params.items() if value is not None}
    tags = sent.pop("tags", [])
    settings = DEFAULTS | {key: value for key, value in sent.items() if key not in ("clientToken", "cluster")}
    task = _task_definition(backend, settings["taskDefinition"])
    settings["taskDefinition"] = task.arn
    if not (settings["capacityProviderStrategy"] or settings["launchType"]):
        settings["capacityProviderStrategy"] = cluster.default_capacity_provider_strategy or []
        settings["launchType"] = None if settings["capacityProviderStrategy"] else "EC2"
    _complete(settings, {})
    key = f"{cluster.name}:{settings['serviceName']}"
    if key in backend.services and backend.services[key].status == "ACTIVE":
        raise InvalidParameter("Creation of service was not idempotent.")
    for fault in service_rules.faults(settings, backend=backend, cluster=cluster, task=task):
        raise InvalidParameter(fault)
    service = backend.create_service(
        cluster.name, settings["serviceName"], settings["desiredCount"], task.arn, tags=tags
    )
    service.settings, service.tasks, service.announced, service.connect_services = {}, [], [], []
    service.known_endpoints = set()
    service.created_at = utcnow()
    _roll_out(backend, service, settings)
    return ActionResult({"service": service})


def update_service(self: EC2ContainerServiceResponse) -> ActionResult:
    backend = self.ecs_backend
    _check_model(self)
    cluster = _active_cluster(backend, self.params.get("cluster", "default"))
    service = backend.services.get(f"{cluster.name}:{self.params['service'].split('/')[-1]}")
    if service is None:
        raise Refusal("ServiceNotFoundException", "Service not found.")
    if service.status != "ACTIVE":
        raise Refusal("ServiceNotActiveException", "Service was not ACTIVE.")
    sent = {key: value for key, value in self.params.items() if key not in ("cluster", "service") and value is not None}
    forced = sent.pop("forceNewDeployment", False)
    if forced:
        _forced(backend.account_id).append(service.name)
    if "taskDefinition" in sent:
        sent["taskDefinition"] = _task_definition(backend, sent["taskDefinition"]).arn
    settings = service.settings | sent
    _complete(settings, service.settings.get("deploymentConfiguration", {}))
    if sent.get("capacityProviderStrategy"):
        settings["launchType"] = None
    new = forced or any(settings.get(key) != service.settings.get(key) for key in STARTS_DEPLOYMENT)
    if new or set(sent) - {"desiredCount"}:
        task = backend.describe_task_definition(settings["taskDefinition"])
        for fault in (
            *service_rules.faults(settings, backend=backend, cluster=cluster, task=task),
            *service_rules.protocol_fault(settings, service.settings, backend=backend),
        ):
            raise InvalidParameter(fault)
    _roll_out(backend, service, settings, new=new)
    return ActionResult({"service": service})


def delete_service(self: EC2ContainerServiceResponse) -> ActionResult:
    result = _delete_service(self)
    service = result.result["service"]
    tasks.withdraw(self.ecs_backend, service)
    tasks.stop(self.ecs_backend, service.tasks)
    insights.measure(self.ecs_backend, self.ecs_backend._get_cluster(service.cluster_name), tasks=bool(service.tasks))
    service.tasks, service.deployments = [], []
    service.desired_count = service.running_count = service.pending_count = 0
    return result


def delete_cluster(self: EC2ContainerServiceResponse) -> ActionResult:
    cluster = _active_cluster(self.ecs_backend, self.params["cluster"])
    for service in tuple(self.ecs_backend.services.values()):
        if service.cluster_name == cluster.name and service.status == "ACTIVE":
            raise Refusal("ClusterContainsServicesException", f"{cluster.name} contains {service.name}")
    deleted = _delete_cluster(self)
    # The last data arrives after the tasks have stopped.
    insights.measure(self.ecs_backend, cluster, tasks=False)
    return deleted


def _active_cluster(backend: EC2ContainerServiceBackend, name: str) -> Cluster:
    cluster = backend._get_cluster(name)
    if cluster.status != "ACTIVE":
        raise Refusal("ClusterNotFoundException", f"The cluster {cluster.name} is {cluster.status}.")
    return cluster


def _task_definition(backend: EC2ContainerServiceBackend, name: str) -> TaskDefinition:
    short = name.split("/")[-1]
    if ":" not in short:
        revisions = [each for each in backend.task_definitions.get(short, {}).values() if each.status == "ACTIVE"]
        if not revisions:
            raise ClientError("TaskDefinition not found.")
        return max(revisions, key=lambda each: each.revision)
    task = backend.describe_task_definition(name)
    if task.status != "ACTIVE":
        raise ClientError("TaskDefinition is inactive")
    return task


def _complete(settings: Settings, previous: Settings) -> None:
    """Convert settings to the form in which ECS returns them."""
    settings["deploymentConfiguration"] = (
        DEFAULT_DEPLOYMENT | previous | (settings.get("deploymentConfiguration") or {})
    )
    if not (settings["serviceConnectConfiguration"] or {}).get("enabled"):
        # {"enabled": false} is how a client removes Service Connect. ECS then returns no configuration.
        settings["serviceConnectConfiguration"] = None
    providers = {each["capacityProvider"] for each in settings["capacityProviderStrategy"]}
    if settings["launchType"] == "FARGATE" or providers & service_rules.FARGATE:
        settings["platformVersion"] = settings["platformVersion"] or "LATEST"


def _roll_out(backend: EC2ContainerServiceBackend, service: Service, settings: Settings, *, new: bool = True) -> None:
    """Take the service to these settings, or, where its next deployment is to fail, to what then remains."""
    before = service.settings
    failed = new and (service.name in _failing(backend.account_id) or disks.is_full(backend, service, settings))
    if failed:
        _failing(backend.account_id).discard(service.name)
        breaker = settings["deploymentConfiguration"]["deploymentCircuitBreaker"]
        if before and breaker["enable"] and breaker["rollback"] and _is_active(backend, before["taskDefinition"]):
            settings = settings | {key: before[key] for key in REVISION}
            failed = False
        state = "FAILED" if breaker["enable"] else "IN_PROGRESS"
    service.settings = settings
    for key, value in settings.items():
        setattr(service, xform_name(key), value)
    service.role_arn = f"arn:{backend.partition}:iam::{backend.account_id}:role/{SERVICE_ROLE}"
    count = settings["desiredCount"]
    if failed:
        stranded = [deployment | {"status": "ACTIVE"} for deployment in service.deployments if before]
        service.deployments = [_deployment(settings, 0, state), *stranded]
        service.running_count, service.pending_count = len(service.tasks), 0
        return
    startable = quotas.startable(backend, service, settings, count)
    if new or not before:
        if before:
            disks.leave(backend, service, before)
        tasks.stop(backend, service.tasks)
        service.tasks = tasks.start(backend, settings, startable)
        service.known_endpoints = tasks.endpoints_in_sight(backend, settings)
        service.deployments = [_deployment(settings, startable, "COMPLETED" if startable == count else "IN_PROGRESS")]
    elif service.deployments[0]["rolloutState"] == "COMPLETED":
        tasks.stop(backend, service.tasks[count:])
        service.tasks = service.tasks[:count] + tasks.start(backend, settings, startable - len(service.tasks))
        service.deployments[0] |= {"desiredCount": count, "runningCount": startable, "updatedAt": utcnow()}
    service.running_count, service.pending_count = len(service.tasks), count - len(service.tasks)
    tasks.announce(backend, service)
    insights.measure(backend, backend._get_cluster(service.cluster_name), tasks=bool(service.tasks))


def _is_active(backend: EC2ContainerServiceBackend, task_definition: str) -> bool:
    return backend.describe_task_definition(task_definition).status == "ACTIVE"


def _deployment(settings: Settings, running: int, state: str) -> dict[str, Any]:
    identity, now = f"ecs-svc/{randrange(10**18, 10**19)}", utcnow()
    return {key: settings.get(key) for key in REVISION} | {
        "id": identity,
        "status": "PRIMARY",
        "desiredCount": settings["desiredCount"],
        "runningCount": running,
        "pendingCount": 0,
        "failedTasks": 0 if state == "COMPLETED" else 10,
        "createdAt": now,
        "updatedAt": now,
        "rolloutState": state,
        "rolloutStateReason": f"ECS deployment {identity} {state.lower().replace('_', ' ')}.",
    }


def install() -> None:
    """Replace moto's functions with those above. moto looks them up on every request."""
    for function in (register_task_definition, create_service, update_service, delete_service, delete_cluster):
        setattr(EC2ContainerServiceResponse, function.__name__, function)
