"""Addresses, variables and tables of Compose and Terraform: what doesn't work here, and advice that does."""

from __future__ import annotations

import re
import tomllib
from textwrap import dedent

import pytest

from catalog.model.deployment import meant_backend
from tests.support.catalogs import loaded, notices_of, pointed_out, problems_of

pytestmark = pytest.mark.usefixtures("in_tmp_path")

WEB = '[services.web]\nimage = "r.io/web:1"\n'
_FULL = 'Write a fully qualified name or an address, such as host = "db.example.com".'


def _database(lines: str) -> str:
    return f'{WEB}calls = ["db"]\n[external.db]\n{lines}\n'


_TCP = 'port = 5432\nprotocol = "tcp"\ncidrs = ["198.51.100.0/24"]'


@pytest.mark.parametrize(
    ("host", "fact"),
    [
        ("db", "doesn't resolve in a VPC."),
        ("postgres", "doesn't resolve in a VPC."),
        ("localhost", "is the machine itself: in a task, it is the task."),
        ("127.0.0.1", "is the machine itself: in a task, it is the task."),
        ("Host.Docker.Internal", "is the machine itself: in a task, it is the task."),
    ],
)
def test_a_host_of_compose_is_no_external(host: str, fact: str) -> None:
    assert problems_of(_database(f'host = "{host}"\n{_TCP}')) == [
        f'services.toml:5: external.db.host: "{host}" {fact} {_FULL}'
    ]


@pytest.mark.parametrize("host", ["db.example.com", "10.20.3.4", "orders.cluster-c0ffee.us-west-2.rds.amazonaws.com"])
def test_a_full_name_or_an_address_is_a_host_of_an_external(host: str) -> None:
    assert notices_of(_database(f'host = "{host}"\n{_TCP}')) == []


def test_a_short_name_can_resolve_in_an_existing_vpc() -> None:
    network = '[network]\nvpc_id = "vpc-0a1b"\nprivate_subnet_ids = ["subnet-0a1b", "subnet-1a2b"]\n'
    (warning,) = notices_of(_database(f'host = "db"\n{_TCP}') + network)
    assert warning == (
        'services.toml:5: external.db.host: warning: "db" resolves only if the VPC has a search domain for it. ' + _FULL
    )


def test_an_external_with_the_host_of_a_service_is_that_service() -> None:
    redis = '[services.redis]\nimage = "r.io/redis:7"\nport = 6379\nprotocol = "tcp"\n'
    text = f'{WEB}calls = ["cache"]\n[external.cache]\nhost = "redis"\n{redis}'
    assert problems_of(text) == [
        'services.toml:5: external.cache.host: "redis" is a service of this catalog. Write "redis" instead of "cache" '
        "in calls, and remove [external.cache]."
    ]
    assert notices_of(f'{WEB}calls = ["redis"]\n{redis}') == []


@pytest.mark.parametrize(
    ("lines", "port"),
    [
        ('host = "db.example.com"', 5432),
        ('host = "shop.redis.example.com"', 6379),
        ('host = "db.example.com"\nscheme = "mysql"', 3306),
    ],
)
def test_an_external_over_tcp_requires_a_port(lines: str, port: int) -> None:
    text = _database(f'{lines}\nprotocol = "tcp"\ncidrs = ["198.51.100.0/24"]')
    assert problems_of(text) == [
        f'services.toml:4: external.db: requires port, because protocol = "tcp" has no usual one. Add port = {port}.'
    ]
    assert notices_of(f"{text}port = {port}\n") == []


def test_externals_that_open_to_every_address_have_one_notice() -> None:
    open_ = 'port = 5432\nprotocol = "tcp"\n'
    text = (
        f'{WEB}calls = ["api", "db", "queue", "known"]\n[external.api]\nhost = "api.example.com"\n'
        f'[external.db]\nhost = "db.example.com"\n{open_}[external.queue]\nhost = "queue.example.com"\n{open_}'
        f'[external.known]\nhost = "known.example.com"\n{_TCP}\n'
    )
    because = "because a security group can't have host names. "
    fix = (
        'Add cidrs = ["198.51.100.0/24"], the addresses of the destination. For one in a VPC, see docs/joining.md, '
        '"Reaching a database".'
    )
    assert notices_of(text) == [
        "services.toml:6: external.db: notice: the ports of db and queue open to every address (0.0.0.0/0) for their "
        f"callers, {because}{fix}"
    ]
    assert notices_of(_database(f'host = "db.example.com"\n{open_}')) == [
        "services.toml:4: external.db: notice: its port opens to every address (0.0.0.0/0) for its callers, "
        f"{because}{fix}"
    ]
    assert notices_of(_database(f'host = "db.example.com"\n{open_}cidrs = ["198.51.100.0/24"]')) == []
    assert (
        notices_of(f'{_database(f"host = {chr(34)}db.example.com{chr(34)}{chr(10)}{open_}")}[network]\negress = "any"')
        == []
    )


