"""`mesh.tracing` and `logs.router`: a trace collector and Fluent Bit in a service's task."""

from __future__ import annotations

import json
from typing import Any

from catalog.analysis.images import image_of, place_of
from catalog.analysis.packing import Share
from catalog.analysis.permissions import TRACE
from catalog.model import Deployment, Workload
from catalog.task.addition import Addition, value_from

COLLECTOR = "otel_collector"
XRAY_PORT = 2000
"""The UDP port of X-Ray's daemon, which X-Ray's SDKs and proxies use (X-Ray developer guide, "X-Ray daemon")."""
_GRPC, _HTTP, _CHECKED = 4317, 4318, 13133
COLLECTOR_PORTS = (_GRPC, _HTTP, _CHECKED, XRAY_PORT)
"""Its ports: OTLP over gRPC and HTTP (opentelemetry.io, "OTLP Specification"), its health check, and X-Ray."""
_OWN_EXPORTER = "OTEL_EXPORTER_OTLP_"

_COLLECTOR_CONFIGURATION = {
    # Only traces: the image's default configuration also sends metrics to CloudWatch Logs, which needs permissions.
    "extensions": {"health_check": {"endpoint": f"127.0.0.1:{_CHECKED}"}},
    "receivers": {
        "otlp": {
            "protocols": {
                "grpc": {"endpoint": f"127.0.0.1:{_GRPC}"},
                "http": {"endpoint": f"127.0.0.1:{_HTTP}"},
            }
        },
        "awsxray": {"endpoint": f"127.0.0.1:{XRAY_PORT}", "transport": "udp"},
    },
    "processors": {"batch": {"timeout": "1s", "send_batch_size": 50}},
    "exporters": {"awsxray": {}},
    "service": {
        "extensions": ["health_check"],
        "pipelines": {
            "traces": {"receivers": ["otlp", "awsxray"], "processors": ["batch"], "exporters": ["awsxray"]},
        },
        # Otherwise it serves its own metrics on port 8888, which the service may use.
        "telemetry": {"metrics": {"level": "none"}},
    },
}
LOG_ROUTER = "log_router"
LOG_ROUTER_PORTS = (24224,)
"""Its ports (ECS developer guide, "Send Amazon ECS logs to an AWS service or AWS Partner")."""


def collector_share(cpu: int, memory: int) -> Share:
    """The collector's share of a task: an eighth, within bounds."""
    return Share(min(256, cpu // 8), max(64, min(512, memory // 8)))


def collector(deployment: Deployment, workload: Workload) -> Addition:
    """AWS Distro for OpenTelemetry (its documentation, "Setting up the AWS Distro for OpenTelemetry Collector in Amazon
    ECS"). The service runs without it, and ECS restarts it if it fails."""
    if not deployment.catalog.mesh.tracing:
        return Addition()
    share = collector_share(workload.cpu, workload.memory)
    container = {
        "name": COLLECTOR,
        "image": image_of(deployment, "collector"),
        "essential": False,
        "restartPolicy": {"enabled": True},
        "cpu": share.cpu,
        "memoryReservation": share.memory,
        "environment": [
            {"name": "AOT_CONFIG_CONTENT", "value": json.dumps(_COLLECTOR_CONFIGURATION, sort_keys=True)},
            # Fargate sets it. On instances, agents before 1.104 don't, and the collector fails without it.
            {"name": "AWS_REGION", "value": deployment.region},
        ],
        # The image has no shell (aws-otel-collector issue 2034).
        "healthCheck": {
            "command": ["CMD", "/healthcheck"],
            "interval": 10,
            "timeout": 5,
            "retries": 3,
            "startPeriod": 10,
        },
    }
    return Addition(
        containers=(container,),
        own={
            "environment": [{"name": name, "value": value} for name, value in _variables(deployment, workload).items()],
            "dependsOn": [{"containerName": COLLECTOR, "condition": "START"}],
        },
        statements=(TRACE.on(["*"]),),
        places={COLLECTOR: place_of(deployment, "collector", requested_by=("mesh", "tracing"))},
    )


def _variables(deployment: Deployment, workload: Workload) -> dict[str, str]:
    """The variables of OpenTelemetry's SDKs (opentelemetry.io, "Environment Variable Specification") that the service
    doesn't set itself."""
    configured = {*workload.environment, *workload.secrets}
    attributes = f"service.namespace={deployment.id}"
    if deployment.environment is not None:
        attributes += f",deployment.environment.name={deployment.environment}"
    ours = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://localhost:{_HTTP}",
        # Endpoint and protocol belong together, and the defaults of SDKs differ.
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_RESOURCE_ATTRIBUTES": attributes,
        "OTEL_SERVICE_NAME": workload.aws_key,
    }
    exports_itself = any(name.startswith(_OWN_EXPORTER) for name in configured)
    return {
        name: value
        for name, value in ours.items()
        if name not in configured and not (exports_itself and name.startswith(_OWN_EXPORTER))
    }


def router_share(cpu: int, memory: int) -> Share:
    """The router's share of a task: a sixteenth, within bounds. AWS's examples reserve 50 MiB (ECS developer guide,
    "Example Amazon ECS task definition: Route logs to FireLens")."""
    return Share(min(256, cpu // 16), max(64, min(512, memory // 16)))


def log_router(deployment: Deployment, workload: Workload) -> Addition:
    """The log router, and the log driver that sends to it (ECS developer guide, "Example Amazon ECS task definition:
    Route logs to FireLens")."""
    router = workload.logs.router
    if router is None:
        return Addition()
    share = router_share(workload.cpu, workload.memory)
    firelens: dict[str, Any] = {"type": "fluentbit"}
    if router.config is not None:
        # The only type that Fargate supports (the same guide, "Use a custom configuration file").
        firelens["options"] = {"config-file-type": "file", "config-file-value": router.config}
    driver: dict[str, Any] = {"logDriver": "awsfirelens"}
    if router.options:
        driver["options"] = dict(router.options)
    if router.secrets:
        driver["secretOptions"] = [
            {"name": name, "valueFrom": value_from(secret)} for name, secret in sorted(router.secrets.items())
        ]
    container = {
        "name": LOG_ROUTER,
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
            # ECS adds this dependency only if there is no other (the same guide, considerations).
            "dependsOn": [{"containerName": LOG_ROUTER, "condition": "START"}],
        },
        secrets={f"{LOG_ROUTER}.{name}": secret for name, secret in router.secrets.items()},
        places={LOG_ROUTER: place_of(deployment, "log_router", requested_by=(*workload.place, "logs", "router"))},
    )
