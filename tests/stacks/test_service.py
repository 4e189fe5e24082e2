"""A service's task definition, ECS service, roles and logs."""

from __future__ import annotations

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
    def build(services: str) -> dict[str, Any]:
        return catalog_output(HEAD + services, tmp_path)["shop"]

    return build


def test_a_service_has_one_capacity_provider_strategy_and_never_a_launch_type(shop) -> None:
    output = shop('[services.a]\nimage = "a:1"\n[services.b]\nimage = "b:1"\ncapacity = "fargate-spot"')

    services = resources(output, "aws_ecs_service")

    assert [s["capacity_provider"] for s in services["a"]["capacity_provider_strategy"]] == ["FARGATE"]
    assert [s["capacity_provider"] for s in services["b"]["capacity_provider_strategy"]] == ["FARGATE_SPOT"]
    assert all("launch_type" not in service for service in services.values())


def test_a_deployment_is_forced_only_by_an_apply_that_lists_the_service(shop) -> None:
    output = shop('[services.a]\nimage = "a:1"\n[services.b]\nimage = "b:1"')

    services = resources(output, "aws_ecs_service")

    assert services["a"]["force_new_deployment"] == '${contains(var.redeploy, "a")}'
    assert output["variable"]["redeploy"]["default"] == []
    assert output["variable"]["redeploy"]["validation"] == [
        {
            "condition": '${length(setsubtract(var.redeploy, ["a", "b"])) == 0}',
            "error_message": "This state has these services: a, b.",
        }
    ]


def test_a_service_waits_for_its_rollout_and_fails_if_it_rolls_back(shop) -> None:
    output = shop('[services.a]\nimage = "a:1"\nhealth = { grace = "5m" }')

    service = resources(output, "aws_ecs_service")["a"]

    assert service["wait_for_steady_state"] is True
    assert service["timeouts"] == {"create": "26m", "update": "26m", "delete": "26m"}
    (condition,) = service["lifecycle"]["postcondition"]
    assert condition["condition"] == "${self.task_definition == aws_ecs_task_definition.a.arn}"
    assert condition["error_message"].startswith("services.a: the deployment was rolled back")


def test_a_service_that_does_not_wait_has_no_rollout_check(shop) -> None:
    output = shop(
        '[services.a]\nimage = "a:1"\nreplicas = 2\ndeploy = { wait = false, rollback = false, min = 50, max = 150 }'
    )

    service = resources(output, "aws_ecs_service")["a"]

    assert service["wait_for_steady_state"] is False
    assert "lifecycle" not in service
    assert service["deployment_circuit_breaker"] == {"enable": True, "rollback": False}
    assert (service["deployment_minimum_healthy_percent"], service["deployment_maximum_percent"]) == (50, 150)


def test_zones_are_rebalanced_only_if_a_deployment_may_exceed_the_task_count(shop) -> None:
    output = shop('[services.a]\nimage = "a:1"\n[services.b]\nimage = "b:1"\ndeploy = { min = 0, max = 100 }')

    services = resources(output, "aws_ecs_service")

    assert services["a"]["availability_zone_rebalancing"] == "ENABLED"
    assert services["b"]["availability_zone_rebalancing"] == "DISABLED"


def test_an_old_revision_stays_active_so_that_a_rollback_can_return_to_it(shop) -> None:
    task = resources(shop('[services.a]\nimage = "a:1"'), "aws_ecs_task_definition")["a"]

    assert task["skip_destroy"] is True


def test_the_first_deployment_starts_callees_before_their_callers(shop) -> None:
    output = shop(
        '[services.web]\nimage = "w:1"\ncalls = ["api"]\n[services.api]\nimage = "a:1"\nport = 80\ncalls = ["db"]\n'
        '[services.db]\nimage = "d:1"\nport = 5432\nprotocol = "tcp"'
    )

    services = resources(output, "aws_ecs_service")

    assert "aws_ecs_service.api" in services["web"]["depends_on"]
    assert "aws_ecs_service.db" in services["api"]["depends_on"]
    assert not any(other.startswith("aws_ecs_service.") for other in services["db"]["depends_on"])


def test_two_services_that_call_each_other_start_in_order_of_name(shop) -> None:
    output = shop(
        '[services.b]\nimage = "b:1"\nport = 80\ncalls = ["a"]\n[services.a]\nimage = "a:1"\nport = 81\ncalls = ["b"]'
    )

    services = resources(output, "aws_ecs_service")

    assert "aws_ecs_service.a" in services["b"]["depends_on"]
    assert "aws_ecs_service.b" not in services["a"]["depends_on"]


