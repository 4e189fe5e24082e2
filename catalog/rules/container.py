"""Raw keys of a container definition, which Terraform passes on or drops without a word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from catalog.container_model import container_definition
from catalog.model import Deployment, ServiceKeys
from catalog.model.sidecar import Sidecar
from catalog.problems import Finding, Path, did_you_mean, or_list
from catalog.reading.schema_errors import toml_type
from catalog.rules.each import containers
from catalog.provenance import Provenance

_OWN = {
    "command": "command",
    "cpu": "cpu",
    "entryPoint": "entrypoint",
    "environment": "environment",
    "environmentFiles": "environment",
    "healthCheck": "health.command",
    "image": "image",
    "logConfiguration": "logs",
    "memory": "memory",
    "memoryReservation": "memory",
    "mountPoints": "volumes",
    "portMappings": "port",
    "readonlyRootFilesystem": "readonly_root",
    "repositoryCredentials": "credentials",
    "secrets": "secrets",
    "stopTimeout": "stop_timeout",
    "user": "user",
    "workingDirectory": "working_dir",
}
"""Keys that the catalog fills in itself, and the key of the service that says what they hold."""
_OURS = ("dependsOn", "essential", "name")
"""Keys that follow from the service as a whole."""
_OWN_OF_SIDECARS = {
    **{key: own for key, own in _OWN.items() if key not in ("logConfiguration", "portMappings")},
    "dependsOn": "start",
    "essential": "essential",
}
_OURS_OF_SIDECARS = ("logConfiguration", "name", "portMappings")
"""The same of sidecars, which log where their service does, and are reached on localhost alone."""
_Refused = Mapping[tuple[str, ...], str]
"""What is said of keys, by the way to them."""
_NOT_ON_FARGATE: frozenset[tuple[str, ...]] = frozenset(
    {
        ("disableNetworking",),
        ("dnsSearchDomains",),
        ("dnsServers",),
        ("dockerSecurityOptions",),
        ("extraHosts",),
        ("hostname",),
        ("links",),
        ("linuxParameters", "devices"),
        ("linuxParameters", "maxSwap"),
        ("linuxParameters", "sharedMemorySize"),
        ("linuxParameters", "swappiness"),
        ("linuxParameters", "tmpfs"),
        ("privileged",),
        ("resourceRequirements",),
    }
)
"""ECS developer guide, "Task definition differences for Fargate"; `hostname` by the awsvpc network mode (ECS API
reference, ContainerDefinition)."""
_NOT_IN_AWSVPC: frozenset[tuple[str, ...]] = frozenset(
    {("disableNetworking",), ("extraHosts",), ("hostname",), ("links",)}
)
"""What a task with a network interface of its own cannot have (ECS API reference, ContainerDefinition)."""
_OF_INSTANCES: _Refused = {("linuxParameters", "sharedMemorySize"): "shm_mib", ("resourceRequirements",): "gpus"}
"""Keys that the catalog fills in itself where Fargate does not refuse them."""
_FARGATE: _Refused = dict.fromkeys(_NOT_ON_FARGATE, "Fargate does not support it; remove it")
_INSTANCES: _Refused = {
    **dict.fromkeys(_NOT_IN_AWSVPC, "a task with its own network interface does not support it; remove it"),
    **{
        keys: f"the catalog has a key of its own for this; write {key} beside container"
        for keys, key in _OF_INSTANCES.items()
    },
}
_CAPABILITY = "SYS_PTRACE"
"""The only one that Fargate adds (the same)."""
_TYPES: dict[str, tuple[str, Any]] = {
    "structure": ("a table", (dict,)),
    "map": ("a table", (dict,)),
    "list": ("a list", (tuple,)),
    "string": ("text", (str,)),
    "integer": ("a whole number", (int,)),
    "boolean": ("true or false", (bool,)),
}


def raw_keys(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Raw keys are AWS's, spelled as AWS does: the provider drops others silently (plan shows no trace of them)."""
    for place, container in containers(deployment.services):
        refused = _FARGATE if deployment.services[str(place[1])].on_fargate else _INSTANCES
        beside = "sidecars" in place
        own, ours = (_OWN_OF_SIDECARS, _OURS_OF_SIDECARS) if beside else (_OWN, _OURS)
        for key, value in container.container.items():
            meant = _meant(key, container_definition())
            here: Path = (*place, "container", key)
            if meant in own:
                message = f"the catalog has a key of its own for this; write {own[meant]} beside container"
                yield Finding(place=here, message=message)
            elif meant in ours:
                yield Finding(place=here, message="follows from the rest of the catalog; remove it")
            else:
                yield from _member(container_definition(), key, value, here, (), refused)


