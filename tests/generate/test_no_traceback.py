"""Any mistake in a catalog gives errors and never a traceback."""

from __future__ import annotations

import copy
import datetime
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import catalog.reading.folder
from catalog.diagnostics import CatalogError
from catalog.load import load
from catalog.reading.source import Source

EVERYTHING = r"""
[catalog]
name = "shop"
region = "us-west-2"
tags = { team = "shop" }
permissions_boundary = "arn:aws:iam::123456789012:policy/x"

[vars]
x = "1"

[aws]
accounts = ["123456789012"]
assume_role = { role_arn = "arn:aws:iam::123456789012:role/x", external_id = "12" }

[terraform]
aws = ">= 5.100"

[state.s3]
bucket = "states"

[network]
cidr = "10.0.0.0/16"
zones = ["us-west-2a", "us-west-2b"]
nat = "single"
endpoints = ["sqs"]

[discovery]
namespace = "{environment}.x.internal"

[mesh]
kind = "service-connect"
tls = { authority = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/a" }

[images]
envoy = "r.io/envoy:1"

[ingress.open]
allow = ["10.0.0.0/8"]
domain = "{environment}.shop.example.com"
zone_id = "Z0123456789"
certificate = "arn:aws:acm:us-west-2:123456789012:certificate/a"

[external.db]
host = "db.example.com"
port = 5432
protocol = "tcp"
cidrs = ["10.9.0.0/16"]

[defaults]
cpu = 512
environment = { LOG = "{environment}" }

[profiles.large]
memory = 2048

[services.web]
image = "r.io/web:1"
profile = "large"
port = 80
calls = ["llm", "db"]
command = ["serve", "{llm.url}"]
environment = { X = "{llm.url}{var.x}" }
public = { path = "/a", host = "x.example.com", priority = 3 }
health = { path = "/health", command = ["check"], interval = "10s" }
retries = { attempts = 1, on = ["connection-error"], per_try = "5s" }
pool = { connections = 1, pending = 2 }
outlier = { errors = 3 }
credentials = "arn:aws:secretsmanager:us-west-2:123456789012:secret:hub-AbCdEf"
volumes = { data = { path = "/data" } }
deploy = { min = 50, max = 200 }
logs = { retention_days = 30 }
tags = { tier = "front" }

[services.web.secrets]
A = { arn = "arn:aws:ssm:us-west-2:123456789012:parameter/a", kms = "arn:aws:kms:us-west-2:123456789012:key/a" }
B = "arn:aws:secretsmanager:us-west-2:123456789012:secret:b-AbCdEf"

[[services.web.access.statements]]
actions = ["s3:GetObject"]
resources = ["*"]
conditions = { Bool = { "aws:SecureTransport" = true } }

[services.web.container]
ulimits = [{ name = "nofile", softLimit = 1, hardLimit = 2 }]
linuxParameters = { capabilities = { add = ["SYS_PTRACE"] } }
dockerLabels = { a = "b" }
startTimeout = 30

[services.llm]
image = "r.io/llm:1"
port = 8080
profile = "inference"

[overrides."aws_vpc.main_network"]
tags = { a = "b" }

[environments.dev]
unset = ["services.web.tags"]

[environments.prod.services.web]
replicas = 3
"""
TREE = tomllib.loads(EVERYTHING)
WRONG: list[Any] = [1, True, 1.5, "x", "{nobody.url}", [], ["x", "x"], [[]], {}, {"a": 1}, datetime.date(2026, 11, 22)]


def _paths(value: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if at:
        yield at
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from _paths(item, (*at, key))


def _changed(path: tuple[Any, ...], change: Any) -> dict[str, Any]:
    tree = copy.deepcopy(TREE)
    table: Any = tree
    for key in path[:-1]:
        table = table[key]
    change(table, path[-1])
    return tree


def _changes(path: tuple[Any, ...]) -> Iterator[dict[str, Any]]:
    for value in WRONG:
        yield _changed(path, lambda table, key, value=value: table.__setitem__(key, copy.deepcopy(value)))
    yield _changed(path, lambda table, key: table.pop(key))
    if isinstance(path[-1], str):
        yield _changed(path, lambda table, key: table.__setitem__("Not a key", table.pop(key)))


@pytest.fixture
def the_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The tree that replaces the parsed file. The file stays the same, because lines aren't tested here."""
    monkeypatch.chdir(tmp_path)
    Path("services.toml").write_text(EVERYTHING)
    tree: dict[str, Any] = {}

    source = Source(Path("services.toml"), shown="services.toml")

    def read(file: Path, *, shown: str) -> Source:
        source.data = tree
        return source

    monkeypatch.setattr(catalog.reading.folder, "read", read)
    return tree


def test_a_catalog_with_nearly_every_key_loads(the_tree: dict[str, Any]) -> None:
    the_tree.update(copy.deepcopy(TREE))
    assert [deployment.id for deployment in load("services.toml").deployments] == ["shop-dev", "shop-prod"]


@pytest.mark.parametrize("table", sorted(TREE))
def test_every_wrong_value_is_an_error_and_not_a_traceback(table: str, the_tree: dict[str, Any]) -> None:
    for path in _paths({table: TREE[table]}):
        for tree in _changes(path):
            the_tree.clear()
            the_tree.update(tree)
            try:
                load("services.toml")
            except CatalogError as error:
                assert all(problem.message for problem in error.problems), path