IMAGES = {
    "r.io/web:${TAG:-1.2}": 'Write "r.io/web:1.2".',
    "r.io/web:${TAG}": 'Write the image itself, or write "r.io/web:{var.TAG}" and add TAG = "1.0" to [vars].',
    "r.io/web:$TAG": 'Write the image itself, or write "r.io/web:{var.TAG}" and add TAG = "1.0" to [vars].',
    "${REGISTRY:-r.io}/web:${TAG?}": (
        'Write the image itself, or write "{var.REGISTRY}/web:{var.TAG}" and add REGISTRY = "r.io" and TAG = "1.0" to '
        "[vars]."
    ),
}


@pytest.mark.parametrize("image", IMAGES)
def test_an_image_with_a_variable_of_compose_is_an_error_with_advice_that_works(image: str) -> None:
    (problem,) = problems_of(f'[services.web]\nimage = "{image}"\n')
    assert "stays as it is, because nothing replaces variables of Compose. " in problem
    assert problem.endswith(IMAGES[image])
    [written] = re.findall(r'rite "([^"]+)"', IMAGES[image])
    variables = "\n".join(re.findall(r'\w+ = "[^"]*"', IMAGES[image]))
    (deployment,) = loaded(f'[services.web]\nimage = "{written}"\n[vars]\n{variables}\n').deployments
    assert "{" not in deployment.services["web"].image


NOTICES = {
    "variables in an environment": """
        [services.web]
        image = "r.io/web:1"
        [services.web.environment]
        A = "${TAG:-1.2}"
        #^ services.web.environment.A: notice: ${TAG:-1.2} stays as it is, as do the variables in B, C and D, because
        #| ECS replaces no variables. Write the value itself, or write {var.TAG} and add TAG = "1.2" to [vars].
        #| [environments.NAME.vars] can set another one.
        B = "${TAG}"
        C = "http://$API_HOST:80"
        D = "$(POD_IP)"
    """,
    "a secret in an environment": """
        [services.web]
        image = "r.io/web:1"
        secrets = { KEY = "arn:aws:ssm:us-west-2:123456789012:parameter/key" }
        environment = { DB_PASSWORD = "${DB_PASSWORD:-hunter2}" }
        #^ services.web.environment.DB_PASSWORD: notice: $DB_PASSWORD stays as it is, because ECS replaces no variables.
        #| Keep the whole value in Secrets Manager, remove it here, and add DB_PASSWORD =
        #| "arn:aws:secretsmanager:us-west-2:{account}:secret:db-password-AbCdEf" to secrets (services.toml:3).
    """,
    "a command without a shell": """
        [services.web]
        image = "r.io/web:1"
        command = ["serve", "--name=a b", "--tag=$TAG"]
        #^ services.web.command[2]: notice: $TAG stays as it is, because no shell runs this command. Write command =
        #| ["sh", "-c", "exec serve \\"--name=a b\\" --tag=$TAG"].
    """,
    "an entrypoint without a shell": """
        [services.web]
        image = "r.io/web:1"
        entrypoint = ["serve", "$(TAG)"]
        #^ services.web.entrypoint[1]: notice: $(TAG) stays as it is, because no shell runs this command. Write
        #| entrypoint = ["sh", "-c", "exec serve ${TAG} --debug"], and remove command.
        command = ["--debug"]
    """,
    "arguments of the image's program": """
        [services.web]
        image = "r.io/web:1"
        command = ["--model", "$MODEL"]
        #^ services.web.command[1]: notice: $MODEL stays as it is, because no shell runs this command. Write the value
        #| itself, or write {var.MODEL} and add MODEL = "value" to [vars]. [environments.NAME.vars] can set another one.
    """,
    "a domain without a zone": """
        [ingress.public]
        allow = ["10.0.0.0/8"]
        domain = "shop.example.com"
        #^ ingress.public.domain: notice: shop.example.com requires a DNS record, and Terraform creates none. Add
        #| zone_id = "Z0123456789ABC", the Route 53 zone of the domain, or create a record (CNAME or alias) for the load
        #| balancer's DNS name: terraform output load_balancers has it as public.
        [services.web]
        image = "r.io/web:1"
        port = 80
        public = true
    """,
    "a certificate without a domain": """
        [ingress.public]
        allow = ["10.0.0.0/8"]
        certificate = "arn:aws:acm:us-west-2:123456789012:certificate/a"
        #^ ingress.public.certificate: notice: is for other names than the load balancer's own, which clients get
        #| without domain. Add domain = "chat.example.com", a name in the certificate, and zone_id = "Z0123456789ABC",
        #| its Route 53 zone.
        [services.web]
        image = "r.io/web:1"
        port = 80
        public = true
    """,
}


