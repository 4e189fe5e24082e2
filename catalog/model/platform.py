"""The platform that services run on: catalog, provider and Terraform settings, cluster, capacity, images, security."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from catalog.model.types import (
    ClusterArn,
    Name,
    PolicyArn,
    Region,
    RoleArn,
    StackName,
    Table,
    matching,
    text,
    wrong,
)

RESERVED = ("aws", "ecs", "fargate", "internal", "sg", "svc", "tg", "listener", "rule")


class CatalogTable(Table):
    """Name, region and tags of the deployment."""

    name: Annotated[Name, Field(max_length=24)]
    """Name of the deployment, at most 24 characters. It prefixes every AWS name."""
    region: Region
    """AWS region."""
    images: str | None = None
    """Path, relative to the catalog, of a generated TOML file with lines `service = "image"`, which override
    `image`."""
    tags: dict[str, str] = {}
    """Tags on all resources, tasks included."""
    permissions_boundary: PolicyArn | None = None
    """ARN of the permissions boundary of every role."""
    stacks: tuple[StackName, ...] = ()
    """States to keep writing although no service uses them, until Terraform has deleted their resources."""


class AssumeRole(Table):
    """Role that the AWS provider assumes."""

    role_arn: RoleArn
    """ARN of the role."""
    external_id: (
        Annotated[
            str,
            matching(
                r"[\w+=,.@:/-]{2,1224}", "an external id", "write 2 to 1224 of letters, digits and + = , . @ : / - _"
            ),
        ]
        | None
    ) = None
    """External id, if the role's trust policy requires one."""
    session_name: (
        Annotated[
            str, matching(r"[\w+=,.@-]{2,64}", "a session name", "write 2 to 64 of letters, digits and + = , . @ - _")
        ]
        | None
    ) = None
    """Session name that CloudTrail records."""


def _assume_role(value: object) -> object:
    return {"role_arn": value} if isinstance(value, str) else value


class Aws(Table):
    """AWS provider settings."""

    accounts: tuple[Annotated[str, matching(r"\d{12}", "an account id", "write its twelve digits in quotes")], ...] = ()
    """Ids of the accounts to which the catalog can be applied. Terraform fails in any other."""
    assume_role: Annotated[
        AssumeRole | None,
        BeforeValidator(_assume_role, json_schema_input_type=text("ARN", "^arn:aws[a-z-]*:iam:") | AssumeRole),
    ] = None
    """Role to assume: its ARN, or { role_arn, external_id, session_name }."""
    profile: str | None = None
    """Named profile of the AWS configuration."""


class Terraform(Table):
    """Terraform settings."""

    aws: Annotated[
        str,
        matching(
            r"\s*(>=|<=|~>|!=|>|<|=)?\s*\d+(\.\d+)*\s*(,\s*(>=|<=|~>|!=|>|<|=)?\s*\d+(\.\d+)*\s*)*",
            "a version constraint",
            'write one like ">= 5.100, < 7"',
        ),
    ] = ">= 5.100, < 7"
    """Version constraint on the hashicorp/aws provider."""


_KMS_KEY_ARN = r"arn:aws[a-z-]*:kms:[a-z0-9-]*:[^:]*:.+"


def _kms_key(value: object) -> object:
    if isinstance(value, bool):
        return value or None
    if not isinstance(value, str) or not re.fullmatch(_KMS_KEY_ARN, value):
        raise wrong('expected true, for a key made for this deployment, or the ARN of one, as in "arn:aws:kms:…"')
    return value


class Security(Table):
    """Encryption keys and deletion protection."""

    kms_key: Annotated[
        Literal[True] | str | None,
        BeforeValidator(_kms_key, json_schema_input_type=bool | text("ARN", f"^{_KMS_KEY_ARN}$")),
    ] = None
    """KMS key that encrypts logs, file system, disks, task storage, shell sessions and certificates: true creates one
    for this deployment; an ARN uses an existing key, whose policy you manage (docs/security.md). Default: AWS owned
    keys."""
    deletion_protection: bool = False
    """Protect resources that can't be restored from deletion: load balancers, file system, key, log buckets, cluster.
    `make destroy` then fails before it deletes anything."""


FARGATE = ("fargate", "fargate-spot")
"""Capacity that every cluster has."""
SMALLEST_DISK = 30
"""GiB of the snapshot that every ECS-optimized image starts from (aws/amazon-ecs-ami, variables.pkr.hcl)."""


