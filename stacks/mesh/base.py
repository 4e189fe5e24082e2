"""The interface of meshes: a service joins a mesh and adds its membership. Also the role that ECS uses for a mesh."""

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
    """A role and its policies. ECS needs both until the last service is deleted."""

    role: Ref
    policies: tuple[Ref, ...]


def infrastructure_role(part: Part, *, managed: str, statements: Sequence[JsonStatement] = ()) -> InfrastructureRole:
    """Make the deployment's infrastructure role, with an AWS managed policy, named by the part after `policy/` in its
    ARN (ECS developer guide, "Amazon ECS infrastructure IAM role"), and further statements."""
    deployment = part.deployment
    address = names.shared("mesh")
    role = part.add(
        IamRole,
        address,
        # Service keys have no underscore, so the name differs from those of the services' roles.
        name=names.role(deployment.id, "mesh_infrastructure"),
        # As in AWS's documentation, which describes the account condition only for roles of tasks.
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
    """The values that a mesh needs from the parts before it."""

    vpc_id: str
    account: Callable[[], str]
    """Returns the account's number or a reference to it; call it only if needed."""
    discovery: Discovery
    security: SecurityGroups


@dataclass(frozen=True, kw_only=True)
class Membership:
    """The parts that a service adds to its task definition, ECS service and role to join the mesh."""

    sidecars: tuple[dict[str, Any], ...] = ()
    """Container definitions (ECS API spelling), each with its `cpu` and `memoryReservation`, and without a log
    configuration, which the service adds."""
    beside: Share | None = None
    """The share of a container that ECS adds to the task itself."""
    container_dependencies: tuple[dict[str, str], ...] = ()
    """`dependsOn` of the service's own container."""
    port_mapping: dict[str, Any] = field(default_factory=dict)
    """Further keys of the service's port mapping (ECS API spelling)."""
    labels: dict[str, str] = field(default_factory=dict)
    """Docker labels of the service's container: values that tasks read only when they start. A change of one makes a
    new revision of the task definition, which ECS deploys."""
    task: dict[str, Any] = field(default_factory=dict)
    """Further arguments of the task definition."""
    service: dict[str, Any] = field(default_factory=dict)
    """Further arguments of the ECS service."""
    newer: dict[str, Any] = field(default_factory=dict)
    """Arguments of the ECS service that the bindings don't have, by path."""
    task_statements: tuple[dict[str, Any], ...] = ()
    """IAM statements (JSON spelling) of the task role."""
    target_protocol: str = "HTTP"
    """The protocol that a load balancer uses for the task."""
    probed: bool = False
    """Whether the mesh checks the health of its tasks, so that the grace period applies."""
    replaced_with: tuple[Ref, ...] = ()
    """Resources whose replacement also replaces the ECS service."""
    depends_on: tuple[Ref, ...] = ()
    """Resources that must exist before the first task starts: routes, and the security group rules of its calls."""


class Mesh(Protocol):
    """A construct with the resources for calls between services."""

    @property
    def name(self) -> str | None:
        """The mesh's own name, for the outputs; None if it has no name."""
        ...

    def join(self, service: Service) -> Membership:
        """Create the mesh's resources for a service and the security group rules of its calls, and return the parts
        that the service must add. Called once per service, callees before callers unless they are in a cycle."""
        ...

    def join_version(self, version: Service, *, service: Membership) -> Membership:
        """Create the own resources of another version of a service. `service` is the service's membership: joining the
        service already created the routing and the rules of its calls."""
        ...


class MakeMesh(Protocol):
    """The class of a mesh: calling it creates the resources that all services share."""

    def __call__(self, scope: Construct, *, deployment: Deployment, context: MeshContext) -> Mesh: ...

    def host_reference(self, service_name: str) -> str:
        """The reference to the host name that AWS generates for a service, for the catalog's placeholder."""
        ...


class RetiredResources(Protocol):
    """Lists the addresses of resources that a mesh that AWS has ended may have in a state."""

    def __call__(self, deployment: Deployment) -> list[str]: ...


@dataclass(frozen=True, kw_only=True)
class GatewayTask:
    """The container in the tasks of a mesh's gateway, and its permissions."""

    image: str
    port: int
    environment: dict[str, str]
    check: tuple[str, ...]
    """The container's own health check (ECS API spelling)."""
    statements: tuple[dict[str, Any], ...]
    container: dict[str, Any]
    """Further keys of the container definition (ECS API spelling)."""


class MeshGateway(Protocol):
    """The mesh's part of an ingress that its proxies serve."""

    @property
    def task(self) -> GatewayTask: ...

    def lead_to(self, service: Service) -> Ref:
        """Create the route for a service's requests."""
        ...


class MakeGateway(Protocol):
    """The class of such a gateway: calling it creates the resources that all services behind an ingress share."""

    def __call__(self, scope: Construct, *, deployment: Deployment, ingress: str, mesh: str) -> MeshGateway: ...


def connected(service: Service, security: SecurityGroups, *, deployment: Deployment) -> tuple[Ref, ...]:
    """The security group rules of a service's calls, for a mesh in which tasks connect to tasks."""
    return tuple(rule for callee in deployment.callees_of(service) for rule in security.connect(service, callee))


def tls_authority(deployment: Deployment) -> str | None:
    """The ARN of the private CA that signs the mesh's certificates, if the catalog sets one."""
    tls = deployment.catalog.mesh.tls
    return tls.authority if tls else None


def registered(registry: Ref | None) -> dict[str, Any]:
    """The argument of an ECS service that registers its tasks in Cloud Map."""
    return {"service_registries": EcsServiceServiceRegistries(registry_arn=registry.arn)} if registry else {}


def no_generated_hosts(service_name: str) -> str:
    """For a mesh that supports every service's own name."""
    raise LookupError(f"AWS makes no host name for {service_name}")