def test_a_service_waits_for_everything_its_tasks_need_to_start(shop) -> None:
    output = shop(
        '[services.a]\nimage = "a:1"\nport = 80\nsecrets = { T = "arn:aws:ssm:us-west-2:123456789012:parameter/t" }'
    )

    waits_for = set(resources(output, "aws_ecs_service")["a"]["depends_on"])

    assert waits_for >= {
        "aws_iam_role_policy.a_execution",
        "aws_ecs_cluster_capacity_providers.main_cluster",
        "aws_vpc_security_group_egress_rule.a_to_anywhere_443",
    }
    assert any(address.startswith("aws_route.") for address in waits_for)


def test_every_container_logs_to_the_service_s_own_group(shop) -> None:
    output = shop('[services.a]\nimage = "a:1"\nlogs = { retention_days = 7 }')

    group = resources(output, "aws_cloudwatch_log_group")["a"]
    options = [container["logConfiguration"]["options"] for container in containers(output, "a").values()]

    assert (group["name"], group["retention_in_days"]) == ("/ecs/shop/a", 7)
    assert {option["awslogs-group"] for option in options} == {"${aws_cloudwatch_log_group.a.name}"}
    assert {option["awslogs-stream-prefix"] for option in options} == {"a"}


def test_unset_keys_are_left_out_of_the_container(shop) -> None:
    container = containers(shop('[services.a]\nimage = "a:1"'), "a")["a"]

    assert set(container) == {
        "name", "image", "essential", "cpu", "memory", "stopTimeout", "logConfiguration",
    }  # fmt: skip


