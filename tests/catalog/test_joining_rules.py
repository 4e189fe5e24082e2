"""Existing resources: required keys, keys without effect, and resources that two deployments can't share."""

from __future__ import annotations

import pytest

from catalog.meshes import MESHES
from tests.support.catalogs import loaded, notices_of, pointed_out, problems_of
from tests.support.existing import JOINING

LISTENER = "arn:aws:elasticloadbalancing:us-west-2:123456789012:listener/app/platform/50dc6c495c0c9188/f2f7dc8efc522ab2"
NETWORK = """
[network]
vpc_id = "vpc-0a"
private_subnet_ids = ["subnet-0a", "subnet-0b"]
"""
WEB = """
[services.web]
image = "r.io/web:1"
port = 80
"""


pytestmark = pytest.mark.usefixtures("in_tmp_path")


WRONG = {
    # cluster
    "a cluster by its name": r"""
        [cluster]
        arn = "platform"
        #^ cluster.arn: "platform" is not an ARN of an ECS cluster. Write one such as
        #| "arn:aws:ecs:us-west-2:{account}:cluster/shared".
    """,
    "a cluster of another region": r"""
        [cluster]
        arn = "arn:aws:ecs:eu-west-1:123456789012:cluster/platform"
        #^ cluster.arn: is in "eu-west-1". Write the ARN of a cluster in us-west-2.
    """,
    "a cluster of another partition": r"""
        [cluster]
        arn = "arn:aws-cn:ecs:cn-north-1:123456789012:cluster/platform"
        #^ cluster.arn: is in the partition "aws-cn", and us-west-2 is in "aws". Write an ARN that begins with
        #| "arn:aws:".
    """,
    "a cluster of another account": r"""
        [aws]
        accounts = ["210987654321"]

        [cluster]
        arn = "arn:aws:ecs:us-west-2:123456789012:cluster/platform"
        #^ cluster.arn: is in account 123456789012, and Terraform applies this to 210987654321 (services.toml:2). Write
        #| the ARN of a cluster there.
    """,
    "settings of an existing cluster": r"""
        [cluster]
        arn = "arn:aws:ecs:us-west-2:{account}:cluster/platform"
        insights = "disabled"
        #^ cluster.insights: can't be set for an existing cluster (arn, services.toml:2). Remove it, or remove arn.
        exec = true
        #^ cluster.exec: can't be set for an existing cluster (arn, services.toml:2). Remove it and write exec = true in
        #| services, or remove arn.
    """,
    "instances for an existing cluster": r"""
        [cluster]
        arn = "arn:aws:ecs:us-west-2:{account}:cluster/platform"

        [capacity.gpu]
        #^ capacity.gpu: isn't supported in an existing cluster (cluster.arn, services.toml:2), whose capacity providers
        #| Terraform must not replace. Use capacity = "fargate" in its services, or remove cluster.arn.
        instance_types = ["g5.xlarge"]
        max = 2

        [services.llm]
        image = "r.io/llm:1"
        capacity = "gpu"
        gpus = 1
    """,
    # namespace
    "a namespace by its name": r"""
        [discovery]
        namespace = "platform.internal"
        namespace_id = "platform.internal"
        #^ discovery.namespace_id: "platform.internal" is not a namespace id. Write one like "ns-e4anhexample0004".
    """,
    "a namespace without a name": r"""
        [discovery]
        namespace_id = "ns-e4anhexample0004"
        #^ discovery.namespace_id: requires namespace. Add namespace = "example.internal", the name of this namespace.
    """,
    "names that don't resolve in a created VPC": r"""
        [discovery]
        namespace_id = "ns-e4anhexample0004"
        #^ discovery.namespace_id: its names resolve only in VPCs that it's associated with, and web calls llm
        #| (services.toml:9). Set network.vpc_id to one of these VPCs, or remove namespace_id.
        namespace = "platform.internal"

        [services.web]
        image = "r.io/web:1"
        calls = ["llm"]

        [services.llm]
        image = "r.io/llm:1"
        port = 80
    """,
    "an external by the name of a service": r"""
        [network]
        vpc_id = "vpc-0a"
        private_subnet_ids = ["subnet-0a"]

        [discovery]
        namespace_id = "ns-e4anhexample0004"
        namespace = "platform.internal"

        [external.database]
        host = "db.platform.internal" # externally managed

        [external.other]
        host = "web.platform.internal"
        #^ external.other.host: "web.platform.internal" is in the namespace "platform.internal" (services.toml:7), in
        #| which only services have names. Write another namespace.

        [services.web]
        image = "r.io/web:1"
        calls = ["database", "other"]
    """,
    # listener
    "a listener of a Network Load Balancer": r"""
        [ingress.public]
        listener_arn = "arn:aws:elasticloadbalancing:us-west-2:123456789012:listener/net/platform/50dc6c49/f2f7dc8e"
        #^ ingress.public.listener_arn: "arn:aws:elasticloadbalancing:us-west-2:123456789012:list…" is not an ARN of
        #| an Application Load Balancer's listener. Write one with ":listener/app/", the load balancer's name and two
        #| ids behind the account.
    """,
    "a listener alone": NETWORK
    + f"""
[ingress.public]
listener_arn = "{LISTENER}"
#^ ingress.public.listener_arn: requires priorities. Add priorities = [1000, 1999], the range that this catalog may use.
#^ ingress.public.listener_arn: requires security_group_id. Add security_group_id = "sg-0a1b2c3d", a group of its load
#| balancer.
{WEB}public = true
""",
    "settings of an existing listener": NETWORK
    + f"""
[ingress.public]
listener_arn = "{LISTENER}"
security_group_id = "sg-0a"
priorities = [1000, 1999]
allow = ["10.0.0.0/8"]
#^ ingress.public.allow: has no effect on an existing listener (listener_arn, services.toml:6). Remove allow.
logs = true
#^ ingress.public.logs: has no effect on an existing listener (listener_arn, services.toml:6). Remove logs.
certificate = "arn:aws:acm:us-west-2:123456789012:certificate/1111"
#^ ingress.public.certificate: has no effect on an existing listener (listener_arn, services.toml:6). Remove
#| certificate.
{WEB}public = true
""",
    "a security group and priorities without a listener": r"""
        [ingress.public]
        allow = ["10.0.0.0/8"]
        security_group_id = "sg-0a"
        #^ ingress.public.security_group_id: has an effect only on an existing listener. Add listener_arn, or remove
        #| security_group_id.
        priorities = [1000, 1999]
        #^ ingress.public.priorities: has an effect only on an existing listener. Add listener_arn, or remove
        #| priorities.

        [services.web]
        image = "r.io/web:1"
        port = 80
        public = true
    """,
    "priorities that are no range": r"""
        [ingress.public]
        allow = ["10.0.0.0/8"]
        priorities = [1999, 1000]
        #^ ingress.public.priorities: [1999, 1000] is no range of priorities; write two numbers from 1 to 50000, the
        #| lower one first
        [ingress.other]
        allow = ["10.0.0.0/8"]
        priorities = 1000
        #^ ingress.other.priorities: expected the first and the last priority; write two numbers, as in [1000, 1999]
    """,
    "a listener in a network of our own": f"""
[ingress.public]
listener_arn = "{LISTENER}"
#^ ingress.public.listener_arn: requires the existing VPC of its load balancer. Set network.vpc_id and
#| network.private_subnet_ids.
security_group_id = "sg-0a"
priorities = [1000, 1999]
{WEB}public = true
""",
    "a listener elsewhere": NETWORK
    + f"""
[ingress.public]
listener_arn = "{LISTENER.replace("us-west-2", "us-east-1")}"
#^ ingress.public.listener_arn: is in "us-east-1". Write the ARN of a listener in us-west-2.
security_group_id = "sg-0a"
priorities = [1000, 1999]
{WEB}public = true
""",
    "two ingresses of one listener": NETWORK
    + f"""
[ingress.a]
listener_arn = "{LISTENER}"
security_group_id = "sg-0a"
priorities = [1000, 1999]
[ingress.b]
listener_arn = "{LISTENER}"
#^ ingress.b.listener_arn: is used by both ingress.b and ingress.a (services.toml:6). Remove one of them.
security_group_id = "sg-0a"
priorities = [2000, 2999]
{WEB}public = {{ ingress = "a" }}
""",
    "a priority outside the range": NETWORK
    + f"""
[ingress.public]
listener_arn = "{LISTENER}"
security_group_id = "sg-0a"
priorities = [1000, 1999]
{WEB}public = {{ priority = 2000 }}
#^ services.web.public.priority: 2000 isn't in the priorities of the ingress, 1000 to 1999 (services.toml:8). Write one
#| of these, or remove priority.
""",
    "one priority for two": NETWORK
    + f"""
[ingress.public]
listener_arn = "{LISTENER}"
security_group_id = "sg-0a"
priorities = [1000, 1000]
{WEB}public = true
#^ services.web.public: its rule would have priority 1000, as that of services.app does (services.toml:20). Set more
#| ingress.public.priorities than 1000 to 1000.

[services.app]
image = "r.io/app:1"
port = 80
public = {{ path = "/app" }}
""",
    # environments
    "environments that share an existing namespace": NETWORK
    + """
[discovery]
namespace_id = "ns-e4anhexample0004"
#^ discovery.namespace_id: "platform.internal" is used by both dev and prod, whose services have the same names. Set
#| another namespace in [environments.prod.discovery].
namespace = "platform.internal"

[environments.dev]
[environments.prod]
""",
    "environments that share a listener": NETWORK
    + f"""
[ingress.public]
listener_arn = "{LISTENER}"
security_group_id = "sg-0a"
priorities = [1000, 1999]
#^ ingress.public.priorities: dev uses priorities 1000 to 1999 of the same listener. Set others in
#| [environments.prod.ingress.public].
{WEB}public = true
#^ services.web.public: "/" of this listener is used by web of dev too. Write another host:
#| "{{environment}}.example.com".

[environments.dev]
[environments.prod]
""",
    # consequences
    "a misspelt key that is required": r"""
        [ingress.public]
        alow = ["10.0.0.0/8"]
        #^ ingress.public.alow: unknown key; did you mean "allow"?

        [services.web]
        image = "r.io/web:1"
        port = 80
        public = true
    """,
}


