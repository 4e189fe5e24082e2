"""Placeholders that are replaced, and text that stays as it is."""

from __future__ import annotations

import re

import pytest

from catalog.reading.interpolation import Unknown, addresses_in, fill
from tests.support.catalogs import loaded, notices_of, problems_of

pytestmark = pytest.mark.usefixtures("in_tmp_path")

VALUES = {"region": "us-west-2", "environment": "prod", "account": "123456789012", "var.tag": "1.2"}


def _address(name: str) -> str:
    callee, _, what = name.partition(".")
    if callee != "llm":
        raise Unknown(f"no {callee}")
    return {"url": "http://llm:80", "host": "llm", "port": "80"}[what]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web:{var.tag}", "web:1.2"),
        ("{region}-{environment}-{account}", "us-west-2-prod-123456789012"),
        ("{region}{region}", "us-west-2us-west-2"),
        ("{{region}", "{region}"),
        ("{{region}}", "{region}}"),
        ("{{{region}", "{{region}"),
        ("{{var.nobody}", "{var.nobody}"),
        ("{ region }", "{ region }"),
        ("{Region}", "{Region}"),
        ("{}", "{}"),
        ('{"region": "x"}', '{"region": "x"}'),
        ("${region}", "${region}"),
        ("$${region}", "$${region}"),
        ("%{region}", "%{region}"),
        ("${HOME} and {region}", "${HOME} and us-west-2"),
        ("{llm.url}", "{llm.url}"),
        ("{region", "{region"),
        ("", ""),
    ],
)
def test_a_text_keeps_all_that_is_not_a_placeholder(text: str, expected: str) -> None:
    assert fill(text, VALUES) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{llm.url}/v1", "http://llm:80/v1"),
        ("{llm.host}:{llm.port}", "llm:80"),
        ("{{llm.url}", "{llm.url}"),
        ("${llm.url}", "${llm.url}"),
        ("{llm.name}", "{llm.name}"),
        ("{region} {llm.port}", "us-west-2 80"),
    ],
)
def test_an_environment_knows_the_addresses_of_callees(text: str, expected: str) -> None:
    assert fill(text, VALUES, address=_address) == expected


def test_an_unknown_variable_says_which_there_are() -> None:
    with pytest.raises(Unknown) as unknown:
        fill("{var.tga}", VALUES)
    assert (
        str(unknown.value)
        == "{var.tga} has no value. Add tga to [vars] (which has tag), or double only the opening brace for literal "
        "text: {{var.tga}."
    )


def test_the_address_function_refuses_an_address_that_does_not_exist() -> None:
    with pytest.raises(Unknown, match="no db"):
        fill("{db.host}", VALUES, address=_address)


def test_what_is_filled_in_is_not_read_again() -> None:
    assert fill("{var.a}", {"var.a": "{region}", "region": "us-west-2"}) == "{region}"


def test_addresses_are_found_where_they_stay_text() -> None:
    assert addresses_in("--url={llm.url} --port={db.port} ${x.url} {{y.url} {var.z}") == ["llm.url", "db.port"]


_CALLER = """
[catalog]
name = "shop"
region = "us-west-2"
[vars]
queue = "jobs"
[environments.dev]
[services.llm]
image = "r.io/llm:1"
port = 8000
[services.other]
image = "r.io/other:1"
port = 8000
[services.web]
image = "r.io/web:1"
calls = ["llm"]
"""
IN_OTHER_FORMS = {
    "${llm.url}": "{llm.url}",
    "%{llm.url}": "{llm.url}",
    "{{ llm.url }}": "{llm.url}",
    "{{llm.url}}": "{llm.url}",
    "{ llm.url }": "{llm.url}",
    "${llm_url}": "{llm.url}",
    "{llm_url}": "{llm.url}",
    "{LLM_URL}": "{llm.url}",
    "{{ LLM_HOST }}": "{llm.host}",
    "{{var.queue}}": "{var.queue}",
    "${region}": "{region}",
    "{{ region }}": "{region}",
    "${environment}": "{environment}",
    "{{environment}}": "{environment}",
    "${account}": "{account}",
}


def _about(line: str) -> list[str]:
    """The notices about the texts of `web`, without their place."""
    texts = ("environment.A: ", "command[", "health.command: ", "options.A: ")
    found = notices_of(f"{_CALLER}{line}\n")
    return [each.split("notice: ")[1] for each in found if "services.web." in each and any(t in each for t in texts)]


@pytest.mark.parametrize("written", IN_OTHER_FORMS)
@pytest.mark.parametrize(
    "line",
    [
        'environment = {{ A = "{}/v1" }}',
        'sidecars.s = {{ image = "r.io/s:1", environment = {{ A = "{}/v1" }} }}',
    ],
)
def test_a_placeholder_in_another_form_is_a_notice_with_the_right_one(written: str, line: str) -> None:
    meant = IN_OTHER_FORMS[written]
    assert _about(line.format(written)) == [f"{written} isn't a placeholder, and stays text. Write {meant}."]
    assert _about(line.format(meant)) == []


