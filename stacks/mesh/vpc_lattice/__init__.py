"""Amazon VPC Lattice: a service network, and in it for every service a listener and a target group of its tasks."""

from stacks.mesh.vpc_lattice.mesh import VpcLattice

__all__ = ["VpcLattice"]