@pytest.mark.parametrize("snippet", NOTICES.values(), ids=NOTICES)
def test_a_notice_has_the_line_and_advice(snippet: str) -> None:
    assert notices_of(dedent(snippet)) == pointed_out(snippet)


FINE = """
    [ingress.public]
    allow = ["10.0.0.0/8"]
    certificate = "arn:aws:acm:us-west-2:123456789012:certificate/a"
    domain = "shop.example.com"
    zone_id = "Z0123456789ABC"
    [vars]
    TAG = "1.2"
    [services.web]
    image = "r.io/web:{var.TAG}"
    port = 80
    public = true
    environment = { A = "{var.TAG}", B = "$level ${level} ${a.b}", C = "$$TAG", D = "5$", E = "pa$word", F = "$X" }
    command = ["sh", "-c", "exec serve --tag=$TAG"]
    [services.web.sidecars.filter]
    image = "r.io/filter:1"
    entrypoint = ["python", "-c", "print('$TAG')"]
    health.command = "curl http://localhost:$PORT"
    [services.web.sidecars.script]
    image = "r.io/image-whose-entrypoint-is-a-shell:1"
    command = ["serve $TAG"]
"""


def test_other_dollar_signs_and_commands_in_a_shell_have_no_notice() -> None:
    assert notices_of(FINE) == []


CALLS = {
    "db.example.com": (
        '"db.example.com" is a host name, and calls has names. Write "db", and add [external.db] with host = '
        '"db.example.com", and its port and protocol if it isn\'t HTTPS.'
    ),
    "db.example.com:5432": (
        '"db.example.com" is a host name, and calls has names. Write "db", and add [external.db] with host = '
        '"db.example.com", port = 5432 and protocol = "tcp".'
    ),
    "https://api.openai.com/v1": (
        '"api.openai.com" is a host name, and calls has names. Write "openai", and add [external.openai] with host = '
        '"api.openai.com".'
    ),
    "http://www.example.com": (
        '"www.example.com" is a host name, and calls has names. Write "example", and add [external.example] with host '
        '= "www.example.com", port = 80 and protocol = "http".'
    ),
    "10.0.0.5:6379": (
        '"10.0.0.5" is a host name, and calls has names. Write "database", and add [external.database] with host = '
        '"10.0.0.5", port = 6379 and protocol = "tcp".'
    ),
    "api.url": 'calls has names, and the placeholder belongs in environment. Write "api".',
    "api:8000": 'calls has names without ports and schemes. Write "api".',
    "http://api:8000/": 'calls has names without ports and schemes. Write "api".',
}


@pytest.mark.parametrize("call", CALLS)
def test_an_address_in_calls_gets_the_external_to_write(call: str) -> None:
    assert problems_of(f'{WEB}calls = ["{call}"]\n') == [f"services.toml:3: services.web.calls[0]: {CALLS[call]}"]
    [name] = re.findall(r'Write "([^"]+)"', CALLS[call])
    lines = "\n".join(re.findall(r'(?:host|port|protocol) = (?:"[^"]*"|\d+)', CALLS[call]))
    callee = f"[external.{name}]\n{lines}\n" if lines else f'[services.{name}]\nimage = "r.io/api:1"\nport = 80\n'
    assert loaded(f'{WEB}calls = ["{name}"]\n{callee}').deployments


