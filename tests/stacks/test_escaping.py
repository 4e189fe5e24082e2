"""Strings stay strings: after Terraform and cdktf have evaluated them, they equal those in the catalog."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.escaping import literal
from tests.support.synth import catalog_output, containers, resources

NASTY = [
    '${file("/etc/passwd")}',
    "%{ if true }",
    "$${already} %%{doubled}",
    "${TfToken[TOKEN.0]}",
    "#{TfToken[TOKEN.1]}",
    "plain $5 and 100%",
]

HEAD = '[catalog]\nname = "shop"\nregion = "us-west-2"\n[mesh]\nkind = "none"\n[network]\nzones = ["us-west-2a"]\n'


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("${a}", "$${a}"),
        ("%{ if x }", "%%{ if x }"),
        ("$5, 50%, {a}", "$5, 50%, {a}"),
        ("${TfToken[TOKEN.0]}", "$${Tf%{if true}%{endif}Token[TOKEN.0]}"),
    ],
)
def test_template_markers_are_doubled_and_cdktf_s_own_are_split(text: str, escaped: str) -> None:
    assert literal(text) == escaped


def test_no_string_of_a_catalog_reaches_terraform_as_a_template(tmp_path: Path) -> None:
    """A catalog with the string in every place that accepts free text."""
    trap = "${trap}"
    output = catalog_output(_everywhere(trap), tmp_path)

    text = (tmp_path / "cdktf.out" / "stacks" / "shop" / "cdk.tf.json").read_text()
    assert text.count("{trap}") >= 40
    assert text.count("$${trap}") == text.count("{trap}")
    assert output["shop"]


def _everywhere(trap: str) -> str:
    return f"""
[catalog]
name = "shop"
region = "us-west-2"
[mesh]
kind = "none"
[network]
zones = ["us-west-2a", "us-west-2b"]
[ingress.public]
allow = ["10.0.0.0/8"]
internal = true
[services.a]
image = "a:1"
port = 80
public = true
command = ['{trap}']
entrypoint = ['{trap}']
user = '{trap}'
working_dir = '/{trap}'
environment = {{ A = '{trap}' }}
health = {{ command = '{trap}' }}
volumes = {{ v = {{ path = '/{trap}' }} }}
container = {{ dockerLabels = {{ '{trap}' = '{trap}' }} }}
logs = {{ router = {{ options = {{ Name = 'http', Header = '{trap}' }}, config = '/{trap}' }} }}
model = {{ source = 's3://models/{trap}', mount = '/models/{trap}' }}
access.s3_read = ['documents/{trap}']
sidecars.b = {{ image = "b:1", command = ['{trap}'], environment = {{ B = '{trap}' }} }}
[services.a.scale]
max = 2
metric = {{ namespace = "Own", name = '{trap}', dimensions = {{ D = '{trap}' }}, target = 1 }}
[[services.a.access.statements]]
actions = ["s3:GetObject"]
resources = ['arn:aws:s3:::{trap}/*']
[[services.a.versions]]
name = "next"
command = ['next {trap}']
environment = {{ A = 'next {trap}' }}
match = {{ headers = {{ x-version = '{trap}' }} }}
[[services.a.versions.access.statements]]
actions = ["s3:GetObject"]
resources = ['arn:aws:s3:::next{trap}/*']
"""


def test_only_overrides_can_have_terraform_expressions(tmp_path: Path) -> None:
    output = catalog_output(
        HEAD
        + """
[services.a]
image = "a:1"
[overrides."aws_cloudwatch_log_group.a"]
kms_key_id = "${aws_vpc.main_network.arn}"
tags = { "dotted.key" = "x" }
""",
        tmp_path,
    )["shop"]

    group = resources(output, "aws_cloudwatch_log_group")["a"]
    assert group["kms_key_id"] == "${aws_vpc.main_network.arn}"
    assert group["tags"] == {"dotted.key": "x"}
    assert group["retention_in_days"] == 30


def test_an_override_merges_tables_and_replaces_lists(tmp_path: Path) -> None:
    output = catalog_output(
        HEAD
        + """
[services.a]
image = "a:1"
[overrides."aws_ecs_service.a"]
depends_on = []
network_configuration = { security_groups = ["sg-1"] }
"dotted.key" = 1
[overrides."aws_ecs_cluster.main_cluster"]
setting = [{ name = "containerInsights", value = "disabled" }]
[overrides."data.aws_caller_identity.current_account"]
provider = "aws"
[services.b]
image = "{account}.dkr.ecr.us-west-2.amazonaws.com/b:1"
""",
        tmp_path,
    )["shop"]

    service = resources(output, "aws_ecs_service")["a"]
    assert service["depends_on"] == []
    assert service["network_configuration"] == {
        "assign_public_ip": False,
        "security_groups": ["sg-1"],
        "subnets": ["${aws_subnet.private_a.id}"],
    }
    assert service["dotted.key"] == 1
    cluster = resources(output, "aws_ecs_cluster")["main_cluster"]
    assert cluster["setting"] == [{"name": "containerInsights", "value": "disabled"}]
    assert output["data"]["aws_caller_identity"]["current_account"]["provider"] == "aws"


def test_backend_arguments_are_passed_unchanged(tmp_path: Path) -> None:
    """Terraform evaluates no expressions there, so nothing is escaped."""
    output = catalog_output(
        HEAD + '[services.a]\nimage = "a:1"\n[state.s3]\nbucket = "b"\nregion = "eu-west-1"\nkey = "${x}/k"\n', tmp_path
    )["shop"]

    assert output["terraform"]["backend"] == {
        "s3": {"bucket": "b", "region": "eu-west-1", "key": "${x}/k", "use_lockfile": True}
    }


@pytest.mark.parametrize("nasty", NASTY)
def test_a_string_is_escaped_once_in_the_container_definition(nasty: str, tmp_path: Path) -> None:
    output = catalog_output(HEAD + f"[services.a]\nimage = 'a:1'\nenvironment = {{ A = '{nasty}' }}\n", tmp_path)[
        "shop"
    ]

    (variable,) = containers(output, "a")["a"]["environment"]
    assert variable == {"name": "A", "value": literal(nasty)}
