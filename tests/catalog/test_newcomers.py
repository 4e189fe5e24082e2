"""Mistakes of people who come from other tools: each is an error with its line, and advice that can be pasted."""

from __future__ import annotations

import re
import tomllib

import pytest

from tests.support.catalogs import loaded, notices_of, pointed_out, problems_of

pytestmark = pytest.mark.usefixtures("in_tmp_path")

WRONG = {
    "a port of Compose": """
        ports = ["3000:3000"]
        #^ services.web.ports: unknown key; the catalog calls it "port". Write port = 3000.
    """,
    "a port in quotes": """
        port = "3000"
        #^ services.web.port: must be an integer, not a string. Write port = 3000.
    """,
    "container_port of an ECS module": """
        container_port = 8080
        #^ services.web.container_port: unknown key; the catalog calls it "port". Write port = 8080.
    """,
    "env with a list": """
        env = ["MODE=prod", "URL=http://x?a=b"]
        #^ services.web.env: unknown key; the catalog calls it "environment". Write environment = { MODE = "prod",
        #| URL = "http://x?a=b" }.
    """,
    "environment with a list": """
        environment = ["MODE=prod"]
        #^ services.web.environment: must be a table, not a list. Write environment = { MODE = "prod" }.
    """,
    "a number in the environment": """
        environment = { WORKERS = 4 }
        #^ services.web.environment.WORKERS: must be a string, not a number. Write WORKERS = "4".
    """,
    "desired_count": """
        desired_count = 2
        #^ services.web.desired_count: unknown key; the catalog calls it "replicas". Write replicas = 2.
    """,
    "launch_type": """
        launch_type = "FARGATE"
        #^ services.web.launch_type: unknown key; the catalog calls it "capacity". Write capacity = "fargate".
    """,
    "depends_on": """
        depends_on = ["db"]
        #^ services.web.depends_on: unknown key; the start order follows calls. Remove it, and list the callees in
        #| calls.
    """,
    "a path as health": """
        port = 80
        health = "/healthz"
        #^ services.web.health: must be a table, not a string. Write health = { path = "/healthz" }.
    """,
    "healthcheck of Compose": """
        healthcheck = "curl -f http://localhost/healthz"
        #^ services.web.healthcheck: unknown key; the catalog calls it "health". Use health.
    """,
    "public in words": """
        port = 80
        public = "yes"
        #^ services.web.public: must be true or a table, not a string. Write public = true.
    """,
    "memory with a unit": """
        memory = "2GB"
        #^ services.web.memory: must be an integer, not a string. Write memory = 2048.
    """,
    "mem_limit of Compose": """
        mem_limit = "1g"
        #^ services.web.mem_limit: unknown key; the catalog calls it "memory". Write memory = 1024.
    """,
    "half a vCPU": """
        cpu = 0.5
        #^ services.web.cpu: must be an integer, not a number. Write cpu = 512.
    """,
    "a timeout without a unit": """
        port = 80
        timeout = 30
        #^ services.web.timeout: 30 is not a duration. Write timeout = "30s".
    """,
    "a timeout in words": """
        port = 80
        timeout = "5 minutes"
        #^ services.web.timeout: "5 minutes" is not a duration. Write timeout = "5m".
    """,
    "a command line as one string": """
        command = "celery -A app worker -l info"
        #^ services.web.command: must be a list, not a string. Write command = ["celery", "-A", "app", "worker",
        #| "-l", "info"].
    """,
    "a command line with quotes": """
        entrypoint = "/bin/sh -c \\"sleep 3; start\\""
        #^ services.web.entrypoint: must be a list, not a string. Write entrypoint = ["/bin/sh", "-c",
        #| "sleep 3; start"].
    """,
    "a command line for a shell": """
        command = "migrate && exec start --port $PORT"
        #^ services.web.command: must be a list, not a string. Write command = ["sh", "-c",
        #| "migrate && exec start --port $PORT"].
    """,
    "a command line whose quotes do not end": """
        command = "echo 'it"
        #^ services.web.command: must be a list, not a string. Write command = ["sh", "-c", "echo 'it"].
    """,
    "calls as a string": """
        calls = "db"
        #^ services.web.calls: must be a list, not a string. Write calls = ["db"].
    """,
    "Docker's name of a processor": """
        architecture = "linux/amd64"
        #^ services.web.architecture: the processor's name is "x86_64". Write architecture = "x86_64".
    """,
    "a restart policy": """
        restart = "always"
        #^ services.web.restart: unknown key; ECS replaces every task that stops. Remove it.
    """,
    "an EBS volume": """
        volumes = { data = { path = "/data", kind = "ebs" } }
        #^ services.web.volumes.data.kind: EBS volumes aren't supported. Use a database outside the catalog as an
        #| [external], or write kind = "efs" for files that tasks may share.
    """,
    "two hosts": """
        port = 80
        public = { host = ["a.example.com", "b.example.com"] }
        #^ services.web.public.host: a service has one host, not a list. Write host = "a.example.com".
    """,
    "a misspelt part of an address": """
        calls = ["db"]
        environment = { DB = "{db.hostname}" }
        #^ services.web.environment.DB: {db.hostname} isn't a placeholder. Write {db.host}, or double only the opening
        #| brace for literal text: {{db.hostname}.
    """,
    "a misspelt callee and part": """
        calls = ["db"]
        environment = { DB = "{dbs.hst}" }
        #^ services.web.environment.DB: {dbs.hst} isn't a placeholder. Write {db.host}, or double only the opening brace
        #| for literal text: {{dbs.hst}.
    """,
    "vars for var": """
        environment = { DB = "{vars.release}" }
        #^ services.web.environment.DB: {vars.release} isn't a placeholder. Write {var.release}, or double only the
        #| opening brace for literal text: {{vars.release}.
    """,
    "env for environment": """
        tags = { stage = "{env}" }
        #^ services.web.tags.stage: {env} isn't a placeholder. Write {environment}, or double only the opening brace for
        #| literal text: {{env}.
    """,
}
BASE = """
    [services.db]
    image = "r.io/db:1"
    port = 5432
    protocol = "tcp"
    [ingress.public]
    allow = ["203.0.113.7/32"]
"""
TEXT = (
    "{{ x }}", '{"a": 1}', "${HOME}", "%{host}", "{name}", "{host}:{port}", "{0}", "{request.id}", "{{db.hst}",
)  # fmt: skip
"""Braces that are the text of other programs."""


