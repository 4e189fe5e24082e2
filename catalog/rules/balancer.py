"""What a load balancer is asked beyond passing requests on: cookies, logs, a firewall before it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from catalog.log_delivery import log_writer
from catalog.model import Deployment
from catalog.problems import Finding, Path
from catalog.provenance import Provenance

_LONGEST_STICKY = 604800
"""Seconds (ELBv2 API reference, TargetGroupAttribute stickiness.lb_cookie.duration_seconds)."""


def sticky_out_of_bounds(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A cookie lasts from a second to seven days (ELBv2 API reference, TargetGroupAttribute)."""
    for service in deployment.services.values():
        sticky = service.public.sticky if service.public else None
        if sticky is not None and not 1 <= sticky <= _LONGEST_STICKY:
            message = 'a browser stays from "1s" to "168h" (7 days) with a task; write a time in between, or false'
            yield Finding(place=("services", service.name, "public", "sticky"), message=message)


def sticky_without_cookies(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Stickiness rests on cookies that clients send back (Application Load Balancer guide, "Sticky sessions"), which
    those of gRPC do not."""
    for service in deployment.services.values():
        if service.protocol == "grpc" and service.public and service.public.sticky is not None:
            message = "it rests on cookies, which clients of grpc do not keep; remove it"
            yield Finding(
                place=("services", service.name, "public", "sticky"),
                message=message,
            )


def waf_elsewhere(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A regional web ACL protects what lies in its own region (WAF API reference, AssociateWebACL)."""
    for name, ingress in deployment.catalog.ingress.items():
        region = ingress.waf.split(":")[3] if ingress.waf else deployment.region
        if region != deployment.region:
            yield Finding(
                place=("ingress", name, "waf"),
                message=f'lies in "{region}", a load balancer in {deployment.region} cannot use it; write the ARN of '
                f"a regional web ACL in {deployment.region}",
            )


def not_a_bucket(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """What a pattern cannot say of a bucket's name (S3 user guide, "General purpose bucket naming rules")."""
    for name, ingress in deployment.catalog.ingress.items():
        bucket = ingress.logs.bucket if ingress.logs else None
        if bucket and (".." in bucket or _is_address(bucket)):
            message = f'"{bucket}" cannot be the name of a bucket; write that of one that exists'
            yield Finding(place=("ingress", name, "logs", "bucket"), message=message)


def _is_address(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def days_of_a_given_bucket(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """How long a bucket keeps what it holds is its owner's to say."""
    for name, ingress in deployment.catalog.ingress.items():
        if ingress.logs and ingress.logs.bucket and ingress.logs.days is not None:
            place: Path = ("ingress", name, "logs")
            message = "a bucket that exists has a lifecycle of its own; remove days, or remove bucket to have one made"
            yield Finding(place=(*place, "days"), message=message)


def given_bucket(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A load balancer tries to write before it takes the attribute (Application Load Balancer guide, "Enable access
    logs")."""
    for name, ingress in deployment.catalog.ingress.items():
        logs = ingress.logs
        if logs is None or logs.bucket is None or not deployment.public_services(name):
            continue
        writer = next(iter(log_writer(deployment.region).values()))
        under = f"{logs.prefix}/AWSLogs" if logs.prefix else "AWSLogs"
        yield Finding(
            place=("ingress", name, "logs", "bucket"),
            message=f"it has to lie in {deployment.region}, be encrypted with SSE-S3 and let {writer} do s3:PutObject "
            f'on "{under}/*", before this is applied',
            level="notice",
        )
