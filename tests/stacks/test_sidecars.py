"""Sidecars: the containers that the catalog's keys add to a task, and the other resources they need."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.synth import catalog_output, containers, resources, statements

HEAD = """
[catalog]
name = "shop"
region = "us-west-2"
[network]
zones = ["us-west-2a", "us-west-2b"]
[mesh]
kind = "none"
"""


@pytest.fixture
def shop(tmp_path: Path):
    def build(rest: str, *, head: str = HEAD) -> dict[str, Any]:
        return catalog_output(head + rest, tmp_path)["shop"]

    return build


def depends_on(container: dict[str, Any]) -> dict[str, str]:
    return {each["containerName"]: each["condition"] for each in container.get("dependsOn", [])}


def variables(container: dict[str, Any]) -> dict[str, str]:
    return {each["name"]: each["value"] for each in container.get("environment", [])}


def test_a_service_waits_for_its_sidecars_with_the_strictest_possible_condition(shop) -> None:
    task = containers(
        shop("""
        [services.web]
        image = "r.io/web:1"
        [services.web.sidecars]
        checked = { image = "r.io/a:1", start = "before", health = { command = "true" } }
        job = { image = "r.io/b:1", start = "before", essential = false }
        daemon = { image = "r.io/c:1", start = "before" }
        beside = { image = "r.io/d:1" }
        """),
        "web",
    )

    assert depends_on(task["web"]) == {"checked": "HEALTHY", "job": "SUCCESS", "daemon": "START"}
    assert all(depends_on(task[name]) == {} for name in ("checked", "job", "daemon", "beside"))
    assert [name for name, container in task.items() if not container["essential"]] == ["job"]


@pytest.mark.parametrize(("health", "condition"), [("", "START"), ('health = { command = "true" }', "HEALTHY")])
def test_sidecars_that_start_after_a_service_wait_for_it(shop, health: str, condition: str) -> None:
    task = containers(
        shop(f"""
        [services.web]
        image = "r.io/web:1"
        {health}
        sidecars = {{ warmer = {{ image = "r.io/a:1", start = "after" }} }}
        """),
        "web",
    )

    assert depends_on(task["warmer"]) == {"web": condition}
    assert depends_on(task["web"]) == {}


def test_a_running_sidecar_uses_task_resources_and_a_finished_one_uses_none(shop) -> None:
    task = containers(
        shop("""
        [services.web]
        image = "r.io/web:1"
        cpu = 1024
        memory = 2048
        [services.web.sidecars]
        large = { image = "r.io/a:1", cpu = 256, memory = 512 }
        small = { image = "r.io/b:1" }
        job = { image = "r.io/c:1", start = "before", essential = false }
        """),
        "web",
    )

    assert (task["large"]["cpu"], task["large"]["memoryReservation"]) == (256, 512)
    assert (task["small"]["cpu"], task["small"]["memoryReservation"]) == (64, 128)
    assert not {"cpu", "memoryReservation"} & task["job"].keys()
    assert (task["web"]["cpu"], task["web"]["memory"]) == (1024 - 256 - 64, 2048 - 512 - 128)


def test_a_sidecar_supports_the_container_keys_of_a_service(shop) -> None:
    output = shop("""
        [services.web]
        image = "r.io/web:1"
        calls = ["llm"]
        volumes = { pages = { path = "/pages" } }
        [services.web.sidecars.proxy]
        image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/proxy:1"
        command = ["run", "${HOME}"]
        user = "1000"
        working_dir = "/srv"
        readonly_root = true
        stop_timeout = "10s"
        environment = { LLM = "{llm.host}:{llm.port}", REGION = "{region}" }
        secrets.TOKEN = { arn = "arn:aws:secretsmanager:us-west-2:123456789012:secret:proxy-AbCdEf", key = "token" }
        volumes = { pages = "/srv/pages" }
        container = { startTimeout = 60, linuxParameters = { initProcessEnabled = true } }
        [services.web.sidecars.other]
        image = "r.io/other:1"
        credentials = "arn:aws:secretsmanager:us-west-2:123456789012:secret:login-AbCdEf"
        [services.llm]
        image = "r.io/llm:1"
        port = 80
        """)

    task = containers(output, "web")
    logs = task["web"]["logConfiguration"]
    assert task["proxy"] == {
        "name": "proxy",
        "image": "123456789012.dkr.ecr.us-west-2.amazonaws.com/proxy:1",
        "essential": True,
        "cpu": 64,
        "memoryReservation": 128,
        "command": ["run", "$${HOME}"],
        "user": "1000",
        "workingDirectory": "/srv",
        "readonlyRootFilesystem": True,
        "stopTimeout": 10,
        "environment": [
            {"name": "LLM", "value": "llm.shop.internal:80"},
            {"name": "REGION", "value": "us-west-2"},
        ],
        "secrets": [
            {"name": "TOKEN", "valueFrom": "arn:aws:secretsmanager:us-west-2:123456789012:secret:proxy-AbCdEf:token::"}
        ],
        "mountPoints": [{"sourceVolume": "pages", "containerPath": "/srv/pages", "readOnly": False}],
        "startTimeout": 60,
        "linuxParameters": {"initProcessEnabled": True},
        "logConfiguration": logs,
    }
    login = "arn:aws:secretsmanager:us-west-2:123456789012:secret:login-AbCdEf"
    assert task["other"]["repositoryCredentials"] == {"credentialsParameter": login}
    read = [
        s["Resource"] for s in statements(output, "web_execution") if "secretsmanager:GetSecretValue" in s["Action"]
    ]
    assert read == [[login, "arn:aws:secretsmanager:us-west-2:123456789012:secret:proxy-AbCdEf"]]
    pulled = [s["Resource"] for s in statements(output, "web_execution") if "ecr:BatchGetImage" in s["Action"]]
    assert pulled == [["arn:aws:ecr:us-west-2:123456789012:repository/proxy"]]


def test_the_more_specific_key_decides_about_ecs_exec(shop) -> None:
    output = shop("""
        [cluster]
        exec = true
        [services.open]
        image = "r.io/a:1"
        [services.closed]
        image = "r.io/b:1"
        exec = false
        """)

    services = resources(output, "aws_ecs_service")
    assert services["open"]["enable_execute_command"] is True
    assert "enable_execute_command" not in services["closed"]
    assert containers(output, "open")["open"]["linuxParameters"] == {"initProcessEnabled": True}
    assert "linuxParameters" not in containers(output, "closed")["closed"]
    allowed = {action for statement in statements(output, "open_task") for action in statement["Action"]}
    assert {action for action in allowed if action.startswith("ssmmessages:")} == {
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    }
    assert statements(output, "closed_task") == []


def test_tasks_have_permission_to_write_their_session_logs(shop) -> None:
    output = shop('[services.web]\nimage = "r.io/a:1"\nexec = true')

    sessions = resources(output, "aws_ecs_cluster")["main_cluster"]["configuration"]["execute_command_configuration"]
    group = resources(output, "aws_cloudwatch_log_group")["main_exec"]["name"]
    assert sessions["logging"] == "OVERRIDE"
    assert sessions["log_configuration"]["cloud_watch_log_group_name"] == "${aws_cloudwatch_log_group.main_exec.name}"
    [write] = [s for s in statements(output, "web_task") if "logs:PutLogEvents" in s["Action"]]
    assert write["Resource"] == [f"arn:aws:logs:us-west-2:*:log-group:{group}:*"]


def test_without_ecs_exec_there_are_no_resources_for_it(shop) -> None:
    output = shop('[services.web]\nimage = "r.io/a:1"')

    # Written explicitly, so that Terraform restores it.
    assert resources(output, "aws_ecs_cluster")["main_cluster"]["configuration"] == {
        "execute_command_configuration": {"logging": "DEFAULT"}
    }
    assert "main_exec" not in resources(output, "aws_cloudwatch_log_group")


def test_a_log_router_gets_the_output_of_the_service_and_nothing_else(shop) -> None:
    output = shop("""
        [services.web]
        image = "r.io/a:1"
        calls = ["archive"]
        sidecars = { beside = { image = "r.io/b:1" } }
        [services.web.logs.router]
        options = { Name = "http", Host = "{archive.host}", Format = "${json}" }
        secrets = { HTTP_Passwd = "arn:aws:secretsmanager:us-west-2:123456789012:secret:logs-AbCdEf" }
        config = "/fluent-bit/configs/parse-json.conf"
        [services.archive]
        image = "r.io/archive:1"
        port = 80
        """)

    task = containers(output, "web")
    assert task["web"]["logConfiguration"] == {
        "logDriver": "awsfirelens",
        "options": {"Name": "http", "Host": "archive.shop.internal", "Format": "$${json}"},
        "secretOptions": [
            {"name": "HTTP_Passwd", "valueFrom": "arn:aws:secretsmanager:us-west-2:123456789012:secret:logs-AbCdEf"}
        ],
    }
    assert task["log_router"]["firelensConfiguration"] == {
        "type": "fluentbit",
        "options": {"config-file-type": "file", "config-file-value": "/fluent-bit/configs/parse-json.conf"},
    }
    assert task["log_router"]["user"] == "0" and task["log_router"]["essential"]
    assert depends_on(task["web"]) == {"log_router": "START"}
    assert {task[name]["logConfiguration"]["logDriver"] for name in ("beside", "log_router")} == {"awslogs"}
    read = [
        s["Resource"] for s in statements(output, "web_execution") if "secretsmanager:GetSecretValue" in s["Action"]
    ]
    assert read == [["arn:aws:secretsmanager:us-west-2:123456789012:secret:logs-AbCdEf"]]


TRACED = HEAD.replace('kind = "none"', 'kind = "none"\ntracing = true')


def test_a_collector_accepts_traces_and_nothing_else(shop) -> None:
    output = shop('[services.web]\nimage = "r.io/a:1"', head=TRACED)

    collector = containers(output, "web")["otel_collector"]
    configuration = json.loads(variables(collector)["AOT_CONFIG_CONTENT"])
    assert list(configuration["service"]["pipelines"]) == ["traces"]
    assert list(configuration["exporters"]) == ["awsxray"]
    assert collector["healthCheck"]["command"] == ["CMD", "/healthcheck"]
    # The service keeps running without it.
    assert not collector["essential"] and collector["restartPolicy"] == {"enabled": True}
    [traces] = statements(output, "web_task")
    assert all(action.startswith("xray:") for action in traces["Action"]) and traces["Resource"] == ["*"]


def test_a_service_gets_the_trace_endpoint_unless_it_sets_its_own(shop) -> None:
    output = shop(
        """
        [services.plain]
        image = "r.io/a:1"
        [services.named]
        image = "r.io/a:1"
        environment = { OTEL_SERVICE_NAME = "front" }
        [services.elsewhere]
        image = "r.io/a:1"
        environment = { OTEL_EXPORTER_OTLP_ENDPOINT = "http://traces.example.com:4317" }
        """,
        head=TRACED,
    )

    def told(service: str) -> dict[str, str]:
        return variables(containers(output, service)[service])

    assert told("plain") == {
        "OTEL_EXPORTER_OTLP_ENDPOINT": "http://localhost:4318",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_RESOURCE_ATTRIBUTES": "service.namespace=shop",
        "OTEL_SERVICE_NAME": "plain",
    }
    assert told("named")["OTEL_SERVICE_NAME"] == "front"
    assert told("elsewhere")["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://traces.example.com:4317"
    assert "OTEL_EXPORTER_OTLP_PROTOCOL" not in told("elsewhere")


def test_without_internet_access_endpoints_serve_the_needs_of_sidecars(shop) -> None:
    head = TRACED.replace("[network]", '[network]\nnat = "none"')
    output = shop(
        """
        [images]
        registry = "123456789012.dkr.ecr.us-west-2.amazonaws.com/cache"
        [services.web]
        image = "redis:7"
        exec = true
        sidecars = { a = { image = "r:1", secrets = { X = "arn:aws:ssm:us-west-2:123456789012:parameter/x" } } }
        """,
        head=head,
    )

    made = {name.removeprefix("main_interface_") for name in resources(output, "aws_vpc_endpoint")}
    assert {"ecr_api", "ecr_dkr", "ssm", "ssmmessages", "xray"} <= made


def test_redeploy_on_rotation_uses_the_version_ids_of_secrets(shop) -> None:
    output = shop("""
        [services.web]
        image = "r.io/a:1"
        secrets = { TOKEN = "arn:aws:secretsmanager:us-west-2:123456789012:secret:token-AbCdEf" }
        redeploy_on_rotation = true
        [services.web.sidecars.proxy]
        image = "r.io/b:1"
        secrets = { TOKEN = "arn:aws:secretsmanager:us-west-2:123456789012:secret:other-AbCdEf" }
        [services.still]
        image = "r.io/a:1"
        secrets = { TOKEN = "arn:aws:secretsmanager:us-west-2:123456789012:secret:token-AbCdEf" }
        """)

    [(name, versions)] = output["data"]["aws_secretsmanager_secret_versions"].items()
    assert name == "web" and versions["for_each"] == {
        "TOKEN": "arn:aws:secretsmanager:us-west-2:123456789012:secret:token-AbCdEf",
        "proxy.TOKEN": "arn:aws:secretsmanager:us-west-2:123456789012:secret:other-AbCdEf",
    }
    assert containers(output, "web")["web"]["dockerLabels"] == {"secret_versions": "${local.web_secret_versions}"}
    assert list(output["locals"]) == ["web_secret_versions"]
    assert "dockerLabels" not in containers(output, "still")["still"]
    assert "aws_secretsmanager_secret_version" not in output["data"]


def test_images_come_from_the_pull_through_cache_and_the_role_can_import_them(shop) -> None:
    output = shop(
        """
        [images.registry]
        "docker.io" = "{account}.dkr.ecr.us-west-2.amazonaws.com/hub"
        "public.ecr.aws" = "123456789012.dkr.ecr.us-west-2.amazonaws.com/public"
        [services.web]
        image = "redis:7"
        sidecars = { own = { image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/team/own:1" } }
        """,
        head=TRACED,
    )

    task = containers(output, "web")
    account = "${data.aws_caller_identity.current_account.account_id}"
    assert task["web"]["image"] == f"{account}.dkr.ecr.us-west-2.amazonaws.com/hub/library/redis:7"
    assert task["own"]["image"] == "123456789012.dkr.ecr.us-west-2.amazonaws.com/team/own:1"
    assert task["otel_collector"]["image"].startswith("123456789012.dkr.ecr.us-west-2.amazonaws.com/public/aws-obs")
    [fetch] = [s for s in statements(output, "web_execution") if "ecr:BatchImportUpstreamImage" in s["Action"]]
    assert fetch["Action"] == ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"]
    assert fetch["Resource"] == [
        f"arn:aws:ecr:us-west-2:{account}:repository/hub/library/redis",
        "arn:aws:ecr:us-west-2:123456789012:repository/public/aws-observability/aws-otel-collector",
    ]
