"""What VPC Lattice asks of IAM."""

from catalog.rights import Right

INVOKE = Right(
    actions=("vpc-lattice-svcs:Invoke",),
    holder="task role of a caller; and callers' task roles, by the auth policy of a service",
    why="with `mesh.auth`, a request takes IAM's leave on both sides",
    no_operations=("vpc-lattice-svcs:Invoke",),
    page='VPC Lattice user guide, "Auth policies"',
    everywhere="in an auth policy, of which the one service is the resource; denied to everybody where nobody calls it",
)
RIGHTS = (INVOKE,)
INFRASTRUCTURE_POLICY = "AmazonECSInfrastructureRolePolicyForVpcLattice"
MANAGED = {
    INFRASTRUCTURE_POLICY: "ECS registers tasks with VPC Lattice (ECS developer guide, "
    '"Amazon ECS infrastructure IAM role")',
}
