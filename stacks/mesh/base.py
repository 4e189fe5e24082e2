"""What a mesh is to the rest: a service joins it, and adds what the membership says. Also the role in which ECS acts
for a mesh."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from cdktf_cdktf_provider_aws.ecs_service import EcsServiceServiceRegistries
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment
from constructs import Construct

from catalog import names
from catalog.analysis.packing import Share
from catalog.analysis.policies import JsonStatement, policy, trust
from catalog.model import Deployment, Service
from stacks.network.discovery import Discovery
from stacks.network.security_groups import SecurityGroups
from stacks.part import OUTLIVES_TASKS, Part, Ref


@dataclass(frozen=True, kw_only=True)
class InfrastructureRole:
    """A role and its policies. ECS needs both until the last service is gone."""

    role: Ref
    policies: tuple[Ref, ...]


def infrastructure_role(part: Part, *, managed: str, statements: Sequence[JsonStatement] = ()) -> InfrastructureRole:
    """Make the deployment's infrastructure role, with a policy of AWS's own: what follows `policy/` in its ARN (ECS
    developer guide, "Amazon ECS infrastructure IAM role"), and further statements."""
    deployment = part.deployment
    address = names.shared("mesh")
    role = part.add(
        IamRole,
        address,
        # The underscore, as in no service's key, keeps the name apart from those of the services' roles.
        name=names.role(deployment.id, "mesh_infrastructure"),
        # As AWS writes it: that ECS says for which account it comes is documented of its tasks only.
        assume_role_policy=trust("ecs.amazonaws.com", accounts=()),
        permissions_boundary=deployment.catalog.catalog.permissions_boundary,
    )
    attachment = part.add(
        IamRolePolicyAttachment,
        address,
        role=role.name,
        lifecycle=OUTLIVES_TASKS,
        policy_arn=f"arn:{deployment.partition}:iam::aws:policy/{managed}",
    )
    if not statements:
        return InfrastructureRole(role=role, policies=(attachment,))
    own = part.add(
        IamRolePolicy,
        address,
        name=names.role(deployment.id, "mesh_infrastructure"),
        role=role.name,
        policy=policy(list(statements)),
        lifecycle=OUTLIVES_TASKS,
    )
    return InfrastructureRole(role=role, policies=(attachment, own))


@dataclass(frozen=True, kw_only=True)
class MeshContext:
    """What the parts that come before it hand to a mesh."""

    vpc_id: str
    account: Callable[[], str]
    """Asked for the account's number, or a reference to it, only where it is needed."""
    discovery: Discovery
    security: SecurityGroups


@dataclass(frozen=True, kw_only=True)
class Membership:
    """All that a service adds to its task definition, its ECS service and its role to be in the mesh."""

    sidecars: tuple[dict[str, Any], ...] = ()
    """Container definitions (ECS API spelling), each with its `cpu` and `memoryReservation`, and without a log
    configuration, which the service adds."""
    beside: Share | None = None
    """What a container takes of the task that ECS adds by itself."""
    container_dependencies: tuple[dict[str, str], ...] = ()
    """`dependsOn` of the service's own container."""
    port_mapping: dict[str, Any] = field(default_factory=dict)
    """Further keys of the service's port mapping (ECS API spelling)."""
    task: dict[str, Any] = field(default_factory=dict)
    """Further arguments of the task definition."""
    service: dict[str, Any] = field(default_factory=dict)
    """Further arguments of the ECS service."""
    task_statements: tuple[dict[str, Any], ...] = ()
    """IAM statements (JSON spelling) of the task role."""
    target_protocol: str = "HTTP"
    """What a load balancer speaks to the task."""
    probed: bool = False
    """Whether the mesh probes its tasks, so that a start may take its time."""
    replaced_with: tuple[Ref, ...] = ()
    """What the ECS service cannot outlive: where one of these is replaced, it is too."""
    depends_on: tuple[Ref, ...] = ()
    """What must stand before the first task starts: routes, and the security group rules of every call it makes."""


class Mesh(Protocol):
    """A construct that carries the calls between services."""

    @property
    def name(self) -> str | None:
        """The mesh's own name, for the outputs; None where the network has none."""
        ...

    def join(self, service: Service) -> Membership:
        """Make the mesh's resources for a service, and the security group rules of its calls; say what the service
        must add. Called once per service, callees before callers where they are not in a circle."""
        ...

    def join_version(self, version: Service, *, service: Membership) -> Membership:
        """Make what another version of a service has of its own; `service` is what the service itself must add. Who
        gets which requests, and its part in the calls, joining the service has settled."""
        ...


class MakeMesh(Protocol):
    """The class of a mesh: called, it makes what all services share."""

    def __call__(self, scope: Construct, *, deployment: Deployment, context: MeshContext) -> Mesh: ...

    def host_reference(self, service_name: str) -> str:
        """The reference to the host name that AWS makes for a service, where the catalog marks one."""
        ...


class RetiredResources(Protocol):
    """Says which resources of a mesh that AWS no longer answers for may be in a state, by address."""

    def __call__(self, deployment: Deployment) -> list[str]: ...


@dataclass(frozen=True, kw_only=True)
class GatewayTask:
    """What runs in the tasks of a mesh's gateway, and may be asked of AWS there."""

    image: str
    port: int
    environment: dict[str, str]
    check: tuple[str, ...]
    """The container's own check (ECS API spelling)."""
    statements: tuple[dict[str, Any], ...]
    container: dict[str, Any]
    """Further keys of the container definition (ECS API spelling)."""


class MeshGateway(Protocol):
    """The mesh's side of a way in that its proxies serve."""

    @property
    def task(self) -> GatewayTask: ...

    def lead_to(self, service: Service) -> Ref:
        """Make what sends a service the requests that are meant for it."""
        ...


class MakeGateway(Protocol):
    """The class of such a gateway: called, it makes what all services behind an ingress share."""

    def __call__(self, scope: Construct, *, deployment: Deployment, ingress: str, mesh: str) -> MeshGateway: ...


def connected(service: Service, security: SecurityGroups, *, deployment: Deployment) -> tuple[Ref, ...]:
    """The rules of all calls of a service, for a mesh in which tasks connect to tasks."""
    return tuple(rule for callee in deployment.callees_of(service) for rule in security.connect(service, callee))


def tls_authority(deployment: Deployment) -> str | None:
    """The ARN of the private CA that signs the mesh's certificates, where the catalog names one."""
    tls = deployment.catalog.mesh.tls
    return tls.authority if tls else None


def registered(registry: Ref | None) -> dict[str, Any]:
    """The argument of an ECS service that lists its tasks in Cloud Map."""
    return {"service_registries": EcsServiceServiceRegistries(registry_arn=registry.arn)} if registry else {}


def no_generated_hosts(service_name: str) -> str:
    """For a mesh that carries every service's own name."""
    raise LookupError(f"AWS makes no host name for {service_name}")
