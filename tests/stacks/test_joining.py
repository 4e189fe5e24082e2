"""Created and existing resources in a catalog that uses an existing network, cluster, namespace and load balancer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.synth import catalog_output, resources  # isort: skip
from catalog.analysis.load_balancers import priority, priority_of, priority_of_match
from catalog.meshes import MESHES
from catalog.model import Deployment
from catalog.model.types import LAST_PRIORITY
from tests.support.catalogs import loaded
from tests.support.existing import JOINING

CLUSTER = "arn:aws:ecs:us-west-2:123456789012:cluster/platform"
OF_OTHERS = {
    "aws_ecs_cluster", "aws_ecs_cluster_capacity_providers", "aws_lb", "aws_lb_listener", "aws_vpc", "aws_subnet",
    "aws_service_discovery_private_dns_namespace", "aws_service_discovery_http_namespace",
}  # fmt: skip


def joining(into: Path, *changes: tuple[str, str], kind: str = "service-connect") -> dict[str, Any]:
    """The output of the example with some strings replaced."""
    text = JOINING.read_text(encoding="utf-8")
    for old, new in (('kind = "service-connect"', f'kind = "{kind}"'), *changes):
        assert old in text
        text = text.replace(old, new)
    return catalog_output(text, into)["joining"]


@pytest.mark.parametrize("kind", MESHES)
def test_existing_resources_are_not_created(kind: str, tmp_path: Path) -> None:
    output = joining(tmp_path, kind=kind)
    assert not OF_OTHERS & output["resource"].keys()
    groups = {rule["security_group_id"] for rule in resources(output, "aws_vpc_security_group_egress_rule").values()}
    assert "sg-0123456789abcdef0" not in groups
    let_in = resources(output, "aws_vpc_security_group_ingress_rule")["chat_from_main_ingress_public"]
    assert let_in["referenced_security_group_id"] == "sg-0123456789abcdef0"
    assert let_in["security_group_id"] == "${aws_security_group.chat.id}"


def test_services_run_in_the_existing_cluster_and_scaling_and_permissions_use_its_name(tmp_path: Path) -> None:
    output = joining(tmp_path)
    assert {service["cluster"] for service in resources(output, "aws_ecs_service").values()} == {CLUSTER}
    assert resources(output, "aws_appautoscaling_target")["chat"]["resource_id"].startswith("service/platform/$")
    assert "task/platform/*" in resources(output, "aws_iam_role_policy")["llm_task"]["policy"]
    assert output["output"]["ecs_cluster_name"]["value"] == "platform"


def test_an_account_known_only_to_terraform_is_left_out_of_the_cluster_name(tmp_path: Path) -> None:
    output = joining(tmp_path, (CLUSTER, "arn:aws:ecs:us-west-2:{account}:cluster/platform"))
    cluster = resources(output, "aws_ecs_service")["chat"]["cluster"]
    assert cluster == CLUSTER.replace("123456789012", "${data.aws_caller_identity.current_account.account_id}")
    assert output["output"]["ecs_cluster_name"]["value"] == "platform"


def test_ecs_exec_gets_no_log_group_in_an_existing_cluster(tmp_path: Path) -> None:
    output = joining(tmp_path, ("[services.llm]", "[services.llm]\nexec = true"))
    assert resources(output, "aws_ecs_service")["llm"]["enable_execute_command"] is True
    assert resources(output, "aws_cloudwatch_log_group").keys() == {"chat", "llm"}
    policy = json.loads(resources(output, "aws_iam_role_policy")["llm_task"]["policy"])
    actions = {action for statement in policy["Statement"] for action in statement["Action"]}
    assert "ssmmessages:OpenDataChannel" in actions
    assert not {action for action in actions if action.startswith("logs:")}


def test_service_connect_uses_the_existing_namespace_with_prefixed_names(tmp_path: Path) -> None:
    accounts = ("[network]", '[aws]\naccounts = ["123456789012"]\n\n[network]')
    service = resources(joining(tmp_path, accounts), "aws_ecs_service")["llm"]
    connect = service["service_connect_configuration"]
    assert connect["namespace"] == "arn:aws:servicediscovery:us-west-2:123456789012:namespace/ns-e4anhexample0004"
    [endpoint] = connect["service"]
    assert endpoint["discovery_name"] == "joining-llm"
    assert endpoint["client_alias"]["dns_name"] == "llm.platform.internal"


def test_an_existing_load_balancer_allows_the_idle_timeout_of_services_and_targets_allow_longer(tmp_path: Path) -> None:
    output = joining(tmp_path, ('timeout = "1m"', 'timeout = "20s"'))
    conditions = output["data"]["aws_lb"]["main_ingress_public"]["lifecycle"]["postcondition"]
    assert "${self.idle_timeout >= 20}" in {each["condition"] for each in conditions}
    [endpoint] = resources(output, "aws_ecs_service")["chat"]["service_connect_configuration"]["service"]
    assert endpoint["timeout"]["idle_timeout_seconds"] > 4000  # the maximum that its owner can set


def test_names_are_registered_in_the_existing_namespace(tmp_path: Path) -> None:
    output = joining(tmp_path, kind="none")
    entry = resources(output, "aws_service_discovery_service")["llm"]
    assert (entry["name"], entry["dns_config"]["namespace_id"]) == ("llm", "ns-e4anhexample0004")

    output = joining(tmp_path, ("namespace_id", 'kind = "http"\nnamespace_id'), ('calls = ["llm"]', ""), kind="none")
    assert resources(output, "aws_service_discovery_service")["llm"]["namespace_id"] == "ns-e4anhexample0004"


ROOM = """
[network]
vpc_id = "vpc-0a"
private_subnet_ids = ["subnet-0a"]
[ingress.public]
listener_arn = "arn:aws:elasticloadbalancing:us-west-2:123456789012:listener/app/platform/50dc6c495c0c9188/f2f7dc8e"
security_group_id = "sg-0a"
priorities = [{first}, {last}]
[defaults]
image = "r.io/app:1"
port = 80
[services.web]
public = true
versions = [{{ name = "next", match = {{ headers = {{ x-version = "next" }} }} }}]
[services.api]
public = {{ path = "/api" }}
[services.deep]
public = {{ path = "/api/v1/deep" }}
[services.hosted]
public = {{ host = "a.example.com" }}
"""


def room(first: int, last: int, more: str = "") -> Deployment:
    [deployment] = loaded(ROOM.format(first=first, last=last) + more, kind="vpc-lattice").deployments
    return deployment


@pytest.mark.usefixtures("in_tmp_path")
@pytest.mark.parametrize(("first", "last"), [(1, LAST_PRIORITY), (20000, 29999), (100, 355), (49000, LAST_PRIORITY)])
def test_priorities_are_in_the_configured_range_in_their_usual_order(first: int, last: int) -> None:
    deployment = room(first, last)
    services = deployment.services
    given = [priority_of(deployment, services[name]) for name in ("hosted", "deep", "api", "web")]
    assert given == sorted(set(given))
    web, version = deployment.workloads_of("web")
    assert first <= given[0]
    assert given[2] < priority_of_match(deployment, web, version) < given[-1] <= last


@pytest.mark.usefixtures("in_tmp_path")
def test_priorities_in_the_full_range_equal_those_of_a_created_load_balancer() -> None:
    deployment = room(1, LAST_PRIORITY)
    for name, service in deployment.services.items():
        assert service.public
        assert priority_of(deployment, service) == priority(service.public.host, service.public.path, name)


@pytest.mark.usefixtures("in_tmp_path")
def test_another_service_changes_no_existing_priority() -> None:
    before, after = room(3000, 3999), room(3000, 3999, '[services.other]\npublic = { path = "/other" }\n')
    for name, service in before.services.items():
        assert priority_of(after, after.services[name]) == priority_of(before, service)


@pytest.mark.usefixtures("in_tmp_path")
def test_a_match_with_an_explicit_priority_stays_in_the_range() -> None:
    asked = ROOM.replace("public = true", "public = {{ priority = 3010 }}")
    [deployment] = loaded(asked.format(first=3000, last=3999), kind="vpc-lattice").deployments
    web, version = deployment.workloads_of("web")
    assert 3000 <= priority_of_match(deployment, web, version) < priority_of(deployment, web) == 3010
