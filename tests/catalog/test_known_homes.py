"""Keys and values whose place is known: the message names it, and the advice works."""

from __future__ import annotations

import pytest

from tests.support.catalogs import loaded, problems_of

pytestmark = pytest.mark.usefixtures("in_tmp_path")

WEB = '[services.web]\nimage = "r.io/web:1"\nport = 80\n'
INGRESS = '[ingress.public]\nallow = ["203.0.113.7/32"]\n'
INLINE = "not TOML: a table in braces has one line and no comma at its end."
KEYS = {
    "a host": (
        'host = "a.example.com"',
        'host: unknown key; public has the host name. Write public = { host = "a.example.com" }.',
        'public = { host = "a.example.com" }',
    ),
    "a domain beside public": (
        'public = true\ndomain = "a.example.com"',
        'domain: unknown key; public has the host name. Write public = { host = "a.example.com" } in place of public = '
        "true.",
        'public = { host = "a.example.com" }',
    ),
    "a path beside a table": (
        'public = { host = "a.example.com" }\npath = "/api"',
        'path: unknown key; public has the path. Move it into public, as path = "/api".',
        'public = { host = "a.example.com", path = "/api" }',
    ),
    "a certificate": (
        'certificate = "x"',
        "certificate: unknown key; a load balancer has the certificate. Move it to [ingress.NAME].",
        "",
    ),
    "a queue": (
        'queue = "jobs"',
        "queue: unknown key; scale.backlog has the queue. Move it to scale.backlog.queue.",
        'access.sqs_consume = ["jobs"]\n'
        'scale = { max = 2, backlog = { queue = "jobs", seconds_per_message = 1, latency = "10m" } }',
    ),
    "instance types": (
        'instance_types = ["g6.xlarge"]',
        "instance_types: unknown key; a capacity has the instance types. Move it to [capacity.NAME].",
        "",
    ),
    "a model": (
        'model = "s3://bucket/x"',
        'model: must be a table, not a string. Write model = { source = "s3://bucket/x" }.',
        'model = { source = "s3://bucket/x" }',
    ),
    "a volume": (
        'volumes = ["/data"]',
        'volumes: must be a table, not a list. Write volumes = { data = { path = "/data" } }.',
        'volumes = { data = { path = "/data" } }',
    ),
    "logs": (
        "logs = 30",
        "logs: must be a table, not a number. Write logs = { retention_days = 30 }.",
        "logs = { retention_days = 30 }",
    ),
    "a backlog": (
        'scale = { max = 2, backlog = "jobs" }',
        'scale.backlog: must be a table, not a string. Write backlog = { queue = "jobs", seconds_per_message = 1, '
        'latency = "10m" }.',
        'scale = { max = 2, backlog = { queue = "jobs", seconds_per_message = 1, latency = "10m" } }',
    ),
    "a parameter's name": (
        'secrets.TOKEN = "/docai/hf-token"',
        "secrets.TOKEN.arn: must be the ARN of a Secrets Manager secret or an SSM parameter. Write "
        '"arn:aws:ssm:{region}:{account}:parameter/docai/hf-token".',
        'secrets.TOKEN = "arn:aws:ssm:{region}:{account}:parameter/docai/hf-token"',
    ),
    "an API of AWS": (
        'calls = ["sqs"]',
        'calls[0]: APIs of AWS need no entry in calls. Remove it, and write access.sqs_send = ["jobs"] or '
        'access.sqs_consume = ["jobs"].',
        'access.sqs_send = ["jobs"]',
    ),
}


@pytest.mark.parametrize(("lines", "message", "pasted"), KEYS.values(), ids=KEYS)
def test_a_key_names_its_place(lines: str, message: str, pasted: str) -> None:
    (problem,) = problems_of(f"{INGRESS}{WEB}{lines}\n")
    assert problem.partition(": ")[2] == f"services.web.{message}"
    assert loaded(f"{INGRESS}{WEB}{pasted or 'public = true'}\n").deployments


def test_a_mesh_is_a_table() -> None:
    assert problems_of("[catalog]\nname = 'shop'\nregion = 'us-west-2'\nmesh = 'none'\n") == [
        "services.toml:4: catalog.mesh: unknown key; the mesh has a table of its own. Move it to [mesh], as kind."
    ]


@pytest.mark.parametrize(
    ("text", "line", "advice"),
    [
        ("a = { b = 1, }\n", 1, "Write a = { b = 1 }."),
        ("a = {\n  b = 1,\n}\n", 1, "Write it on one line, or as a table with a header in brackets."),
        ("a = { b = 1\n}\n", 1, "Write it on one line, or as a table with a header in brackets."),
        ("a = { b = [1,\n2], }\n", 2, "Remove the comma before }."),
    ],
)
def test_a_table_in_braces_has_one_line(text: str, line: int, advice: str) -> None:
    assert problems_of(text) == [f"services.toml:{line}: {INLINE} {advice}"]