PROTOCOLS = {"postgres": "postgresql", "redis": "redis", "mysql": "mysql", "mariadb": "mysql", "kafka": "kafka"}


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_protocol_of_a_database_is_tcp(protocol: str) -> None:
    advice = f'Write protocol = "tcp" and scheme = "{PROTOCOLS[protocol]}".'
    assert problems_of(_database(f'host = "db.example.com"\nport = 5432\nprotocol = "{protocol}"')) == [
        f"services.toml:7: external.db.protocol: the protocol is TCP. {advice}"
    ]
    assert problems_of(f'{WEB}port = 5432\nprotocol = "{protocol}"\n') == [
        f"services.toml:4: services.web.protocol: the protocol is TCP. {advice}"
    ]
    lines = f'port = 5432\nprotocol = "tcp"\nscheme = "{PROTOCOLS[protocol]}"\n'
    assert loaded(f"{WEB}{lines}").deployments
    assert loaded(_database(f'host = "db.example.com"\n{lines}')).deployments


def test_another_name_of_a_key_that_is_set_is_removed() -> None:
    assert problems_of(f'{WEB}port = 80\nports = ["80:80"]\nenvironment = {{ A = "b" }}\nenv = {{ C = "d" }}\n') == [
        'services.toml:4: services.web.ports: unknown key; the catalog calls it "port", which is set. Remove it.',
        'services.toml:6: services.web.env: unknown key; the catalog calls it "environment", which is set. Move its '
        "values there.",
    ]


def test_only_the_same_table_makes_a_key_set() -> None:
    assert problems_of(f'[defaults]\ncommand = ["x"]\nhealth = {{ cmd = "curl http://localhost" }}\n{WEB}') == [
        'services.toml:3: defaults.health.cmd: unknown key; the catalog calls it "command". Write command = "curl '
        'http://localhost".'
    ]


PUBLIC = {
    '"yes"': "Write public = true.",
    '"internet-facing"': "Write public = true.",
    '"no"': "Write public = false.",
    '"shop.example.com"': 'Write public = { host = "shop.example.com" }.',
    '["shop.example.com"]': 'Write public = { host = "shop.example.com" }.',
    '"/api"': 'Write public = { path = "/api" }.',
    '"everyone"': "Write public = true.",
}


@pytest.mark.parametrize("value", PUBLIC)
def test_public_is_true_or_a_table(value: str) -> None:
    ingress = '[ingress.public]\nallow = ["203.0.113.7/32"]\n'
    (problem,) = problems_of(f"{WEB}port = 80\npublic = {value}\n{ingress}")
    what = "a list" if value.startswith("[") else "a string"
    assert problem == f"services.toml:4: services.web.public: must be true or a table, not {what}. {PUBLIC[value]}"
    fix = PUBLIC[value].removeprefix("Write ").removesuffix(".")
    assert tomllib.loads(fix)
    assert loaded(f"{WEB}port = 80\n{fix}\n{ingress}").deployments


def test_an_empty_list_of_subnets_is_an_error() -> None:
    vpc = 'vpc_id = "vpc-0a1b"\n'
    assert problems_of(f"[network]\n{vpc}private_subnet_ids = []\n") == [
        'services.toml:3: network.private_subnet_ids: is empty. Write private_subnet_ids = ["subnet-0a1b2c3d"], '
        "subnets of the VPC."
    ]
    assert problems_of("[network]\npublic_subnet_ids = []\n") == [
        'services.toml:2: network.public_subnet_ids: is empty. Write public_subnet_ids = ["subnet-0a1b2c3d"], with '
        "vpc_id, the id of their VPC, or remove it."
    ]
    assert problems_of(f"[network]\n{vpc}private_subnets = []\n") == [
        'services.toml:3: network.private_subnets: unknown key; the catalog calls it "private_subnet_ids", and it is '
        'empty. Write private_subnet_ids = ["subnet-0a1b2c3d", "subnet-1a2b3c4d"].'
    ]
    assert loaded(f'[network]\n{vpc}private_subnet_ids = ["subnet-0a1b2c3d", "subnet-1a2b3c4d"]\n').deployments


_USES_REGION = (
    f'{WEB}secrets = {{ A = "arn:aws:ssm:{{region}}:123456789012:parameter/a" }}\n'
    'environment = { B = "{region}" }\n'
    '[vars]\nplace = "{region}"\n'
)


