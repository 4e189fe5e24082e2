"""Workloads: the keys that services and their versions share, and a workload of one deployment."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from catalog.diagnostics import Path
from catalog.model.container import Check, Logs, Model, Secrets, Sidecar, Volume
from catalog.model.iam import Access, Statement
from catalog.model.platform import FARGATE
from catalog.model.scaling import Scale
from catalog.model.types import (
    AbsolutePath,
    Duration,
    Name,
    SecretsManagerArn,
    Table,
    VariableName,
    matching,
)

TABLES = ("services",)
"""The catalog's tables whose entries are workloads."""


class Health(Check):
    """Health check settings of a service."""

    path: (
        Annotated[str, matching(r"/[!-\"$-~]{0,1023}", "a path", "begin it with /, at most 1024 characters of ASCII")]
        | None
    ) = None
    """Path that load balancer and mesh check for a success status. Without it, Envoy proxies check the port; load
    balancers and VPC Lattice request / and accept any response except a failure."""


class Deploy(Table):
    """Rollout settings of new revisions."""

    min: Annotated[int, Field(ge=0, le=100)] = 100
    """Minimum percentage of the tasks that run during a rollout."""
    max: Annotated[int, Field(ge=100, le=200)] = 200
    """Maximum percentage of the tasks that run during a rollout."""
    rollback: bool = True
    """Roll back to the last good revision if a rollout fails."""
    wait: bool = True
    """Make `terraform apply` wait for the rollout, and fail if ECS rolls it back."""


class WorkloadKeys(Table):
    """Keys that can differ between versions of a service: its containers and the resources they run on."""

    image: str
    """Container image, with a tag or digest."""
    command: tuple[str, ...] | None = None
    """Arguments of the container, in place of the image's CMD."""
    entrypoint: tuple[str, ...] | None = None
    """Program of the container, in place of the image's ENTRYPOINT."""
    user: str | None = None
    """User that the container runs as."""
    working_dir: AbsolutePath | None = None
    """Working directory of the container."""
    cpu: int = 512
    """CPU units of the whole task, including added containers; 1024 are one vCPU."""
    memory: int = 1024
    """Memory of the whole task in MiB, including added containers."""
    storage: Annotated[int, Field(ge=20, le=200)] = 20
    """Task storage on Fargate in GiB, 20 to 200. On a [capacity], tasks share the instance's disk."""
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    """Processor architecture."""
    capacity: Name = "fargate"
    """Capacity that tasks run on: fargate, fargate-spot, or the name of a [capacity]."""
    gpus: Annotated[int, Field(ge=0, le=16)] = 0
    """Number of GPUs of the service's container in each task, on a [capacity] with GPUs."""
    shared_memory_mib: Annotated[int, Field(ge=0)] = 0
    """Shared memory (/dev/shm) of the container in MiB, out of `memory`, on a [capacity]. 0 means Docker's default,
    64."""
    replicas: Annotated[int, Field(ge=0, le=1000)] = 1
    """Number of tasks."""
    scale: Scale | None = None
    """Autoscaling by load or schedule, instead of `replicas`."""
    health: Health = Health()
    """Health check settings."""
    environment: dict[VariableName, str] = {}
    """Environment variables. The address of each callee is added as NAME_URL (AI_CHAT_URL for ai-chat), or as NAME_HOST
    and NAME_PORT over tcp, unless you set that variable."""
    not_secret: tuple[VariableName, ...] = ()
    """Environment variables that aren't secrets although their names suggest it."""
    secrets: Secrets = {}
    """Environment variables whose values are secrets: NAME = ARN, or { arn, key, kms }."""
    redeploy_on_rotation: bool = False
    """Redeploy the service when a Secrets Manager secret has a new current version. Terraform reads version ids, never
    values."""
    credentials: SecretsManagerArn | None = None
    """ARN of the secret with the user name and password of a private registry."""
    access: Access = Access()
    """AWS permissions for the service's task role."""
    volumes: dict[Name, Volume] = {}
    """Directories on storage outside the container's file system."""
    model: Model | None = None
    """Model artifacts to download before the service starts: { source, mount, cache }."""
    sidecars: dict[Name, Sidecar] = {}
    """Additional containers in each of the service's tasks."""
    deploy: Deploy = Deploy()
    """Rollout settings of new revisions."""
    logs: Logs = Logs()
    """Log settings."""
    stop_timeout: Duration | None = None
    """Time between SIGTERM and SIGKILL when a task stops, at most 120s on Fargate. Default: `timeout`, so that
    responses can finish, but 30s to 120s; for tcp 30s."""
    readonly_root: bool = False
    """Make the container's root file system read-only."""
    exec: bool | None = None
    """Allow operators to open a shell in the service's containers (ECS Exec). Overrides `cluster.exec`."""
    container: dict[str, Any] = {}
    """Raw keys of the ECS container definition, merged into it and checked against AWS's API model."""


class Workload(WorkloadKeys):
    """A workload of one deployment with every setting resolved: a service, a version of one, or an ingress's gateway
    proxies."""

    name: str
    """Name in Terraform addresses and in messages: its key in the catalog; for a version, followed by the version's
    name: `llm_next`."""
    aws_name: str
    """Permanent name in AWS: like `name`, but unchanged when the key is renamed."""
    place: Path
    """Its table in the catalog: ("services", "llm"), ("services", "llm", "versions", 0), ("ingress", "public")."""
    version: str | None = None
    """Name of the version; None for the service itself and for workloads without versions."""
    port: int | None = None
    """Port that the workload's container listens on."""
    calls: tuple[str, ...] = ()
    """Services and externals that the workload can reach."""
    tags: dict[str, str] = {}
    """Tags on all its resources."""
    stack: str | None = None
    """Terraform state of the workload; None for the base."""
    move_from_stack: str | None = None
    """Previous state of the workload."""
    renamed_from: str | None = None
    """Previous key."""
    granted: tuple[Statement, ...] = ()
    """Permissions that `access` grants, as statements of the task role."""
    stop_timeout: float

    @property
    def key(self) -> str:
        """Key in the catalog, by which callers name it; the same for all versions of a service."""
        return self.name if self.version is None else self.name.partition("_")[0]

    @property
    def aws_key(self) -> str:
        """Its `aws_name`, the same for all versions of a service."""
        return self.aws_name if self.version is None else self.aws_name.partition("_")[0]

    @property
    def table(self) -> Path:
        """Table in the catalog; for a version, the service's table."""
        return self.place[:2]

    @property
    def title(self) -> str:
        """Name in messages."""
        return f"version {self.version} of {self.key}" if self.version else self.name

    @property
    def on_fargate(self) -> bool:
        return self.capacity in FARGATE

    @property
    def first_tasks(self) -> int:
        """Initial number of tasks."""
        return self.scale.min if self.scale else self.replicas

    @property
    def fewest_tasks(self) -> int:
        """Minimum number of tasks at any time."""
        return self.scale.fewest if self.scale else self.replicas

    @property
    def most_tasks(self) -> int:
        """Maximum number of tasks at any time."""
        return self.scale.most if self.scale else self.replicas