@pytest.mark.parametrize("snippet", WRONG.values(), ids=WRONG)
def test_a_mistake_of_a_newcomer_is_an_error_with_its_line_and_what_to_write(snippet: str) -> None:
    text = f'[services.web]\nimage = "r.io/web:1"\n{_dedented(snippet)}'
    assert problems_of(f"{text}\n{_dedented(BASE)}") == pointed_out(text)


@pytest.mark.parametrize("snippet", WRONG.values(), ids=WRONG)
def test_the_advice_for_a_newcomer_is_toml_that_loads(snippet: str) -> None:
    """Advice of the form `key = value`, in the place of the wrong line."""
    lines = _dedented(snippet).splitlines()
    said = " ".join(line[3:] for line in lines if line.startswith("#"))
    written = [line for line in lines if not line.startswith("#")]
    found = re.search(r"Write (?P<fix>\w+ = .*)\.$", said)
    if found is None or ".environment.WORKERS" in said or ".public.host" in said:
        return
    assert tomllib.loads(found["fix"])
    pasted = "\n".join([*written[:-1], found["fix"]])
    assert loaded(f'[services.web]\nimage = "r.io/web:1"\n{pasted}\n{_dedented(BASE)}').deployments


def test_a_reference_to_terraform_is_reported_because_it_stays_text() -> None:
    (notice,) = notices_of("""
        [services.web]
        image = "r.io/web:1"
        environment = { DB = "${aws_db_instance.main.address}", A = "${a.b}" }
    """)
    assert notice == (
        "services.toml:3: services.web.environment.DB: notice: ${aws_db_instance.main.address} stays as it is, "
        "because the catalog isn't HCL. Write the value, or use [vars], an [external] or [overrides]."
    )