def test_keys_reach_the_container_as_ecs_arguments(shop) -> None:
    container = containers(
        shop("""
[services.a]
image = "a:1"
port = 8080
command = ["serve", "--fast"]
entrypoint = ["/bin/run"]
user = "1000"
working_dir = "/srv"
readonly_root = true
stop_timeout = "90s"
environment = { B = "2", A = "1" }
volumes = { tmp = { path = "/tmp" } }
credentials = "arn:aws:secretsmanager:us-west-2:123456789012:secret:registry-AbCdEf"
health = { command = "curl -f localhost", interval = "20s", timeout = "4s", grace = "2m" }
secrets.TOKEN = { arn = "arn:aws:secretsmanager:us-west-2:123456789012:secret:t-AbCdEf", key = "token" }
container = { linuxParameters = { initProcessEnabled = true } }
"""),
        "a",
    )["a"]

    assert container["portMappings"] == [{"name": "a", "containerPort": 8080, "hostPort": 8080, "protocol": "tcp"}]
    assert (container["command"], container["entryPoint"]) == (["serve", "--fast"], ["/bin/run"])
    assert (container["user"], container["workingDirectory"]) == ("1000", "/srv")
    assert (container["readonlyRootFilesystem"], container["stopTimeout"]) == (True, 90)
    assert container["environment"] == [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    assert container["mountPoints"] == [{"sourceVolume": "tmp", "containerPath": "/tmp", "readOnly": False}]
    assert container["repositoryCredentials"]["credentialsParameter"].endswith("registry-AbCdEf")
    assert container["secrets"] == [
        {"name": "TOKEN", "valueFrom": "arn:aws:secretsmanager:us-west-2:123456789012:secret:t-AbCdEf:token::"}
    ]
    assert container["healthCheck"] == {
        "command": ["CMD-SHELL", "curl -f localhost"], "interval": 20, "timeout": 4, "retries": 3, "startPeriod": 120,
    }  # fmt: skip
    assert container["linuxParameters"] == {"initProcessEnabled": True}


def test_a_long_start_keeps_the_check_interval_and_sets_the_grace_period_of_the_service(shop) -> None:
    output = shop(
        '[services.a]\nimage = "a:1"\nhealth = { command = "true", grace = "20m" }\n'
        '[services.b]\nimage = "b:1"\nhealth = { grace = "20m" }'
    )

    check = containers(output, "a")["a"]["healthCheck"]
    services = resources(output, "aws_ecs_service")
    assert (check["startPeriod"], check["interval"], check["retries"]) == (300, 10, 10)
    assert services["a"]["health_check_grace_period_seconds"] == 1200
    # Without a health check, a grace period has no effect.
    assert "health_check_grace_period_seconds" not in services["b"]


def test_storage_is_requested_only_beyond_the_size_that_every_task_has(shop) -> None:
    output = shop('[services.a]\nimage = "a:1"\n[services.b]\nimage = "b:1"\nstorage = 60')

    tasks = resources(output, "aws_ecs_task_definition")

    assert "ephemeral_storage" not in tasks["a"]
    assert tasks["b"]["ephemeral_storage"] == {"size_in_gib": 60}


def test_the_execution_role_can_read_exactly_the_secrets_of_the_service(shop) -> None:
    output = shop("""
[services.a]
image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/team/a:1"
[services.a.secrets]
P = "arn:aws:ssm:us-west-2:123456789012:parameter/p"
[services.a.secrets.S]
arn = "arn:aws:secretsmanager:us-west-2:123456789012:secret:s-AbCdEf"
kms = "arn:aws:kms:us-west-2:123456789012:key/k"
""")

    by_action = {s["Action"][0]: s["Resource"] for s in statements(output, "a_execution")}

    assert by_action == {
        "ecr:GetAuthorizationToken": ["*"],
        "ecr:BatchCheckLayerAvailability": ["arn:aws:ecr:us-west-2:123456789012:repository/team/a"],
        "logs:CreateLogStream": ["${aws_cloudwatch_log_group.a.arn}:*"],
        "secretsmanager:GetSecretValue": ["arn:aws:secretsmanager:us-west-2:123456789012:secret:s-AbCdEf"],
        "ssm:GetParameters": ["arn:aws:ssm:us-west-2:123456789012:parameter/p"],
        "kms:Decrypt": ["arn:aws:kms:us-west-2:123456789012:key/k"],
    }


def test_the_task_role_has_the_permissions_of_access(shop) -> None:
    output = shop("""
[services.a]
image = "a:1"
[[services.a.access.statements]]
actions = ["dynamodb:GetItem"]
resources = ["arn:aws:dynamodb:us-west-2:123456789012:table/t"]
conditions = { StringEquals = { "aws:PrincipalTag/team" = "${aws:username}" } }
""")

    assert statements(output, "a_task") == [
        {
            "Effect": "Allow",
            "Action": ["dynamodb:GetItem"],
            "Resource": ["arn:aws:dynamodb:us-west-2:123456789012:table/t"],
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": "$${aws:username}"}},
        },
    ]


def test_only_tasks_of_the_named_accounts_can_assume_a_role(tmp_path: Path) -> None:
    text = HEAD + '[aws]\naccounts = ["123456789012"]\n[services.a]\nimage = "a:1"'

    role = resources(catalog_output(text, tmp_path)["shop"], "aws_iam_role")["a_task"]

    assert '"aws:SourceAccount": ["123456789012"]' in role["assume_role_policy"]


def test_the_tags_of_a_service_are_on_all_its_resources(shop) -> None:
    output = shop('[services.a]\nimage = "a:1"\nport = 80\ntags = { team = "rag" }\n[services.b]\nimage = "b:1"')

    for type_ in ("aws_ecs_service", "aws_ecs_task_definition", "aws_security_group", "aws_cloudwatch_log_group",
                  "aws_service_discovery_service"):  # fmt: skip
        assert resources(output, type_)["a"]["tags"]["team"] == "rag", type_
    assert resources(output, "aws_iam_role")["a_task"]["tags"] == {"team": "rag"}
    assert resources(output, "aws_ecs_service")["a"]["propagate_tags"] == "SERVICE"
    assert "tags" not in resources(output, "aws_ecs_service")["b"]


@pytest.mark.parametrize("name", ["main", "private", "public", "nat", "ingress", "external", "vpc", "s3", "available"])
def test_a_service_named_like_a_shared_part_owns_none_of_its_resources(name: str, tmp_path: Path) -> None:
    text = HEAD + f'[services.{name}]\nimage = "a:1"\nport = 80\npublic = true\ntags = {{ team = "rag" }}\n'
    text += '[ingress.public]\nallow = ["10.0.0.0/8"]\ninternal = true\n'

    output = catalog_output(text, tmp_path)["shop"]

    tagged = {
        f"{type_}.{each}"
        for type_, named in output["resource"].items()
        for each, body in named.items()
        if body.get("tags", {}).get("team") == "rag"
    }
    assert f"aws_ecs_service.{name}" in tagged and f"aws_iam_role.{name}_task" in tagged
    assert all(address.partition(".")[2].partition("_")[0] == name for address in tagged)
    assert not {address for address in tagged if address.startswith(("aws_vpc.", "aws_subnet.", "aws_lb.", "aws_eip."))}
    assert "aws_security_group.main_ingress_public" not in tagged


def test_the_account_is_read_from_aws_only_if_the_catalog_needs_it_and_does_not_set_it(tmp_path: Path) -> None:
    needs = '[services.a]\nimage = "{account}.dkr.ecr.us-west-2.amazonaws.com/a:1"'
    says = '[aws]\naccounts = ["123456789012"]\n'

    asked = catalog_output(HEAD + needs, tmp_path / "asked")["shop"]
    said = catalog_output(HEAD + says + needs, tmp_path / "said")["shop"]
    silent = catalog_output(HEAD + '[services.a]\nimage = "a:1"', tmp_path / "silent")["shop"]

    account = "${data.aws_caller_identity.current_account.account_id}"
    assert containers(asked, "a")["a"]["image"] == f"{account}.dkr.ecr.us-west-2.amazonaws.com/a:1"
    assert f"arn:aws:ecr:us-west-2:{account}:repository/a" in str(statements(asked, "a_execution"))
    assert containers(said, "a")["a"]["image"] == "123456789012.dkr.ecr.us-west-2.amazonaws.com/a:1"
    assert all("aws_caller_identity" not in output.get("data", {}) for output in (said, silent))
