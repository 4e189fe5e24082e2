"""What runs: the keys that say it, and a workload of one deployment."""

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
    """How to tell that a service is well."""

    path: (
        Annotated[str, matching(r"/[!-\"$-~]{0,1023}", "a path", "begin it with /, at most 1024 characters of ASCII")]
        | None
    ) = None
    """Path that answers with success; probed by load balancer and mesh. Without it, Envoys try the port, load balancers
    and VPC Lattice ask for / and take any answer but a failure."""


class Deploy(Table):
    """How a new revision replaces the old."""

    min: Annotated[int, Field(ge=0, le=100)] = 100
    """Percentage of the tasks that keep running."""
    max: Annotated[int, Field(ge=100, le=200)] = 200
    """Percentage of the tasks that may run."""
    rollback: bool = True
    """Return to the last good revision when a rollout fails."""
    wait: bool = True
    """`terraform apply` waits for the rollout, and fails if it was rolled back."""


class WorkloadKeys(Table):
    """What of a service may differ from one of its versions to another: what runs, and on what."""

    image: str
    """Container image, with a tag or digest."""
    command: tuple[str, ...] | None = None
    """Arguments of the container."""
    entrypoint: tuple[str, ...] | None = None
    """Program of the container."""
    user: str | None = None
    """User of the container."""
    working_dir: AbsolutePath | None = None
    """Working folder of the container."""
    cpu: int = 512
    """CPU units of the whole task, containers that the catalog adds included; 1024 are one vCPU."""
    memory: int = 1024
    """MiB of memory of the whole task, containers that the catalog adds included."""
    storage: Annotated[int, Field(ge=20, le=200)] = 20
    """GiB of task storage on Fargate, 20 to 200; on a [capacity] tasks share its disk."""
    architecture: Literal["x86_64", "arm64"] = "x86_64"
    """Processor."""
    capacity: Name = "fargate"
    """Where tasks run: fargate, fargate-spot, or the name of a [capacity]."""
    gpus: Annotated[int, Field(ge=0, le=16)] = 0
    """GPUs of each task's own container, on a [capacity] that has them."""
    shared_memory_mib: Annotated[int, Field(ge=0)] = 0
    """MiB of shared memory (/dev/shm) of the container, out of `memory`, on a [capacity]; 0 is Docker's 64."""
    replicas: Annotated[int, Field(ge=0, le=1000)] = 1
    """How many tasks."""
    scale: Scale | None = None
    """How many tasks, by load or by the clock, instead of replicas."""
    health: Health = Health()
    """How to tell that it is well."""
    environment: dict[VariableName, str] = {}
    """Environment variables. The address of each callee is added as NAME_URL (AI_CHAT_URL for ai-chat), over tcp as
    NAME_HOST and NAME_PORT, unless you set that variable."""
    not_secret: tuple[VariableName, ...] = ()
    """Environment variables that look like secrets by their names, and are none."""
    secrets: Secrets = {}
    """Environment variables whose values are secrets: NAME = ARN, or { arn, key, kms }."""
    redeploy_on_rotation: bool = False
    """Deploy the service anew when a secret of Secrets Manager has a new current version. Terraform asks for the ids of
    versions, never for values."""
    credentials: SecretsManagerArn | None = None
    """ARN of the secret with user name and password of a private registry."""
    access: Access = Access()
    """What it may do in AWS."""
    volumes: dict[Name, Volume] = {}
    """Folders that lie outside the container's own file system."""
    model: Model | None = None
    """Weights that are fetched before it starts: { source, mount, cache }."""
    sidecars: dict[Name, Sidecar] = {}
    """Containers beside its own in every task."""
    deploy: Deploy = Deploy()
    """How a new revision replaces the old."""
    logs: Logs = Logs()
    """What becomes of its output."""
    stop_timeout: Duration | None = None
    """How long it may take to stop, at most 120s on Fargate. Default: timeout, as an answer may be under way, but from
    30s to 120s; for tcp 30s."""
    readonly_root: bool = False
    """Make the container's root file system read-only."""
    exec: bool | None = None
    """Let operators open a shell in its containers (ECS Exec), or not, whatever `cluster.exec` says."""
    container: dict[str, Any] = {}
    """Raw keys of the ECS container definition, merged in and checked against AWS's model."""


class Workload(WorkloadKeys):
    """What runs as tasks of one deployment, with nothing left open: a service, another version of one, or the proxies
    of an ingress's gateway."""

    name: str
    """Its name in Terraform addresses and in messages: its key in the catalog; of a version, with the version's name
    behind it: `llm_next`."""
    aws_name: str
    """By which AWS knows it, for good: like `name`, but that no renaming of the key changes it."""
    place: Path
    """Its table in the catalog: ("services", "llm"), ("services", "llm", "versions", 0), ("ingress", "public")."""
    version: str | None = None
    """Which version of its service it is; None for the service itself, and for what has no versions."""
    port: int | None = None
    """Port that its own container listens on."""
    calls: tuple[str, ...] = ()
    """Services and externals that it may talk to."""
    tags: dict[str, str] = {}
    """Tags on everything of it."""
    stack: str | None = None
    """The Terraform state it lives in; None for the base."""
    move_from_stack: str | None = None
    """The state that it comes from."""
    renamed_from: str | None = None
    """Its old key."""
    granted: tuple[Statement, ...] = ()
    """What `access` opens, as statements of its task role."""
    stop_timeout: float

    @property
    def key(self) -> str:
        """Its key in the catalog, the same for all versions of a service: by it callers know it."""
        return self.name if self.version is None else self.name.partition("_")[0]

    @property
    def aws_key(self) -> str:
        """Its `aws_name`, the same for all versions of a service."""
        return self.aws_name if self.version is None else self.aws_name.partition("_")[0]

    @property
    def table(self) -> Path:
        """Its table in the catalog; of a version, that of its service."""
        return self.place[:2]

    @property
    def title(self) -> str:
        """What it is called in a message."""
        return f"version {self.version} of {self.key}" if self.version else self.name

    @property
    def on_fargate(self) -> bool:
        return self.capacity in FARGATE

    @property
    def first_tasks(self) -> int:
        """How many tasks it begins with."""
        return self.scale.min if self.scale else self.replicas

    @property
    def fewest_tasks(self) -> int:
        """How many tasks it has at least, at any time."""
        return self.scale.fewest if self.scale else self.replicas

    @property
    def most_tasks(self) -> int:
        """How many tasks it has at most, at any time."""
        return self.scale.most if self.scale else self.replicas