@pytest.mark.parametrize("name", ["discovery.type", "log-level", "1ST", "spring.datasource.url", "ÄÖ", "a b"])
def test_a_variable_may_have_any_name_that_docker_allows(name: str) -> None:
    text = f"""
        [services.web]
        image = "r.io/web:1"
        environment = {{ "{name}" = "x" }}
        secrets = {{ "s-{name}" = "arn:aws:ssm:us-west-2:123456789012:parameter/db" }}
    """
    (deployment,) = loaded(text).deployments
    web = deployment.services["web"]
    assert (web.environment[name], list(web.secrets)) == ("x", [f"s-{name}"])


def test_braces_of_other_programs_stay_text() -> None:
    lines = "\n".join(f"V{index} = {text!r}" for index, text in enumerate(TEXT))
    text = f'[services.web]\nimage = "r.io/web:1"\ncalls = ["db"]\n[services.web.environment]\n{lines}\n'
    (deployment,) = loaded(f"{text}{_dedented(BASE)}").deployments
    values = deployment.services["web"].environment
    assert [values[f"V{index}"] for index in range(len(TEXT))] == [*TEXT[:-1], "{db.hst}"]


def test_the_advice_for_a_password_fits_secrets_that_are_written_in_braces() -> None:
    (notice,) = notices_of("""
        [services.web]
        image = "r.io/web:1"
        secrets = { KEY = "arn:aws:ssm:us-west-2:123456789012:parameter/key" }
        environment = { DB_PASSWORD = "hunter2" }
    """)
    assert 'add DB_PASSWORD = "' in notice and "to secrets (services.toml:3)" in notice


def test_a_secret_in_place_of_its_arn_is_not_repeated_in_the_message() -> None:
    (problem,) = problems_of("""
        [services.web]
        image = "r.io/web:1"
        secrets = { DB_PASSWORD = "s3cr3t-Passw0rd" }
    """)
    assert "s3cr3t" not in problem
    assert "must be the ARN of a Secrets Manager secret or an SSM parameter. Store the value there" in problem


def test_a_key_beside_a_table_in_braces_is_an_error_that_says_where_it_belongs() -> None:
    (problem,) = problems_of("""
        [services.web]
        image = "r.io/web:1"
        secrets = { KEY = "arn:aws:ssm:us-west-2:123456789012:parameter/key" }
        secrets.DB = "arn:aws:ssm:us-west-2:123456789012:parameter/db"
    """)
    assert problem.startswith(
        "services.toml:4: not TOML: secrets is already written as secrets = { … }. Put this key inside those braces."
    )


def test_a_misspelt_defaults_is_recognized() -> None:
    problems = problems_of("""
        [environments.prod.default]
        replicas = 2
    """)
    assert problems == ['services.toml:1: environments.prod.default: unknown key; did you mean "defaults"?']


def test_copies_of_a_tcp_service_have_a_notice() -> None:
    (notice,) = notices_of("""
        [services.redis]
        image = "r.io/redis:7"
        port = 6379
        protocol = "tcp"
        replicas = 2
    """)
    assert "don't share their data. Write replicas = 1" in notice


def test_words_that_are_no_typos_are_answered_together() -> None:
    assert problems_of("""
        [capacity.pool]
        instance_types = ["inf2.xlarge"]
        max = 2
        ami = "ami-0123456789abcdef0"

        [services.database]
        image = "r.io/db:1"
        volumes = { data = { path = "/data", kind = "ebs" } }
    """) == [
        "services.toml:2: capacity.pool.instance_types[0]: instances with Inferentia or Trainium, such as inf2.xlarge, "
        'aren\'t supported yet. Use a type with GPUs, such as "g5.xlarge".',
        "services.toml:4: capacity.pool.ami: unknown key; the image of instances can't be chosen. Remove it.",
        "services.toml:8: services.database.volumes.data.kind: EBS volumes aren't supported. Use a database outside "
        'the catalog as an [external], or write kind = "efs" for files that tasks may share.',
    ]


def test_three_letters_that_are_two_slips_away_are_no_typo() -> None:
    (problem,) = problems_of("""
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 1
        ami = "ami-0123456789abcdef0"
    """)
    assert problem == (
        "services.toml:4: capacity.pool.ami: unknown key; the image of instances can't be chosen. Remove it."
    )


def _dedented(text: str) -> str:
    return "\n".join(line.strip() for line in text.strip("\n").splitlines())