def test_options_of_a_log_router_have_placeholders_and_variables_of_fluent_bit() -> None:
    line = 'logs.router.options = {{ Name = "http", A = "{}" }}'
    assert _about(line.format("${llm.host}")) == ["${llm.host} isn't a placeholder, and stays text. Write {llm.host}."]
    assert _about(line.format("{llm.host} ${region}")) == []


@pytest.mark.parametrize("written", ["$LLM_URL", "${LLM_URL}", "$(LLM_URL)", "${LLM_URL:-http://localhost}"])
def test_a_variable_of_a_callee_is_its_placeholder_in_an_environment(written: str) -> None:
    assert _about(f'environment = {{ A = "{written}/v1" }}') == [
        f"{written} stays as it is, because ECS replaces no variables. Write {{llm.url}}."
    ]


def test_arguments_with_a_variable_of_a_callee_require_a_shell() -> None:
    (notice,) = _about('command = ["--llm", "$LLM_URL"]')
    assert notice.endswith("Run it in a shell: sh, -c and the whole command as one string.")


def test_the_placeholder_of_a_service_that_is_not_called_requires_the_call() -> None:
    (notice,) = _about('environment = { A = "${other.url}" }')
    assert notice == (
        '${other.url} isn\'t a placeholder, and stays text. Write {other.url}. Set calls = ["llm", "other"].'
    )
    called = _CALLER.replace('calls = ["llm"]', 'calls = ["llm", "other"]')
    assert loaded(called + 'environment = { A = "{other.url}" }\n').deployments


@pytest.mark.parametrize("text", ["{{llm.url}", "{{region}", "{{ .Names }}", "{{x}}", "${x.y}", "$${region}", "{0}"])
def test_literal_braces_in_an_environment_are_no_notice(text: str) -> None:
    assert _about(f'environment = {{ A = "{text}" }}') == []


@pytest.mark.parametrize(
    ("line", "notice"),
    [
        ('command = ["serve", "${region}"]', "${region} isn't a placeholder, and stays text. Write {region}."),
        (
            'command = ["serve", "{{environment}}"]',
            "{{environment}} isn't a placeholder, and stays text. Write {environment}.",
        ),
        ('command = ["serve", "{LLM_URL}"]', "{LLM_URL} isn't replaced here. Read LLM_URL in a shell."),
        ('command = ["sh", "-c", "serve ${llm.url}"]', "${llm.url} isn't replaced here. Read LLM_URL in a shell."),
        (
            'command = ["serve", "{{ llm.host }}"]',
            "{{ llm.host }} isn't replaced here. Set a variable to {llm.host} in environment, and read that variable "
            "in a shell.",
        ),
        ('health.command = "curl {{llm.url}}"', "{{llm.url}} isn't replaced here. Read LLM_URL in a shell."),
    ],
)
def test_a_placeholder_in_another_form_in_a_command_is_a_notice(line: str, notice: str) -> None:
    assert _about(line) == [notice]


@pytest.mark.parametrize(
    "line",
    [
        'command = ["sh", "-c", "serve $LLM_URL ${region} {region}"]',
        'command = ["python", "-c", "print(f\'{llm_url}\')"]',
        'health.command = "curl ${LLM_URL}"',
    ],
)
def test_variables_of_the_program_in_a_command_are_no_notice(line: str) -> None:
    assert _about(line) == []


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            'llm = "{llm.url}/v1"',
            "vars.llm: {llm.url} can't be used here, because callers can have different addresses. Write "
            '"{llm.url}/v1" in environment instead of {var.llm}.',
        ),
        (
            'llm = "{var.queue}-{var.queue}-x"',
            "vars.llm: {var.queue} can't be used here, because a variable can't use another. Write llm = "
            '"jobs-jobs-x", or double only the opening brace for literal text: {{var.queue}.',
        ),
        (
            'llm = "{var.no}"',
            "vars.llm: {var.no} can't be used here, because a variable can't use another. Write its value, or double "
            "only the opening brace for literal text: {{var.no}.",
        ),
    ],
)
def test_variables_have_no_addresses_and_no_other_variables(lines: str, message: str) -> None:
    use = 'environment = { A = "{var.llm}" }\n'
    written = _CALLER.replace("[vars]\n", f"[vars]\n{lines}\n") + use
    assert [each.split(": ", 1)[1] for each in problems_of(written)] == [message]
    (right,) = re.findall(r'(?:llm = |Write (?="))("[^"]*")', message) or ['"x"']
    if "in environment" in message:
        assert loaded(_CALLER + f"environment = {{ A = {right} }}\n").deployments
    else:
        assert loaded(_CALLER.replace("[vars]\n", f"[vars]\nllm = {right}\n") + use).deployments