def _meant(key: str, shape: dict[str, Any]) -> str | None:
    return key if key in shape["members"] else _closest(key, shape)


def _member(
    shape: dict[str, Any], key: str, value: Any, place: Path, above: tuple[str, ...], refused: _Refused
) -> Iterator[Finding]:
    meant = _meant(key, shape)
    if meant != key:
        cure = f'did you mean "{meant}"?' if meant else "remove it, or spell it as the ECS API does"
        yield Finding(place=place, message=f"unknown key; {cure}")
    elif (*above, key) in refused:
        yield Finding(place=place, message=refused[(*above, key)])
    else:
        yield from _value(shape["members"][key], value, place, (*above, key), refused)


def _closest(key: str, shape: dict[str, Any]) -> str | None:
    """The member that a key comes closest to, `snake_case` and capitals aside."""
    members = {member.lower(): member for member in shape["members"]}
    close = did_you_mean(key.replace("_", "").lower(), list(members))
    return members[close] if close else None


def _value(
    shape: dict[str, Any], value: Any, place: Path, keys: tuple[str, ...], refused: _Refused
) -> Iterator[Finding]:
    expected, types = _TYPES[shape["type"]]
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        yield Finding(place=place, message=f"expected {expected}, not {toml_type(value)}; write {expected}")
    elif shape["type"] == "structure":
        for key in value:
            yield from _member(shape, key, value[key], (*place, key), keys, refused)
        said = {_meant(key, shape) for key in value}
        for key in shape["required"]:
            if key not in said:
                yield Finding(place=place, message=f'required key "{key}" is missing; add it')
    elif shape["type"] == "list":
        for index, item in enumerate(value):
            yield from _value(shape["member"], item, (*place, index), keys, refused)
    elif shape["type"] == "map":
        for key, item in value.items():
            yield from _value(shape["value"], item, (*place, key), keys, refused)
    elif value not in shape.get("enum", (value,)):
        close = did_you_mean(value, shape["enum"])
        cure = f'did you mean "{close}"?' if close else f"write {or_list(shape['enum'])}"
        yield Finding(place=place, message=f'"{value}" is not possible here; {cure}')


def _on_fargate(deployment: Deployment) -> Iterator[tuple[Path, ServiceKeys | Sidecar]]:
    return containers({name: service for name, service in deployment.services.items() if service.on_fargate})


def added_capability(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Fargate adds SYS_PTRACE only (ECS API reference, KernelCapabilities.add)."""
    for owner, container in _on_fargate(deployment):
        added: Any = container.container
        path = ("linuxParameters", "capabilities", "add")
        for key in path:
            added = added.get(key, ()) if isinstance(added, dict) else ()
        for index, capability in enumerate(added if isinstance(added, tuple) else ()):
            if capability != _CAPABILITY:
                place: Path = (*owner, "container", *path, index)
                yield Finding(place=place, message=f'Fargate adds "{_CAPABILITY}" only; remove "{capability}"')


def start_out_of_bounds(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Fargate waits 2 to 120 seconds (ECS API reference, ContainerDefinition.startTimeout)."""
    for owner, container in _on_fargate(deployment):
        seconds = container.container.get("startTimeout")
        if isinstance(seconds, int) and not isinstance(seconds, bool) and not 2 <= seconds <= 120:
            place: Path = (*owner, "container", "startTimeout")
            yield Finding(place=place, message=f"{seconds} is out of range on Fargate; write 2 to 120")
