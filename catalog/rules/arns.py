"""ARNs of the right kind, partition, region and account."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from catalog.diagnostics import Finding
from catalog.frame import Place, containers_of
from catalog.model import Catalog, Deployment, Workload
from catalog.model.container import Secret
from catalog.rules import rule


def _shared_arns(catalog: Catalog, at: Place) -> Iterator[tuple[str, str, Place]]:
    """Every ARN outside the services, what its last part begins with, and its place."""
    if catalog.catalog.permissions_boundary is not None:
        yield catalog.catalog.permissions_boundary, "policy", at("catalog", "permissions_boundary")
    if catalog.aws.assume_role is not None:
        yield catalog.aws.assume_role.role_arn, "role", at("aws", "assume_role", "role_arn")
    if catalog.cluster.arn is not None:
        yield catalog.cluster.arn, "cluster", at("cluster", "arn")
    if catalog.mesh.tls is not None and catalog.mesh.tls.authority is not None:
        yield catalog.mesh.tls.authority, "certificate-authority", at("mesh", "tls", "authority")
    if isinstance(catalog.security.kms_key, str):
        yield catalog.security.kms_key, "key", at("security", "kms_key")
    for name, ingress in catalog.ingress.items():
        place = at("ingress", name)
        if ingress.certificate is not None:
            yield ingress.certificate, "certificate", place("certificate")
        if ingress.listener_arn is not None:
            yield ingress.listener_arn, "listener", place("listener_arn")
        if ingress.waf is not None:
            yield ingress.waf, "regional/webacl", place("waf")
        if ingress.login is not None and ingress.login.user_pool is not None:
            yield ingress.login.user_pool, "userpool", place("login", "user_pool")


def _keys(workload: Workload, at: Place) -> Iterator[tuple[str, str, Place]]:
    """The KMS keys that a workload names, in the same form."""
    for secret, place in _secrets(workload, at):
        if secret.kms is not None:
            yield secret.kms, "key", place("kms")
    for index, arn in enumerate(workload.access.kms_decrypt):
        yield arn, "key", at("access", "kms_decrypt", index)


def _secrets(workload: Workload, at: Place) -> Iterator[tuple[Secret, Place]]:
    for container, place in containers_of(workload, at):
        for name, secret in container.secrets.items():
            yield secret, place("secrets", name)
    for name, secret in workload.logs.router.secrets.items() if workload.logs.router else ():
        yield secret, at("logs", "router", "secrets", name)


@rule(Deployment)
def arn_of_another_kind(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """An ARN of one kind cannot stand for another."""
    yield from _of_another_kind(_shared_arns(deployment.catalog, at))


@rule(Workload)
def key_arn_of_another_kind(workload: Workload, at: Place) -> Iterator[Finding]:
    """To IAM, not even a key's alias stands for the key (KMS developer guide, "Using aliases to control access")."""
    yield from _of_another_kind(_keys(workload, at))


def _of_another_kind(arns: Iterable[tuple[str, str, Place]]) -> Iterator[Finding]:
    for arn, kind, place in arns:
        if not arn.split(":", 5)[5].startswith(f"{kind}/"):
            yield place.error(f'is not the ARN of a {kind}; that goes on with ":{kind}/" and its name')


def _named(workload: Workload, at: Place) -> Iterator[tuple[str, Place]]:
    """Every other ARN that a workload names."""
    yield from ((secret.arn, place) for secret, place in _secrets(workload, at))
    for key, values in workload.access:
        for index, value in enumerate(values if isinstance(values, tuple) else ()):
            if isinstance(value, str) and value.startswith("arn:") and key != "kms_decrypt":
                yield value, at("access", key, index)


@rule(Deployment)
def arn_of_another_partition(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Partitions share nothing (AWS General Reference, "Amazon Resource Names")."""
    yield from _of_another_partition(
        deployment, ((arn, place) for arn, _, place in _shared_arns(deployment.catalog, at))
    )


@rule(Workload)
def workload_arn_of_another_partition(workload: Workload, at: Place) -> Iterator[Finding]:
    """Partitions share nothing (the same)."""
    keys = ((arn, place) for arn, _, place in _keys(workload, at))
    yield from _of_another_partition(at.deployment, chain(keys, _named(workload, at)))


def _of_another_partition(deployment: Deployment, arns: Iterable[tuple[str, Place]]) -> Iterator[Finding]:
    for arn, place in arns:
        if arn.split(":")[1] != deployment.partition:
            yield place.error(
                f'begins with "arn:{arn.split(":")[1]}:", ARNs of {deployment.region} begin with '
                f'"arn:{deployment.partition}:"; write one of these'
            )


def _existing(deployment: Deployment, at: Place) -> Iterator[tuple[str, str, Place]]:
    """The ARNs of existing resources, what they are, and their places."""
    if deployment.catalog.cluster.arn is not None:
        yield deployment.catalog.cluster.arn, "a cluster", at("cluster", "arn")
    for name, ingress in deployment.catalog.ingress.items():
        if ingress.listener_arn is not None:
            yield ingress.listener_arn, "a listener", at("ingress", name, "listener_arn")


@rule(Deployment)
def resource_in_another_region(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Services run in clusters, and register with load balancers, of their own region (AWS General Reference, "Service
    endpoints": each region has its own). Of another partition, `arn_of_another_partition` tells."""
    for arn, what, place in _existing(deployment, at):
        _, partition, _, region, _ = arn.split(":", 4)
        if partition == deployment.partition and region != deployment.region:
            message = f'lies in "{region}"; write the ARN of {what} in {deployment.region}'
            yield place.error(message)


@rule(Deployment)
def resource_in_another_account(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Clusters and listeners are no resources that another account can use (RAM user guide, "Shareable AWS
    resources")."""
    accounts = deployment.catalog.aws.accounts
    for arn, what, place in _existing(deployment, at):
        account = arn.split(":")[4]
        if account.isdecimal() and accounts and account not in accounts:
            yield place.error(
                f"is of account {account}, this is applied to {' or '.join(accounts)} "
                f"({at('aws', 'accounts').location}); write the ARN of {what} there"
            )
