"""Messages about environments: advice repeats a value as the catalog has it, changes one environment only if only one
has the problem, and names what an environment removes or misspells."""

from __future__ import annotations

import pytest

from catalog.diagnostics import as_written
from tests.support.catalogs import loaded, notices_of, pointed_out, problems_of

pytestmark = pytest.mark.usefixtures("in_tmp_path")

HEAD = """
    [catalog]
    name = "shop"
    region = "eu-central-1"
    [aws]
    accounts = ["210987654321"]
    [vars]
    jobs = "arn:aws:sqs:{region}:{account}:jobs-{environment}"
    [environments.dev]
    [environments.prod]
    [services.web]
    image = "r.io/web:1"
"""


@pytest.mark.parametrize(
    ("wrong", "message", "right"),
    [
        (
            'access.sqs_consume = "{var.jobs}"',
            'services.web.access.sqs_consume: must be a list, not a string. Write sqs_consume = ["{var.jobs}"].',
            'access.sqs_consume = ["{var.jobs}"]',
        ),
        (
            'access.sqs_send = ["https://sqs.{region}.amazonaws.com/{account}/jobs-{environment}"]',
            'services.web.access.sqs_send[0]: "https://sqs.{region}.amazonaws.com/{account}/jobs-{environment}" is the '
            'URL of a queue. Write "arn:aws:sqs:{region}:{account}:jobs-{environment}".',
            'access.sqs_send = ["arn:aws:sqs:{region}:{account}:jobs-{environment}"]',
        ),
        (
            'secrets.DB = "arn:aws:secretsmanager:{region}:{account}:secret:shop/{environment}/db-AbCdEf:password::"',
            'services.web.secrets.DB: ends with a key. Write { arn = "arn:aws:secretsmanager:{region}:{account}:secret:'
            'shop/{environment}/db-AbCdEf", key = "password" }.',
            'secrets.DB = { arn = "arn:aws:secretsmanager:{region}:{account}:secret:shop/{environment}/db-AbCdEf", '
            'key = "password" }',
        ),
        (
            'command = "serve --queue {var.jobs}"',
            'services.web.command: must be a list, not a string. Write command = ["serve", "--queue", "{var.jobs}"].',
            'command = ["serve", "--queue", "{var.jobs}"]',
        ),
        (
            'env = ["QUEUE={var.jobs}"]',
            'services.web.env: unknown key; the catalog calls it "environment". Write environment = { QUEUE = '
            '"{var.jobs}" }.',
            'environment = { QUEUE = "{var.jobs}" }',
        ),
    ],
)
def test_advice_for_all_environments_repeats_placeholders(wrong: str, message: str, right: str) -> None:
    assert problems_of(f"{HEAD}    {wrong}") == [f"services.toml:12: {message}"]
    assert len(loaded(f"{HEAD}    {right}").deployments) == 2


def test_an_arn_in_advice_has_the_placeholder_of_the_region_if_environments_differ_in_it() -> None:
    catalog = """
        [services.web]
        image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/web:1"
        environment = { DB_PASSWORD = "hunter2-hunter2" }
        #^ services.web.environment.DB_PASSWORD: warning: looks like a secret in plain text. Keep it in Secrets Manager,
        #| remove it here, and write secrets.DB_PASSWORD =
        #| "arn:aws:secretsmanager:{region}:{account}:secret:db-password-AbCdEf". If it isn't a secret, write
        #| not_secret = ["DB_PASSWORD"].
        [environments.dev]
        [environments.prod]
        catalog.region = "eu-central-1"
    """
    assert [line for line in notices_of(catalog) if "secret" in line] == pointed_out(catalog)
    arn = '"arn:aws:secretsmanager:{region}:{account}:secret:db-password-AbCdEf"'
    fixed = catalog.replace('environment = { DB_PASSWORD = "hunter2-hunter2" }', f"secrets.DB_PASSWORD = {arn}")
    assert not [line for line in notices_of(fixed) if "secret" in line]


def test_advice_in_shared_tables_repeats_placeholders() -> None:
    catalog = """
        [defaults]
        command = "serve {environment}"
        #^ defaults.command: must be a list, not a string. Write command = ["serve", "{environment}"].
        [environments.dev]
        [environments.prod]
    """
    assert problems_of(catalog) == pointed_out(catalog)


def test_a_word_of_the_message_that_equals_a_value_is_not_replaced() -> None:
    parts = [("a-", "a-"), ("{environment}", "dev"), ("/b", "/b")]
    assert as_written('Write "a-dev/b" in [environments.dev], or "x-dev".', [parts]) == (
        'Write "a-{environment}/b" in [environments.dev], or "x-{environment}".'
    )
    assert as_written('Write "developer".', [parts]) == 'Write "developer".'
    assert as_written('Write "dev".', [[("", ""), ("{environment}", ""), ("dev", "dev")]]) == 'Write "dev".'


