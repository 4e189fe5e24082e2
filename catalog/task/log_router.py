"""`logs.router`: Fluent Bit beside a service, which sends on what the service writes."""

from __future__ import annotations

from typing import Any

from catalog.model import Deployment, Workload
from catalog.sizes import Share
from catalog.task.addition import Addition, value_from
from catalog.task.images import image_of, place_of

CONTAINER = "log_router"
PORTS = (24224,)
"""On which it listens (ECS developer guide, "Send Amazon ECS logs to an AWS service or AWS Partner")."""


def router_share(cpu: int, memory: int) -> Share:
    """What it gets of a task: a sixteenth, within bounds. AWS's examples reserve 50 MiB (ECS developer guide, "Example
    Amazon ECS task definition: Route logs to FireLens")."""
    return Share(min(256, cpu // 16), max(64, min(512, memory // 16)))


def log_router(deployment: Deployment, workload: Workload) -> Addition:
    """The router, and the log driver that leads to it (ECS developer guide, "Example Amazon ECS task definition: Route
    logs to FireLens")."""
    router = workload.logs.router
    if router is None:
        return Addition()
    share = router_share(workload.cpu, workload.memory)
    firelens: dict[str, Any] = {"type": "fluentbit"}
    if router.config is not None:
        # The only type that Fargate knows (the same guide, "Use a custom configuration file").
        firelens["options"] = {"config-file-type": "file", "config-file-value": router.config}
    driver: dict[str, Any] = {"logDriver": "awsfirelens"}
    if router.options:
        driver["options"] = dict(router.options)
    if router.secrets:
        driver["secretOptions"] = [
            {"name": name, "valueFrom": value_from(secret)} for name, secret in sorted(router.secrets.items())
        ]
    container = {
        "name": CONTAINER,
        "image": image_of(deployment, "log_router"),
        "essential": True,
        # ECS fills this in where it is left out, and Terraform would then replace the definition in every plan
        # (provider issue 11526).
        "user": "0",
        "cpu": share.cpu,
        "memoryReservation": share.memory,
        "firelensConfiguration": firelens,
    }
    return Addition(
        containers=(container,),
        own={
            "logConfiguration": driver,
            # ECS would see to this itself, if nothing else stood there (the same guide, considerations).
            "dependsOn": [{"containerName": CONTAINER, "condition": "START"}],
        },
        secrets={f"{CONTAINER}.{name}": secret for name, secret in router.secrets.items()},
        places={CONTAINER: place_of(deployment, "log_router", asked_by=(*workload.place, "logs", "router"))},
    )