def test_only_a_missing_region_is_reported_and_not_its_uses() -> None:
    assert problems_of(f'[catalog]\nname = "shop"\n{_USES_REGION}') == [
        'services.toml:1: catalog: required key "region" is missing. Add region = "us-west-2", or a region for each '
        "environment."
    ]


@pytest.mark.parametrize(
    ("region", "meant"),
    [("us-west2", "us-west-2"), ("US West 2", "us-west-2"), ("us-west-2a", "us-west-2"), ("europe-west1", "eu-west-1")],
)
def test_a_region_in_another_spelling_is_recognized(region: str, meant: str) -> None:
    assert problems_of(f'[catalog]\nname = "shop"\nregion = "{region}"\n{_USES_REGION}') == [
        f'services.toml:3: catalog.region: "{region}" is not an AWS region; did you mean "{meant}"?'
    ]
    assert loaded(f'[catalog]\nname = "shop"\nregion = "{meant}"\n{_USES_REGION}').deployments


def _cycle(calls: dict[str, str]) -> list[str]:
    text = "".join(f'[services.{a}]\nimage = "r.io/a:1"\nport = 80\ncalls = [{b}]\n' for a, b in calls.items())
    return [line for line in notices_of(text, kind="service-connect") if "cycle" in line]


def test_a_cycle_of_calls_is_named_once_as_a_path() -> None:
    assert _cycle({"a": '"b"', "b": '"c"', "c": '"a"'}) == [
        "services.toml:4: services.a.calls[0]: warning: a → b → c → a is a cycle of calls, so a and b start first, and "
        "their proxies know only the services that existed then. When all are running, deploy them again: for s in "
        "shop-a shop-b; do aws ecs update-service --cluster shop --service $s --region us-west-2 "
        "--force-new-deployment; done"
    ]


def test_two_cycles_are_named_with_a_line_each() -> None:
    found = _cycle({"a": '"b", "c"', "b": '"a"', "c": '"a", "d"', "d": '"c"', "e": '"a"'})
    assert [line.partition(" is a cycle")[0] for line in found] == [
        "services.toml:4: services.a.calls[0]: warning: a → b → a",
        "services.toml:4: services.a.calls[1]: warning: a → c → a",
        "services.toml:12: services.c.calls[1]: warning: c → d → c",
    ]


def test_services_that_all_call_each_other_have_a_limited_number_of_warnings() -> None:
    names = [f"s{number}" for number in range(30)]
    found = _cycle({name: ", ".join(f'"{other}"' for other in names if other != name) for name in names})
    assert 29 <= len(found) <= 100


STATES = {
    '[state]\nbackend = "s3"\n': "s3",
    '[state]\nbackend = "s3"\nbucket = "x"\nregion = "us-west-2"\n': None,
    'state = "gcs"\n': "gcs",
    '[state]\nbackend = "local"\n': "local",
    '[backend]\ntype = "azurerm"\n': "azurerm",
    '[backend.s3]\nbucket = "x"\nregion = "us-west-2"\n': None,
    '[terraform.backend.gcs]\nbucket = "x"\n': None,
    '[terraform]\nbackend = "s3"\n': "s3",
    '[terraform.cloud]\norganization = "x"\n': None,
    '[state.backend.s3]\nbucket = "x"\n': None,
    '[remote_state]\nbackend = "s3"\nconfig = { bucket = "x" }\n': None,
}


@pytest.mark.parametrize("text", STATES)
def test_a_backend_in_terraforms_spelling_gets_the_table_to_write(text: str) -> None:
    kind = next(word for word in ("s3", "gcs", "local", "azurerm", "cloud") if word in text)
    (problem,) = problems_of(text)
    assert "is a table of [state]. " in problem
    if STATES[text] is None:
        assert problem.endswith(f"Write its arguments below [state.{kind}].")
    else:
        assert f"Write [state.{kind}]" in problem


def test_a_state_that_is_no_table_is_an_error() -> None:
    assert problems_of("state = 5\n") == ["services.toml:1: state: must be a table, not a number. Write a table."]


@pytest.mark.parametrize("kind", ["s3", "local", "gcs"])
def test_the_advice_for_a_backend_works(kind: str) -> None:
    advice = meant_backend(kind)
    lines = "\n".join(re.findall(r'\w+ = "[^"]*"', advice))
    assert loaded(f"[state.{kind}]\n{lines}\n").deployments
