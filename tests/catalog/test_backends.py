"""The backend of each deployment's state."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.synth import catalog_output

HEAD = '[catalog]\nname = "shop"\nregion = "us-west-2"\n[mesh]\nkind = "none"\n[services.a]\nimage = "a:1"\n'
ENVIRONMENTS = "[environments.dev]\n[environments.prod]\n"


@pytest.mark.parametrize(
    ("state", "kind", "arguments"),
    [
        ("", "local", {"path": "../../../state/shop/base.tfstate"}),
        ('[state.local]\npath = "here.tfstate"', "local", {"path": "here.tfstate"}),
        ('[state.s3]\nbucket = "b"', "s3", {"bucket": "b", "key": "shop/base.tfstate", "use_lockfile": True}),
        (
            '[state.s3]\nbucket = "b"\nkey = "k"\nuse_lockfile = false',
            "s3",
            {"bucket": "b", "key": "k", "use_lockfile": False},
        ),
        (
            '[state.s3]\nbucket = "b"\ndynamodb_table = "t"',
            "s3",
            {"bucket": "b", "key": "shop/base.tfstate", "dynamodb_table": "t"},
        ),
        ('[state.gcs]\nbucket = "b"', "gcs", {"bucket": "b", "prefix": "shop/base"}),
        (
            '[state.azurerm]\nstorage_account_name = "s"\ncontainer_name = "c"',
            "azurerm",
            {"storage_account_name": "s", "container_name": "c", "key": "shop/base.tfstate"},
        ),
        (
            '[state.http]\naddress = "https://tf.example.com"',
            "http",
            {"address": "https://tf.example.com"},
        ),
        (
            '[state.pg]\nconn_str = "postgres://db/tf"',
            "pg",
            {"conn_str": "postgres://db/tf", "schema_name": "shop_base"},
        ),
        ('[state.consul]\naddress = "c:8500"', "consul", {"address": "c:8500", "path": "shop/base"}),
        (
            '[state.remote]\norganization = "o"',
            "remote",
            {"organization": "o", "workspaces": {"name": "shop_base"}},
        ),
    ],
)
def test_a_backend_gets_its_own_arguments_and_a_place_of_its_own(
    state: str, kind: str, arguments: dict[str, object], tmp_path: Path
) -> None:
    terraform = catalog_output(HEAD + state, tmp_path)["shop"]["terraform"]

    assert terraform["backend"] == {kind: arguments}


def test_hcp_terraform_is_a_cloud_block_beside_no_backend(tmp_path: Path) -> None:
    terraform = catalog_output(HEAD + '[state.cloud]\norganization = "o"', tmp_path)["shop"]["terraform"]

    assert terraform["cloud"] == {"organization": "o", "workspaces": {"name": "shop_base"}}
    assert not terraform.get("backend")


@pytest.mark.parametrize(
    ("written", "workspaces"),
    [
        ('{ project = "p" }', {"name": "shop_base", "project": "p"}),
        ('{ tags = ["a", "b"] }', {"tags": ["a", "b"]}),
        ('{ name = "mine" }', {"name": "mine"}),
    ],
)
def test_a_workspace_of_hcp_terraform_is_named_unless_something_else_chooses_it(
    written: str, workspaces: dict[str, object], tmp_path: Path
) -> None:
    terraform = catalog_output(HEAD + f"[state.cloud]\nworkspaces = {written}", tmp_path)["shop"]["terraform"]

    assert terraform["cloud"] == {"workspaces": workspaces}


@pytest.mark.parametrize("state", ["", '[state.s3]\nbucket = "b"\n'])
def test_every_environment_has_a_state_of_its_own(state: str, tmp_path: Path) -> None:
    outputs = catalog_output(HEAD + state + ENVIRONMENTS, tmp_path)

    backends = [output["terraform"]["backend"] for output in outputs.values()]
    assert list(outputs) == ["shop-dev", "shop-prod"]
    assert backends[0] != backends[1]
    assert "dev" in str(backends[0]) and "prod" in str(backends[1])


def test_the_provider_is_open_to_what_the_catalog_allows(tmp_path: Path) -> None:
    terraform = catalog_output(HEAD, tmp_path / "a")["shop"]["terraform"]
    chosen = catalog_output(HEAD + '[terraform]\naws = ">= 6"\n', tmp_path / "b")["shop"]["terraform"]

    assert terraform["required_providers"]["aws"] == {"source": "aws", "version": ">= 5.100, < 7"}
    assert chosen["required_providers"]["aws"]["version"] == ">= 6"
    assert terraform["required_version"] == ">= 1.10"


def test_the_provider_acts_as_the_catalog_says(tmp_path: Path) -> None:
    text = HEAD.replace('region = "us-west-2"', 'region = "us-west-2"\ntags = { team = "rag" }') + (
        '[aws]\naccounts = ["123456789012"]\nprofile = "shop"\n'
        'assume_role = { role_arn = "arn:aws:iam::123456789012:role/deploy", external_id = "xy" }\n'
    )

    (provider,) = catalog_output(text, tmp_path)["shop"]["provider"]["aws"]

    assert provider == {
        "region": "us-west-2",
        "profile": "shop",
        "allowed_account_ids": ["123456789012"],
        "assume_role": [{"role_arn": "arn:aws:iam::123456789012:role/deploy", "external_id": "xy"}],
        "default_tags": [{"tags": {"team": "rag"}}],
    }
