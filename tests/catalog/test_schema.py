"""services.schema.json: it allows what a catalog can say, and refuses much of what it cannot."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from catalog.reports.schema import schema, schema_text
from tests.conftest import ROOT

SHIPPED = [ROOT / "services.toml", *sorted((ROOT / "examples").glob("*.toml"))]
SERVICE = "[catalog]\nname = 'x'\nregion = 'us-west-2'\n[mesh]\nkind = 'none'\n[services.web]\nimage = 'x:1'\n"


VALIDATOR = jsonschema.Draft7Validator(schema())


def problems(text: str) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in VALIDATOR.iter_errors(tomllib.loads(text))]


@pytest.mark.parametrize("dialect", [jsonschema.Draft7Validator, jsonschema.Draft202012Validator])
def test_the_schema_is_one_in_old_dialects_and_new(dialect: Any) -> None:
    dialect.check_schema(schema())


def test_the_schema_refers_only_to_what_it_defines() -> None:
    references = set(re.findall(r'"\$ref": "#/definitions/(\w+)"', schema_text()))
    assert references == set(schema()["definitions"])


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.name)
def test_a_shipped_catalog_is_what_the_schema_allows(file: Path) -> None:
    assert problems(file.read_text("utf-8")) == []


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.name)
def test_a_shipped_catalog_names_the_schema_in_its_first_line(file: Path) -> None:
    directive = re.match(r"#:schema (\S+)\n", file.read_text("utf-8"))
    assert directive is not None
    assert (file.parent / directive[1]).resolve() == ROOT / "services.schema.json"


@pytest.mark.parametrize(
    "written",
    [
        "replica = 3",
        "scale = { max = 3, cpu_percent = 101 }",
        "port = '80'",
        "port = 70000",
        "timeout = 30",
        "timeout = '30 s'",
        "protocol = 'http3'",
        "calls = 'other'",
        "calls = ['Other']",
        "public = 'yes'",
        "public = { path = 'api' }",
        "health = { interval = 10 }",
        "secrets = { TOKEN = 'hf_123' }",
        "secrets = { 'A=B' = 'arn:aws:ssm:us-west-2:123456789012:parameter/x' }",
        "logs = { retention_days = 31 }",
        "access = { statements = [{ actions = ['s3:GetObject'] }] }",
        "volumes = { Data = { path = '/data' } }",
    ],
)
def test_the_schema_refuses_what_a_service_cannot_say(written: str) -> None:
    assert problems(SERVICE) == []
    assert len(problems(SERVICE + written)) == 1


@pytest.mark.parametrize(
    "written",
    [
        "timeout = 'none'",
        "timeout = '{var.patience}'",
        "public = true",
        "public = { path = '/api' }",
        "health = { command = 'curl -f localhost' }",
        "health = { command = ['curl', '-f', 'localhost'] }",
        "secrets = { TOKEN = 'arn:aws:ssm:{region}:{account}:parameter/x' }",
        "secrets = { TOKEN = '{var.token}', OTHER = { arn = '{var.token}', key = 'x' } }",
        "protocol = '{var.protocol}'",
        "container = { ulimits = [{ name = 'nofile', softLimit = 1024, hardLimit = 2048 }] }",
    ],
)
def test_the_schema_allows_what_a_service_can_say(written: str) -> None:
    assert problems(SERVICE + written) == []


@pytest.mark.parametrize(
    "written",
    [
        "network = { zones = 3 }",
        "network = { zones = ['us-west-2a', 'us-west-2b'] }",
        "aws = { assume_role = 'arn:aws:iam::123456789012:role/x' }",
        "aws = { assume_role = { role_arn = 'arn:aws:iam::123456789012:role/x' } }",
        "state = { s3 = { bucket = 'x' } }",
        "ingress = { public = { allow = ['{var.office}'] } }",
        "ingress = { public = { listener_arn = '{var.listener}', priorities = [1, 9] } }",
        "overrides = { 'aws_ecs_service.web' = { name = 'x' } }",
        "defaults = { image = 'x:1', timeout = '1m' }",
        "profiles = { large = { cpu = 4096 } }",
    ],
)
def test_the_schema_allows_what_a_file_can_say(written: str) -> None:
    assert problems(f"{written}\n{SERVICE}") == []


@pytest.mark.parametrize(
    "written",
    [
        "colour = 'blue'",
        "capacity = { pool = { max = 1 } }",
        "network = { zones = 9 }",
        "network = { zones = [] }",
        "state = { s3 = {}, local = {} }",
        "state = { floppy = {} }",
        "ingress = { public = {} }",
        "ingress = { public = { listener_arn = '{var.listener}', priorities = [1] } }",
        "defaults = { profile = 'inference' }",
        "profiles = { large = { size = 4096 } }",
        "environments = {}",
        "environments = { dev = { catalog = { name = 'y' } } }",
        "environments = { dev = { environments = {} } }",
        "environments = { Dev = {} }",
    ],
)
def test_the_schema_refuses_what_a_file_cannot_say(written: str) -> None:
    assert len(problems(f"{written}\n{SERVICE}")) == 1


def test_an_environment_may_bring_what_the_file_leaves_open() -> None:
    without = "[catalog]\nname = 'x'\n[ingress.public]\n"
    assert problems(without) != []
    environment = "[environments.dev]\nunset = ['ingress.public']\ncatalog.region = 'us-west-2'\nmesh.kind = 'none'\n"
    assert problems(without + environment + "services.web.image = 'x:1'\n") == []


def test_a_service_without_an_image_is_left_to_the_program() -> None:
    """Its defaults, its profile or the images file may have it."""
    assert problems(SERVICE + "[services.other]\nport = 80\n") == []
