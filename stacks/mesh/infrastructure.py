"""The role in which ECS itself acts for a mesh: it issues certificates, or registers tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from cdktf_cdktf_provider_aws.iam_role_policy_attachment import IamRolePolicyAttachment

from catalog import names
from stacks.part import OUTLIVES_TASKS, Part, Ref
from stacks.roles import Statement, policy, trust


@dataclass(frozen=True, kw_only=True)
class InfrastructureRole:
    """A role and what gives it its rights. ECS needs both until the last service is gone."""

    role: Ref
    rights: tuple[Ref, ...]


def infrastructure_role(part: Part, *, managed: str, statements: Sequence[Statement] = ()) -> InfrastructureRole:
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
        return InfrastructureRole(role=role, rights=(attachment,))
    own = part.add(
        IamRolePolicy,
        address,
        name=names.role(deployment.id, "mesh_infrastructure"),
        role=role.name,
        policy=policy(list(statements)),
        lifecycle=OUTLIVES_TASKS,
    )
    return InfrastructureRole(role=role, rights=(attachment, own))
