"""ECS refuses task definitions that could never run, as AWS does and Terraform does not."""

import json
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from tests import emulator
from tests.emulator.checks.stage import Stage, refused

ENVOY = {
    "name": "envoy",
    "image": "example/envoy:1",
    "user": "1337",
    "healthCheck": {"command": ["CMD-SHELL", "true"]},
}
PROXY = {"ProxyIngressPort": "15000", "ProxyEgressPort": "15001", "AppPorts": "8080", "IgnoredUID": "1337"}


def proxy(container: str, **properties: str) -> dict[str, Any]:
    pairs = [{"name": key, "value": value} for key, value in properties.items()]
    return {"type": "APPMESH", "containerName": container, "properties": pairs}


def test_a_task_definition_with_a_proxy_is_accepted(stage: Stage) -> None:
    app = stage.task["containerDefinitions"][0] | {
        "dependsOn": [{"containerName": "envoy", "condition": "HEALTHY"}],
    }
    stage.register(containerDefinitions=[app, ENVOY], proxyConfiguration=proxy("envoy", **PROXY))


@pytest.mark.parametrize(
    ("cpu", "memory"), [("512", "512"), ("300", "1024"), ("16384", "16384"), ("256", "4096"), ("32768", "131072")]
)
def test_fargate_takes_only_its_own_sizes(stage: Stage, cpu: str, memory: str) -> None:
    with refused("ClientException", "No Fargate configuration exists"):
        stage.register(cpu=cpu, memory=memory)


def test_the_largest_and_the_smallest_size_are_accepted(stage: Stage) -> None:
    stage.register(cpu="256", memory="512")
    stage.register(cpu="16384", memory="122880")
    stage.register(cpu="32768", memory="249856")


@pytest.mark.parametrize("size", [20, 201])
def test_fargate_storage_is_21_to_200_gib(stage: Stage, size: int) -> None:
    with refused("ClientException", "Ephemeral storage"):
        stage.register(ephemeralStorage={"sizeInGiB": size})
    stage.register(ephemeralStorage={"sizeInGiB": 21})


def test_fargate_has_no_shared_memory_size(stage: Stage) -> None:
    with refused("ClientException", "sharedMemorySize"):
        stage.register_container(linuxParameters={"sharedMemorySize": 64})


def test_fargate_has_no_gpus(stage: Stage) -> None:
    with refused("ClientException", "GPU"):
        stage.register_container(resourceRequirements=[{"type": "GPU", "value": "1"}])


def test_fargate_needs_awsvpc(stage: Stage) -> None:
    with refused("ClientException", "awsvpc"):
        stage.register(networkMode="bridge")


def test_containers_fit_into_their_task(stage: Stage) -> None:
    with refused("ClientException", "cpu (1024) exceeds"):
        stage.register_container(cpu=1024)
    with refused("ClientException", "memory (2048) exceeds"):
        stage.register_container(memory=2048)


def test_logs_and_secrets_on_fargate_need_an_execution_role(stage: Stage) -> None:
    with refused("ClientException", "log driver awslogs"):
        stage.ecs.register_task_definition(**{k: v for k, v in stage.task.items() if k != "executionRoleArn"})


@pytest.mark.parametrize("key", ["taskRoleArn", "executionRoleArn"])
def test_a_role_must_exist(stage: Stage, key: str) -> None:
    with refused("ClientException", "role/ghost does not exist"):
        stage.register(**{key: "arn:aws:iam::123456789012:role/ghost"})


def test_a_role_must_trust_ecs_tasks(stage: Stage, aws: Any) -> None:
    role = aws("iam").create_role(RoleName="other", AssumeRolePolicyDocument=json.dumps({"Statement": []}))
    with refused("ClientException", "does not trust ecs-tasks.amazonaws.com"):
        stage.register(taskRoleArn=role["Role"]["Arn"])


def test_the_proxy_is_one_of_the_containers(stage: Stage) -> None:
    with refused("ClientException", "The proxy container envoy does not exist"):
        stage.register(proxyConfiguration=proxy("envoy", **PROXY))


def test_a_proxy_needs_its_properties(stage: Stage) -> None:
    containers = [*stage.task["containerDefinitions"], ENVOY]
    for key in ("ProxyIngressPort", "ProxyEgressPort", "AppPorts", "IgnoredUID"):
        with refused("ClientException", key):
            given = {other: value for other, value in PROXY.items() if other != key}
            stage.register(containerDefinitions=containers, proxyConfiguration=proxy("envoy", **given))


def test_a_dependency_is_a_container_that_can_meet_the_condition(stage: Stage) -> None:
    with refused("ClientException", "ghost that app depends on does not exist"):
        stage.register_container(dependsOn=[{"containerName": "ghost", "condition": "START"}])
    other = {"name": "other", "image": "example/other:1"}
    for condition, text in (("HEALTHY", "which has no health check"), ("SUCCESS", "which is essential")):
        app = stage.task["containerDefinitions"][0] | {
            "dependsOn": [{"containerName": "other", "condition": condition}],
        }
        with refused("ClientException", text):
            stage.register(containerDefinitions=[app, other])