def test_a_region_with_a_placeholder_cannot_be_in_variables() -> None:
    written = _CALLER.replace('"us-west-2"', '"{var.region}"').replace("[vars]", '[vars]\nregion = "us-west-2"')
    wrong = written.replace('"jobs"', '"jobs-{region}"') + 'environment = { A = "{var.queue}" }\n'
    assert [each.split(": ", 1)[1] for each in problems_of(wrong)] == [
        "vars.queue: {region} can't be used here, because catalog.region has a placeholder itself (services.toml:3). "
        "Write the region, or double only the opening brace for literal text: {{region}."
    ]
    assert loaded(written).deployments


_SERVERS = """
[services.redis]
image = "r.io/redis:7"
port = 6379
protocol = "tcp"
scheme = "redis"
[services.db]
image = "r.io/postgres:16"
port = 5432
protocol = "tcp"
"""


@pytest.mark.parametrize(
    ("wrong", "what", "old", "new"),
    [
        ("http://{llm.url}/v1", "{llm.url} has its own scheme", "http://{llm.url}", "{llm.url}"),
        ("https://{llm.url}", "{llm.url} has its own scheme", "https://{llm.url}", "{llm.url}"),
        ("ws://{llm.url}", "{llm.url} has its own scheme", "ws://{llm.url}", "ws://{llm.host}:{llm.port}"),
        ("{llm.url}:8000/v1", "{llm.url} has its own port", "{llm.url}:8000", "{llm.url}"),
        ("{llm.url}:{llm.port}", "{llm.url} has its own port", "{llm.url}:{llm.port}", "{llm.url}"),
        ("http://{llm.url}:80", "{llm.url} has its own scheme and port", "http://{llm.url}:80", "{llm.url}"),
        ("redis://{redis.url}", "{redis.url} has its own scheme", "redis://{redis.url}", "{redis.url}"),
        (
            "postgres://{db.url}/a",
            "{db.url} has its own scheme",
            "postgres://{db.url}",
            "postgres://{db.host}:{db.port}",
        ),
        ("redis://u@{redis.url}", "{redis.url} has its own scheme", "{redis.url}", "{redis.host}:{redis.port}"),
    ],
)
def test_a_url_with_a_second_scheme_or_port_is_a_warning(wrong: str, what: str, old: str, new: str) -> None:
    caller = _CALLER.replace('calls = ["llm"]', 'calls = ["llm", "redis", "db"]')

    def warnings(text: str) -> list[str]:
        found = notices_of(f'{caller}environment = {{ A = "{text}" }}\n{_SERVERS}')
        return [each.split("warning: ")[1] for each in found if " has its own " in each]

    assert warnings(wrong) == [f'{what}. Write "{new}" instead of "{old}".']
    assert warnings(wrong.replace(old, new)) == []


def test_a_port_after_a_url_without_one_is_no_warning() -> None:
    external = '[external.api]\nhost = "api.example.com"\n'
    caller = _CALLER.replace('calls = ["llm"]', 'calls = ["api"]')
    assert not [
        each
        for each in notices_of(f'{caller}environment = {{ A = "{{api.url}}:443" }}\n{external}')
        if " has its own " in each
    ]


def test_a_version_can_have_a_second_scheme_too() -> None:
    version = '[[services.web.versions]]\nname = "b"\nenvironment = { A = "http://{llm.url}" }\n'
    caller = _CALLER.replace('calls = ["llm"]', 'calls = ["llm"]\nport = 80')
    found = [each for each in notices_of(caller + version) if " has its own " in each]
    assert [each.split(": ")[1] for each in found] == ["services.web.versions[0].environment.A"]


_QUEUE = """
[catalog]
name = "shop"
region = "us-west-2"
[vars]
cidr = "{}"
{}
[external.api]
host = "api.example.com"
cidrs = ["{{var.cidr}}"]
[services.web]
image = "r.io/web:1"
calls = ["api"]
"""


@pytest.mark.parametrize(
    ("value", "environments", "says"),
    [
        ("300.1.1.1/8", "", "from vars.cidr, services.toml:5"),
        ("300.1.1.1/8", "[environments.dev]\n[environments.prod]", "from vars.cidr, services.toml:5"),
        (
            "10.0.0.0/8",
            '[environments.dev]\n[environments.prod]\nvars.cidr = "x"',
            "from environments.prod.vars.cidr, services.toml:8",
        ),
        ("{environment}", "[environments.dev]\n[environments.prod]", "from vars.cidr, services.toml:5"),
    ],
)
def test_an_error_about_the_value_of_a_variable_says_where_it_is_set(value: str, environments: str, says: str) -> None:
    (problem,) = problems_of(_QUEUE.format(value, environments))
    assert ".cidrs[0]: " in problem
    assert f" ({says})" in problem, problem
    assert loaded(_QUEUE.format("198.51.100.0/24", "[environments.dev]")).deployments


def test_an_error_about_another_value_names_no_variable() -> None:
    written = _QUEUE.format("198.51.100.0/24", "").replace('"{var.cidr}"', '"{var.cidr}", "300.1.1.1/8"')
    (problem,) = problems_of(written)
    assert "from vars" not in problem
