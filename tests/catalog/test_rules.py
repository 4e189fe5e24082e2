"""Unusual catalogs that are valid, and notices about valid catalogs."""

from __future__ import annotations

import inspect
import pkgutil
from importlib import import_module
from pathlib import Path

import pytest

from catalog import meshes, rules
from catalog.frame import Rules, places
from catalog.load import load
from catalog.rules import rule
from tests.support.catalogs import notices_of, pointed_out, problems_of

pytestmark = pytest.mark.usefixtures("in_tmp_path")


NOTED = {
    "an external that nobody calls": r"""
        [external.openai]
        #^ external.openai: notice: no service calls it. Add "openai" to calls of a service, or remove it.
        host = "api.openai.com"
    """,
    "an ingress that nobody uses": r"""
        [ingress.open]
        #^ ingress.open: notice: no service uses it. Write public = true in a service, or remove it.
        allow = ["10.0.0.0/8"]
    """,
    "images from Docker Hub, once for all": r"""
        [services.cache]
        image = "redis:7"
        #^ services.cache.image: notice: cache and web come from Docker Hub, which limits all tasks behind a NAT gateway
        #| to 100 pulls in six hours together. Add credentials, or use a mirror or ECR.

        [services.login]
        image = "acme/login:1"
        credentials = "arn:aws:secretsmanager:us-west-2:123456789012:secret:hub-AbCdEf"

        [services.web]
        image = "docker.io/library/nginx:1"
    """,
    "an idle timeout below the timeout": r"""
        [ingress.open]
        allow = ["10.0.0.0/8"]

        [services.llm]
        image = "r.io/llm:1"
        port = 80
        public = true
        timeout = "10m"
        idle_timeout = "90s"
        #^ services.llm.idle_timeout: notice: closes connections of llm that are idle for "90s", although a response may
        #| take "10m". Remove it, unless llm streams its responses.
    """,
    "an answer longer than a load balancer waits": r"""
        [ingress.open]
        allow = ["10.0.0.0/8"]

        [services.llm]
        image = "r.io/llm:1"
        port = 80
        public = true
        timeout = "none"
        #^ services.llm.timeout: notice: the load balancer closes connections that are idle for 4000 seconds, although
        #| llm allows "none". Stream long responses, or poll for them.
    """,
    "an answer longer than a load balancer waits, by a callee": r"""
        [ingress.open]
        allow = ["10.0.0.0/8"]

        [services.chat]
        image = "r.io/chat:1"
        port = 80
        calls = ["llm"]
        public = true
        #^ services.chat.public: notice: the load balancer closes connections that are idle for 4000 seconds, although
        #| chat allows "2h". Stream long responses, or poll for them.

        [services.llm]
        image = "r.io/llm:1"
        port = 80
        timeout = "2h"
    """,
    "a timeout over tcp": r"""
        [services.db]
        image = "r.io/db:1"
        port = 5432
        protocol = "tcp"
        timeout = "1m"
        #^ services.db.timeout: notice: has no effect with protocol = "tcp". Use idle_timeout instead.
    """,
    "retries for all, of which tcp has none": r"""
        [defaults]
        retries = { attempts = 2 }
        #^ defaults.retries: notice: has no effect for services with protocol = "tcp"

        [services.db]
        image = "r.io/db:1"
        port = 5432
        protocol = "tcp"

        [services.web]
        image = "r.io/web:1"
        port = 80
    """,
    "a pool for all, which not all can have": r"""
        [defaults]
        pool.requests = 100
        #^ defaults.pool.requests: notice: has no effect on web, which has protocol = "http"

        [services.llm]
        image = "r.io/llm:1"
        port = 80
        protocol = "grpc"

        [services.web]
        image = "r.io/web:1"
        port = 80
    """,
    "retries that are none": r"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        retries = { on = ["gateway-error"] }
        #^ services.web.retries.on: notice: has no effect while attempts is 0. Add attempts = 1, or remove it.
    """,
    "a question that is answered twice": r"""
        [services.llm]
        image = "r.io/llm:1"
        port = 80
        timeout = "10m"
        retries = { attempts = 2, on = ["connection-error", "gateway-error"] }
        #^ services.llm.retries.on: notice: a response of llm that takes longer than 300s to start is requested and
        #| generated again. Remove "gateway-error", or use per_try = "10m" and attempts = 1.

        [services.web]
        image = "r.io/web:1"
        calls = ["llm"]
    """,
    "more NAT gateways than addresses": r"""
        [network]
        zones = 6
        nat = "per-zone"
        #^ network.nat: notice: 6 NAT gateways require 6 Elastic IP addresses, and the default quota is 5. Write nat =
        #| "single", or ask AWS for a higher quota.
    """,
    "limits where nobody calls": r"""
        [services.worker]
        image = "r.io/worker:1"
        pool = { connections = 10 }
        #^ services.worker.pool: notice: has no effect, as worker has no port. Add port, or remove pool.
    """,
    "a host that nothing leads to yet": r"""
        [ingress.open]
        allow = ["10.0.0.0/8"]
        domain = "shop.example.com"
        zone_id = "Z0123456789ABC"

        [services.api]
        image = "r.io/api:1"
        port = 80
        public.host = "api.example.com"
        #^ services.api.public.host: notice: "api.example.com" requires a DNS record for the load balancer, and
        #| Terraform creates one only for the domain of [ingress.open], "shop.example.com". Create the record.

        [services.web]
        image = "r.io/web:1"
        port = 80
        public.host = "Shop.example.com"
    """,
    "a start that nobody watches": r"""
        [services.llm]
        image = "r.io/llm:1"
        port = 80
        health = { path = "/health", grace = "2h" }
        #^ services.llm.health.grace: notice: has no effect without a health check: ECS considers a task of llm healthy
        #| as soon as it runs, and stops the old one. Add health.command so that ECS waits.
    """,
    "actions to which no endpoint is known": r"""
        [network]
        nat = "none"
        endpoints = ["aoss"]

        [services.web]
        image = "{account}.dkr.ecr.{region}.amazonaws.com/web:1"

        [[services.web.access.statements]]
        resources = ["*"]
        actions = ["*", "sqs:SendMessage", "aoss:APIAccessAll", "ecr:DescribeImages", "glue:GetTable"]
        #^ services.web.access.statements[0].actions[4]: notice: "glue:GetTable" requires a VPC endpoint with nat =
        #| "none" (services.toml:2), and the catalog doesn't know which. Add it to network.endpoints, like "glue".
    """,
    "the address of a callee outside environment": r"""
        [services.web]
        image = "r.io/web:1"
        calls = ["llm"]
        command = ["serve", "--model={llm.url}", "--literal={nobody.url}"]
        #^ services.web.command[1]: notice: {llm.url} isn't replaced here. Set a variable to it in environment, and read
        #| that variable in a shell.

        [services.llm]
        image = "r.io/llm:1"
        port = 80
    """,
}


@pytest.mark.parametrize("snippet", NOTED.values(), ids=NOTED)
def test_what_is_not_wrong_but_worth_knowing_is_a_notice(snippet: str) -> None:
    assert notices_of(snippet) == pointed_out(snippet)


def test_more_ranges_than_a_security_group_takes_are_a_notice() -> None:
    ranges = ", ".join(f'"10.{n}.0.0/16"' for n in range(31))
    settings = f'allow = [{ranges}]\ncertificate = "arn:aws:acm:us-west-2:123456789012:certificate/a"'
    settings += '\ndomain = "shop.example.com"\nzone_id = "Z0123456789ABC"'
    service = '[services.web]\nimage = "r.io/web:1"\nport = 80\npublic = true\n'
    assert notices_of(f"[ingress.open]\n{settings}\n\n{service}") == [
        "services.toml:2: ingress.open.allow: notice: 31 ranges on 2 ports exceed the default quota of 60 "
        "rules for a security group. Join ranges, or ask AWS for a higher quota."
    ]


def test_more_interface_endpoints_than_a_vpc_takes_are_a_notice() -> None:
    endpoints = ", ".join(f'"e{n}"' for n in range(51))
    assert notices_of(f"[network]\nendpoints = [{endpoints}]\n") == [
        "services.toml:2: network.endpoints: notice: 51 interface endpoints exceed the default quota of 50 for a "
        "VPC. Remove some, or ask AWS for a higher quota."
    ]


FINE = {
    "services that call each other": r"""
        [services]
        one = { image = "r.io/one:1", port = 80, calls = ["two"] }
        two = { image = "r.io/two:1", port = 80, calls = ["one"], timeout = "10m" }
    """,
    "a timeout as long as a callee's, and one that is unlimited": r"""
        [services]
        web = { image = "r.io/web:1", port = 80, calls = ["chat"], timeout = "none" }
        chat = { image = "r.io/chat:1", port = 80, calls = ["llm"], timeout = "10m" }
        llm = { image = "r.io/llm:1", port = 80, profile = "inference" }
    """,
    "a short timeout before a database that is slow": r"""
        [services]
        web = { image = "r.io/web:1", calls = ["db"], timeout = "5s" }
        db = { image = "r.io/db:1", port = 5432, protocol = "tcp", idle_timeout = "2h" }
    """,
    "tries that just fit, and tries without a timer of their own": r"""
        [services]
        web = { image = "r.io/web:1", port = 80, retries = { attempts = 3, per_try = "5s" } }
        llm = { image = "r.io/llm:1", port = 80, timeout = "10m", retries = { attempts = 2, per_try = "none" } }
        rpc = { image = "r.io/rpc:1", port = 80, protocol = "grpc", retries = { attempts = 1, on = ["unavailable"] } }
        caller = { image = "r.io/a:1", calls = ["llm", "rpc", "web"] }
    """,
    "a profile for inference on every protocol": r"""
        [defaults]
        health.path = "/health"

        [services]
        http = { image = "r.io/a:1", port = 80, profile = "inference" }
        grpc = { image = "r.io/a:1", port = 80, protocol = "grpc", profile = "inference" }
        worker = { image = "r.io/a:1", profile = "inference" }
        tcp = { image = "r.io/a:1", port = 6000, protocol = "tcp", profile = "inference" }
    """,
    "pools of every protocol": r"""
        [services]
        http = { image = "r.io/a:1", port = 80, pool = { connections = 100, pending = 10 } }
        http2 = { image = "r.io/a:1", port = 80, protocol = "http2", pool = { requests = 100 } }
        grpc = { image = "r.io/a:1", port = 80, protocol = "grpc", pool = { requests = 100 } }
        tcp = { image = "r.io/a:1", port = 6000, protocol = "tcp", pool = { connections = 100 } }
        caller = { image = "r.io/a:1", calls = ["grpc", "http", "http2", "tcp"] }
    """,
    "one path under two hosts, under two ingresses, and one below another": r"""
        [ingress]
        office = { allow = ["10.0.0.0/8"], internal = true }
        open = { allow = ["203.0.113.0/24"], domain = "c.example.com", zone_id = "Z0123456789ABC" }

        [services]
        a = { image = "r.io/a:1", port = 80, public = { ingress = "open" } }
        b = { image = "r.io/a:1", port = 80, public = { ingress = "open", path = "/b" } }
        c = { image = "r.io/a:1", port = 80, public = { ingress = "open", host = "c.example.com" } }
        d = { image = "r.io/a:1", port = 80, public = { ingress = "office", priority = 1 } }
    """,
    "the world, with a certificate": r"""
        [ingress.open]
        allow = ["0.0.0.0/0"]
        certificate = "arn:aws:acm:us-west-2:123456789012:certificate/a"
        domain = "shop.example.com"
        zone_id = "Z0123456789ABC"

        [services.rpc]
        image = "r.io/rpc:1"
        port = 80
        protocol = "grpc"
        public = true
    """,
    "the world, on purpose": r"""
        [ingress.open]
        allow = ["0.0.0.0/0"]
        insecure = true

        [services.web]
        image = "r.io/web:1"
        port = 80
        public = true
    """,
    "everybody inside": r"""
        [ingress.office]
        allow = ["0.0.0.0/0"]
        internal = true

        [services.web]
        image = "r.io/web:1"
        port = 80
        public = true
    """,
    "one small zone without a load balancer": r"""
        [network]
        cidr = "192.168.7.0/24"
        zones = ["us-west-2d"]
        nat = "per-zone"
    """,
    "a VPC that exists": r"""
        [network]
        vpc_id = "vpc-0a1b2c3d"
        private_subnet_ids = ["subnet-0a", "subnet-0b"]
        endpoints = ["sqs"]

        [ingress.office]
        allow = ["10.0.0.0/8"]
        internal = true

        [services.web]
        image = "r.io/web:1"
        port = 80
        public = true
    """,
    "no way out, with images of the region's own registry": r"""
        [network]
        nat = "none"

        [services.web]
        image = "{account}.dkr.ecr.{region}.amazonaws.com/team/web:1"
        secrets.TOKEN = "arn:aws:ssm:us-west-2:123456789012:parameter/token"
    """,
    "a namespace without DNS where nobody calls a service": r"""
        [discovery]
        kind = "http"

        [services.web]
        image = "r.io/web:1"
        port = 80
        calls = ["openai"]

        [external.openai]
        host = "api.openai.com"
    """,
    "externals that share a port or a host outside the mesh": r"""
        [external]
        openai = { host = "api.openai.com" }
        hub = { host = "huggingface.co" }
        files = { host = "huggingface.co" }
        orders = { host = "orders.example.com", port = 3306, protocol = "tcp", cidrs = ["203.0.113.0/24"] }
        users = { host = "users.example.com", port = 3306, protocol = "tcp", cidrs = ["198.51.100.0/24"] }

        [services.web]
        image = "r.io/web:1"
        calls = ["openai", "hub", "files", "orders", "users"]
    """,
    "tcp on ports of its own, and http on one": r"""
        [services]
        a = { image = "r.io/a:1", port = 80 }
        b = { image = "r.io/b:1", port = 80 }
        c = { image = "r.io/c:1", port = 6379, protocol = "tcp" }
        d = { image = "r.io/d:1", port = 6380, protocol = "tcp" }
    """,
    "rollouts that just move": r"""
        [services]
        none = { image = "r.io/a:1", replicas = 0, deploy = { max = 100 } }
        four = { image = "r.io/a:1", replicas = 4, deploy = { max = 125 } }
        fewer = { image = "r.io/a:1", replicas = 4, deploy = { min = 75, max = 100 } }
        pause = { image = "r.io/a:1", deploy = { min = 0, max = 100 }, stop_timeout = "2m" }
    """,
    "every kind of secret": r"""
        [services.web]
        image = "r.io/web:1"
        credentials = "arn:aws:secretsmanager:us-west-2:123456789012:secret:registries/hub-AbCdEf"

        [services.web.secrets]
        A = "arn:aws:secretsmanager:us-west-2:{account}:secret:a-b-AbCdEf"
        B = { arn = "arn:aws:secretsmanager:us-west-2:{account}:secret:b-AbCdEf", key = "password" }
        C = { arn = "arn:aws:ssm:us-west-2:{account}:parameter/c", kms = "arn:aws:kms:us-west-2:123456789012:key/k" }
    """,
    "statements with everything that IAM has": r"""
        [[services.web.access.statements]]
        actions = ["*"]
        resources = ["*"]
        effect = "Deny"

        [[services.web.access.statements]]
        actions = ["s3:Get*", "execute-api:Invoke", "bedrock:InvokeModel"]
        resources = ["arn:aws:s3:::bucket/*", "arn:aws:bedrock:*::foundation-model/*"]

        [services.web.access.statements.conditions]
        "ForAnyValue:StringLikeIfExists" = { "aws:TagKeys" = ["a*"] }
        Bool = { "aws:SecureTransport" = true }

        [services.web]
        image = "r.io/web:1"
    """,
    "raw keys that Fargate takes": r"""
        [services.web.container]
        interactive = true
        ulimits = [{ name = "nofile", softLimit = 65535, hardLimit = 65535 }]
        dockerLabels = { "com.example/team" = "web" }
        linuxParameters = { initProcessEnabled = true, capabilities = { add = ["SYS_PTRACE"], drop = ["ALL"] } }
        systemControls = [{ namespace = "net.core.somaxconn", value = "1024" }]
        restartPolicy = { enabled = true, ignoredExitCodes = [0] }

        [services.web]
        image = "r.io/web:1"
    """,
    "images of every form": r"""
        [services]
        a = { image = "registry.example.com:5000/team/a_b/c--d:V1.0-RC_1" }
        b = { image = "ghcr.io/acme/b:1" }
        c = { image = "r.io/c:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" }
    """,
    "tags in any language": r"""
        [services.web]
        image = "r.io/web:1"
        tags = { "Kostenstelle: Süd" = "a/b=c+d-e@f_g.h", account = "{account}" }
    """,
    "folders in folders": r"""
        [services.web]
        image = "r.io/web:1"
        readonly_root = true
        volumes = { data = { path = "/data" }, cache = { path = "/data/cache" } }
    """,
    "checks as slow as ECS has them": r"""
        [services.llm]
        image = "r.io/llm:1"
        port = 80
        health = { command = ["check"], interval = "5m", timeout = "1m", grace = "2h" }
    """,
    "slow starts that are watched, or that nobody spoke of": r"""
        [defaults]
        health.grace = "5m"

        [ingress.open]
        allow = ["10.0.0.0/8"]

        [services.web]
        image = "r.io/web:1"
        port = 80
        public = true
        health.grace = "10m"

        [services.worker]
        image = "r.io/worker:1"
    """,
    "names of the account, where Terraform can ask for it": r"""
        [aws]
        accounts = ["123456789012"]

        [catalog]
        name = "shop"
        region = "us-west-2"
        tags.account = "{account}"
    """,
    "namespaces near to AWS's own": r"""
        [discovery]
        namespace = "{environment}.ec2-shop.internal"

        [environments.com]
        [environments.compute]
    """,
    "a database at known addresses, without internet access": r"""
        [network]
        nat = "none"

        [external]
        cache = { host = "cache.example.com", port = 6379, protocol = "tcp", cidrs = ["203.0.113.0/24"] }
        db = { host = "db.example.com", port = 5432, protocol = "tcp", cidrs = ["198.51.100.0/24"] }

        [services.web]
        image = "{account}.dkr.ecr-fips.{region}.amazonaws.com/team/web:1"
        calls = ["cache", "db"]
    """,
    "servers that speak first, where nobody calls them": r"""
        [services.mail]
        image = "r.io/mail:1"
        port = 25
        protocol = "tcp"
    """,
    "a method that a load balancer calls": r"""
        [ingress.open]
        allow = ["10.0.0.0/8"]
        certificate = "arn:aws:acm:us-west-2:123456789012:certificate/a"
        domain = "shop.example.com"
        zone_id = "Z0123456789ABC"

        [services.rpc]
        image = "r.io/rpc:1"
        port = 80
        protocol = "grpc"
        public = true
        health.path = "/grpc.health.v1.Health/Check"
    """,
    "names as long as they may be": r"""
        [catalog]
        name = "twelve-chars"
        region = "us-west-2"

        [services.a-service-whose-name-has-exactly-forty-c]
        image = "r.io/a:1"

        [environments.eleven-more]
    """,
    "names that only begin like reserved ones": r"""
        [catalog]
        name = "awesome"
        region = "us-west-2"

        [services.internal-api]
        image = "r.io/a:1"
        port = 80

        [services.rules]
        image = "r.io/a:1"
        calls = ["internal-api"]
    """,
    "environments that share nothing": r"""
        [discovery]
        namespace = "{environment}.shop.internal"

        [state.s3]
        bucket = "states"

        [environments.dev]
        [environments.prod]
    """,
    "texts that look like Terraform's": r"""
        [services.web]
        image = "r.io/web:1"
        command = ["sh", "-c", "echo ${HOME} %{http_code} {{region} {not-ours}"]
    """,
}


@pytest.mark.parametrize("snippet", FINE.values(), ids=FINE)
def test_what_is_unusual_but_right_loads_without_a_word(snippet: str) -> None:
    assert notices_of(snippet) == []


def test_the_shipped_catalog_loads(root: Path) -> None:
    notices = load(root / "services.toml").notices

    assert {n.place for n in notices if not n.message.startswith(("with kind = ", "isn't supported by kind = "))} <= {
        "mesh.kind",
        "services",  # the vCPUs of a new account
        "services.backend.image",
    }


def test_every_rule_is_run_and_says_where_it_comes_from() -> None:
    run = [rule, *(rules for mesh in meshes.MESHES.values() for rules in mesh.rules)]
    registered = {check for rules in run for _, check in rules}
    for package in (rules, meshes):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            members = vars(import_module(module.name))
            assert all(each in run for each in members.values() if isinstance(each, Rules)), f"{module.name}: not run"
            for name, function in members.items() if module.name != places.__name__ else ():
                own = inspect.isfunction(function) and function.__module__ == module.name and name[0] != "_"
                if own and list(inspect.signature(function).parameters)[1:] == ["at"]:
                    assert function in registered, f"{module.name}.{name} is not registered"
                    assert function.__doc__, f"{module.name}.{name} does not say why"


def test_a_line_is_named_for_what_a_built_in_profile_says() -> None:
    told = problems_of("""
        [services.web]
        image = "r.io/web:1"
        timeout = "1m"
        calls = ["llm"]

        [services.llm]
        image = "r.io/llm:1"
        port = 80
        profile = "inference"
    """)
    assert '"10m" of its callee llm (services.toml:9)' in told[0]
