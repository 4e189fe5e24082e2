"""What a container's definition may hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from catalog.diagnostics import Finding, did_you_mean, or_list
from catalog.frame import Container, Place
from catalog.model import Workload
from catalog.model.container import Sidecar
from catalog.reading.advice import toml_type
from catalog.rules import rule
from catalog.task.addition import container_definition_shape
from catalog.task.sidecars import has_exec

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
_OF_INSTANCES: _Refused = {
    ("linuxParameters", "sharedMemorySize"): "shared_memory_mib",
    ("resourceRequirements",): "gpus",
}
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


@rule(Container)
def invalid_raw_keys(container: Container, at: Place) -> Iterator[Finding]:
    """Raw keys are AWS's, spelled as AWS does: the provider drops others silently (plan shows no trace of them)."""
    refused = _FARGATE if at.workload.on_fargate else _INSTANCES
    own, ours = (_OWN_OF_SIDECARS, _OURS_OF_SIDECARS) if isinstance(container, Sidecar) else (_OWN, _OURS)
    for key, value in container.container.items():
        meant = _meant(key, container_definition_shape())
        here = at("container", key)
        if meant in own:
            message = f"the catalog has a key of its own for this; write {own[meant]} beside container"
            yield here.error(message)
        elif meant in ours:
            yield here.error("follows from the rest of the catalog; remove it")
        else:
            yield from _member(container_definition_shape(), key, value, here, above=(), refused=refused)


def _meant(key: str, shape: dict[str, Any]) -> str | None:
    return key if key in shape["members"] else _closest(key, shape)


def _member(
    shape: dict[str, Any], key: str, value: Any, at: Place, *, above: tuple[str, ...], refused: _Refused
) -> Iterator[Finding]:
    meant = _meant(key, shape)
    if meant != key:
        fix = f'did you mean "{meant}"?' if meant else "remove it, or spell it as the ECS API does"
        yield at.error(f"unknown key; {fix}")
    elif (*above, key) in refused:
        yield at.error(refused[(*above, key)])
    else:
        yield from _value(shape["members"][key], value, at, keys=(*above, key), refused=refused)


def _closest(key: str, shape: dict[str, Any]) -> str | None:
    """The member that a key comes closest to, `snake_case` and capitals aside."""
    members = {member.lower(): member for member in shape["members"]}
    close = did_you_mean(key.replace("_", "").lower(), list(members))
    return members[close] if close else None


def _value(
    shape: dict[str, Any], value: Any, at: Place, *, keys: tuple[str, ...], refused: _Refused
) -> Iterator[Finding]:
    expected, types = _TYPES[shape["type"]]
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        yield at.error(f"expected {expected}, not {toml_type(value)}; write {expected}")
    elif shape["type"] == "structure":
        for key in value:
            yield from _member(shape, key, value[key], at(key), above=keys, refused=refused)
        said = {_meant(key, shape) for key in value}
        for key in shape["required"]:
            if key not in said:
                yield at.error(f'required key "{key}" is missing; add it')
    elif shape["type"] == "list":
        for index, item in enumerate(value):
            yield from _value(shape["member"], item, at(index), keys=keys, refused=refused)
    elif shape["type"] == "map":
        for key, item in value.items():
            yield from _value(shape["value"], item, at(key), keys=keys, refused=refused)
    elif value not in shape.get("enum", (value,)):
        close = did_you_mean(value, shape["enum"])
        fix = f'did you mean "{close}"?' if close else f"write {or_list(shape['enum'])}"
        yield at.error(f'"{value}" is not possible here; {fix}')


@rule(Container)
def unsupported_capability(container: Container, at: Place) -> Iterator[Finding]:
    """Fargate adds SYS_PTRACE only (ECS API reference, KernelCapabilities.add)."""
    path = ("linuxParameters", "capabilities", "add")
    added: Any = container.container
    for key in path:
        added = added.get(key, ()) if isinstance(added, dict) else ()
    for index, capability in enumerate(added if isinstance(added, tuple) and at.workload.on_fargate else ()):
        if capability != _CAPABILITY:
            message = f'Fargate adds "{_CAPABILITY}" only; remove "{capability}"'
            yield at("container", *path, index).error(message)


@rule(Container)
def start_timeout_out_of_range(container: Container, at: Place) -> Iterator[Finding]:
    """Fargate waits 2 to 120 seconds (ECS API reference, ContainerDefinition.startTimeout)."""
    seconds = container.container.get("startTimeout")
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not at.workload.on_fargate:
        return
    if not 2 <= seconds <= 120:
        yield at("container", "startTimeout").error(f"{seconds} is out of range on Fargate; write 2 to 120")


@rule(Workload)
def exec_with_read_only_root(workload: Workload, at: Place) -> Iterator[Finding]:
    """The agent that opens shells writes into the container's file system (ECS developer guide, "Monitor Amazon ECS
    containers with ECS Exec", considerations)."""
    if not has_exec(at.deployment, workload) or not workload.readonly_root:
        return
    place = at("readonly_root")
    asked = at.catalog("cluster", "exec") if workload.exec is None else at("exec")
    yield place.error(
        f"ECS Exec ({asked.location}) needs a root file system that can be written; leave this out, "
        "or write exec = false beside it"
    )


@rule(Workload)
def router_without_output(workload: Workload, at: Place) -> Iterator[Finding]:
    """ECS makes an output of Fluent Bit of the options, and of none where there are none (ECS developer guide, "Send
    Amazon ECS logs to an AWS service or AWS Partner"): then nothing that the service writes arrives anywhere."""
    router = workload.logs.router
    if router is None:
        return
    place = at("logs", "router")
    named = any(key.lower() == "name" for key in router.options)
    if (router.options or router.secrets) and not named:
        message = 'no output plugin of Fluent Bit is named; add options.Name, as in Name = "cloudwatch_logs"'
    elif not named and router.config is None:
        message = 'nothing is routed anywhere; write options = { Name = "…" } with an output plugin of Fluent Bit, '
        message += "or config"
    else:
        return
    yield place.error(message)


@rule(Workload)
def duplicate_router_option(workload: Workload, at: Place) -> Iterator[Finding]:
    """An option has one value (ECS API reference, LogConfiguration, `options` and `secretOptions`)."""
    router = workload.logs.router
    for name in sorted(router.secrets.keys() & router.options.keys()) if router is not None else ():
        place = at("logs", "router")
        other = place("options", name)
        message = f"is also in options ({other.location}); remove one of them"
        yield place("secrets", name).error(message)
