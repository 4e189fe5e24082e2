"""What exists has to lie where the deployment does."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.model import Deployment
from catalog.problems import Finding, Path
from catalog.provenance import Provenance


def _joined(deployment: Deployment) -> Iterator[tuple[Path, str, str]]:
    """The ARNs of what is joined, with their places and what they are."""
    if deployment.catalog.cluster.arn is not None:
        yield ("cluster", "arn"), deployment.catalog.cluster.arn, "a cluster"
    for name, ingress in deployment.catalog.ingress.items():
        if ingress.listener_arn is not None:
            yield ("ingress", name, "listener_arn"), ingress.listener_arn, "a listener"


def in_another_region(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Services run in clusters, and register with load balancers, of their own region (AWS General Reference, "Service
    endpoints": each region has its own). Of another partition, `arns.another_partition` tells."""
    for place, arn, what in _joined(deployment):
        _, partition, _, region, _ = arn.split(":", 4)
        if partition == deployment.partition and region != deployment.region:
            message = f'lies in "{region}"; write the ARN of {what} in {deployment.region}'
            yield Finding(place=place, message=message)


def in_another_account(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Clusters and listeners are no resources that another account can use (RAM user guide, "Shareable AWS
    resources")."""
    accounts = deployment.catalog.aws.accounts
    for place, arn, what in _joined(deployment):
        account = arn.split(":")[4]
        if account.isdecimal() and accounts and account not in accounts:
            yield Finding(
                place=place,
                message=f"is of account {account}, this is applied to {' or '.join(accounts)} "
                f"({written.location('aws', 'accounts')}); write the ARN of {what} there",
            )
