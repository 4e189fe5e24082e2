"""A small app for tests/stacks/test_bindings.py: one of each kind of thing the bindings pass from Python to node.

Writes Terraform JSON into the folder named by its argument, and prints how many modules of the bindings it imported.
"""

import sys

import stacks  # noqa: F401  prepares the bindings, so it has to come first

# isort: split
from cdktf import App, Fn, LocalBackend, TerraformOutput, TerraformStack
from cdktf_cdktf_provider_aws.appmesh_mesh import AppmeshMesh
from cdktf_cdktf_provider_aws.ecs_cluster import EcsCluster, EcsClusterSetting
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc import Vpc
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule

app = App(outdir=sys.argv[1])
stack = TerraformStack(app, "small")
LocalBackend(stack, path="terraform.tfstate")
AwsProvider(stack, "aws", region="us-west-2")
vpc = Vpc(stack, "vpc", cidr_block="10.0.0.0/16", tags={"Name": "small"})
EcsCluster(stack, "cluster", name="small", setting=[EcsClusterSetting(name="containerInsights", value="enhanced")])
AppmeshMesh(stack, "mesh", name="small", spec={"egress_filter": {"type": "DROP_ALL"}})
group = SecurityGroup(stack, "group", vpc_id=vpc.id)
VpcSecurityGroupIngressRule(
    stack, "rule", security_group_id=group.id, cidr_ipv4=vpc.cidr_block, ip_protocol="tcp", from_port=443, to_port=443
)
TerraformOutput(stack, "vpc_id", value=Fn.join("/", [vpc.id, vpc.arn]))
app.synth()

print(sum(name.startswith("cdktf_cdktf_provider_aws.") for name in sys.modules))
