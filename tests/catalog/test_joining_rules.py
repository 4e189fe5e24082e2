"""Joining what exists: what must be said of it, what is its owner's to say, and what two deployments cannot share."""

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
        #^ cluster.arn: lies in "eu-west-1"; write the ARN of a cluster in us-west-2
    """,
    "a cluster of another partition": r"""
        [cluster]
        arn = "arn:aws-cn:ecs:cn-north-1:123456789012:cluster/platform"
        #^ cluster.arn: begins with "arn:aws-cn:", ARNs of us-west-2 begin with "arn:aws:"; write one of these
    """,
    "a cluster of another account": r"""
        [aws]
        accounts = ["210987654321"]

        [cluster]
        arn = "arn:aws:ecs:us-west-2:123456789012:cluster/platform"
        #^ cluster.arn: is of account 123456789012, this is applied to 210987654321 (services.toml:2); write the ARN of
        #| a cluster there
    """,
    "settings of somebody else's cluster": r"""
        [cluster]
        arn = "arn:aws:ecs:us-west-2:{account}:cluster/platform"
        insights = "disabled"
        #^ cluster.insights: can't be set for an existing cluster (arn, services.toml:2). Remove it, or remove arn.
        exec = true
        #^ cluster.exec: can't be set for an existing cluster (arn, services.toml:2). Remove it and write exec = true in
        #| services, or remove arn.
    """,
    "instances for somebody else's cluster": r"""
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
        #^ discovery.namespace_id: callers go by its name; add namespace = "…", the name of this namespace
    """,
    "names in a VPC that does not know them": r"""
        [discovery]
        namespace_id = "ns-e4anhexample0004"
        #^ discovery.namespace_id: its names resolve only in VPCs that it is associated with, and web calls llm
        #| (services.toml:9); add the vpc_id of one of these to [network], or leave out namespace_id
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
        host = "db.platform.internal" # somebody else's

        [external.other]
        host = "web.platform.internal"
        #^ external.other.host: "web.platform.internal" lies in the namespace "platform.internal" (services.toml:7),
        #| where only services have names; write another namespace

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
#^ ingress.public.listener_arn: this listener needs priorities; add priorities = [1000, 1999], those left to you
#^ ingress.public.listener_arn: this listener needs security_group_id; add security_group_id = "sg-…", a group of its
#| load balancer
{WEB}public = true
""",
    "what is its owner's to say": NETWORK
    + f"""
[ingress.public]
listener_arn = "{LISTENER}"
security_group_id = "sg-0a"
priorities = [1000, 1999]
allow = ["10.0.0.0/8"]
#^ ingress.public.allow: belongs to whoever owns the listener (listener_arn, services.toml:6); leave it out
logs = true
#^ ingress.public.logs: belongs to whoever owns the listener (listener_arn, services.toml:6); leave it out
certificate = "arn:aws:acm:us-west-2:123456789012:certificate/1111"
#^ ingress.public.certificate: belongs to whoever owns the listener (listener_arn, services.toml:6); leave it out
{WEB}public = true
""",
    "a group and priorities of nobody's": r"""
        [ingress.public]
        allow = ["10.0.0.0/8"]
        security_group_id = "sg-0a"
        #^ ingress.public.security_group_id: is said of a listener that exists; add its listener_arn, or remove this
        priorities = [1000, 1999]
        #^ ingress.public.priorities: is said of a listener that exists; add its listener_arn, or remove this

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
#^ ingress.public.listener_arn: its load balancer lies in a VPC that exists; name that by vpc_id and private_subnet_ids
#| in [network]
security_group_id = "sg-0a"
priorities = [1000, 1999]
{WEB}public = true
""",
    "a listener elsewhere": NETWORK
    + f"""
[ingress.public]
listener_arn = "{LISTENER.replace("us-west-2", "us-east-1")}"
#^ ingress.public.listener_arn: lies in "us-east-1"; write the ARN of a listener in us-west-2
security_group_id = "sg-0a"
priorities = [1000, 1999]
{WEB}public = true
""",
    "two ways in by one listener": NETWORK
    + f"""
[ingress.a]
listener_arn = "{LISTENER}"
security_group_id = "sg-0a"
priorities = [1000, 1999]
[ingress.b]
listener_arn = "{LISTENER}"
#^ ingress.b.listener_arn: is the listener of ingress.a already (services.toml:6); leave out one of the two ingresses
security_group_id = "sg-0a"
priorities = [2000, 2999]
{WEB}public = {{ ingress = "a" }}
""",
    "a priority of others": NETWORK
    + f"""
