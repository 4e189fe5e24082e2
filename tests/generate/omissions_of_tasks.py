"""Settings of a service or a sidecar that are missing in its task definition."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catalog.model import Service
from catalog.model.container import Secret
from tests.generate.plain_text import said, within


def of_task(service: Service, task: dict[str, Any]) -> Iterator[str]:
    if (task["cpu"], task["memory"]) != (str(service.cpu), str(service.memory)):
        yield "cpu or memory"
    if task["runtime_platform"]["cpu_architecture"] != service.architecture.upper():
        yield "architecture"
    if service.on_fargate and service.storage > 20 and task["ephemeral_storage"]["size_in_gib"] < service.storage:
        yield "storage"
    volumes = {each["name"]: each for each in task.get("volume", ())}
    for name, volume in service.volumes.items():
        if name not in volumes or (volume.kind == "efs") != ("efs_volume_configuration" in volumes[name]):
            yield f"volumes.{name}"


def of_container(keys: Any, own: dict[str, Any]) -> Iterator[str]:
    """Missing settings with keys that services and sidecars share."""
    written = {
        "image": keys.image,
        "command": keys.command,
        "entryPoint": keys.entrypoint,
        "user": keys.user,
        "workingDirectory": keys.working_dir,
        "readonlyRootFilesystem": keys.readonly_root or None,
        "stopTimeout": int(keys.stop_timeout),
        "healthCheck": keys.health.command and {"command": keys.health.command},
        "repositoryCredentials": keys.credentials and {"credentialsParameter": keys.credentials},
    }
    for key, value in written.items():
        if value is not None and not within(said(value), own.get(key)):
            yield f"{key}: {value!r} is {own.get(key)!r}"
    environment = {each["name"]: each["value"] for each in own.get("environment", ())}
    for name, value in keys.environment.items():
        if environment.get(name) != said(value):
            yield f"environment.{name}: {value!r} is {environment.get(name)!r}"
    secrets = {each["name"]: each["valueFrom"] for each in own.get("secrets", ())}
    for name, secret in keys.secrets.items():
        if not _is_from(secret, secrets.get(name, "")):
            yield f"secrets.{name}"
    if not within(said(keys.container), own):
        yield f"container: {keys.container!r}"
    if getattr(keys, "port", None) and keys.port not in [each["containerPort"] for each in own["portMappings"]]:
        yield "port"
    mounts = {(each["sourceVolume"], each["containerPath"]) for each in own.get("mountPoints", ())}
    for name, volume in keys.volumes.items():
        if (name, volume if isinstance(volume, str) else volume.path) not in mounts:
            yield f"volumes.{name}"
    if getattr(keys, "shared_memory_mib", 0) and own["linuxParameters"]["sharedMemorySize"] != keys.shared_memory_mib:
        yield "shared_memory_mib"
    if getattr(keys, "gpus", 0) and {"type": "GPU", "value": str(keys.gpus)} not in own["resourceRequirements"]:
        yield "gpus"


def _is_from(secret: Secret, value_from: str) -> bool:
    return value_from.startswith(said(secret.arn)) and (secret.key is None or f":{secret.key}:" in value_from)
