"""The key that encrypts what a deployment keeps: one that is given, one that is made, or none of its own."""

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
    """Makes the key, where the catalog asks for one."""

    arn: str | None

    def __init__(self, scope: Construct, *, deployment: Deployment, account: Callable[[], str]) -> None:
        super().__init__(scope, "key", deployment=deployment)
        asked = deployment.catalog.security.kms_key
        self.arn = self._key(account) if asked is True else asked

    def known(self) -> Deployment:
        """The deployment, with the key's ARN where it asked for one."""
        security = self.deployment.catalog.security.model_copy(update={"kms_key": self.arn})
        return replace(self.deployment, catalog=self.deployment.catalog.model_copy(update={"security": security}))

    def _key(self, account: Callable[[], str]) -> str:
        key = self.add(
            KmsKey,
            names.shared("key"),
            description=f"What {self.deployment.id} keeps",
            enable_key_rotation=True,
            # The longest there is (KMS API reference, ScheduleKeyDeletion): without the key, nothing is readable.
            deletion_window_in_days=30,
            policy=json.dumps(key_policy(self.deployment, account=account()), sort_keys=True),
            tags={"Name": self.deployment.id},
            lifecycle=protected(self.deployment),
        )
        self.add(KmsAlias, names.shared("key"), name=f"alias/{self.deployment.id}", target_key_id=key.key_id)
        return key.arn


def key_arn(deployment: Deployment) -> str | None:
    """The ARN of a deployment's key, for whatever can be encrypted with it; None leaves that to AWS."""
    key = deployment.catalog.security.kms_key
    assert key is not True, "asked before the key is known"
    return key