@pytest.mark.parametrize("snippet", WRONG.values(), ids=WRONG)
def test_a_wrong_setting_is_an_error_with_advice(snippet: str) -> None:
    assert problems_of(snippet) == pointed_out(snippet)


NOTICES = {
    "capacity providers that only the owner of a cluster adds": r"""
        [cluster]
        arn = "arn:aws:ecs:us-west-2:{account}:cluster/platform"
        #^ cluster.arn: notice: platform must have the capacity providers FARGATE and FARGATE_SPOT, and Terraform
        #| changes no existing cluster. Run aws ecs put-cluster-capacity-providers before you apply.

        [services.a]
        image = "r.io/a:1"

        [services.b]
        image = "r.io/b:1"
        capacity = "fargate-spot"
    """,
    "Container Insights of an existing cluster": r"""
        [cluster]
        arn = "arn:aws:ecs:us-west-2:{account}:cluster/platform"
        #^ cluster.arn: notice: platform must have the capacity provider FARGATE, and Terraform changes no existing
        #| cluster. Run aws ecs put-cluster-capacity-providers before you apply.

        [services.a]
        image = "r.io/a:1"
        access.sqs_consume = ["jobs"]

        [services.a.scale]
        min = 1
        max = 4
        backlog = { queue = "arn:aws:sqs:us-west-2:{account}:jobs", seconds_per_message = 2, latency = "1m" }
        #^ services.a.scale.backlog: notice: requires Container Insights, which counts the tasks. Enable it for the
        #| cluster platform.
    """,
    "the session log of an existing cluster": r"""
        [cluster]
        arn = "arn:aws:ecs:us-west-2:{account}:cluster/platform"
        #^ cluster.arn: notice: platform must have the capacity provider FARGATE, and Terraform changes no existing
        #| cluster. Run aws ecs put-cluster-capacity-providers before you apply.

        [services.a]
        image = "r.io/a:1"
        exec = true
        #^ services.a.exec: notice: the cluster platform configures the logging of sessions. If it logs them to a log
        #| group or a bucket, allow a to write there, with access.statements.
    """,
}


