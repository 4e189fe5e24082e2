"""The statements of a service's execution role, which ECS uses to start tasks."""

from __future__ import annotations

from collections.abc import Iterable

from catalog.analysis.images import ecr_repository, is_mirrored
from catalog.analysis.permissions import (
    DECRYPT_SECRET,
    PULL,
    PULL_THROUGH,
    PULL_TOKEN,
    READ_PARAMETER,
    READ_SECRET,
    WRITE_LOG,
)
from catalog.analysis.policies import JsonStatement
from catalog.model import Deployment, Workload
from catalog.task import Addition, secrets_of


def execution_statements(
    deployment: Deployment, workload: Workload, *, addition: Addition, images: Iterable[str], log_group: str
) -> list[JsonStatement]:
    """Allow pulling the images, writing to the log group, and reading the secrets."""
    return [
        *_pull(tuple(images), deployment=deployment),
        WRITE_LOG.on([f"{log_group}:*"]),
        *_read_secrets(workload, addition),
    ]


def _pull(images: tuple[str, ...], *, deployment: Deployment) -> list[JsonStatement]:
    """Allow pulling from private ECR."""
    repositories = _repositories(images, partition=deployment.partition)
    if not repositories:
        return []
    registry = deployment.catalog.images.registry
    cached = _repositories(
        [image for image in images if is_mirrored(image, registry=registry)], partition=deployment.partition
    )
    return [PULL_TOKEN.on(["*"]), PULL.on(repositories), *([PULL_THROUGH.on(cached)] if cached else [])]


def _repositories(images: Iterable[str], *, partition: str) -> list[str]:
    """The ARNs of the private ECR repositories of images."""
    return sorted(
        {
            f"arn:{partition}:ecr:{found.region}:{found.account}:repository/{found.name}"
            for found in map(ecr_repository, images)
            if found is not None
        }
    )


def _read_secrets(workload: Workload, addition: Addition) -> list[JsonStatement]:
    secrets = secrets_of(workload, addition).values()
    by_manager = {*addition.credentials, *(s.arn for s in secrets if ":secretsmanager:" in s.arn)}
    if workload.credentials is not None:
        by_manager.add(workload.credentials)
    by_parameter = {s.arn for s in secrets if ":ssm:" in s.arn}
    keys = {s.kms for s in secrets if s.kms is not None}
    wanted = ((READ_SECRET, by_manager), (READ_PARAMETER, by_parameter), (DECRYPT_SECRET, keys))
    return [permission.on(sorted(arns)) for permission, arns in wanted if arns]
