"""The images of the containers that keys of the catalog add."""

from __future__ import annotations

from catalog.model import Deployment
from catalog.problems import Path
from catalog.registries import mirrored

_PINNED = {
    # Of 2026, by release of AWS's command line (docs.aws.amazon.com/cli, "Running the official container images").
    "loader": "public.ecr.aws/aws-cli/aws-cli:2.34.56",
    # Of 2026-08-25 (aws-observability/aws-otel-collector pull request 3233).
    "collector": "public.ecr.aws/aws-observability/aws-otel-collector:v0.50.0",
    # Of September 2026 (aws/eks-charts pull request 1372); version 2 has reached its end of life.
    "log_router": "public.ecr.aws/aws-observability/aws-for-fluent-bit:3.4.16",
}
"""By the key of [images] that names another."""


def image_of(deployment: Deployment, key: str) -> str:
    """The image that [images] names, or a pinned one of AWS, as it is pulled."""
    images = deployment.catalog.images
    return mirrored(getattr(images, key) or _PINNED[key], registry=images.registry)


def place_of(deployment: Deployment, key: str, *, asked_by: Path) -> Path:
    """Where the catalog says which image it is, or else what asks for its container."""
    return ("images", key) if getattr(deployment.catalog.images, key) is not None else asked_by
