"""Names that could be equal in AWS: each pair is an error with both places, or the names differ."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from catalog import names
from catalog.model.network import KINDS
from catalog.task.storage import shared_folders
from tests.support.catalogs import complete, loaded, pointed_out, problems_of
from tests.support.synth import catalog_output

pytestmark = pytest.mark.usefixtures("in_tmp_path")


# Different names of forty characters with equal hashes.
ROLES = ("s" * 31 + "000026316", "s" * 31 + "000069592")
INGRESSES = ("i" * 31 + "000018640", "i" * 31 + "000023583")
ENTRIES = ("s" * 31 + "000006192", "s" * 31 + "000034528")
LONG_ID = f'[catalog]\nname = "{"d" * 24}"\nregion = "us-west-2"\n'
CUT = "d" * 24 + "-" + "s" * 30

COLLISIONS = {
    "roles with equal shortened names": rf"""
        {LONG_ID.replace(chr(10), chr(10) + " " * 8)}
        [services.{ROLES[0]}]
        image = "r.io/a:1"
        [services.{ROLES[1]}]
        #^ services.{ROLES[1]}: its task role and that of {ROLES[0]} (services.toml:5)
        #| would both be "{CUT}-aec887b0" in AWS. Write another aws_name.
        image = "r.io/b:1"
    """,
    "load balancers with equal shortened names": rf"""
        [ingress.{INGRESSES[0]}]
        allow = ["10.0.0.0/8"]
        [ingress.{INGRESSES[1]}]
        #^ ingress.{INGRESSES[1]}: its load balancer and that of {INGRESSES[0]}
        #| (services.toml:1) would both be "shop-{"i" * 18}-eef728c9" in AWS. Write another name.
        allow = ["10.0.0.0/8"]
        [services.a]
        image = "r.io/a:1"
        port = 80
        public.ingress = "{INGRESSES[0]}"
        [services.b]
        image = "r.io/b:1"
        port = 80
        public.ingress = "{INGRESSES[1]}"
    """,
    "a version and the log group of the network": r"""
        [network]
        flow_logs = true
        [services.flow]
        image = "r.io/a:1"
        [[services.flow.versions]]
        name = "logs"
        #^ services.flow.versions[0].name: its log group and that of the network (services.toml:2) would both be
        #| "/ecs/shop/flow_logs" in AWS. Write another name.
    """,
    "a version and the log group of shells": r"""
        [cluster]
        exec = true
        [services.core]
        image = "r.io/a:1"
        aws_name = "main"
        [[services.core.versions]]
        name = "exec"
        #^ services.core.versions[0].name: its log group and that of ECS Exec's sessions (services.toml:2) would both be
        #| "/ecs/shop/main_exec" in AWS. Write another name.
    """,
    "an address in a variable of AWS SDKs": r"""
        [services.web]
        image = "r.io/a:1"
        calls = ["aws-endpoint"]
        #^ services.web.calls[0]: the address of "aws-endpoint" would be in AWS_ENDPOINT_URL, which AWS SDKs use as the
        #| endpoint of AWS. Rename it.
        [services.aws-endpoint]
        image = "r.io/b:1"
        port = 80
    """,
    "an external and a service": r"""
        [external.db]
        #^ external.db: "db" is also a service (services.toml:6). Rename one of them.
        host = "db.example.com"
        [services.web]
        image = "r.io/a:1"
        [services.db]
        image = "r.io/b:1"
        port = 80
    """,
    "a variable and a secret": r"""
        [services.web]
        image = "r.io/a:1"
        environment = { TOKENS = "x" }
        secrets = { TOKENS = "arn:aws:ssm:us-west-2:123456789012:parameter/tokens" }
        #^ services.web.secrets.TOKENS: is also in environment (services.toml:3). Remove one of them.
    """,
    "a variable and a secret of a sidecar": r"""
        [services.web]
        image = "r.io/a:1"
        [services.web.sidecars.proxy]
        image = "r.io/p:1"
        environment = { TOKENS = "x" }
        secrets = { TOKENS = "arn:aws:ssm:us-west-2:123456789012:parameter/tokens" }
        #^ services.web.sidecars.proxy.secrets.TOKENS: is also in environment (services.toml:5). Remove one of them.
    """,
    "a variable of a service and a secret of its version": r"""
        [services.web]
        image = "r.io/a:1"
        environment = { TOKENS = "x" }
        [[services.web.versions]]
        name = "next"
        secrets = { TOKENS = "arn:aws:ssm:us-west-2:123456789012:parameter/tokens" }
        #^ services.web.versions[0].secrets.TOKENS: is also in environment (services.toml:3). Remove one of them.
    """,
    "a variable that a raw key sets a second time": r"""
        [services.web]
        image = "r.io/a:1"
        container.environment = [{ name = "TOKENS", value = "x" }]
        #^ services.web.container.environment: is set by another key. Write environment = { NAME = "value" } beside
        #| container.
    """,
    "a sidecar and its service": r"""
        [services.web]
        image = "r.io/a:1"
        [services.web.sidecars.web]
        #^ services.web.sidecars.web: is also the name of the service's container. Use another name.
        image = "r.io/p:1"
    """,
    "a volume and the folder of a model": rf"""
        [services.web]
        image = "r.io/a:1"
        health.grace = "5m"
        model = {{ source = "s3://models/llm", mount = "/m", cache = "efs" }}
        volumes.model-{names.digest("s3://models/llm")} = {{ path = "/x", kind = "efs" }}
        #^ services.web.volumes.model-{names.digest("s3://models/llm")}: has the same folder as the model
        #| (services.toml:4). Use another name.
    """,
    "two services with one name in AWS": r"""
        [services.chat]
        image = "r.io/a:1"
        aws_name = "backend"
        #^ services.chat.aws_name: services.backend has the name "backend" in AWS too (services.toml:6). Write another
        #| aws_name for the newer one.
        [services.backend]
        image = "r.io/b:1"
    """,
}


@pytest.mark.parametrize("snippet", COLLISIONS.values(), ids=COLLISIONS)
def test_equal_names_are_an_error_with_both_places(snippet: str) -> None:
    assert problems_of(snippet) == pointed_out(snippet)


def test_no_two_callees_share_a_variable() -> None:
    """Names have no upper case and no underscores, so each variable belongs to one name."""
    callees = [f"{a}{b}{c}" for a in ("a", "a1") for b in ("", "-b", "-url", "1") for c in ("", "-c", "2", "-url")]
    variables = {names.variable(name): name for name in set(callees)}
    assert len(variables) == len(set(callees))
    for name in set(callees):
        assert names.variable(name).removesuffix("_URL").lower().replace("_", "-") == name


def test_a_variable_of_the_catalog_overrides_the_address_of_a_callee() -> None:
    (deployment,) = loaded("""
        [services.web]
        image = "r.io/a:1"
        calls = ["a-b", "c"]
        environment = { A_B_URL = "mine" }
        secrets = { C_URL = "arn:aws:ssm:us-west-2:123456789012:parameter/c" }
        sidecars.proxy = { image = "r.io/p:1", environment = { A_B_URL = "of the sidecar" } }
        [services.a-b]
        image = "r.io/b:1"
        port = 80
        [external.c]
        host = "c.example.com"
    """).deployments
    web = deployment.services["web"]
    assert web.environment == {"A_B_URL": "mine"}
    assert web.sidecars["proxy"].environment == {"A_B_URL": "of the sidecar"}


def test_service_connect_entries_with_equal_shortened_names_are_an_error() -> None:
    toml = (
        LONG_ID
        + '[discovery]\nnamespace = "own.internal"\nnamespace_id = "ns-0123456789abcdef"\n'
        + '[network]\nvpc_id = "vpc-0123456789abcdef0"\nprivate_subnet_ids = ["subnet-0123456789abcdef0"]\n'
        + "".join(f"[services.{name}]\nimage = 'r.io/a:1'\nport = 80\n" for name in ENTRIES)
    )
    assert [problem.partition(": ")[2] for problem in problems_of(toml, kind="service-connect")] == [
        f'services.{ENTRIES[1]}: Service Connect would list it as "{CUT}-ef6ac7d3", like services.{ENTRIES[0]} '
        "(services.toml:10). Set another aws_name."
    ]


_NAMES = ("name", "family", "bucket", "alarm_name", "creation_token")
_WITHIN = (
    "mesh_name", "virtual_router_name", "virtual_gateway_name", "namespace_id", "service_identifier", "resource_id",
    "role", "cluster",
)  # fmt: skip
"""The scopes of names."""
WORDS = {
    "flow": ("log",), "file": ("system",), "service": ("network",), "mesh": ("infra",), "container": ("instances",),
    "ingress": ("public", "tasks"), "log": ("router",), "connect": ("task",), "exec": ("from",), "nat": ("to",),
    "public": ("execution",), "closed": ("cpu",), "external": ("public",), "envoy-a": ("a",), "a": ("task",),
    "a-task": ("a",), "a-execution": ("a",),
}  # fmt: skip
"""Services and versions with the names of other parts of a deployment."""


@pytest.mark.parametrize("kind", KINDS)
def test_services_and_versions_with_names_of_other_parts_make_no_equal_names(kind: str, tmp_path: Path) -> None:
    services = "".join(
        f'[services.{name}]\nimage = "r.io/a:1"\nport = {port}\n'
        + ('volumes.cache = { path = "/x", kind = "efs" }\n' if name == "file" else "")
        + ('capacity = "instances"\n' if name == "container" else "")
        + ('public.ingress = "public"\n' if name == "ingress" else "")
        + "".join(f'[[services.{name}.versions]]\nname = "{version}"\n' for version in versions)
        for port, (name, versions) in enumerate(WORDS.items(), start=8001)
    )
    toml = complete(
        "[mesh]\nkind = 'KIND'\ntracing = true\n[cluster]\nexec = true\n[ingress.public]\nallow = ['10.0.0.0/8']\n"
        "logs = {}\n[capacity.instances]\ninstance_types = ['m7i.large']\nmax = 2\n".replace("KIND", kind)
        + services
        + "[services.web]\nimage = 'r.io/a:1'\nlogs.router.options = { Name = 'null' }\ncalls = ['a', 'b-b']\n"
        + "[external.b-b]\nhost = 'b.example.com'\nport = 8443\nprotocol = 'http'\n"
    )
    (output,) = catalog_output(toml, tmp_path / "collisions").values()
    found = [
        (type_, key, arguments[key], *(arguments.get(scope) for scope in _WITHIN))
        for type_, resources in output["resource"].items()
        for arguments in resources.values()
        for key in _NAMES
        if isinstance(arguments.get(key), str)
    ]
    assert sorted({each[:3] for each in found if found.count(each) > 1}) == []


def test_folders_of_volumes_differ() -> None:
    (deployment,) = loaded("""
        [services.a]
        image = "r.io/a:1"
        volumes.b-c = { path = "/x", kind = "efs" }
        [services.a-b]
        image = "r.io/a:1"
        volumes.c = { path = "/x", kind = "efs" }
    """).deployments
    folders = [shared_folders(service) for service in deployment.services.values()]
    assert all(not set(one.values()) & set(other.values()) for one, other in combinations(folders, 2))
