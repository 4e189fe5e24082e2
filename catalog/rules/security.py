"""The key that encrypts what a deployment keeps."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.key import autoscaling_role
from catalog.model import Deployment
from catalog.problems import Finding
from catalog.provenance import Provenance

_PLACE = ("security", "kms_key")


def _given(deployment: Deployment) -> str:
    key = deployment.catalog.security.kms_key
    return key if isinstance(key, str) else ""


def key_elsewhere(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Services use keys of their own region (KMS developer guide, "AWS KMS keys")."""
    region = _given(deployment).split(":")[3] if _given(deployment) else deployment.region
    if region != deployment.region:
        yield Finding(
            place=_PLACE,
            message=f'lies in "{region}", which nothing in {deployment.region} can use; '
            f"write the ARN of one in {deployment.region}",
        )


def key_of_many_regions(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """ECS refuses them for the storage of tasks (ECS API reference, ManagedStorageConfiguration)."""
    if ":key/mrk-" in _given(deployment):
        yield Finding(
            place=_PLACE,
            message="is a multi-Region key, which Fargate takes none of for the storage of tasks; "
            "write the ARN of a single-Region key, or true",
        )


def key_names_a_role(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """KMS refuses a policy that names a role which is not there (KMS API reference, CreateKey:
    MalformedPolicyDocumentException), and AWS makes this one with an account's first Auto Scaling group."""
    if deployment.catalog.security.kms_key is True and deployment.catalog.capacity:
        yield Finding(
            place=_PLACE,
            message=f"the key's policy names {autoscaling_role('', '').rpartition('/')[2]}, which an account has from "
            "its first Auto Scaling group on; in a new one run this first: "
            "aws iam create-service-linked-role --aws-service-name autoscaling.amazonaws.com",
            level="notice",
        )
