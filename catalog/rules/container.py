"""Raw keys of a container definition."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.diagnostics import Finding, did_you_mean, listed, or_list, toml_type
from catalog.frame import Container, Place
from catalog.model.container import Sidecar
from catalog.rules import rule
from catalog.task.addition import container_definition_shape

_SAME = {
    "command": "command",
    "entryPoint": "entrypoint",
    "image": "image",
    "readonlyRootFilesystem": "readonly_root",
    "user": "user",
    "workingDirectory": "working_dir",
}
"""Raw keys whose values mean the same as those of a key of the catalog."""
_OWN = {
    "cpu": "is computed from the task's CPU units. Set cpu beside container instead.",
    "dependsOn": "isn't supported for the service's container. Write start = \"before\" in a sidecar it waits for.",
    "environment": 'is set by another key. Write environment = { NAME = "value" } beside container.',
    "environmentFiles": "files of environment variables aren't supported. Write their variables in environment.",
    "essential": "must be true for the service's container. Remove it.",
    "healthCheck": "is set by another key. Write health.command, with interval, timeout and grace, beside container.",
    "logConfiguration": "other log drivers aren't supported. Use logs.router to send logs to another destination.",
    "memory": "is computed from the task's memory. Set memory beside container instead.",
    "memoryReservation": "isn't supported: the container has a hard limit. Set the task's memory beside container.",
    "mountPoints": 'is set by volumes, which are always writable. Write volumes.NAME = { path = "/data" } beside '
    "container.",
    "name": "is always the service's key. Remove it.",
    "repositoryCredentials": "is set by another key. Write credentials, the ARN of the secret, beside container.",
    "secrets": 'is set by another key. Write secrets = { NAME = "ARN" } beside container.',
}
"""Raw keys that the catalog sets itself: what each message says."""
_OWN_OF_SIDECARS = {
    **_OWN,
    "dependsOn": 'sidecars can wait for the service only. Write start = "after" beside container.',
    "logConfiguration": "isn't supported for sidecars, which write to the service's log group. Remove it.",
    "memory": "a hard limit isn't supported for sidecars. Set memory beside container, which reserves it.",
    "mountPoints": 'is set by volumes, which are always writable. Write volumes = { NAME = "/data" } beside container.',
    "name": "is always the sidecar's key. Remove it.",
    "portMappings": "ports of sidecars aren't supported: other tasks can't reach them. Remove it.",
}
_SAME_OF_SIDECARS = {**_SAME, "cpu": "cpu", "essential": "essential", "memoryReservation": "memory"}
_Refused = Mapping[tuple[str, ...], str]
"""Messages by the path of a key."""
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
"""Keys that the awsvpc network mode doesn't support (ECS API reference, ContainerDefinition)."""
_FARGATE: _Refused = dict.fromkeys(_NOT_ON_FARGATE, "isn't supported on Fargate. Remove it.")
_SIDECARS_ON_INSTANCES: _Refused = {
    **dict.fromkeys(_NOT_IN_AWSVPC, "isn't supported for tasks with their own network interface. Remove it."),
    # Instances start from an image of Amazon Linux 2023 (ECS API reference, LinuxParameters.swappiness).
    ("linuxParameters", "swappiness"): "isn't supported on Amazon Linux 2023. Remove it.",
    ("resourceRequirements",): "GPUs and accelerators of sidecars aren't supported yet. Remove it.",
}
_INSTANCES: _Refused = {
    **_SIDECARS_ON_INSTANCES,
    ("linuxParameters", "sharedMemorySize"): "is set by another key. Set shared_memory_mib beside container instead.",
    ("resourceRequirements",): "is set by gpus, and other accelerators aren't supported yet. Write gpus = 1 beside "
    "container.",
}
_CAPABILITY = "SYS_PTRACE"
"""The only capability that Fargate can add (ECS API reference, KernelCapabilities.add)."""
_KERNEL = tuple(f"kernel.{name}" for name in ("msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni"))
_NAMESPACED = (*_KERNEL, "kernel.shm_rmid_forced")
"""ECS API reference, SystemControl.value, which adds `fs.mqueue.*` and `net.*`. Fargate supports the same ones."""
_TYPES: dict[str, tuple[str, Any]] = {
    "structure": ("a table", (dict,)),
    "map": ("a table", (dict,)),
    "list": ("a list", (tuple,)),
    "string": ("a string", (str,)),
    "integer": ("an integer", (int,)),
    "boolean": ("true or false", (bool,)),
}


@rule(Container)
def invalid_raw_keys(container: Container, at: Place) -> Iterator[Finding]:
    """Raw keys must be spelled as in the ECS API: the provider drops unknown ones, and a plan doesn't show them."""
    is_sidecar = isinstance(container, Sidecar)
    on_instances = _SIDECARS_ON_INSTANCES if is_sidecar else _INSTANCES
    refused = _FARGATE if at.workload.on_fargate else on_instances
    same, own = (_SAME_OF_SIDECARS, _OWN_OF_SIDECARS) if is_sidecar else (_SAME, _OWN)
    for key, value in container.container.items():
        meant = _meant(key, container_definition_shape())
        here = at("container", key)
        if meant in same:
            yield here.error(f"is set by another key. Write {same[meant]}{_example(value)} beside container.")
        elif meant == "stopTimeout":
            example = f' = "{value}s"' if isinstance(value, int) else ""
            yield here.error(f"is set by another key. Write stop_timeout{example} beside container.")
        elif meant in own:
            yield here.error(own[meant])
        elif meant == "portMappings":
            yield here.error(_ports(value, at))
        else:
            yield from _member(container_definition_shape(), key, value, here, above=(), refused=refused)


