"""The resources of a deployment on ECS Service Connect, and the rules for its catalogs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from catalog.analysis.packing import FARGATE_SIZES, Share
from catalog.meshes.service_connect.timers import proxy_share
from tests.project.test_main import run
from tests.support.catalogs import loaded, pointed_out, problems_of
from tests.support.synth import catalog_output, containers, resources

AUTHORITY = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/0a1b"
TLS = f'tls = {{ authority = "{AUTHORITY}" }}'
HEAD = '[catalog]\nname = "shop"\nregion = "us-west-2"\n'
SERVICES = """
[services.chat]
image = "chat:1"
calls = ["llm", "cache"]
[services.llm]
image = "llm:1"
port = 8080
timeout = "10m"
[services.cache]
image = "redis:7"
port = 6379
protocol = "tcp"
"""


def output(services: str = SERVICES, *, mesh: str = "", into: Path) -> dict[str, Any]:
    return catalog_output(f'{HEAD}[mesh]\nkind = "service-connect"\n{mesh}\n{services}', into)["shop"]


def connect(made: dict[str, Any], name: str) -> dict[str, Any]:
    configuration: dict[str, Any] = resources(made, "aws_ecs_service")[name]["service_connect_configuration"]
    return configuration


def labels(made: dict[str, Any], name: str) -> dict[str, str] | None:
    found: dict[str, str] | None = containers(made, name)[name].get("dockerLabels")
    return found


def server(made: dict[str, Any], name: str) -> dict[str, Any]:
    [only] = connect(made, name)["service"]
    return only


def test_a_service_has_the_same_name_as_on_every_mesh(tmp_path: Path) -> None:
    made = output(into=tmp_path)

    assert server(made, "llm") == {
        "port_name": "llm",
        "discovery_name": "llm",
        "client_alias": {"dns_name": "llm.shop.internal", "port": 8080},
        "timeout": {"idle_timeout_seconds": 600, "per_request_timeout_seconds": 600},
    }
    assert connect(made, "llm")["namespace"] == "${aws_service_discovery_http_namespace.main_mesh.arn}"
    assert resources(made, "aws_service_discovery_http_namespace")["main_mesh"]["name"] == "shop-connect"


def test_a_service_without_a_port_is_only_a_client(tmp_path: Path) -> None:
    chat = connect(output(into=tmp_path), "chat")

    assert chat["enabled"] is True
    assert "service" not in chat


def test_the_proxy_writes_to_the_log_group_of_its_service(tmp_path: Path) -> None:
    made = output(into=tmp_path)
    logs = connect(made, "llm")["log_configuration"]

    assert logs["options"]["awslogs-group"] == resources(made, "aws_cloudwatch_log_group")["llm"]["name"]


@pytest.mark.parametrize(("protocol", "app_protocol"), [("http", "http"), ("http2", "http2"), ("grpc", "grpc")])
def test_the_port_mapping_has_the_protocol(protocol: str, app_protocol: str, tmp_path: Path) -> None:
    made = output(f'[services.llm]\nimage = "l:1"\nport = 80\nprotocol = "{protocol}"', into=tmp_path)

    [port] = containers(made, "llm")["llm"]["portMappings"]
    assert (port["name"], port["appProtocol"]) == ("llm", app_protocol)


def test_tcp_ports_have_no_app_protocol_and_no_response_timer(tmp_path: Path) -> None:
    made = output(into=tmp_path)

    [port] = containers(made, "cache")["cache"]["portMappings"]
    assert "appProtocol" not in port
    # Nor any other: the provider would send a request timer beside it.
    assert "timeout" not in server(made, "cache")


@pytest.mark.parametrize(
    ("keys", "timers"),
    [
        ('timeout = "none"', {"idle_timeout_seconds": 0, "per_request_timeout_seconds": 0}),
        ('timeout = "10s"\nidle_timeout = "1m"', {"idle_timeout_seconds": 60, "per_request_timeout_seconds": 10}),
    ],
)
def test_timers_are_whole_seconds_and_no_limit_is_zero(keys: str, timers: dict[str, int], tmp_path: Path) -> None:
    made = output(f'[services.llm]\nimage = "l:1"\nport = 80\n{keys}', into=tmp_path)

    assert server(made, "llm")["timeout"] == timers


def test_the_idle_timeout_behind_a_load_balancer_is_longer_than_the_load_balancers(tmp_path: Path) -> None:
    made = output(
        '[ingress.in]\nallow = ["10.0.0.0/8"]\n[services.web]\nimage = "w:1"\nport = 80\npublic = true', into=tmp_path
    )
    [balancer] = resources(made, "aws_lb").values()

    assert server(made, "web")["timeout"]["idle_timeout_seconds"] == balancer["idle_timeout"] + 5


def test_a_new_protocol_replaces_the_ecs_service(tmp_path: Path) -> None:
    made = output(into=tmp_path)

    assert resources(made, "terraform_data")["llm"]["triggers_replace"] == {"protocol": "http"}
    assert resources(made, "aws_ecs_service")["llm"]["lifecycle"]["replace_triggered_by"] == ["terraform_data.llm"]
    assert set(resources(made, "terraform_data")) == {"cache", "llm"}


def test_a_caller_is_deployed_again_if_a_callees_address_changes(tmp_path: Path) -> None:
    one, two = output(into=tmp_path / "one"), output(mesh=TLS, into=tmp_path / "two")

    assert labels(one, "chat") == {"callee.cache": "tcp 6379 plain", "callee.llm": "http 8080 plain"}
    assert labels(two, "chat") == {"callee.cache": "tcp 6379 tls", "callee.llm": "http 8080 tls"}
    assert labels(one, "llm") is None


def test_only_ecs_creates_entries_in_the_namespace(tmp_path: Path) -> None:
    made = output(into=tmp_path)

    assert resources(made, "aws_service_discovery_service") == {}
    assert set(resources(made, "aws_service_discovery_private_dns_namespace")) == {"main_namespace"}


@pytest.mark.parametrize("cpu", FARGATE_SIZES)
def test_a_task_reserves_the_share_of_the_proxy_that_ecs_adds(cpu: int, tmp_path: Path) -> None:
    memory = FARGATE_SIZES[cpu][0]
    made = output(f'[services.llm]\nimage = "l:1"\nport = 80\ncpu = {cpu}\nmemory = {memory}', into=tmp_path)
    own = containers(made, "llm")["llm"]

    left = Share(cpu - own["cpu"], memory - own["memory"])
    assert left == proxy_share(cpu, memory)
    assert left.cpu >= 64 and left.memory >= 64


def test_tls_needs_a_role_and_a_private_ca(tmp_path: Path) -> None:
    made = output(mesh=TLS, into=tmp_path)

    assert server(made, "llm")["tls"] == {
        "issuer_cert_authority": {"aws_pca_authority_arn": AUTHORITY},
        "role_arn": "${aws_iam_role.main_mesh.arn}",
    }
    role = resources(made, "aws_iam_role")["main_mesh"]
    assert "ecs.amazonaws.com" in role["assume_role_policy"]
    attachment = resources(made, "aws_iam_role_policy_attachment")["main_mesh"]["policy_arn"]
    assert attachment.endswith(
        ":aws:policy/service-role/AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity"
    )
    for service in resources(made, "aws_ecs_service").values():
        assert "aws_iam_role_policy_attachment.main_mesh" in service["depends_on"]


def test_with_tls_a_public_service_is_reachable_only_by_its_load_balancer(
    tmp_path: Path,
) -> None:
    public = '[ingress.in]\nallow = ["10.0.0.0/8"]\n[services.web]\nimage = "w:1"\nport = 80\npublic = true\n'
    made = output(public, mesh=TLS, into=tmp_path)

    assert "service" not in connect(made, "web")
    assert "appProtocol" not in containers(made, "web")["web"]["portMappings"][0]


def test_without_nat_the_proxy_gets_its_configuration_through_an_endpoint(tmp_path: Path) -> None:
    image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/l:1"
    made = output(f'[network]\nnat = "none"\n[services.llm]\nimage = "{image}"', into=tmp_path)

    assert "main_interface_ecs-agent" in resources(made, "aws_vpc_endpoint")


WRONG = {
    "tls without a CA": """
        [mesh]
        kind = "service-connect"
        tls = true
        #^ mesh.tls: "service-connect" requires a private CA. Write tls = { authority = "arn:aws:acm-pca:…" }.
        """,
    "a CA in another region": """
        [mesh]
        kind = "service-connect"
        tls = { authority = "arn:aws:acm-pca:eu-west-1:123456789012:certificate-authority/0a1b" }
        #^ mesh.tls.authority: is in "eu-west-1", but the mesh is in us-west-2. Use a CA in us-west-2.
        """,
    "a public service that others call encrypted": """
        [mesh]
        kind = "service-connect"
        tls = { authority = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/0a1b" }
        [ingress.in]
        allow = ["10.0.0.0/8"]
        [services.chat]
        image = "chat:1"
        calls = ["web"]
        [services.web]
        image = "web:1"
        port = 80
        public = true
        #^ services.web.public: chat would call it encrypted (services.toml:3), and it isn't tested that a load
        #| balancer can connect to an encrypted port. Make another service public that calls it, or remove mesh.tls.
        """,
}  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_service_connect_errors_name_their_line(wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert problems_of(wrong) == pointed_out(wrong)


def test_a_host_name_that_is_too_long_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    namespace = f"{'a' * 61}.{'b' * 61}.c"
    [problem] = problems_of(
        f'[mesh]\nkind = "service-connect"\n[discovery]\nnamespace = "{namespace}"\n'
        '[services.llm]\nimage = "r.io/l:1"\nport = 80'
    )

    assert problem == (
        f'services.toml:5: services.llm: "llm.{namespace}" has 129 characters, but Service Connect allows at most 127. '
        "Shorten the service's name or discovery.namespace."
    )


CYCLE = """
[mesh]
kind = "service-connect"
[services.a]
image = "r.io/a:1"
port = 80
calls = ["a", "b"]
[services.b]
image = "r.io/b:1"
port = 80
calls = ["a"]
"""


def test_a_cycle_names_the_service_that_starts_first_with_a_fix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    notices = [str(notice) for notice in loaded(CYCLE).notices if "calls itself" not in notice.message]

    assert notices == [
        "services.toml:6: services.a.calls[1]: warning: a → b → a is a cycle of calls, so a starts first, and its "
        "proxy knows only the services that existed then. When all are running, deploy it again: aws ecs "
        "update-service --cluster shop --service shop-a --region us-west-2 --force-new-deployment"
    ]


def test_a_ca_needs_ecss_tag_which_is_a_notice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert [str(n) for n in loaded(f'[mesh]\nkind = "service-connect"\n{TLS}').notices] == [
        "services.toml:3: mesh.tls: notice: ECS can use only a CA that has the tag AmazonECSManaged = true. Check that "
        "this CA has it."
    ]


def test_a_namespace_without_dns_is_supported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert loaded(f'[discovery]\nkind = "http"\n[mesh]\nkind = "service-connect"\n{SERVICES}').deployments


def test_many_services_in_small_tasks_are_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    many = "".join(f'[services.s{n}]\nimage = "r.io/s:1"\ncpu = 256\nmemory = 1024\n' for n in range(101))
    notices = loaded(f'[mesh]\nkind = "service-connect"\n{many}').notices
    [notice] = [each for each in notices if "vCPUs count against" not in each.message]

    assert notice.level == "warning" and "at least 1536" in notice.message


def test_synthesis_needs_no_terraform(tmp_path: Path) -> None:
    """cdktf would run `terraform version` once for every terraform_data."""
    (tmp_path / "services.toml").write_text(f'{HEAD}[mesh]\nkind = "service-connect"\n{SERVICES}')

    done = run(tmp_path, PATH="")

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("provider", "mesh", "expected"),
    [
        (">= 6.34, < 7", "", {"format": "JSON"}),
        (">= 6.34, < 7", "access_logs = false", None),
        (">= 5.100, < 7", "", None),
    ],
)
def test_access_logs_require_a_newer_provider(
    provider: str, mesh: str, expected: dict[str, str] | None, tmp_path: Path
) -> None:
    text = f"""
    [catalog]
    name = "shop"
    region = "us-west-2"
    [terraform]
    aws = "{provider}"
    [mesh]
    kind = "service-connect"
    {mesh}
    [services.llm]
    image = "llm:1"
    port = 80
    """
    service = catalog_output(text, tmp_path)["shop"]["resource"]["aws_ecs_service"]["llm"]
    assert service["service_connect_configuration"].get("access_log_configuration") == expected
