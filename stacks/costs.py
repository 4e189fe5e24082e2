"""The order of what costs money: after a mesh that AWS has ended, so that a failing apply costs nothing."""

from __future__ import annotations

from cdktf import TerraformResource

from catalog.meshes import mesh_of
from catalog.model import Deployment
from stacks.part import Elements

BILLED = frozenset(
    {
        "aws_acm_certificate",
        "aws_autoscaling_group",
        "aws_cloudwatch_metric_alarm",
        "aws_ecs_service",
        "aws_efs_file_system",
        "aws_eip",
        "aws_kms_key",
        "aws_lb",
        "aws_nat_gateway",
        "aws_route53_zone",
        "aws_service_discovery_private_dns_namespace",
        "aws_vpc_endpoint",
    }
)
"""The Terraform types of resources that AWS bills while they exist: by the hour or month, or once for each. A test
verifies that every type of the output is either here or known to cost nothing by itself."""

WAITING = BILLED - {"aws_vpc_endpoint"}
"""Those that wait for the mesh. An endpoint can't: it is destroyed after the services are updated, so that a migration,
which removes the mesh from the state, would have a cycle (measured). AWS bills it by the hour."""


def after_ended_mesh(elements: Elements, deployment: Deployment) -> None:
    """Let resources that cost money wait for the first resource of a mesh that AWS has ended. That resource depends
    on nothing, so no cycle is possible. Other states need nothing: they are applied after the base, which has it."""
    mesh = mesh_of(deployment)
    if not mesh.ended:
        return
    first = elements[mesh.first_resource]
    for address, ref in elements.items():
        if address.partition(".")[0] in WAITING and ref.state == first.state:
            assert isinstance(ref.element, TerraformResource)
            ref.element.depends_on = [*(ref.element.depends_on or ()), first.address]