REMOVED = """
    [external.db]
    host = "db.example.com"
    [capacity.gpu]
    instance_types = ["g5.xlarge"]
    max = 2
    [ingress.public]
    allow = ["10.0.0.0/8"]
    [services.web]
    image = "r.io/web:1"
    port = 80
    public = true
    calls = ["db", "llm"]
    environment = { LLM = "{llm.url}" }
    [services.llm]
    image = "r.io/llm:1"
    port = 80
    capacity = "gpu"
    gpus = 1
    [environments.dev]
    unset = [UNSET]
    [environments.prod]
"""


@pytest.mark.parametrize(
    ("unset", "problems", "more", "lines"),
    [
        (
            "services.llm",
            [
                'services.toml:12: services.web.calls[1]: unknown service "llm", which was removed by '
                'environments.dev.unset[0] (services.toml:20). Write calls = ["db"] in '
                "[environments.dev.services.web], or remove environments.dev.unset[0]. (in dev)",
                "services.toml:13: services.web.environment.LLM: {llm.url} has no value, because services.llm was "
                'removed by environments.dev.unset[0] (services.toml:20). Add "services.web.environment.LLM" to unset, '
                "or write another LLM in [environments.dev.services.web.environment]. (in dev)",
            ],
            ', "services.web.environment.LLM"',
            'calls = ["db"]',
        ),
        (
            "external.db",
            [
                'services.toml:12: services.web.calls[0]: unknown service "db", which was removed by '
                'environments.dev.unset[0] (services.toml:20). Write calls = ["llm"] in '
                "[environments.dev.services.web], or remove environments.dev.unset[0]. (in dev)",
            ],
            "",
            'calls = ["llm"]',
        ),
        (
            "ingress.public",
            [
                "services.toml:11: services.web.public: requires an ingress, which was removed by "
                "environments.dev.unset[0] (services.toml:20). Write public = false in "
                "[environments.dev.services.web], or remove environments.dev.unset[0]. (in dev)"
            ],
            "",
            "public = false",
        ),
    ],
)
def test_what_an_environment_removes_is_named_where_it_is_missing(
    unset: str, problems: list[str], more: str, lines: str
) -> None:
    assert problems_of(REMOVED.replace("UNSET", f'"{unset}"')) == problems
    fixed = REMOVED.replace("UNSET", f'"{unset}"{more}') + f"    [environments.dev.services.web]\n    {lines}\n"
    # Plain HTTP and the external's protocol are other topics.
    assert len(loaded(fixed).deployments) == 2


def test_all_that_is_missing_because_of_removed_tables_is_reported_at_once() -> None:
    lines = problems_of(REMOVED.replace("UNSET", '"services.llm", "ingress.public"'))
    assert [line.split(": ")[1] for line in lines] == [
        "services.web.public",
        "services.web.calls[1]",
        "services.web.environment.LLM",
    ]


def test_a_warning_with_a_command_for_each_environment_is_printed_once() -> None:
    cycle = """
        [services.a]
        image = "r.io/a:1"
        port = 80
        calls = ["b"]
        #^ services.a.calls[0]: warning: a → b → a is a cycle of calls, so a starts first, and its proxy knows only the
        #| services that existed then. When all are running, deploy it again in each environment ($ENV): aws ecs
        #| update-service --cluster shop-$ENV --service shop-$ENV-a --region us-west-2 --force-new-deployment
        [services.b]
        image = "r.io/b:1"
        port = 80
        calls = ["a"]
        [environments.dev]
        [environments.prod]
    """
    notices = notices_of(cycle, kind="service-connect")
    assert [line for line in notices if "cycle" in line] == pointed_out(cycle)


def test_a_capacity_that_an_environment_removes_is_named() -> None:
    problems = problems_of(REMOVED.replace("UNSET", '"capacity.gpu"'))
    assert problems[0] == (
        'services.toml:17: services.llm.capacity: unknown capacity "gpu", which was removed by '
        'environments.dev.unset[0] (services.toml:20). Write capacity = "fargate" in [environments.dev.services.llm], '
        "or remove environments.dev.unset[0]. (in dev)"
    )


def test_the_line_of_an_environment_is_named_if_another_key_is_wrong_because_of_it() -> None:
    catalog = """
        [capacity.gpu]
        instance_types = ["g5.xlarge"]
        max = 2
        [services.llm]
        image = "r.io/llm:1"
        capacity = "gpu"
        gpus = 1
        #^ services.llm.gpus: isn't supported on Fargate. Write capacity = "gpu" in
        #| [environments.dev.services.llm], or gpus = 0 there. (in dev, where services.toml:11 sets capacity)
        [environments.dev.services.llm]
        capacity = "fargate-spot"
        [environments.prod]
    """
    assert problems_of(catalog) == pointed_out(catalog)
    assert loaded(catalog.replace('"fargate-spot"', '"fargate-spot"\n        gpus = 0'))


