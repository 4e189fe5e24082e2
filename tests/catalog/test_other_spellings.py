"""Keys, values and command lines in the spelling of other tools: the error states what to write instead."""

from __future__ import annotations

import json
import tomllib

import pytest

from catalog.diagnostics import command_line, did_you_mean, toml_value
from catalog.reading.misplaced import known_keys
from tests.conftest import ROOT
from tests.support.catalogs import loaded, notices_of, problems_of

pytestmark = pytest.mark.usefixtures("in_tmp_path")

SERVICE_LINES = {
    # command lines
    'command = "celery -A app worker -l info"': (
        'command: must be a list, not a string. Write command = ["celery", "-A", "app", "worker", "-l", "info"].'
    ),
    "entrypoint = '/bin/sh -c \"sleep 3; start\"'": (
        'entrypoint: must be a list, not a string. Write entrypoint = ["/bin/sh", "-c", "sleep 3; start"].'
    ),
    'command = "migrate && serve"': (
        'command: must be a list, not a string. Write command = ["sh", "-c", "migrate && serve"].'
    ),
    'sidecars.s = { image = "r.io/s:1", command = "cat \'/a b\'" }': (
        'sidecars.s.command: must be a list, not a string. Write command = ["cat", "/a b"].'
    ),
    # values
    'memory = "2GB"': "memory: must be an integer, not a string. Write memory = 2048.",
    'memory = "2048M"': "memory: must be an integer, not a string. Write memory = 2048.",
    'memory = "512Mi"': "memory: must be an integer, not a string. Write memory = 512.",
    'memory = "1.5g"': "memory: must be an integer, not a string. Write memory = 1536.",
    "cpu = 0.5": "cpu: must be an integer, not a number. Write cpu = 512.",
    'cpu = "0.5"': "cpu: must be an integer, not a string. Write cpu = 512.",
    'cpu = "1 vCPU"': "cpu: must be an integer, not a string. Write cpu = 1024.",
    'cpu = "500m"': "cpu: must be an integer, not a string. Write cpu = 512.",
    'cpu = "1024"': "cpu: must be an integer, not a string. Write cpu = 1024.",
    'port = "3000"': "port: must be an integer, not a string. Write port = 3000.",
    'port = "8080:80"': "port: must be an integer, not a string. Write port = 80.",
    'health = "/x"': 'health: must be a table, not a string. Write health = { path = "/x" }.',
    'public = "yes"': "public: must be true or a table, not a string. Write public = true.",
    "timeout = 30": 'timeout: 30 is not a duration. Write timeout = "30s".',
    'timeout = "30 seconds"': 'timeout: "30 seconds" is not a duration. Write timeout = "30s".',
    'timeout = "5min"': 'timeout: "5min" is not a duration. Write timeout = "5m".',
    'timeout = "1h30m"': 'timeout: "1h30m" is not a duration. Write timeout = "90m".',
    'timeout = "500ms"': 'timeout: "500ms" is not a duration. Write timeout = "1s".',
    'environment = ["A=b", "C=d=e"]': (
        'environment: must be a table, not a list. Write environment = { A = "b", C = "d=e" }.'
    ),
    'environment = [{ name = "A", value = "b" }]': (
        'environment: must be a table, not a list. Write environment = { A = "b" }.'
    ),
    "environment = { A = 1 }": 'environment.A: must be a string, not a number. Write A = "1".',
    "environment = { A = true }": 'environment.A: must be a string, not true or false. Write A = "true".',
    'calls = "db, cache"': 'calls: must be a list, not a string. Write calls = ["db", "cache"].',
    'readonly_root = "on"': "readonly_root: must be true or false, not a string. Write readonly_root = true.",
    "exec = 1": "exec: must be true or false, not a number. Write exec = true.",
    # keys
    'ports = ["3000:3000"]': 'ports: unknown key; the catalog calls it "port". Write port = 3000.',
    'ports = ["80:80", "443:443"]': (
        'ports: unknown key; the catalog calls it "port". A service has one port. Write port = 80.'
    ),
    'env = { A = "b" }': 'env: unknown key; the catalog calls it "environment". Write environment = { A = "b" }.',
    'env_vars = ["A=b"]': 'env_vars: unknown key; the catalog calls it "environment". Write environment = { A = "b" }.',
    "desired_count = 2": 'desired_count: unknown key; the catalog calls it "replicas". Write replicas = 2.',
    "count = 3": 'count: unknown key; the catalog calls it "replicas". Write replicas = 3.',
    "container_port = 80": 'container_port: unknown key; the catalog calls it "port". Write port = 80.',
    "portMappings = [{ containerPort = 81 }]": (
        'portMappings: unknown key; the catalog calls it "port". Write port = 81.'
    ),
    'launch_type = "FARGATE"': 'launch_type: unknown key; the catalog calls it "capacity". Write capacity = "fargate".',
    'mem_limit = "1g"': 'mem_limit: unknown key; the catalog calls it "memory". Write memory = 1024.',
    'healthcheck = "/up"': 'healthcheck: unknown key; the catalog calls it "health". Write health = { path = "/up" }.',
    'task_role = "arn:x"': 'task_role: unknown key; the catalog calls it "access". Use access.',
    'entry_point = ["x"]': 'entry_point: unknown key; the catalog calls it "entrypoint". Write entrypoint = ["x"].',
    'depends_on = ["db"]': (
        "depends_on: unknown key; the start order follows calls. Remove it, and list the callees in calls."
    ),
    'restart = "always"': "restart: unknown key; ECS replaces every task that stops. Remove it.",
    "deploy = { replicas = 2 }": (
        "deploy.replicas: unknown key; replicas is a key of the service. Move it to the service's table."
    ),
    'protocol = "redis"': 'protocol: the protocol is TCP. Write protocol = "tcp" and scheme = "redis".',
    'architecture = "amd64"': ('architecture: the processor\'s name is "x86_64". Write architecture = "x86_64".'),
    'volumes = { data = { path = "/d", kind = "ebs" } }': (
        "volumes.data.kind: EBS volumes aren't supported. Use a database outside the catalog as an [external], or "
        'write kind = "efs" for files that tasks may share.'
    ),
    "alarms = {}": "alarms: isn't supported yet. Remove it.",
    # one host and one ingress
    'public = { host = ["a.example.org", "b.example.org"] }': (
        'public.host: a service has one host, not a list. Write host = "a.example.org".'
    ),
    'public = { ingress = ["a", "b"] }': (
        'public.ingress: a service has one ingress, not a list. Write ingress = "a".'
    ),
    # near placeholders
    'environment = { A = "{env}" }': (
        "environment.A: {env} isn't a placeholder. Write {environment}, or double only the opening brace for literal "
        "text: {{env}."
    ),
    'image = "{vars.x}"': (
        "image: {vars.x} isn't a placeholder. Write {var.x}, or double only the opening brace for literal text: "
        "{{vars.x}."
    ),
    "gpu = true": 'gpu: unknown key; the catalog calls it "gpus". Write gpus = 1.',
    "gpus = true": "gpus: must be an integer, not true or false. Write gpus = 1.",
    "gpus = false": "gpus: must be an integer, not true or false. Write gpus = 0.",
    'gpus = "all"': "gpus: must be an integer, not a string. Write gpus = 1.",
    'gpus = "2"': "gpus: must be an integer, not a string. Write gpus = 2.",
}