def test_dependencies_form_no_circle(stage: Stage) -> None:
    app = stage.task["containerDefinitions"][0] | {"dependsOn": [{"containerName": "other", "condition": "START"}]}
    other = {"name": "other", "image": "x", "dependsOn": [{"containerName": "app", "condition": "START"}]}
    with refused("ClientException", "form a circle"):
        stage.register(containerDefinitions=[app, other])


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"name": "a b"}, "Invalid container name"),
        ({"mountPoints": [{"sourceVolume": "ghost", "containerPath": "/x"}]}, "Unknown volume 'ghost'"),
        ({"healthCheck": {"command": ["CMD", "true"], "startPeriod": 301}}, "healthCheck.startPeriod"),
        ({"healthCheck": {"command": ["true"]}}, "must begin with CMD"),
        ({"portMappings": [{"containerPort": 80, "hostPort": 81}]}, "must match"),
        ({"portMappings": [{"containerPort": 80, "name": "Http"}]}, "Invalid port mapping name"),
        ({"stopTimeout": 121}, "120 seconds"),
        ({"privileged": True}, "privileged"),
        ({"portMappings": [{"containerPort": port, "name": "a"} for port in (80, 81)]}, "a is used twice"),
        ({"logConfiguration": {"logDriver": "syslog"}}, "log driver syslog"),
        ({"logConfiguration": {"logDriver": "awslogs", "options": {}}}, "awslogs-stream-prefix"),
        ({"essential": False}, "At least one container must be essential"),
        (
            {"environment": [{"name": "A", "value": "1"}], "secrets": [{"name": "A", "valueFrom": "arn:x"}]},
            "The secret name must be unique",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_container_is_checked(stage: Stage, change: dict[str, Any], text: str) -> None:
    with refused("ClientException", text):
        stage.register_container(**change)


def test_container_names_are_unique(stage: Stage) -> None:
    with refused("ClientException", "must be unique"):
        stage.register(containerDefinitions=stage.task["containerDefinitions"] * 2)


def test_fargate_needs_cpu_and_memory(stage: Stage) -> None:
    with refused("ClientException", "be defined at the task level"):
        stage.ecs.register_task_definition(**{k: v for k, v in stage.task.items() if k != "cpu"})


def test_a_proxy_needs_awsvpc(stage: Stage) -> None:
    with refused("ClientException", "A proxy configuration needs networkMode awsvpc"):
        stage.register(
            requiresCompatibilities=["EC2"],
            networkMode="bridge",
            containerDefinitions=[*stage.task["containerDefinitions"], ENVOY],
            proxyConfiguration=proxy("envoy", **PROXY),
        )


def test_secrets_need_an_execution_role(stage: Stage) -> None:
    task = {key: value for key, value in stage.task.items() if key != "executionRoleArn"}
    app = {"name": "app", "image": "x", "secrets": [{"name": "A", "valueFrom": "arn:x"}]}
    with refused("ClientException", "to support secrets"):
        stage.ecs.register_task_definition(**(task | {"containerDefinitions": [app]}))


def test_a_family_takes_no_spaces(stage: Stage) -> None:
    with refused("ClientException", "Family contains invalid characters"):
        stage.register(family="chat service")


def test_an_unknown_key_is_refused(stage: Stage) -> None:
    task = stage.task | {"containerDefinitions": [stage.task["containerDefinitions"][0] | {"healthcheck_": {}}]}
    # By hand, because boto3 would not send it.
    request = Request(
        emulator.url(),
        data=json.dumps(task).encode(),
        headers={
            "Content-Type": "application/x-amz-json-1.1",
            "X-Amz-Target": "AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition",
            "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/ecs/aws4_request",
        },
    )
    with pytest.raises(HTTPError) as caught:
        urlopen(request, timeout=300)
    assert "healthcheck_" in caught.value.read().decode()


@pytest.mark.parametrize(
    ("capacity", "variables", "refusal"),
    [("EC2", [], True), ("EC2", ["AWS_REGION"], False), ("FARGATE", [], False)],
)
def test_a_collector_on_instances_needs_its_region(
    stage: Stage, capacity: str, variables: list[str], refusal: bool
) -> None:
    environment = [{"name": name, "value": "us-west-2"} for name in ("AOT_CONFIG_CONTENT", *variables)]
    collector = {"name": "otel", "image": "example/otel:1", "essential": False, "environment": environment}
    task = {
        "requiresCompatibilities": [capacity],
        "containerDefinitions": [*stage.task["containerDefinitions"], collector],
    }
    if refusal:
        with refused("ClientException", "needs AWS_REGION"):
            stage.register(**task)
    else:
        stage.register(**task)