_ACCELERATED = re.compile(r"(inf|trn)\d+[a-z0-9-]*(\..*)?")
"""Families with AWS's own chips (EC2 User Guide, "Accelerated computing"): they need devices that `gpus` doesn't
cover."""


def _supported(type_: str) -> str:
    if _ACCELERATED.fullmatch(type_):
        raise wrong(
            "instances with Inferentia or Trainium, such as {type_}, aren't supported yet. Use a type with GPUs, such "
            'as "g5.xlarge".',
            type_=type_,
        )
    return type_


_InstanceType = Annotated[str, AfterValidator(_supported)]


class Capacity(Table):
    """EC2 instances for the tasks of the services that use them, in an Auto Scaling group behind a capacity provider,
    which starts as many as these tasks need."""

    instance_types: Annotated[tuple[_InstanceType, ...], Field(min_length=1)]
    """Instance types, such as ["g5.xlarge"], the preferred one first. AWS starts any of them that's available, so every
    task must fit on each type."""
    min: Annotated[int, Field(ge=0, le=1000)] = 0
    """Minimum number of instances, which run even without tasks."""
    max: Annotated[int, Field(ge=1, le=1000)]
    """Maximum number of instances. A rollout needs room for new tasks beside the old ones, or stops old ones first."""
    spot: bool = False
    """Use Spot instances, which AWS reclaims with two minutes' notice."""
    disk_gib: Annotated[int, Field(ge=SMALLEST_DISK, le=16384)] = 100
    """Size of each instance's encrypted disk in GiB, at least 30, for images, scratch volumes and model artifacts."""
    throughput: Annotated[int, Field(ge=125, le=1000)] | None = None
    """Throughput of each instance's disk in MiB/s, 125 to 1000. AWS bills what exceeds 125. Default: 500 with GPUs,
    because model artifacts are large, else 125."""
    warm: Annotated[int, Field(ge=0, le=1000)] = 0
    """Number of stopped instances in the warm pool, out of `max`. They start faster, and you pay for their disks."""
    zones: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    """Zones of the network in which AWS offers these types, as letters or names. If network.zones is a number, "a" is
    the first zone. Default: all."""


class Cluster(Table):
    """ECS cluster settings."""

    arn: ClusterArn | None = None
    """ARN of an existing cluster (docs/joining.md). Terraform doesn't change its settings."""
    insights: Literal["enhanced", "enabled", "disabled"] = "enabled"
    """Container Insights level: enabled = metrics of services; enhanced = also of each task and container. AWS bills
    each metric (docs/production.md)."""
    exec: bool = False
    """Allow operators to open a shell in the containers of all services (ECS Exec). Sessions are logged."""


EVERY_PUBLIC = "*"
_REGISTRY = r"[^\s/:@.]+(\.[^\s/:@.]+)+(:\d+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)*"
_Registry = text("registry", f"^{_REGISTRY}$")


def _registries(value: object) -> object:
    hosts = {EVERY_PUBLIC: value} if isinstance(value, str) else value
    if not isinstance(hosts, dict):
        raise wrong('expected a registry or a table of them; write { "docker.io" = "registry.example.com/hub" }')
    for host, registry in hosts.items():
        if host != EVERY_PUBLIC and "/" in host:
            raise wrong('"{host}" is not a host; write it without scheme and path, as in "docker.io"', host=host)
        if not isinstance(registry, str) or not re.fullmatch(_REGISTRY, registry):
            message = (
                '"{registry}" is not a registry; write its host, and maybe a path, without scheme and / at the end'
            )
            raise wrong(message, registry=registry)
    return hosts


class Images(Table):
    """Images of the containers that `make synth` adds to tasks."""

    envoy: str | None = None
    """App Mesh's Envoy. Default: a pinned public image, or the regional one with nat = "none"."""
    loader: str | None = None
    """Downloads model artifacts: an image with a shell and the AWS CLI. Default: AWS's own CLI image, pinned."""
    collector: str | None = None
    """AWS Distro for OpenTelemetry, for `mesh.tracing`. Default: a pinned public image."""
    log_router: str | None = None
    """AWS for Fluent Bit, for `logs.router`. Default: a pinned public image."""
    registry: Annotated[
        dict[str, str], BeforeValidator(_registries, json_schema_input_type=_Registry | dict[str, _Registry])
    ] = {}
    """Registries that replace public ones, such as ECR pull-through caches: a table of hosts, { "docker.io" =
    "123456789012.dkr.ecr.us-west-2.amazonaws.com/hub" }, or one registry for all. The rest of the image's name is
    appended; for `redis:7` it's `library/redis:7`."""