@pytest.mark.parametrize("line", SERVICE_LINES)
def test_a_service_in_the_spelling_of_another_tool_gets_the_line_to_write(line: str) -> None:
    image = "" if line.startswith("image") else 'image = "r.io/web:1"\n'
    number = 3 if image else 2
    assert problems_of(f"[services.web]\n{image}{line}\n") == [
        f"services.toml:{number}: services.web.{SERVICE_LINES[line]}"
    ]


@pytest.mark.parametrize("line", [line for line, problem in SERVICE_LINES.items() if problem.endswith("].")])
def test_lists_in_advice_are_valid_toml(line: str) -> None:
    advice = SERVICE_LINES[line].partition("Write ")[2].removesuffix(".")
    assert tomllib.loads(advice)


TABLES = {
    '[capacity.pool]\ninstance_types = ["m7i.large"]\nmax = 2\nami = "ami-1"\n': (
        "4: capacity.pool.ami: unknown key; the image of instances can't be chosen. Remove it."
    ),
    '[external.db]\naddress = "db.example.com"\n': (
        '2: external.db.address: unknown key; the catalog calls it "host". Write host = "db.example.com".'
    ),
    '[ingress.open]\nallow = ["10.0.0.0/8"]\ncertificate_arn = "x"\n': (
        '3: ingress.open.certificate_arn: unknown key; the catalog calls it "certificate". Use certificate.'
    ),
    '[network]\nsubnets = ["subnet-0a1b"]\n': (
        '2: network.subnets: unknown key; the catalog calls it "private_subnet_ids". '
        'Write private_subnet_ids = ["subnet-0a1b"].'
    ),
    '[defaults]\nenv = { A = "b" }\n': (
        '2: defaults.env: unknown key; the catalog calls it "environment". Write environment = { A = "b" }.'
    ),
    "[jobs.nightly]\n": "1: jobs: isn't supported yet. Remove it.",
}


