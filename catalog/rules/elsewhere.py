"""What exists has to lie where the deployment does."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.model import Deployment
from catalog.problems import Finding, Path
from catalog.written import Written


def elsewhere(arn: str, place: Path, what: str, deployment: Deployment, written: Written) -> Iterator[Finding]:
    """A finding where an ARN is not of the deployment's region, or of none of its accounts. Of another partition,
    `arns.another_partition` tells."""
    _, partition, _, region, account, _ = arn.split(":", 5)
    accounts = deployment.catalog.aws.accounts
    if partition != deployment.partition:
        return
    if region != deployment.region:
        yield Finding(
            place=place,
            message=f'lies in "{region}"; write the ARN of {what} in {deployment.region}',
            about=(("catalog", "region"),),
        )
    elif account.isdecimal() and accounts and account not in accounts:
        yield Finding(
            place=place,
            message=f"is of account {account}, this is applied to {' or '.join(accounts)} "
            f"({written.where('aws', 'accounts')}); write the ARN of {what} there",
            about=(("aws", "accounts"),),
        )
