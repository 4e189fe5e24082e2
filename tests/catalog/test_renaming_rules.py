"""What a catalog may say of old keys and of names in AWS."""

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
        #^ services.chat.renamed_from: "chat" is its key already; remove this
    """,
    "an old key that is in use": r"""
        [services.backend]
        image = "r.io/chat:1"
        [services.chat]
        image = "r.io/chat:1"
        renamed_from = "backend"
        #^ services.chat.renamed_from: services.backend is there too (services.toml:1), and would keep what is its own;
        #| remove that table, or this key. Names are swapped by way of a third, with an apply for each step
    """,
    "two names that are swapped": r"""
        [services.one]
        image = "r.io/one:1"
        renamed_from = "two"
        #^ services.one.renamed_from: services.two is there too (services.toml:6), and would keep what is its own;
        #| remove that table, or this key. Names are swapped by way of a third, with an apply for each step
        [services.two]
        image = "r.io/two:1"
        renamed_from = "one"
        #^ services.two.renamed_from: services.one is there too (services.toml:1), and would keep what is its own;
        #| remove that table, or this key. Names are swapped by way of a third, with an apply for each step
    """,
    "two of one": r"""
        [services.one]
        image = "r.io/one:1"
        renamed_from = "backend"
        [services.two]
        image = "r.io/two:1"
        renamed_from = "backend"
        #^ services.two.renamed_from: services.one is renamed from "backend" too (services.toml:3); remove one of them
    """,
    "a key that begins like shared parts": r"""
        [services.main]
        image = "r.io/main:1"
        renamed_from = "chat"
        #^ services.main.renamed_from: nothing can be renamed to "main", with which shared parts begin;
        #| choose another key
    """,
    "a key that is the name of another in AWS": r"""
        [services.chat]
        image = "r.io/chat:1"
        aws_name = "backend"
        #^ services.chat.aws_name: services.backend is called "backend" in AWS too (services.toml:6);
        #| write another aws_name for the newer of them
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
        #^ services.talk.renamed_from: services.chat is called "backend" in AWS too (services.toml:3);
        #| write another aws_name for the newer of them
    """,
    "a name that AWS keeps for itself": r"""
        [services.chat]
        image = "r.io/chat:1"
        aws_name = "internal"
        #^ services.chat.aws_name: "internal" is reserved; write another name
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
        #^ services.chat.aws_name: has 41 characters; use at most 40
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
        #^ services.web.calls[0]: unknown service "backend"; it is renamed: write "chat" (services.toml:8)
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
        #^ services.web.environment.CHAT: {backend.url} has no value, because backend was renamed. Write {chat.url},
        #| or write {{backend.url} for literal text.
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
def test_what_is_wrong_about_names_is_said_where_it_stands(
    snippet: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert problems_of(snippet) == pointed_out(snippet)


def test_an_old_key_that_is_none_is_no_traceback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    snippet = """
        [services.chat]
        image = "r.io/chat:1"
        renamed_from = ["backend"]
        [environments.prod.services.bend]
    """

    assert any(": services.chat.renamed_from: " in problem for problem in problems_of(snippet))


def test_two_deployments_do_not_meet_in_a_name_of_aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    snippet = """
        [services.chat]
        image = "r.io/chat:1"
        [environments.one.services.chat]
        aws_name = "two-chat"
        [environments.one-two]
    """

    assert problems_of(snippet) == [
        'services.toml:5: environments.one-two: services.chat would be "shop-one-two-chat" in AWS, like services.chat '
        "of one; rename the environment"
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


def test_what_to_write_after_the_apply_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    callers = "Its callers now have its address in CHAT_URL, not BACKEND_URL"

    assert notices_of(RENAMED) == [
        'services.toml:7: services.chat.renamed_from: notice: once applied everywhere, write aws_name = "backend" in '
        f"its place: without either, all of it would be replaced. {callers}"
    ]
    assert notices_of(RENAMED + 'aws_name = "first"') == [
        f"services.toml:7: services.chat.renamed_from: notice: once applied everywhere, remove it. {callers}"
    ]
    assert notices_of(RENAMED.replace("renamed_from", "aws_name")) == []


def test_a_service_is_found_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for snippet in (RENAMED, RENAMED.replace("renamed_from", "aws_name")):
        [deployment] = loaded(snippet).deployments

        assert deployment.services["web"].environment == {"CHAT_URL": "http://backend.shop.internal"}


def test_a_service_is_renamed_again_under_the_same_name_in_aws(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    [deployment] = loaded(RENAMED + 'aws_name = "first"').deployments

    assert deployment.renamed == {"chat": "backend"}
    assert deployment.services["chat"].aws_name == "first"


def test_an_environment_renames_for_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
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


def test_all_that_bears_the_key_is_moved_and_nothing_else() -> None:
    found = moved_blocks([*MOVED, *KEPT], renamed={"chat": "backend", "web": "front"}, types=RESOURCE_TYPES)

    assert dict(found) == {old: new for new, old in MOVED.items()}
    assert found == sorted(found)
    assert moved_blocks([*MOVED, *KEPT], renamed={}, types=RESOURCE_TYPES) == []


def test_rows_of_a_mesh_tell_too_what_is_named_after_two() -> None:
    types = {"aws_mesh_grant": ResourceType(between="for")}
    moved = moved_blocks(["aws_mesh_grant.web_for_chat"], renamed={"chat": "backend"}, types=types)
    assert moved == [("aws_mesh_grant.web_for_backend", "aws_mesh_grant.web_for_chat")]