@pytest.mark.parametrize("toml", TABLES)
def test_other_tables_in_the_spelling_of_another_tool_get_the_line_to_write(toml: str) -> None:
    assert problems_of(toml) == [f"services.toml:{TABLES[toml]}"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("python -m app", ["python", "-m", "app"]),
        ("echo 'a b' \"c d\"", ["echo", "a b", "c d"]),
        ("bash -c 'a | b'", ["bash", "-c", "a | b"]),
        ("echo 'it", ["sh", "-c", "echo 'it"]),
        ("a | b", ["sh", "-c", "a | b"]),
        ("serve --port $PORT", ["sh", "-c", "serve --port $PORT"]),
        ('serve --name "$NAME"', ["sh", "-c", 'serve --name "$NAME"']),
        ("serve --name '$NAME'", ["serve", "--name", "$NAME"]),
        ("serve > /dev/stderr", ["sh", "-c", "serve > /dev/stderr"]),
        ("A=b serve", ["sh", "-c", "A=b serve"]),
        ("cd /app", ["sh", "-c", "cd /app"]),
        ("serve --price 5$", ["serve", "--price", "5$"]),
        ("serve a\\ b", ["serve", "a b"]),
    ],
)
def test_a_command_line_is_split_as_a_shell_splits_it(text: str, words: list[str]) -> None:
    assert list(command_line(text)) == words


@pytest.mark.parametrize(
    "value",
    ['a "b" \\ c', "tab\tline\n", "é\x7f\x00", True, 1, 2.5, ["a", 1], {"a b": {"c": "d"}, "e": []}],
)
def test_values_are_spelled_as_toml_reads_them(value: object) -> None:
    assert tomllib.loads(f"value = {toml_value(value)}") == {"value": value}


@pytest.mark.parametrize("word", ["ebs", "ami", "rds", "xyz", "foo"])
def test_short_words_that_are_no_typos_get_no_suggestion(word: str) -> None:
    assert did_you_mean(word, ["efs", "min", "max", "arn", "tcp"]) is None


@pytest.mark.parametrize(("word", "meant"), [("tpc", "tcp"), ("mx", "max"), ("lmm", "llm"), ("TCP", "tcp")])
def test_short_typos_get_a_suggestion(word: str, meant: str) -> None:
    assert did_you_mean(word, ["efs", "min", "max", "llm", "tcp"]) == meant


