"""The table of resource types: the owner of a resource, and the error for a missing row."""

from __future__ import annotations

import pytest

from stacks import jsii as jsii  # isort: skip  (first: it makes the import of cdktf fast)
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic

from catalog.analysis.resource_types import COMMON, ResourceType, complete, owner
from catalog.meshes import MESHES, RESOURCE_TYPES
from stacks import part
from tests.support.synth import Stack, deployment, synthesized

WORKLOADS = {"llm", "llm_next", "llm_to", "llm_task", "main"}


@pytest.mark.parametrize(
    ("address", "service"),
    [
        ("aws_ecs_service.llm", "llm"),
        ("aws_ecs_service.llm_next", "llm"),
        ("aws_iam_role.llm_task", "llm"),
        ("aws_iam_role.llm_next_task", "llm"),
        ("aws_appautoscaling_policy.llm_start", "llm"),
        ("aws_appautoscaling_scheduled_action.llm_evenings", "llm"),
        ("aws_vpc_security_group_ingress_rule.llm_from_web", "llm"),
        ("aws_vpc_security_group_egress_rule.llm_to_anywhere_443", "llm"),
        ("aws_vpc_security_group_egress_rule.llm_to_web", "llm"),
        ("aws_iam_role.llm_task_task", "llm"),
        ("aws_ecs_service.llm_task", "llm"),
        ("data.aws_secretsmanager_secret_versions.llm", "llm"),
        ("aws_efs_access_point.llm_cache", None),
        ("aws_vpc.main_network", None),
        ("aws_iam_role.main_task", "main"),
        ("aws_ecs_service.other", None),
    ],
)
def test_the_owner_of_an_address(address: str, service: str | None) -> None:
    assert owner(address, workloads=WORKLOADS, types=RESOURCE_TYPES) == service


@pytest.mark.parametrize("address", ["aws_sns_topic.llm", "aws_iam_role.llm", "aws_iam_role.llm_build"])
def test_an_address_with_a_services_name_but_without_a_row_is_an_error(address: str) -> None:
    with pytest.raises(LookupError, match=f"{address} contains the name of a service"):
        owner(address, workloads=WORKLOADS, types=RESOURCE_TYPES)


def _add(type_: type, name: str) -> None:
    def build(stack: Stack) -> None:
        part.Part(stack, "part", deployment=deployment()).add(type_, name)

    synthesized(build)


@pytest.mark.parametrize(("type_", "name"), [(SnsTopic, "llm"), (IamRole, "llm_build")])
def test_a_resource_of_a_service_requires_a_row(type_: type, name: str) -> None:
    with pytest.raises(LookupError, match="add it to the table of resource types"):
        _add(type_, name)


def test_a_removed_row_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    _add(SecurityGroup, "llm")
    rest = {type_: row for type_, row in RESOURCE_TYPES.items() if type_ != "aws_security_group"}
    monkeypatch.setattr(part, "RESOURCE_TYPES", rest)
    with pytest.raises(LookupError, match=r"aws_security_group\.llm"):
        _add(SecurityGroup, "llm")


def test_a_type_has_one_row() -> None:
    assert RESOURCE_TYPES.keys() == COMMON.keys() | {each for mesh in MESHES.values() for each in mesh.resource_types}
    with pytest.raises(ValueError, match="two rows for aws_ecs_service"):
        complete({"aws_ecs_service": ResourceType()})


def test_a_type_that_moves_has_an_import_id_or_a_reason() -> None:
    with pytest.raises(ValueError, match="one of import_id"):
        ResourceType(moves_with_service=True)
    with pytest.raises(ValueError, match="one of import_id"):
        ResourceType(import_id="{name}")
