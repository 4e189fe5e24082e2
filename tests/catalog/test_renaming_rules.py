"""Renamed services and names in AWS."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.analysis.resource_types import ResourceType, moved_blocks
from catalog.meshes import RESOURCE_TYPES
from tests.support.catalogs import loaded, notices_of, pointed_out, problems_of

WRONG = {
    "an old key that is the key": r"""
        [services.chat]
        image = "r.io/chat:1"
        renamed_from = "chat"
        #^ services.chat.renamed_from: "chat" is already its key. Remove renamed_from.
    """,
    "an old key that is in use": r"""
        [services.backend]
        image = "r.io/chat:1"
        [services.chat]
        image = "r.io/chat:1"
        renamed_from = "backend"
        #^ services.chat.renamed_from: services.backend still exists (services.toml:1) and keeps its resources. Remove
        #| that table, or renamed_from. To swap two names, use a third name, and apply each step.
    """,
    "two names that are swapped": r"""
        [services.one]
        image = "r.io/one:1"
        renamed_from = "two"
        #^ services.one.renamed_from: services.two still exists (services.toml:6) and keeps its resources. Remove that
        #| table, or renamed_from. To swap two names, use a third name, and apply each step.
        [services.two]
        image = "r.io/two:1"
        renamed_from = "one"
        #^ services.two.renamed_from: services.one still exists (services.toml:1) and keeps its resources. Remove that
        #| table, or renamed_from. To swap two names, use a third name, and apply each step.
    """,
    "two of one": r"""
        [services.one]
        image = "r.io/one:1"
        renamed_from = "backend"
        [services.two]
        image = "r.io/two:1"
        renamed_from = "backend"
        #^ services.two.renamed_from: services.one is renamed from "backend" too (services.toml:3). Remove one of them.
    """,
    "a key that addresses of shared resources begin with": r"""
        [services.main]
        image = "r.io/main:1"
        renamed_from = "chat"
        #^ services.main.renamed_from: isn't supported: Terraform addresses of shared resources begin with "main".
        #| Rename the service.
    """,
    "a key that is the name of another in AWS": r"""
        [services.chat]
        image = "r.io/chat:1"
        aws_name = "backend"
        #^ services.chat.aws_name: services.backend has the name "backend" in AWS too (services.toml:6). Write another
        #| aws_name for the newer one.
        [services.backend]
        image = "r.io/backend:1"
    """,
    "one name in AWS for two": r"""
        [services.chat]
        image = "r.io/chat:1"
        aws_name = "backend"
        [services.talk]
        image = "r.io/talk:1"
        renamed_from = "backend"
        #^ services.talk.renamed_from: services.chat has the name "backend" in AWS too (services.toml:3). Write another
        #| aws_name for the newer one.
    """,
    "a reserved name": r"""
        [services.chat]
        image = "r.io/chat:1"
        aws_name = "internal"
        #^ services.chat.aws_name: "internal" is reserved by AWS. Write another name.
    """,
    "a long name": r"""
        [services.chat]
        image = "r.io/chat:1"
        aws_name = "abcdefghijabcdefghijabcdefghijabcdefghij-"
        #^ services.chat.aws_name: "abcdefghijabcdefghijabcdefghijabcdefghij-" is not a name. Use lower-case letters,
        #| digits and single hyphens, beginning with a letter.
    """,
    "a longer name": r"""
        [services.chat]
        image = "r.io/chat:1"
        aws_name = "abcdefghijabcdefghijabcdefghijabcdefghijk"
        #^ services.chat.aws_name: has 41 characters. Use at most 40.
    """,
    "names of several services": r"""
        [defaults]
        aws_name = "backend"
        #^ defaults.aws_name: can only be set in a service. Move it there.
        renamed_from = "backend"
        #^ defaults.renamed_from: can only be set in a service. Move it there.
        [profiles.own]
        renamed_from = "backend"
        #^ profiles.own.renamed_from: can only be set in a service. Move it there.
    """,
    "the name of a version": r"""
        [services.chat]
        image = "r.io/chat:1"
        port = 80
        [[services.chat.versions]]
        name = "next"
        aws_name = "backend"
        #^ services.chat.versions[0].aws_name: can't differ between versions. Move it to services.chat.
    """,
    "a call by the old key": r"""
        [services.web]
        image = "r.io/web:1"
        calls = ["backend"]
        #^ services.web.calls[0]: unknown service "backend", which was renamed (services.toml:8). Write "chat".
        [services.chat]
        image = "r.io/chat:1"
        port = 80
        renamed_from = "backend"
    """,
    "an address by the old key": r"""
        [services.web]
        image = "r.io/web:1"
        calls = ["chat"]
        environment.CHAT = "{backend.url}"
        #^ services.web.environment.CHAT: {backend.url} has no value, because backend was renamed. Write {chat.url}, or
        #| double only the opening brace for literal text: {{backend.url}.
        [services.chat]
        image = "r.io/chat:1"
        port = 80
        renamed_from = "backend"
    """,
    "the same beside a version": r"""
        [services.chat]
        image = "r.io/chat:1"
        aws_name = "backend"
        [[services.chat.versions]]
        name = "next"
        sidecars.backend = { image = "r.io/beside:1" }
        #^ services.chat.versions[0].sidecars.backend: is also the name of the service's container. Use another name.
    """,
    "an environment's keys below the old key": r"""
        [services.chat]
        image = "r.io/chat:1"
        renamed_from = "backend"
        [environments.prod.services.backend]
        #^ environments.prod.services.backend: unknown service; did you mean "chat"? A new service requires an image
        replicas = 3
    """,
    "a container beside it of the old name": r"""
        [services.chat]
        image = "r.io/chat:1"
        aws_name = "backend"
        sidecars.backend = { image = "r.io/beside:1" }
        #^ services.chat.sidecars.backend: is also the name of the service's container. Use another name.
    """,
}


@pytest.mark.parametrize("snippet", WRONG.values(), ids=WRONG)
def test_a_wrong_name_is_an_error_with_its_line(snippet: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert problems_of(snippet) == pointed_out(snippet)


def test_an_old_key_that_is_not_a_string_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    snippet = """
        [services.chat]
        image = "r.io/chat:1"
        renamed_from = ["backend"]
        [environments.prod.services.bend]
    """

    assert any(": services.chat.renamed_from: " in problem for problem in problems_of(snippet))


def test_two_deployments_with_one_name_in_aws_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    snippet = """
        [services.chat]
        image = "r.io/chat:1"
        [environments.one.services.chat]
        aws_name = "two-chat"
        [environments.one-two]
    """

    assert problems_of(snippet) == [
        "services.toml:5: environments.one-two: services.chat, and services.chat of one, would both be "
        '"shop-one-two-chat" in AWS. Rename the environment.'
    ]


RENAMED = """
[services.web]
image = "r.io/web:1"
calls = ["chat"]
[services.chat]
image = "r.io/chat:1"
port = 80
renamed_from = "backend"
"""


def test_a_notice_says_what_to_write_after_the_apply(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    callers = "Its callers get its address in CHAT_URL, no longer in BACKEND_URL."

    assert notices_of(RENAMED) == [
        "services.toml:7: services.chat.renamed_from: notice: has no effect after the apply. Replace it with "
        'aws_name = "backend" then, in every environment: without either, Terraform would replace its resources. '
        f"{callers}"
    ]
    assert notices_of(RENAMED + 'aws_name = "first"') == [
        "services.toml:7: services.chat.renamed_from: notice: has no effect after the apply. Remove it then, in every "
        f"environment. {callers}"
    ]
    assert notices_of(RENAMED.replace("renamed_from", "aws_name")) == []


def test_a_renamed_service_keeps_its_host_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for snippet in (RENAMED, RENAMED.replace("renamed_from", "aws_name")):
        [deployment] = loaded(snippet).deployments

        assert deployment.services["web"].environment == {"CHAT_URL": "http://backend.shop.internal"}


def test_a_service_with_an_aws_name_can_be_renamed_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    [deployment] = loaded(RENAMED + 'aws_name = "first"').deployments

    assert deployment.renamed == {"chat": "backend"}
    assert deployment.services["chat"].aws_name == "first"


def test_an_environment_can_rename_a_service_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    snippet = """
        [services.chat]
        image = "r.io/chat:1"
        [environments.dev]
        [environments.prod.services.chat]
        renamed_from = "backend"
    """

    dev, prod = loaded(snippet).deployments

    assert (dev.renamed, dev.services["chat"].aws_name) == ({}, "chat")
    assert (prod.renamed, prod.services["chat"].aws_name) == ({"chat": "backend"}, "backend")


MOVED = {
    "aws_ecs_service.chat": "aws_ecs_service.backend",
    "aws_ecs_service.chat_next": "aws_ecs_service.backend_next",
    "aws_iam_role.chat_next_task": "aws_iam_role.backend_next_task",
    "aws_efs_access_point.chat_from": "aws_efs_access_point.backend_from",
    "terraform_data.chat": "terraform_data.backend",
    "aws_vpc_security_group_ingress_rule.chat_from_web": "aws_vpc_security_group_ingress_rule.backend_from_front",
    "aws_vpc_security_group_ingress_rule.chat_from_chat": "aws_vpc_security_group_ingress_rule.backend_from_backend",
    "aws_vpc_security_group_egress_rule.db_to_chat": "aws_vpc_security_group_egress_rule.db_to_backend",
    "aws_vpc_security_group_egress_rule.chat_to_main_files": "aws_vpc_security_group_egress_rule.backend_to_main_files",
    "aws_vpc_security_group_egress_rule.main_ingress_to_to_chat": (
        "aws_vpc_security_group_egress_rule.main_ingress_to_to_backend"
    ),
    "aws_vpc_security_group_ingress_rule.chat_from_main_ingress_from_tasks": (
        "aws_vpc_security_group_ingress_rule.backend_from_main_ingress_from_tasks"
    ),
    "aws_vpc_security_group_ingress_rule.main_mesh_from_chat_8080": (
        "aws_vpc_security_group_ingress_rule.main_mesh_from_backend_8080"
    ),
}
KEPT = [
    "data.aws_secretsmanager_secret_versions.chat",
    "aws_ecs_service.db_chat",  # a version
    "aws_efs_access_point.db_chat",  # a volume
    "aws_lb.main_ingress_chat",
    "aws_vpc_security_group_ingress_rule.main_ingress_chat_http_from_10-0-0-0-8",
    "aws_vpc_security_group_egress_rule.db_to_chat_443",
]


def test_only_resources_named_after_the_key_are_moved() -> None:
    found = moved_blocks([*MOVED, *KEPT], renamed={"chat": "backend", "web": "front"}, types=RESOURCE_TYPES)

    assert dict(found) == {old: new for new, old in MOVED.items()}
    assert found == sorted(found)
    assert moved_blocks([*MOVED, *KEPT], renamed={}, types=RESOURCE_TYPES) == []


def test_resource_types_of_a_mesh_can_be_named_after_two_services() -> None:
    types = {"aws_mesh_grant": ResourceType(between="for")}
    moved = moved_blocks(["aws_mesh_grant.web_for_chat"], renamed={"chat": "backend"}, types=types)
    assert moved == [("aws_mesh_grant.web_for_backend", "aws_mesh_grant.web_for_chat")]