def _example(value: Any) -> str:
    """` = value` in TOML, for values that JSON spells alike."""
    items = value if isinstance(value, tuple) else (value,)
    if all(isinstance(item, str | int) for item in items):
        return f" = {json.dumps(value, ensure_ascii=False)}"
    return ""


def _ports(mappings: Any, at: Place) -> str:
    """A service has one port."""
    port = at.workload.port
    found = [each.get("containerPort") for each in mappings if isinstance(each, dict)] if mappings else []
    if port is None and len(found) == 1 and isinstance(found[0], int):
        return f"is set by another key. Write port = {found[0]} beside container."
    if port is None:
        return (
            "is set by port, and a second port isn't supported yet. Write the service's port as port beside container."
        )
    if set(found) <= {port}:
        return f"is set by port ({at('port').location}). Remove it."
    return f"a second port isn't supported yet beside port ({at('port').location}). Remove it."


def _meant(key: str, shape: dict[str, Any]) -> str | None:
    return key if key in shape["members"] else _closest(key, shape)


def _member(
    shape: dict[str, Any], key: str, value: Any, at: Place, *, above: tuple[str, ...], refused: _Refused
) -> Iterator[Finding]:
    meant = _meant(key, shape)
    if meant != key:
        yield at.error(
            f'unknown key; did you mean "{meant}"?' if meant else "isn't a key of the ECS API. Remove it, or fix it."
        )
    elif (*above, key) in refused:
        yield at.error(refused[(*above, key)])
    else:
        yield from _value(shape["members"][key], value, at, keys=(*above, key), refused=refused)


def _closest(key: str, shape: dict[str, Any]) -> str | None:
    """The member of a shape with the closest spelling, regardless of case and underscores."""
    members = {member.lower(): member for member in shape["members"]}
    close = did_you_mean(key.replace("_", "").lower(), list(members))
    return members[close] if close else None


def _value(
    shape: dict[str, Any], value: Any, at: Place, *, keys: tuple[str, ...], refused: _Refused
) -> Iterator[Finding]:
    expected, types = _TYPES[shape["type"]]
    if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
        yield at.error(f"must be {expected}, not {toml_type(value)}")
    elif shape["type"] == "structure":
        for key in value:
            yield from _member(shape, key, value[key], at(key), above=keys, refused=refused)
        given = {_meant(key, shape) for key in value}
        for key in shape["required"]:
            if key not in given:
                yield at.error(f'required key "{key}" is missing. Add it.')
    elif shape["type"] == "list":
        for index, item in enumerate(value):
            yield from _value(shape["member"], item, at(index), keys=keys, refused=refused)
    elif shape["type"] == "map":
        for key, item in value.items():
            yield from _value(shape["value"], item, at(key), keys=keys, refused=refused)
    elif value not in shape.get("enum", (value,)):
        close = did_you_mean(value, shape["enum"])
        fix = f'; did you mean "{close}"?' if close else f". Use {or_list(shape['enum'])}."
        yield at.error(f'"{value}" isn\'t a valid value{fix}')


@rule(Container)
def kernel_parameter_without_namespace(container: Container, at: Place) -> Iterator[Finding]:
    """ECS sets namespaced kernel parameters only, on Fargate and on instances (ECS API reference, SystemControl)."""
    controls = container.container.get("systemControls")
    for index, control in enumerate(controls if isinstance(controls, tuple) else ()):
        name = control.get("namespace") if isinstance(control, dict) else None
        if not isinstance(name, str) or name in _NAMESPACED or name.startswith(("net.", "fs.mqueue.")):
            continue
        place = at("container", "systemControls", index, "namespace")
        fix = f"Remove it. ECS supports net.*, fs.mqueue.* and {listed([*_NAMESPACED])}."
        if name == "vm.max_map_count":
            fix = 'Remove it. For Elasticsearch and OpenSearch, write environment = { "node.store.allow_mmap" = '
            fix += '"false" } instead.'
        elif close := did_you_mean(name, _NAMESPACED):
            fix = f'Use "{close}", or remove it.'
        yield place.error(f"\"{name}\" isn't a namespaced kernel parameter, so ECS can't set it. {fix}")


@rule(Container)
def unsupported_capability(container: Container, at: Place) -> Iterator[Finding]:
    """Fargate can add SYS_PTRACE only (ECS API reference, KernelCapabilities.add)."""
    path = ("linuxParameters", "capabilities", "add")
    added: Any = container.container
    for key in path:
        added = added.get(key, ()) if isinstance(added, dict) else ()
    for index, capability in enumerate(added if isinstance(added, tuple) and at.workload.on_fargate else ()):
        if capability != _CAPABILITY:
            message = f'Fargate can add "{_CAPABILITY}" only. Remove "{capability}".'
            yield at("container", *path, index).error(message)


@rule(Container)
def start_timeout_out_of_range(container: Container, at: Place) -> Iterator[Finding]:
    """Fargate waits 2 to 120 seconds (ECS API reference, ContainerDefinition.startTimeout)."""
    seconds = container.container.get("startTimeout")
    if not isinstance(seconds, int) or isinstance(seconds, bool) or not at.workload.on_fargate:
        return
    if not 2 <= seconds <= 120:
        yield at("container", "startTimeout").error(f"{seconds} is out of range on Fargate. Use 2 to 120.")
