"""The KMS key that encrypts a deployment's data: an existing one, a created one, or AWS's default."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from cdktf_cdktf_provider_aws.kms_alias import KmsAlias
from cdktf_cdktf_provider_aws.kms_key import KmsKey
from constructs import Construct

from catalog import names
from catalog.analysis.resource_policies import key_policy
from catalog.model import Deployment
from stacks.part import Part, protected


class Key(Part):
    """Creates the key if the catalog has `kms_key = true`."""

    arn: str | None

    def __init__(self, scope: Construct, *, deployment: Deployment, account: Callable[[], str]) -> None:
        super().__init__(scope, "key", deployment=deployment)
        requested = deployment.catalog.security.kms_key
        self.arn = self._key(account) if requested is True else requested

    def with_key_arn(self) -> Deployment:
        """The deployment with the created key's ARN in place of `kms_key = true`."""
        security = self.deployment.catalog.security.model_copy(update={"kms_key": self.arn})
        return replace(self.deployment, catalog=self.deployment.catalog.model_copy(update={"security": security}))

    def _key(self, account: Callable[[], str]) -> str:
        key = self.add(
            KmsKey,
            names.shared("key"),
            description=f"Data of {self.deployment.id}",
            enable_key_rotation=True,
            # The maximum (KMS API reference, ScheduleKeyDeletion): all data is unreadable once the key is deleted.
            deletion_window_in_days=30,
            policy=json.dumps(key_policy(self.deployment, account=account()), sort_keys=True),
            tags={"Name": self.deployment.id},
            lifecycle=protected(self.deployment),
        )
        self.add(KmsAlias, names.shared("key"), name=f"alias/{self.deployment.id}", target_key_id=key.key_id)
        return key.arn


def key_arn(deployment: Deployment) -> str | None:
    """The ARN of a deployment's key, for every resource that supports one. None means AWS's default encryption."""
    key = deployment.catalog.security.kms_key
    assert key is not True, "Key.with_key_arn() must run first"
    return key
