"""The S3 bucket of a load balancer's access logs and connection logs."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket
from cdktf_cdktf_provider_aws.s3_bucket_lifecycle_configuration import (
    S3BucketLifecycleConfiguration,
    S3BucketLifecycleConfigurationRule,
    S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload,
    S3BucketLifecycleConfigurationRuleExpiration,
    S3BucketLifecycleConfigurationRuleFilter,
)
from cdktf_cdktf_provider_aws.s3_bucket_ownership_controls import S3BucketOwnershipControls
from cdktf_cdktf_provider_aws.s3_bucket_policy import S3BucketPolicy
from cdktf_cdktf_provider_aws.s3_bucket_public_access_block import S3BucketPublicAccessBlock
from cdktf_cdktf_provider_aws.s3_bucket_server_side_encryption_configuration import (
    S3BucketServerSideEncryptionConfigurationA,
    S3BucketServerSideEncryptionConfigurationRuleA,
    S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA,
)
from constructs import Construct

from catalog import names
from catalog.analysis.permissions import CLOSED_BUCKET, DELIVER_LOG
from catalog.analysis.resource_policies import log_writer
from catalog.model import Deployment
from catalog.model.ingress import LOG_DAYS, AccessLogs
from stacks.part import OUTLIVES_TASKS, Part, Ref, protected


class LogBucket(Part):
    """The bucket of an ingress's logs: created, existing, or none."""

    attribute: dict[str, Any]
    """The load balancer's logging block. Without logs it is set to disabled: an omitted block keeps the old value."""
    refs: tuple[Ref, ...] = ()
    """Dependencies of the load balancer: AWS writes a test file as soon as logging is enabled."""

    def __init__(
        self,
        scope: Construct,
        *,
        deployment: Deployment,
        name: str,
        settings: AccessLogs | None,
        account: Callable[[], str],
    ) -> None:
        super().__init__(scope, "logs", deployment=deployment)
        self._address = names.shared("ingress", name)
        if settings is None:
            self.attribute = {"bucket": "", "enabled": False}
            return
        bucket = settings.bucket or self._bucket(name, settings, account=account())
        self.attribute = {"bucket": bucket, "prefix": settings.prefix, "enabled": True}

    def _bucket(self, name: str, settings: AccessLogs, *, account: str) -> str:
        """Create the bucket. Returns a reference to its name."""
        region = self.deployment.region
        bucket = self.add(
            S3Bucket,
            self._address,
            bucket=names.log_bucket(self.deployment.id, name, account=account, region=region),
            # The bucket is never empty, because AWS writes a test file: without this, Terraform couldn't delete it.
            # To keep logs for good, set an existing bucket.
            force_destroy=True,
            lifecycle=protected(self.deployment, **OUTLIVES_TASKS),
        )
        self.add(
            S3BucketServerSideEncryptionConfigurationA,
            self._address,
            bucket=bucket.id,
            rule=[
                S3BucketServerSideEncryptionConfigurationRuleA(
                    # The only encryption that log delivery supports (Application Load Balancer guide, "Access logs").
                    apply_server_side_encryption_by_default=(
                        S3BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultA(
                            sse_algorithm="AES256"
                        )
                    )
                )
            ],
        )
        self.add(
            S3BucketLifecycleConfiguration,
            self._address,
            bucket=bucket.id,
            rule=[
                S3BucketLifecycleConfigurationRule(
                    id="expire",
                    status="Enabled",
                    filter=[S3BucketLifecycleConfigurationRuleFilter(prefix="")],
                    expiration=[S3BucketLifecycleConfigurationRuleExpiration(days=settings.days or LOG_DAYS)],
                    abort_incomplete_multipart_upload=[
                        S3BucketLifecycleConfigurationRuleAbortIncompleteMultipartUpload(days_after_initiation=7)
                    ],
                )
            ],
        )
        self.add(
            S3BucketOwnershipControls,
            self._address,
            bucket=bucket.id,
            rule={"object_ownership": "BucketOwnerEnforced"},
        )
        closed = self.add(
            S3BucketPublicAccessBlock,
            self._address,
            bucket=bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
        )
        under = f"{settings.prefix}/AWSLogs" if settings.prefix else "AWSLogs"
        policy = self.add(
            S3BucketPolicy,
            self._address,
            bucket=bucket.id,
            policy=json.dumps(_policy(bucket.arn, written=f"{under}/{account}/*", region=region)),
            # S3 rejects concurrent changes of both (OperationAborted).
            depends_on=[closed],
            # The load balancer writes logs until its logging block has changed.
            lifecycle=OUTLIVES_TASKS,
        )
        self.refs = (policy,)
        return bucket.id


def _policy(bucket: str, *, written: str, region: str) -> dict[str, Any]:
    """The bucket policy: log delivery may write this account's logs, and requests without TLS are denied (Application
    Load Balancer guide, "Access logs"; S3 user guide, "Security best practices")."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "LogDelivery",
                "Effect": "Allow",
                "Principal": log_writer(region),
                "Action": DELIVER_LOG.actions[0],
                "Resource": f"{bucket}/{written}",
            },
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": CLOSED_BUCKET.actions[0],
                "Resource": [bucket, f"{bucket}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            },
        ],
    }
