"""ARNs: their form, kind, partition, region and account."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain

from catalog import unknowns
from catalog.diagnostics import Finding, toml_value
from catalog.endpoints import has_internet_access
from catalog.frame import Place, containers_of
from catalog.model import Catalog, Deployment, Workload
from catalog.model.container import Secret
from catalog.rules import rule


def _shared_arns(catalog: Catalog, at: Place) -> Iterator[tuple[str, str, Place]]:
    """Every ARN outside the services, how its last part begins, and its place."""
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
    """The KMS keys of a workload, in the same form."""
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
    """AWS refuses the ARN of another kind of resource (AWS General Reference, "Amazon Resource Names")."""
    yield from _of_another_kind(_shared_arns(deployment.catalog, at))


@rule(Workload)
def key_arn_of_another_kind(workload: Workload, at: Place) -> Iterator[Finding]:
    """IAM policies match a key's own ARN, not that of its alias (KMS developer guide, "Using aliases to control
    access")."""
    yield from _of_another_kind(_keys(workload, at))


def _of_another_kind(arns: Iterable[tuple[str, str, Place]]) -> Iterator[Finding]:
    for arn, kind, place in arns:
        if not arn.split(":", 5)[5].startswith(f"{kind}/"):
            yield place.error(f'must be the ARN of a {kind}. Write one with ":{kind}/" after the account.')


def _named(workload: Workload, at: Place) -> Iterator[tuple[str, Place]]:
    """Every other ARN of a workload."""
    yield from ((secret.arn, place) for secret, place in _secrets(workload, at))
    for key, values in workload.access:
        for index, value in enumerate(values if isinstance(values, tuple) else ()):
            if isinstance(value, str) and value.startswith("arn:") and key != "kms_decrypt":
                yield value, at("access", key, index)


_ACCOUNT = re.compile(rf"\d{{12}}|aws|[^:]*[*?][^:]*|{unknowns.ACCOUNT}")
"""AWS owns managed policies ("aws"), and the resources of policies may have wildcards."""
_WITHOUT_ACCOUNT = frozenset({"s3", "ssm", "bedrock"})
"""Services that have resources of AWS's own, whose ARNs have no account."""


