"""Settings of a catalog that are missing in its Terraform JSON: none may be dropped without a notice."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from catalog.model import Deployment, Service
from tests.generate.omissions_of_tasks import of_container, of_task
from tests.generate.plain_text import all_plain, plain, said, within

Resources = dict[str, dict[str, Any]]


def dropped(deployment: Deployment, states: dict[str, dict[str, Any]]) -> list[str]:
    """Every setting of a deployment that is missing in its states."""
    found: Resources = defaultdict(dict)
    for output in states.values():
        for type_, named in output.get("resource", {}).items():
            found[type_] |= named
    problems = [*_of_the_whole(deployment, states, found)]
    for workload in deployment.workloads.values():
        problems += [f"{workload.name}: {problem}" for problem in _of_workload(workload, deployment, found)]
    for service in deployment.services.values():
        problems += [f"{service.name}: {problem}" for problem in _ways(service, deployment, found)]
    return problems


def _of_the_whole(deployment: Deployment, states: dict[str, dict[str, Any]], found: Resources) -> Iterator[str]:
    catalog = deployment.catalog
    for name, output in states.items():
        provider = output["provider"]["aws"][0]
        tags = all_plain(provider.get("default_tags", [{}])[0].get("tags", {}))
        if not said(catalog.catalog.tags).items() <= tags.items():
            yield f"{name}: catalog.tags"
        if list(provider.get("allowed_account_ids", [])) != list(catalog.aws.accounts):
            yield f"{name}: aws.accounts"
        if next(iter(output["terraform"].get("backend", {"cloud": 0}))) != next(iter(catalog.state)):
            yield f"{name}: state"
    boundary = catalog.catalog.permissions_boundary
    for name, role in found["aws_iam_role"].items() if boundary else ():
        if plain(role.get("permissions_boundary")) != said(boundary):
            yield f"permissions_boundary of {name}"
    endpoints = {str(each["service_name"]).partition(".")[2] for each in found["aws_vpc_endpoint"].values()}
    for endpoint in catalog.network.endpoints:
        if not any(each.endswith(f".{endpoint}") for each in endpoints):
            yield f"network.endpoints: {endpoint}"
    wanted = [volume.backup for each in deployment.workloads.values() for volume in each.volumes.values()
              if volume.kind == "efs"]  # fmt: skip
    statuses = [each["backup_policy"]["status"] for each in found["aws_efs_backup_policy"].values()]
    if statuses != ["ENABLED"] * any(wanted):
        yield "volumes: backup"
    for address, over in catalog.overrides.items():
        type_, _, name = address.partition(".")
        if not over.keys() <= found[type_].get(name, {}).keys():
            yield f"overrides: {address}"


def _of_workload(service: Service, deployment: Deployment, found: Resources) -> Iterator[str]:
    task = found["aws_ecs_task_definition"].get(service.name)
    ecs_service = found["aws_ecs_service"].get(service.name)
    if task is None or ecs_service is None:
        yield "no task definition, or no ECS service"
        return
    yield from of_task(service, task)
    containers = {each["name"]: each for each in all_plain(json.loads(task["container_definitions"]))}
    own = containers.get(service.aws_key, {})
    yield from of_container(service, own)
    for name, sidecar in service.sidecars.items():
        beside = containers.get(name)
        if beside is None:
            yield f"sidecars.{name}"
            continue
        yield from (f"sidecars.{name}: {problem}" for problem in of_container(sidecar, beside))
        seen = {(each["sourceVolume"], each["containerPath"]) for each in beside.get("mountPoints", ())}
        if not set(sidecar.volumes.items()) <= seen:
            yield f"sidecars.{name}.volumes"
    mounts = {each["containerPath"] for each in own.get("mountPoints", ())}
    if service.model is not None and service.model.mount not in mounts:
        yield "model"
    if service.logs.router is not None and own.get("logConfiguration", {}).get("logDriver") != "awsfirelens":
        yield "logs.router"
    yield from _of_ecs_service(service, deployment, ecs_service, found)
    yield from _rights(service, found)


def _of_ecs_service(service: Service, deployment: Deployment, made: dict[str, Any], found: Resources) -> Iterator[str]:
    if made["desired_count"] != service.first_tasks:
        yield "replicas"
    deploy = service.deploy
    if (made["deployment_minimum_healthy_percent"], made["deployment_maximum_percent"]) != (deploy.min, deploy.max):
        yield "deploy.min or deploy.max"
    if (
        made["deployment_circuit_breaker"]["rollback"] is not deploy.rollback
        or made["wait_for_steady_state"] is not deploy.wait
    ):
        yield "deploy.rollback or deploy.wait"
    if made["propagate_tags"] != "SERVICE" or not said(service.tags).items() <= all_plain(made.get("tags", {})).items():
        yield "tags"
    wanted = service.exec if service.exec is not None else deployment.catalog.cluster.exec
    overridden = "enable_execute_command" in deployment.catalog.overrides.get(f"aws_ecs_service.{service.name}", {})
    if wanted != bool(made.get("enable_execute_command")) and not overridden:
        yield "exec"
    if found["aws_cloudwatch_log_group"][service.name]["retention_in_days"] != service.logs.retention_days:
        yield "logs.retention_days"
    if service.scale is not None:
        target = found["aws_appautoscaling_target"].get(service.name, {})
        # Entries of the schedule set the bounds when they start.
        if (target.get("min_capacity"), target.get("max_capacity")) != (service.scale.min, service.scale.max):
            yield "scale"
        scaled = [name for name in found["aws_appautoscaling_policy"] if name.startswith(f"{service.name}_")]
        asked = ("cpu_percent", "memory_percent", "requests_per_minute", "backlog", "metric")
        if len(scaled) < sum(getattr(service.scale, key) is not None for key in asked):
            yield "scale: a policy"
        for entry in service.scale.schedule:
            if f"{service.name}_{entry.name}" not in found["aws_appautoscaling_scheduled_action"]:
                yield f"scale.schedule: {entry.name}"


def _rights(service: Service, found: Resources) -> Iterator[str]:
    policy = found["aws_iam_role_policy"].get(f"{service.name}_task", {}).get("policy", '{"Statement": []}')
    statements = all_plain(json.loads(policy))["Statement"]
    for granted in service.granted:
        wanted = {
            "Effect": granted.effect,
            "Action": list(granted.actions),
            "Resource": list(granted.resources),
            **({"Condition": granted.conditions} if granted.conditions else {}),
        }
        if not any(_same_right(said(wanted), each) for each in statements):
            yield f"access: {wanted!r}"


def _same_right(wanted: dict[str, Any], statement: dict[str, Any]) -> bool:
    def listed(value: Any) -> list[Any]:
        return sorted(value if isinstance(value, list) else [value])

    return (
        statement["Effect"] == wanted["Effect"]
        and listed(statement["Action"]) == listed(wanted["Action"])
        and listed(statement["Resource"]) == listed(wanted["Resource"])
        and within(wanted.get("Condition", {}), statement.get("Condition", {}))
    )


def _ways(service: Service, deployment: Deployment, found: Resources) -> Iterator[str]:
    """Missing calls and ingress."""
    closed = deployment.catalog.network.egress == "declared"
    lets_in, lets_out = (found[f"aws_vpc_security_group_{way}_rule"] for way in ("ingress", "egress"))
    for callee in deployment.callees_of(service):
        carried = callee.name in found["aws_vpclattice_service"]
        if not carried and f"{callee.name}_from_{service.name}" not in lets_in:
            yield f"calls: {callee.name} has no ingress rule for it"
        if closed and not carried and f"{service.name}_to_{callee.name}" not in lets_out:
            yield f"calls: no egress rule to {callee.name}"
    out = [rule for name, rule in lets_out.items() if name.startswith(f"{service.name}_to_")]
    open_to = {(rule.get("cidr_ipv4", rule.get("referenced_security_group_id")), rule.get("from_port")) for rule in out}
    for name, external in deployment.externals_of(service).items():
        targets = (*external.cidrs, *filter(None, [external.security_group])) or ("0.0.0.0/0",)
        if closed and not {(target, external.port) for target in targets} <= open_to:
            yield f"calls: no egress rule to {name}"
    if service.public is not None:
        rules = [
            name for type_ in found if type_.endswith(("_listener_rule", "_gateway_route")) for name in found[type_]
        ]
        if not any(service.name in (name, name.partition("_")[0]) for name in rules):
            yield "public"