FULL = """
    [capacity.gpu]
    instance_types = ["g5.xlarge"]
    max = 2
    [services.llm]
    image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/llm:1"
    memory = 14336
    capacity = "gpu"
    gpus = 1
    #^ services.llm.capacity: notice: the one g5.xlarge of max (services.toml:15) can't run a new task of llm beside
    #| the old one, so a rollout stops tasks first (min = 0, max = 100) and interrupts the service. Use max = 2 in
    #| [environments.dev.capacity.gpu] to run both, or deploy = { min = 0, max = 100 } in
    #| [environments.dev.services.llm] to confirm. (in dev)
    [environments.prod]
    [environments.dev.capacity.gpu]
    max = 1
"""


def test_advice_for_one_environment_changes_only_that() -> None:
    notices = [line for line in notices_of(FULL) if "can't run a new task" in line]
    assert notices == [line.replace("services.toml:8:", "services.toml:7:") for line in pointed_out(FULL)]
    confirmed = f"{FULL}    [environments.dev.services.llm]\n    deploy = {{ min = 0, max = 100 }}\n"
    for fixed in (FULL.replace("max = 1\n", "max = 2\n"), confirmed):
        assert not [line for line in notices_of(fixed) if "can't run a new task" in line]


def test_advice_that_all_environments_get_stays_as_it_is() -> None:
    catalog = """
        [defaults]
        port = 80
        health = { path = "/" }
        [services.web]
        image = "r.io/web:1"
        [environments.dev.services.api]
        image = "r.io/api:1"
        [environments.prod]
    """
    lines = [
        str(each) for each in loaded(catalog, kind="service-connect").notices if each.place == "defaults.health.path"
    ]
    assert len(lines) == 2 and all("Add health.command = " in line for line in lines)


MISSPELT = {
    "an external": """
        [external.db]
        host = "db.example.com"
        [environments.dev]
        external = { database = { port = 5433 } }
        #^ environments.dev.external.database: unknown external; did you mean "db"? A new external requires host
    """,
    "a capacity": """
        [capacity.gpu]
        instance_types = ["g5.xlarge"]
        max = 2
        [environments.prod.capacity.gpus]
        #^ environments.prod.capacity.gpus: unknown capacity; did you mean "gpu"? A new capacity requires instance_types
        max = 4
    """,
    "an ingress": """
        [ingress.public]
        allow = ["10.0.0.0/8"]
        [environments.dev]
        ingress = { pubic = { logs = true } }
        #^ environments.dev.ingress.pubic: unknown ingress; did you mean "public"? A new ingress requires allow
    """,
    "a key to remove": """
        [services.api]
        image = "r.io/api:1"
        port = 80
        [environments.dev]
        unset = ["service.api.port"]
        #^ environments.dev.unset[0]: "service.api.port" is not a key of this catalog; did you mean "services.api.port"?
    """,
    "a string in place of a list": """
        [services.api]
        image = "r.io/api:1"
        port = 80
        [environments.dev]
        unset = "services.api.port"
        #^ environments.dev.unset: must be a list of keys, not a string. Write unset = ["services.api.port"].
    """,
    "a placeholder in a variable": """
        [vars]
        domain = "{env}.example.com"
        #^ vars.domain: {env} isn't a placeholder. Write {environment}, or double only the opening brace for literal
        #| text: {{env}.
        [ingress.public]
        allow = ["10.0.0.0/8"]
        domain = "{var.domain}"
        [environments.dev]
    """,
    "a key that only one environment's defaults set": """
        [services.api]
        image = "r.io/api:1"
        launch_type = "FARGATE"
        #^ services.api.launch_type: unknown key; the catalog calls it "capacity". Write capacity = "fargate".
        [environments.dev.defaults]
        capacity = "fargate-spot"
        [environments.prod]
    """,
    "a callee, and the form of another value": """
        [services.api]
        image = "r.io/api:1"
        port = "80"
        #^ services.api.port: must be an integer, not a string. Write port = 80.
        calls = ["apis"]
        #^ services.api.calls[0]: unknown service "apis". Add [services.apis] or [external.apis].
    """,
}


@pytest.mark.parametrize("snippet", MISSPELT.values(), ids=MISSPELT)
def test_a_name_that_an_environment_misspells_is_an_error(snippet: str) -> None:
    assert problems_of(snippet) == pointed_out(snippet)


def test_a_variable_that_only_an_environment_has_and_no_string_uses_is_a_notice() -> None:
    catalog = """
        [vars]
        domain = "example.com"
        [services.web]
        image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/web:1"
        environment = { DOMAIN = "{var.domain}" }
        [environments.dev]
        vars = { domian = "dev.example.com" }
        #^ environments.dev.vars.domian: notice: is used by nothing; did you mean "domain"?
        [environments.prod]
        vars = { other = "x" }
        #^ environments.prod.vars.other: notice: is used by nothing. Write {var.other} in a string, or remove it.
    """
    assert notices_of(catalog) == pointed_out(catalog)
    used = catalog.replace("domian", "domain").replace('image = "', 'command = ["{var.domain}"]\n        image = "')
    assert not [line for line in notices_of(used) if ".domain" in line]
