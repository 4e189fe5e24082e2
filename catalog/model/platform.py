"""What services run on: catalog, provider and Terraform settings, cluster, capacity, images, security."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

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
    """What the deployment is called and where it lives."""

    name: Annotated[Name, Field(max_length=24)]
    """Name of the deployment; prefixes every AWS name."""
    region: Region
    """AWS region."""
    images: str | None = None
    """Path of a machine-written TOML file, `service = "image"`, that wins over `image`; beside the catalog."""
    tags: dict[str, str] = {}
    """Tags on everything, tasks included."""
    permissions_boundary: PolicyArn | None = None
    """ARN of the policy that bounds every role."""
    stacks: tuple[StackName, ...] = ()
    """States that are written although no service names them any more, until what they held is deleted."""


class AssumeRole(Table):
    """The role in which the provider acts."""

    role_arn: RoleArn
    """Its ARN."""
    external_id: (
        Annotated[
            str,
            matching(
                r"[\w+=,.@:/-]{2,1224}", "an external id", "write 2 to 1224 of letters, digits and + = , . @ : / - _"
            ),
        ]
        | None
    ) = None
    """External id, where its trust policy asks for one."""
    session_name: (
        Annotated[
            str, matching(r"[\w+=,.@-]{2,64}", "a session name", "write 2 to 64 of letters, digits and + = , . @ - _")
        ]
        | None
    ) = None
    """Session name, for CloudTrail."""


def _assume_role(value: object) -> object:
    return {"role_arn": value} if isinstance(value, str) else value


class Aws(Table):
    """How the provider reaches AWS."""

    accounts: tuple[Annotated[str, matching(r"\d{12}", "an account id", "write its twelve digits in quotes")], ...] = ()
    """Accounts in which this may be applied; in any other, Terraform refuses."""
    assume_role: Annotated[
        AssumeRole | None,
        BeforeValidator(_assume_role, json_schema_input_type=text("ARN", "^arn:aws[a-z-]*:iam:") | AssumeRole),
    ] = None
    """Role to assume: its ARN, or { role_arn, external_id, session_name }."""
    profile: str | None = None
    """Named profile of the AWS configuration."""


class Terraform(Table):
    """Demands on Terraform."""

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
    """Keys of one's own, and protection from deletion."""

    kms_key: Annotated[
        Literal[True] | str | None,
        BeforeValidator(_kms_key, json_schema_input_type=bool | text("ARN", f"^{_KMS_KEY_ARN}$")),
    ] = None
    """The KMS key that encrypts logs, file system, disks, task storage, shell sessions and certificates: true makes one
    for this deployment, an ARN names one that exists, whose policy then is yours (docs/security.md). Default: keys that
    AWS owns."""
    deletion_protection: bool = False
    """Refuse to delete what cannot be had back: load balancers, file system, key, log buckets, the cluster. With it,
    `make destroy` refuses before it has deleted anything."""


FARGATE = ("fargate", "fargate-spot")
"""The capacity that is always there."""
SMALLEST_DISK = 30
"""GiB of the snapshot that every ECS-optimized image starts from (aws/amazon-ecs-ami, variables.pkr.hcl)."""


class Capacity(Table):
    """EC2 instances for the tasks of the services that name it, as many as these tasks need: an Auto Scaling group
    behind a capacity provider."""

    instance_types: Annotated[tuple[str, ...], Field(min_length=1)]
    """Instance types, as in ["g5.xlarge"], the preferred one first. Of several, whichever AWS has is started, so every
    one must hold every task."""
    min: Annotated[int, Field(ge=0, le=1000)] = 0
    """Instances that run even without tasks."""
    max: Annotated[int, Field(ge=1, le=1000)]
    """Instances that run at most. A rollout takes room for new tasks beside the old, or stops old ones first."""
    spot: bool = False
    """Spot instances, which AWS takes back with two minutes' notice."""
    disk_gib: Annotated[int, Field(ge=SMALLEST_DISK, le=16384)] = 100
    """GiB of each instance's encrypted disk, for images, scratch volumes and weights; 30 at least."""
    warm: Annotated[int, Field(ge=0, le=1000)] = 0
    """Stopped instances that stand by, of those up to `max`: they start faster, and cost their disks."""
    zones: Annotated[tuple[str, ...], Field(min_length=1)] | None = None
    """Zones of the network in which AWS has these types, as letters or names; with a number as network.zones, "a" is
    the first. Default: all."""


class Cluster(Table):
    """The ECS cluster."""

    arn: ClusterArn | None = None
    """ARN of a cluster that exists (docs/joining.md): it is used as it is, with the settings that its owner made."""
    insights: Literal["enhanced", "enabled", "disabled"] = "enhanced"
    """Container Insights."""
    exec: bool = False
    """Let operators open a shell in the containers of all services (ECS Exec). What they do there is logged."""


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
    """Images of containers that the catalog adds to tasks."""

    envoy: str | None = None
    """App Mesh's Envoy. Default: a pinned public image; with nat = "none" the regional one."""
    loader: str | None = None
    """What fetches models: an image with a shell and the AWS CLI. Default: AWS's own image of that, pinned."""
    collector: str | None = None
    """AWS Distro for OpenTelemetry, which `mesh.tracing` adds. Default: a pinned public image."""
    log_router: str | None = None
    """AWS for Fluent Bit, which `logs.router` adds. Default: a pinned public image."""
    registry: Annotated[
        dict[str, str], BeforeValidator(_registries, json_schema_input_type=_Registry | dict[str, _Registry])
    ] = {}
    """Where images of public registries are taken from instead, as from pull-through caches of ECR: a table of hosts,
    { "docker.io" = "123456789012.dkr.ecr.us-west-2.amazonaws.com/hub" }, or one for all of them. The rest of the name
    follows behind it, that of `redis:7` being `library/redis:7`."""