@rule(Deployment)
def arn_without_account_id(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """An account id has twelve digits (Account Management guide, "AWS account identifiers")."""
    yield from _without_account_id((arn, place) for arn, _, place in _shared_arns(deployment.catalog, at))


@rule(Workload)
def workload_arn_without_account_id(workload: Workload, at: Place) -> Iterator[Finding]:
    """An account id has twelve digits (Account Management guide, "AWS account identifiers")."""
    keys = ((arn, place) for arn, _, place in _keys(workload, at))
    logins = ((arn, place) for arn, key, place in _at_start(workload, at) if place.name == "credentials")
    backlog = workload.scale.backlog if workload.scale else None
    queues = [(backlog.queue, at("scale", "backlog", "queue"))] if backlog and ":" in backlog.queue else []
    yield from _without_account_id(chain(keys, logins, queues, _named(workload, at)))


def _without_account_id(arns: Iterable[tuple[str, Place]]) -> Iterator[Finding]:
    for arn, place in arns:
        *before, account, rest = arn.split(":", 5)
        if not _ACCOUNT.fullmatch(account) and (account or before[2] not in _WITHOUT_ACCOUNT):
            fixed = toml_value(":".join((*before, unknowns.ACCOUNT, rest)))
            fact = f"must have an account of 12 digits{f', not {toml_value(account)}' if account else ''}"
            yield place.error(f"{fact}. Write {fixed}, or the digits of another account.")


@rule(Deployment)
def arn_of_another_partition(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Partitions share no resources (AWS General Reference, "Amazon Resource Names")."""
    yield from _of_another_partition(
        deployment, ((arn, place) for arn, _, place in _shared_arns(deployment.catalog, at))
    )


@rule(Workload)
def workload_arn_of_another_partition(workload: Workload, at: Place) -> Iterator[Finding]:
    """Partitions share no resources (AWS General Reference, "Amazon Resource Names")."""
    keys = ((arn, place) for arn, _, place in _keys(workload, at))
    yield from _of_another_partition(at.deployment, chain(keys, _named(workload, at)))


def _of_another_partition(deployment: Deployment, arns: Iterable[tuple[str, Place]]) -> Iterator[Finding]:
    for arn, place in arns:
        if arn.split(":")[1] != deployment.partition and deployment.is_region_known:
            yield place.error(
                f'is in the partition "{arn.split(":")[1]}", and {deployment.region} is in '
                f'"{deployment.partition}". Write an ARN that begins with "arn:{deployment.partition}:".'
            )


def _existing(deployment: Deployment, at: Place) -> Iterator[tuple[str, str, Place]]:
    """The ARNs of existing resources, their kinds with an article, and their places."""
    if deployment.catalog.cluster.arn is not None:
        yield deployment.catalog.cluster.arn, "a cluster", at("cluster", "arn")
    for name, ingress in deployment.catalog.ingress.items():
        if ingress.listener_arn is not None:
            yield ingress.listener_arn, "a listener", at("ingress", name, "listener_arn")


@rule(Deployment)
def resource_in_another_region(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """ECS services use clusters and load balancers of their own region (AWS General Reference, "Service endpoints").
    `arn_of_another_partition` reports other partitions."""
    for arn, what, place in _existing(deployment, at) if deployment.is_region_known else ():
        _, partition, _, region, _ = arn.split(":", 4)
        if partition == deployment.partition and region != deployment.region:
            message = f'is in "{region}". Write the ARN of {what} in {deployment.region}.'
            yield place.error(message)


@rule(Deployment)
def resource_in_another_account(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """AWS RAM can't share clusters and listeners with other accounts (RAM user guide, "Shareable AWS resources")."""
    accounts = deployment.catalog.aws.accounts
    for arn, what, place in _existing(deployment, at):
        account = arn.split(":")[4]
        if account.isdecimal() and accounts and account not in accounts:
            yield place.error(
                f"is in account {account}, and Terraform applies this to {' or '.join(accounts)} "
                f"({at('aws', 'accounts').location}). Write the ARN of {what} there."
            )


def _at_start(workload: Workload, at: Place) -> Iterator[tuple[str, str | None, Place]]:
    """Every secret that ECS reads when a task starts: its ARN, its key, and its place."""
    for secret, place in _secrets(workload, at):
        yield secret.arn, secret.key, place
    for container, place in containers_of(workload, at):
        if container.credentials is not None:
            yield container.credentials, None, place("credentials")


def _at_run_time(workload: Workload, at: Place) -> Iterator[tuple[str, None, Place]]:
    """Secrets that a service reads itself. Patterns with a wildcard aren't checked."""
    for index, arn in enumerate(workload.access.secrets_read):
        if "*" not in arn and "?" not in arn:
            yield arn, None, at("access", "secrets_read", index)


@rule(Workload)
def key_of_a_parameter(workload: Workload, at: Place) -> Iterator[Finding]:
    """Only secrets of Secrets Manager have keys (ECS API reference, Secret.valueFrom)."""
    for arn, key, place in _at_start(workload, at):
        if key is not None and arn.split(":")[2] == "ssm":
            yield place("key").error(
                "parameters don't have keys. Remove key, or write the ARN of a Secrets Manager secret."
            )


@rule(Workload)
def incomplete_secret_arn(workload: Workload, at: Place) -> Iterator[Finding]:
    """A secret's ARN ends with a hyphen and six characters that AWS adds (Secrets Manager User Guide, "ARN")."""
    for arn, _, place in (*_at_start(workload, at), *_at_run_time(workload, at)):
        parts = arn.split(":")
        if parts[2] != "secretsmanager":
            continue
        secret = ":".join(parts[:7])
        if len(parts) > 7:
            message = f'must end after the name of the secret. Write "{secret}".'
            if "secrets" in place.path and parts[7]:
                message = f'ends with a key. Write {{ arn = "{secret}", key = "{parts[7]}" }}.'
        elif parts[5] != "secret" or len(parts) < 7:
            message = 'must be the ARN of a secret. Write one with ":secret:" and the name after the account.'
        elif not re.fullmatch(r".+-[A-Za-z0-9]{6}", parts[6]):
            message = "lacks the hyphen and six characters that AWS adds to a secret's name. Copy the complete ARN."
        else:
            continue
        yield place.error(message)


@rule(Workload)
def invalid_parameter_arn(workload: Workload, at: Place) -> Iterator[Finding]:
    """ECS reads only parameters from Systems Manager (ECS API reference, Secret.valueFrom)."""
    for arn, _, place in _at_start(workload, at):
        if arn.split(":")[2] == "ssm" and not arn.split(":")[5].startswith("parameter/"):
            message = 'must be the ARN of a parameter. Write one with ":parameter/" and the name after the account.'
            yield place.error(message)


@rule(Workload)
def secret_unreachable(workload: Workload, at: Place) -> Iterator[Finding]:
    """A VPC endpoint connects only to its own region (PrivateLink guide, "Access AWS services")."""
    if has_internet_access(at.deployment):
        return
    nat = at.catalog("network", "nat")
    for arn, _, place in _at_start(workload, at):
        region = arn.split(":")[3]
        if region != at.deployment.region and at.deployment.is_region_known:
            yield place.error(
                f'is in "{region}", and with nat = "none" ({nat.location}) tasks reach only '
                f'{at.deployment.region}. Copy it there, or write nat = "single".'
            )
