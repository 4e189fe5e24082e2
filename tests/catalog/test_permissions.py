"""The tables of permissions list every action of every policy, and AWS has each of them."""

from __future__ import annotations

import re
from types import ModuleType

import botocore.session
import pytest

from catalog.analysis import access_permissions, permissions
from catalog.analysis.permissions import Permission
from catalog.reports.reference import all_permissions, managed, permissions_page
from tests.conftest import ROOT

MODELS = {
    "acm": ["acm"],
    "acm-pca": ["acm-pca"],
    "bedrock": ["bedrock-runtime"],
    "dynamodb": ["dynamodb"],
    "ecr": ["ecr"],
    "ecs": ["ecs"],
    "kms": ["kms"],
    "logs": ["logs"],
    "s3": ["s3"],
    "sagemaker": ["sagemaker-runtime"],
    "secretsmanager": ["secretsmanager"],
    "sqs": ["sqs"],
    "ssm": ["ssm"],
    "sts": ["sts"],
    "xray": ["xray"],
}
"""The botocore models whose operations have the names of a service's actions."""


def _ids(permission: Permission) -> str:
    return permission.actions[0]


@pytest.mark.parametrize("permission", all_permissions(), ids=_ids)
def test_a_permission_is_complete(permission: Permission) -> None:
    assert permission.actions and permission.holder and permission.why and re.search(r'"[^"]+"', permission.page), (
        "without an AWS page"
    )
    assert {*permission.no_operations} <= {*permission.actions}
    broad = any("*" in action for action in permission.actions)
    assert permission.everywhere or not broad, f"{permission.actions} with a wildcard and without a reason"


@pytest.mark.parametrize("module", [permissions, access_permissions], ids=["roles", "access"])
def test_the_table_lists_every_permission(module: ModuleType) -> None:
    assert [*module.PERMISSIONS] == [each for each in vars(module).values() if isinstance(each, Permission)]


def test_every_action_exists_in_aws() -> None:
    session = botocore.session.get_session()
    unknown = set()
    for action in {
        action for permission in all_permissions() for action in {*permission.actions} - {*permission.no_operations}
    } - {"*"}:
        service, _, name = action.partition(":")
        operations = [each for model in MODELS[service] for each in session.get_service_model(model).operation_names]
        pattern = name.replace("*", ".*")
        if not any(re.fullmatch(pattern, operation) for operation in operations):
            unknown.add(action)
    assert not unknown


def test_the_documentation_in_the_repository_is_current() -> None:
    assert (ROOT / "docs" / "permissions.md").read_text("utf-8") == permissions_page(), "run `make docs`"


def test_the_table_lists_every_managed_policy() -> None:
    named = {
        name
        for folder in ("stacks", "catalog")
        for file in (ROOT / folder).rglob("*.py")
        for name in re.findall(r'"((?:service-role/)?Amazon\w+)"', file.read_text("utf-8"))
        if "Policy" in name or "Role" in name
    }
    assert named == set(managed())


@pytest.mark.parametrize("folder", ["stacks", "catalog"])
def test_only_the_tables_contain_actions(folder: str) -> None:
    known = {action for permission in all_permissions() for action in permission.actions} - {"*"}
    # The table of endpoints has actions too; the model and rules have examples.
    tables = {"permissions.py", "access_permissions.py", "endpoints.py"}
    of_meshes = set((ROOT / "catalog" / "meshes").glob("*/__init__.py"))
    for file in (ROOT / folder).rglob("*.py"):
        if file.name not in tables and file not in of_meshes and file.parent.name not in ("model", "rules"):
            text = file.read_text("utf-8")
            assert not [action for action in known if f'"{action}"' in text], file
