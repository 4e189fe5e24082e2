"""Refuse task definitions as ECS does. `terraform plan` accepts them.

Sources: botocore's ECS model (shapes and their documentation) and the ECS developer guide. Each
function yields one message per fault; the first becomes the answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from moto.iam import iam_backends

Definition = dict[str, Any]

_GIB = 1024
FARGATE_SIZES = {
    256: (512, 1024, 2048),
    512: range(1 * _GIB, 4 * _GIB + 1, _GIB),
    1024: range(2 * _GIB, 8 * _GIB + 1, _GIB),
    2048: range(4 * _GIB, 16 * _GIB + 1, _GIB),
    4096: range(8 * _GIB, 30 * _GIB + 1, _GIB),
    8192: range(16 * _GIB, 60 * _GIB + 1, 4 * _GIB),
    16384: range(32 * _GIB, 120 * _GIB + 1, 8 * _GIB),
    32768: (60 * _GIB, 120 * _GIB, 244 * _GIB),
}
NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
PORT_NAME = re.compile(r"[a-z0-9_][a-z0-9_-]{0,63}")
HEALTH_RANGES = {"interval": (5, 300), "timeout": (2, 60), "retries": (1, 10), "startPeriod": (0, 300)}


def faults(task: Definition, *, account: str, partition: str) -> Iterator[str]:
    """Every reason to refuse this RegisterTaskDefinition request."""
    if not NAME.fullmatch(task["family"]):
        yield f"Family contains invalid characters: {task['family']}"
    containers = {container.get("name"): container for container in task["containerDefinitions"]}
    if len(containers) < len(task["containerDefinitions"]):
        yield "Container names must be unique"
    if not any(container.get("essential", True) for container in containers.values()):
        yield "At least one container must be essential"
    for container in containers.values():
        yield from _container(container, task, containers)
    yield from _ports(task)
    yield from _proxy(task, containers)
    yield from _roles(task, account, partition)
    if "FARGATE" in task.get("requiresCompatibilities", []):
        yield from _fargate(task)
    elif "EC2" in task.get("requiresCompatibilities", []):
        yield from _instances(task)


def _container(container: Definition, task: Definition, containers: dict[str, Definition]) -> Iterator[str]:
    name = container.get("name", "")
    if not NAME.fullmatch(name):
        yield f"Invalid container name {name!r}"
    for needed in container.get("dependsOn", []):
        other = containers.get(needed["containerName"])
        if other is None:
            yield f"The container {needed['containerName']} that {name} depends on does not exist"
        elif needed["condition"] == "HEALTHY" and "healthCheck" not in other:
            yield f"{name} waits for {needed['containerName']} to be HEALTHY, which has no health check"
        elif needed["condition"] in ("COMPLETE", "SUCCESS") and other.get("essential", True):
            yield f"{name} waits for {needed['containerName']} to end, which is essential"
    if _in_circle(name, containers):
        yield f"The dependencies of {name} form a circle"
    volumes = {volume["name"] for volume in task.get("volumes", [])}
    for mount in container.get("mountPoints", []):
        if mount.get("sourceVolume") not in volumes:
            yield f"Unknown volume '{mount.get('sourceVolume')}'."
    variables = {variable["name"] for variable in container.get("environment", [])}
    for secret in container.get("secrets", []):
        if secret["name"] in variables:
            yield f"The secret name must be unique and not shared with an environment variable: {secret['name']}"
    health = container.get("healthCheck", {})
    for key, (lowest, highest) in HEALTH_RANGES.items():
        if health.get(key) is not None and not lowest <= health[key] <= highest:
            yield f"healthCheck.{key} of {name} must be between {lowest} and {highest}"
    if health and health["command"][0] not in ("CMD", "CMD-SHELL", "NONE"):
        yield f"The health check command of {name} must begin with CMD, CMD-SHELL or NONE"


def _in_circle(name: str, containers: dict[str, Definition]) -> bool:
    seen, waiting = set(), [name]
    while waiting:
        for needed in containers.get(waiting.pop(), {}).get("dependsOn", []):
            if needed["containerName"] == name:
                return True
            if needed["containerName"] not in seen:
                seen.add(needed["containerName"])
                waiting.append(needed["containerName"])
    return False


def _ports(task: Definition) -> Iterator[str]:
    names: set[str] = set()
    for container in task["containerDefinitions"]:
        for port in container.get("portMappings", []):
            if task.get("networkMode") == "awsvpc" and port.get("hostPort", 0) not in (0, port["containerPort"]):
                yield "When networkMode=awsvpc, the host ports and container ports in port mappings must match."
            if name := port.get("name"):
                if not PORT_NAME.fullmatch(name):
                    yield f"Invalid port mapping name {name!r}"
                if name in names:
                    yield f"The port mapping name {name} is used twice"
                names.add(name)


def _proxy(task: Definition, containers: dict[str, Definition]) -> Iterator[str]:
    proxy = task.get("proxyConfiguration")
    if not proxy:
        return
    if proxy["containerName"] not in containers:
        yield f"The proxy container {proxy['containerName']} does not exist in the task definition"
    if task.get("networkMode") != "awsvpc":
        yield "A proxy configuration needs networkMode awsvpc"
    given = {each["name"]: each["value"] for each in proxy.get("properties", [])}
    for key in ("ProxyIngressPort", "ProxyEgressPort", "AppPorts"):
        if key not in given:
            yield f"The proxy configuration lacks {key}"
    if "IgnoredUID" not in given and "IgnoredGID" not in given:
        yield "The proxy configuration lacks IgnoredUID or IgnoredGID"


def _roles(task: Definition, account: str, partition: str) -> Iterator[str]:
    roles = {role.arn: role for role in tuple(iam_backends[account][partition].roles.values())}
    for key in ("taskRoleArn", "executionRoleArn"):
        if not (arn := task.get(key)):
            continue
        if arn not in roles:
            yield f"Role is not valid: {key} {arn} does not exist"
        elif "ecs-tasks.amazonaws.com" not in json.dumps(roles[arn].assume_role_policy_document):
            yield f"Role is not valid: {key} {arn} does not trust ecs-tasks.amazonaws.com"


def _fargate(task: Definition) -> Iterator[str]:
    if task.get("networkMode") != "awsvpc":
        yield "Fargate only supports network mode 'awsvpc'."
    cpu, memory = str(task.get("cpu", "")), str(task.get("memory", ""))
    if not (cpu.isdigit() and memory.isdigit()):
        yield "Fargate requires that 'cpu' and 'memory' be defined at the task level."
        return
    if int(memory) not in FARGATE_SIZES.get(int(cpu), ()):
        yield f"No Fargate configuration exists for given values: {cpu} CPU, {memory} memory."
    disk = task.get("ephemeralStorage", {}).get("sizeInGiB")
    if disk is not None and not 21 <= disk <= 200:
        yield f"Ephemeral storage must be between 21 and 200 GiB, not {disk}."
    for limit, key in ((int(cpu), "cpu"), (int(memory), "memory")):
        if (total := sum(container.get(key) or 0 for container in task["containerDefinitions"])) > limit:
            yield f"The containers' {key} ({total}) exceeds that of the task ({limit})."
    for container in task["containerDefinitions"]:
        yield from _fargate_container(container, task)


def _instances(task: Definition) -> Iterator[str]:
    if task.get("ephemeralStorage"):
        yield "Ephemeral storage is only supported on Fargate."
    if task.get("cpu") and not 128 <= int(task["cpu"]) <= 196608:
        yield f"Task-level CPU must be between 128 and 196608 units, not {task['cpu']}."
    for key in ("cpu", "memory"):
        limit = int(task.get(key) or 0)
        if limit and (total := sum(container.get(key) or 0 for container in task["containerDefinitions"])) > limit:
            yield f"The containers' {key} ({total}) exceeds that of the task ({limit})."
    for container in task["containerDefinitions"]:
        variables = {variable["name"] for variable in container.get("environment", [])}
        if "AOT_CONFIG_CONTENT" in variables and "AWS_REGION" not in variables:
            # Fargate sets AWS_REGION; agents before 1.104 don't, and the collector then ends at once.
            yield f"The OpenTelemetry collector {container.get('name')} needs AWS_REGION on instances."
        for each in container.get("resourceRequirements", []):
            if each["type"] == "GPU" and not each["value"].isdigit():
                yield f"A container asks for a whole number of GPUs, not {each['value']}."


def _fargate_container(container: Definition, task: Definition) -> Iterator[str]:
    name = container.get("name")
    for key in ("sharedMemorySize", "tmpfs", "devices", "maxSwap", "swappiness"):
        if container.get("linuxParameters", {}).get(key):
            yield f"Fargate does not support linuxParameters.{key} ({name})."
    if container.get("privileged"):
        yield f"Fargate does not support privileged containers ({name})."
    if any(each["type"] == "GPU" for each in container.get("resourceRequirements", [])):
        yield f"Fargate does not support GPUs ({name})."
    if (container.get("stopTimeout") or 0) > 120:
        yield f"Fargate stops a container after 120 seconds at the latest ({name})."
    logs = container.get("logConfiguration", {})
    if logs and logs["logDriver"] not in ("awslogs", "splunk", "awsfirelens"):
        yield f"Fargate does not support the log driver {logs['logDriver']} ({name})."
    if logs and logs["logDriver"] == "awslogs":
        if "awslogs-stream-prefix" not in logs.get("options", {}):
            yield f"Fargate needs awslogs-stream-prefix ({name})."
        if not task.get("executionRoleArn"):
            yield "Fargate requires task definition to have execution role ARN to support log driver awslogs."
    if container.get("secrets") and not task.get("executionRoleArn"):
        yield "Fargate requires task definition to have execution role ARN to support secrets."
