"""ARNs of the right kind, in the right partition: types know the service only."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.model import Deployment
from catalog.model.container import Secret
from catalog.problems import Finding, Path
from catalog.rules.each import containers
from catalog.provenance import Provenance


def _arns(deployment: Deployment) -> Iterator[tuple[Path, str, str]]:
    """Every ARN of one kind, with its place and what its last part begins with."""
    catalog = deployment.catalog
    if catalog.catalog.permissions_boundary is not None:
        yield ("catalog", "permissions_boundary"), catalog.catalog.permissions_boundary, "policy"
    if catalog.aws.assume_role is not None:
        yield ("aws", "assume_role", "role_arn"), catalog.aws.assume_role.role_arn, "role"
    if catalog.cluster.arn is not None:
        yield ("cluster", "arn"), catalog.cluster.arn, "cluster"
    if catalog.mesh.tls is not None and catalog.mesh.tls.authority is not None:
        yield ("mesh", "tls", "authority"), catalog.mesh.tls.authority, "certificate-authority"
    if isinstance(catalog.security.kms_key, str):
        yield ("security", "kms_key"), catalog.security.kms_key, "key"
    for name, ingress in catalog.ingress.items():
        if ingress.certificate is not None:
            yield ("ingress", name, "certificate"), ingress.certificate, "certificate"
        if ingress.listener_arn is not None:
            yield ("ingress", name, "listener_arn"), ingress.listener_arn, "listener"
        if ingress.waf is not None:
            yield ("ingress", name, "waf"), ingress.waf, "regional/webacl"
        if ingress.login is not None and ingress.login.user_pool is not None:
            yield ("ingress", name, "login", "user_pool"), ingress.login.user_pool, "userpool"
    for place, secret in _secrets(deployment):
        if secret.kms is not None:
            yield (*place, "kms"), secret.kms, "key"
    for service in deployment.services.values():
        for index, arn in enumerate(service.access.kms_decrypt):
            yield ("services", service.name, "access", "kms_decrypt", index), arn, "key"


def _secrets(deployment: Deployment) -> Iterator[tuple[Path, Secret]]:
    for place, container in containers(deployment.services):
        for name, secret in container.secrets.items():
            yield (*place, "secrets", name), secret
    for service in deployment.services.values():
        for name, secret in service.logs.router.secrets.items() if service.logs.router else ():
            yield ("services", service.name, "logs", "router", "secrets", name), secret


def another_kind(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """An ARN of one kind cannot stand for another; to IAM, not even a key's alias for the key (KMS developer guide,
    "Using aliases to control access")."""
    for place, arn, kind in _arns(deployment):
        if not arn.split(":", 5)[5].startswith(f"{kind}/"):
            yield Finding(place=place, message=f'is not the ARN of a {kind}; that goes on with ":{kind}/" and its name')


def _named(deployment: Deployment) -> Iterator[tuple[Path, str]]:
    """Every other ARN that a service names."""
    yield from ((place, secret.arn) for place, secret in _secrets(deployment))
    for service in deployment.services.values():
        for key, values in service.access:
            for index, value in enumerate(values if isinstance(values, tuple) else ()):
                if isinstance(value, str) and value.startswith("arn:") and key != "kms_decrypt":
                    yield ("services", service.name, "access", key, index), value


def another_partition(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Partitions share nothing (AWS General Reference, "Amazon Resource Names")."""
    for place, arn in (*((place, arn) for place, arn, _ in _arns(deployment)), *_named(deployment)):
        if arn.split(":")[1] != deployment.partition:
            yield Finding(
                place=place,
                message=f'begins with "arn:{arn.split(":")[1]}:", ARNs of {deployment.region} begin with '
                f'"arn:{deployment.partition}:"; write one of these',
            )