_CALLS_DATABASE = """
    [services.web]
    image = "r.io/web:1"
    calls = ["database"]
    environment = {{ A = '{text}' }}

    [external.database]
    host = "db.example.com"
    port = 5432
    protocol = "tcp"
    cidrs = ["10.20.0.0/16"]
"""


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("{databas.hostname}", "{database.host}"),
        ("{database.hst}", "{database.host}"),
        ("{database.address}", "{database.host}"),
        ("{external.database.port}", "{database.port}"),
        ("{database}", "{database.url} or {database.host} or {database.port}"),
        ("{variables.x}", "{var.x}"),
        ("{var.x.y}", "{var.x_y}"),
        ("{envs.name}", None),
        ("{aws_region}", "{region}"),
        ("{account_id}", "{account}"),
        ("{enviroment}", "{environment}"),
    ],
)
def test_what_resembles_a_placeholder_is_an_error(text: str, meant: str | None) -> None:
    toml = _CALLS_DATABASE.format(text=text)
    if meant is None:
        loaded(toml)
        return
    problems = problems_of(toml)
    assert problems == [
        f"services.toml:4: services.web.environment.A: {text} isn't a placeholder. Write {meant}, or double only the "
        f"opening brace for literal text: {{{text}."
    ] or text.startswith("{var.")


@pytest.mark.parametrize(
    "text",
    [
        '{"a": 1}',
        "{{ x }}",
        "{{ .Values.env }}",
        "{% if x %}",
        "{name}",
        "/users/{id}",
        "{user.name}",
        "{0}",
        "a{2,3}",
        "{ database.host }",
        "{{database}}",
        "${database}",
        "{time} {level} {message}",
    ],
)
def test_other_braces_stay_text(text: str) -> None:
    assert loaded(_CALLS_DATABASE.format(text=text)).deployments[0].services["web"].environment["A"]


@pytest.mark.parametrize("expression", ["${aws_db_instance.x.address}", "${var.x[0]}", "${data.a.b}", "${module.m.o}"])
def test_an_expression_of_terraform_is_a_notice(expression: str) -> None:
    notices = [str(each) for each in loaded(_CALLS_DATABASE.format(text=expression)).notices]
    assert (
        f"services.toml:4: services.web.environment.A: notice: {expression} stays as it is, because the catalog isn't "
        "HCL. Write the value, or use [vars], an [external] or [overrides]." in notices
    )


@pytest.mark.parametrize(("variables", "add"), [("", ' and add x = "value" to [vars]'), ('[vars]\nx = "1"\n', "")])
def test_a_variable_of_terraform_is_one_of_the_catalog(variables: str, add: str) -> None:
    (notice,) = [n for n in notices_of(_CALLS_DATABASE.format(text="${var.x}") + variables) if "HCL" in n]
    assert notice.endswith(f"${{var.x}} stays as it is, because the catalog isn't HCL. Write {{var.x}}{add}.")
    assert loaded(_CALLS_DATABASE.format(text="{var.x}") + (variables or '[vars]\nx = "value"\n')).deployments


def test_shell_variables_are_no_expressions_of_terraform() -> None:
    notices = loaded(_CALLS_DATABASE.format(text="${HOME} ${var} ${PATH:-x}")).notices
    assert not [notice for notice in notices if "HCL" in notice.message]


def test_every_key_that_advice_names_exists() -> None:
    tables = json.loads((ROOT / "catalog/data/other_tools.json").read_text("utf-8"))["renamed"]
    missing = []
    for pattern, words in tables.items():
        path = tuple("x" if part == "*" else part for part in pattern.split("."))
        missing += [(pattern, ours) for ours in set(words.values()) if ours.split(".")[0] not in known_keys(path)]
    assert missing == []


def test_volumes_of_compose_are_a_table() -> None:
    (problem,) = problems_of("""
        [services.web]
        image = "r.io/web:1"
        volumes = ["redis_data:/data"]
    """)
    assert problem.endswith('Write volumes = { redis-data = { path = "/data", kind = "efs" } }.')