[ingress.public]
listener_arn = "{LISTENER}"
security_group_id = "sg-0a"
priorities = [1000, 1999]
{WEB}public = {{ priority = 2000 }}
#^ services.web.public.priority: 2000 is not one of the 1000 to 1999 that are left to you (services.toml:8); write one
#| of these, or leave it out
""",
    "one priority for two": NETWORK
    + f"""
[ingress.public]
listener_arn = "{LISTENER}"
security_group_id = "sg-0a"
priorities = [1000, 1000]
{WEB}public = true
#^ services.web.public: its rule would have priority 1000, like that of services.app (services.toml:20); give
#| ingress.public more priorities than 1000 to 1000

[services.app]
image = "r.io/app:1"
port = 80
public = {{ path = "/app" }}
""",
    # environments
    "environments that share a namespace that exists": NETWORK
    + """
[discovery]
namespace_id = "ns-e4anhexample0004"
#^ discovery.namespace_id: dev and prod would share "platform.internal", and services of both one name; give each a
#| namespace of its own, as in [environments.prod.discovery]
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
#^ ingress.public.priorities: dev and prod share the listener, and dev has 1000 to 1999 of it; write others for each, as
#| in [environments.prod.ingress.public]
{WEB}public = true
#^ services.web.public: "/" of this listener leads to web of dev; write another host, as in
#| "{{environment}}.example.com"

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
def test_what_is_wrong_is_said_with_its_cure(snippet: str) -> None:
    assert problems_of(snippet) == pointed_out(snippet)


TOLD = {
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
    "who counts tasks": r"""
        [cluster]
        arn = "arn:aws:ecs:us-west-2:{account}:cluster/platform"
        #^ cluster.arn: notice: platform must have the capacity provider FARGATE, and Terraform changes no existing
        #| cluster. Run aws ecs put-cluster-capacity-providers before you apply.

        [services.a]
        image = "r.io/a:1"

        [services.a.scale]
        min = 1
        max = 4
        backlog = { queue = "arn:aws:sqs:us-west-2:{account}:jobs", seconds_per_message = 2, latency = "1m" }
        #^ services.a.scale.backlog: notice: requires Container Insights, which counts the tasks. Enable it for the
        #| cluster platform.
    """,
    "where sessions are logged": r"""
        [cluster]
        arn = "arn:aws:ecs:us-west-2:{account}:cluster/platform"
        #^ cluster.arn: notice: platform must have the capacity provider FARGATE, and Terraform changes no existing
        #| cluster. Run aws ecs put-cluster-capacity-providers before you apply.

        [services.a]
        image = "r.io/a:1"
        exec = true
        #^ services.a.exec: notice: sessions are logged as platform is configured. If it logs them to a log group or a
        #| bucket, allow a to write there, with access.statements.
    """,
}


@pytest.mark.parametrize("snippet", TOLD.values(), ids=TOLD)
def test_what_only_an_owner_can_see_to_is_told(snippet: str) -> None:
    assert notices_of(snippet) == pointed_out(snippet)


def test_environments_may_have_namespaces_of_one_name_in_networks_of_their_own() -> None:
    own = '[environments.{0}]\nnetwork.vpc_id = "vpc-{1}"\ndiscovery.namespace_id = "ns-{1}"\n'
    named = '[discovery]\nnamespace = "platform.internal"\n' + own.format("dev", "0a") + own.format("prod", "0b")
    network = '[network]\nprivate_subnet_ids = ["subnet-0a"]\n'
    assert [each.namespace for each in loaded(network + named).deployments] == ["platform.internal"] * 2


def test_a_namespace_needs_no_vpc_where_the_mesh_makes_the_names() -> None:
    for kind, traits in MESHES.items():
        text = '[discovery]\nnamespace_id = "ns-0a"\nnamespace = "platform.internal"\n'
        calls = '[services.a]\nimage = "r.io/a:1"\ncalls = ["b"]\n[services.b]\nimage = "r.io/b:1"\nport = 80\n'
        [deployment] = loaded(text, kind=kind).deployments
        if traits.needs_dns(deployment.services["stub"]):
            assert "its names resolve only in VPCs" in " ".join(problems_of(text + calls, kind=kind))
        else:
            assert loaded(text + calls, kind=kind)


def test_the_example_says_what_its_page_says() -> None:
    assert LISTENER in JOINING.read_text(encoding="utf-8")
