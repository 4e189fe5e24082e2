"""VPC Lattice's Terraform types that bear a service's name.

All of it stays in the base: AWS makes up the ids of its listeners and target groups, so no other state could import
them.
"""

from __future__ import annotations

from catalog.analysis.resource_types import ResourceType

RESOURCE_TYPES = {
    "aws_route53_zone": ResourceType(),
    "aws_vpclattice_auth_policy": ResourceType(),
    "aws_vpclattice_listener": ResourceType(),
    "aws_vpclattice_listener_rule": ResourceType(),
    "aws_vpclattice_service": ResourceType(),
    "aws_vpclattice_service_network_service_association": ResourceType(),
    "aws_vpclattice_target_group": ResourceType(),
}