@pytest.mark.parametrize("snippet", NOTICES.values(), ids=NOTICES)
def test_requirements_of_an_existing_cluster_are_notices(snippet: str) -> None:
    assert notices_of(snippet) == pointed_out(snippet)


def test_environments_can_use_one_namespace_name_in_different_networks() -> None:
    own = '[environments.{0}]\nnetwork.vpc_id = "vpc-{1}"\ndiscovery.namespace_id = "ns-{1}"\n'
    named = '[discovery]\nnamespace = "platform.internal"\n' + own.format("dev", "0a") + own.format("prod", "0b")
    network = '[network]\nprivate_subnet_ids = ["subnet-0a"]\n'
    assert [each.namespace for each in loaded(network + named).deployments] == ["platform.internal"] * 2


def test_a_namespace_requires_no_vpc_if_the_mesh_creates_the_names() -> None:
    for kind, traits in MESHES.items():
        text = '[discovery]\nnamespace_id = "ns-0a"\nnamespace = "platform.internal"\n'
        calls = '[services.a]\nimage = "r.io/a:1"\ncalls = ["b"]\n[services.b]\nimage = "r.io/b:1"\nport = 80\n'
        [deployment] = loaded(text, kind=kind).deployments
        if traits.needs_dns(deployment.services["stub"]):
            assert "its names resolve only in VPCs" in " ".join(problems_of(text + calls, kind=kind))
        else:
            assert loaded(text + calls, kind=kind)


def test_the_example_has_the_listener_of_these_tests() -> None:
    assert LISTENER in JOINING.read_text(encoding="utf-8")
