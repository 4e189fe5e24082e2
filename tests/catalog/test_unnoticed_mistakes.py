"""Mistakes that only an apply, or the first request, would show: each has a message, and advice that works."""

from __future__ import annotations

import pytest

from tests.support.catalogs import loaded, notices_of, problems_of

pytestmark = pytest.mark.usefixtures("in_tmp_path")

CERTIFICATE = "arn:aws:acm:eu-central-1:123456789012:certificate/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0"
PUBLIC = '[services.web]\nimage = "r.io/web:1"\nport = 80\npublic = true\n'
INGRESS = f'allow = ["203.0.113.7/32"]\ncertificate = "{CERTIFICATE}"\n'


def test_a_misspelled_region_is_not_blamed_on_the_arns() -> None:
    text = f'[catalog]\nname = "shop"\nregion = "REGION"\n[ingress.public]\n{INGRESS}{PUBLIC}'
    queue = '[services.worker]\nimage = "r.io/w:1"\naccess.sqs_consume = ["jobs"]\n'
    queue += "[services.worker.scale]\nmin = 0\nmax = 2\n"
    queue += (
        'backlog = { queue = "arn:aws:sqs:eu-central-1:123456789012:jobs", seconds_per_message = 1, latency = "20m" }\n'
    )
    assert [each for each in notices_of(f"{text}{queue}".replace("REGION", "eu-centrl-1")) if "warning" in each] == [
        'services.toml:3: catalog.region: warning: unknown region "eu-centrl-1"; did you mean "eu-central-1"?'
    ]
    assert len(problems_of(f"{text}{queue}".replace("REGION", "us-west-2"))) == 2
    assert not [each for each in notices_of(f"{text}{queue}".replace("REGION", "eu-central-1")) if "warning" in each]


UNNAMED = {
    "ingress": ('[ingress]\nallow = ["203.0.113.7/32"]\nzone_id = "Z0"\n', "ingress.allow", "ingress.public"),
    "external": (
        '[external]\nhost = "db.example.com"\nsecurity_group = "sg-0a1b"\n',
        "external.host",
        "external.database",
    ),
    "capacity": ('[capacity]\ninstance_types = ["g6.xlarge"]\nmax = 2\n', "capacity.instance_types", "capacity.gpu"),
    "services": (
        '[services]\nimage = "r.io/web:1"\nhealth = { command = ["true"] }\n',
        "services.image",
        "services.web",
    ),
}


@pytest.mark.parametrize(("text", "key", "named"), UNNAMED.values(), ids=UNNAMED)
def test_a_table_without_a_name_has_one_message(text: str, key: str, named: str) -> None:
    table = named.partition(".")[0]
    assert problems_of(text) == [
        f"services.toml:2: {key}: belongs in a table with a name. Write [{named}] instead of [{table}]."
    ]
    if table != "external":
        fixed = text.replace(f"[{table}]", f"[{named}]").replace('zone_id = "Z0"\n', "")
        assert loaded(fixed).deployments


def test_a_table_without_a_name_beside_a_named_one_gets_the_name_of_that() -> None:
    text = f'[ingress.main]\nallow = ["203.0.113.7/32"]\n[environments.prod.ingress]\ninsecure = true\n{PUBLIC}'
    assert problems_of(text) == [
        "services.toml:4: environments.prod.ingress.insecure: belongs in a table with a name. Write [ingress.main] "
        "instead of [ingress]."
    ]


def test_a_list_of_tables_is_a_service() -> None:
    text = '[[services.redis]]\nimage = "r.io/redis:7"\n'
    assert problems_of(text) == [
        "services.toml:1: services.redis: must be a table, not a list of tables. Write [services.redis] instead of "
        "[[services.redis]]."
    ]
    assert loaded(text.replace("[[", "[").replace("]]", "]")).deployments


BACKLOG = (
    "[services.worker.scale]\nmin = 0\nmax = 2\n"
    'backlog = { queue = "jobs", seconds_per_message = 1, latency = "20m" }\n'
)
WORKER = '[services.worker]\nimage = "r.io/worker:1"\n'
FACT = "services.worker.scale.backlog.queue: notice: worker scales by this queue, and its access doesn't allow it to"


@pytest.mark.parametrize(
    ("access", "fix", "pasted"),
    [
        ("", 'Add access.sqs_consume = ["jobs"].', 'access.sqs_consume = ["jobs"]'),
        (
            "access = { task_protection = true }",
            'Add sqs_consume = ["jobs"] to access (services.toml:3).',
            'access = { task_protection = true, sqs_consume = ["jobs"] }',
        ),
        (
            'access.sqs_consume = ["other"]',
            'Add "jobs" to access.sqs_consume (services.toml:3).',
            'access.sqs_consume = ["other", "jobs"]',
        ),
    ],
)
def test_a_backlog_that_the_service_cannot_consume_has_a_notice(access: str, fix: str, pasted: str) -> None:
    (notice,) = notices_of(f"{WORKER}{access}\n{BACKLOG}")
    assert notice.partition(": ")[2] == f"{FACT} consume. {fix}"
    assert notices_of(f"{WORKER}{pasted}\n{BACKLOG}") == []
    statement = 'access.statements = [{ actions = ["sqs:*"], resources = ["arn:aws:sqs:us-west-2:123456789012:jobs"] }]'
    assert notices_of(f"{WORKER}{statement}\n{BACKLOG}") == []


def test_two_environments_cannot_have_one_dns_record() -> None:
    text = (
        f'[catalog]\nname = "shop"\nregion = "eu-central-1"\n[ingress.public]\n{INGRESS}zone_id = "Z0123456789ABC"\n'
        f'domain = "shop.example.com"\n{PUBLIC}[environments.dev]\n[environments.prod]\n'
    )
    assert problems_of(text) == [
        'services.toml:8: ingress.public.domain: "shop.example.com" is also the domain of ingress.public in dev, and '
        'its record can exist only once. Write domain = "{environment}.shop.example.com", or another one in '
        "[environments.prod.ingress.public]."
    ]
    assert loaded(text.replace('"shop.example.com"', '"{environment}.shop.example.com"')).deployments
    assert loaded(f'{text}[environments.prod.ingress.public]\ndomain = "www.example.com"\n').deployments


MODELS = {
    "an image": ('image = "vllm/vllm-openai:v0.10.1"\nport = 8000\ncredentials = "ARN"', "seems to serve a model"),
    "GPUs": ('image = "r.io/x:1"\nport = 8000\ncapacity = "gpu"\ngpus = 1', "uses GPUs"),
}


@pytest.mark.parametrize(("lines", "what"), MODELS.values(), ids=MODELS)
def test_a_model_with_the_default_timeout_has_a_notice(lines: str, what: str) -> None:
    arn = "arn:aws:secretsmanager:us-west-2:123456789012:secret:hub-AbCdEf"
    gpu = '[capacity.gpu]\ninstance_types = ["g6.xlarge"]\nmax = 2\n' if "gpus" in lines else ""
    text = f"{gpu}[services.llm]\n{lines.replace('ARN', arn)}\n"
    (notice,) = [each for each in notices_of(text) if "timeout" in each]
    assert notice.partition(": ")[2] == (
        f'services.llm: notice: {what}, and has the default timeout, "15s", after which answers are cut off. Add '
        'profile = "inference" or timeout = "10m".'
    )
    for fix in ('profile = "inference"', 'timeout = "10m"', 'timeout = "10s"'):
        assert [each for each in notices_of(f"{text}{fix}\n") if "default timeout" in each] == []


@pytest.mark.parametrize(
    ("cron", "fixed"),
    [("0 7 * * * *", "0 7 * * ? *"), ("0 7 * * MON *", "0 7 ? * MON *"), ("0 7 1 * * *", "0 7 1 * ? *")],
)
def test_a_schedule_has_one_question_mark(cron: str, fixed: str) -> None:
    (problem,) = problems_of(_scheduled(cron))
    assert problem.endswith(f'has no ?, which AWS requires in one of the two fields for days; write "{fixed}"')
    assert loaded(_scheduled(fixed)).deployments


def test_a_rate_is_no_cron_expression() -> None:
    (problem,) = problems_of(_scheduled("rate(1 day)"))
    assert 'must be a cron expression, not a rate; write six fields, as in "0 7 * * ? *" for each day at 7' in problem


def test_a_time_zone_exists() -> None:
    (problem,) = problems_of(_scheduled("0 7 * * ? *", zone="Europe/Berln"))
    assert problem.endswith('timezone: unknown time zone "Europe/Berln"; did you mean "Europe/Berlin"?')
    (problem,) = problems_of(_scheduled("0 7 * * ? *", zone="Local/City"))
    assert problem.endswith('unknown time zone "Local/City". Write an IANA name, such as timezone = "Europe/Berlin".')
    assert loaded(_scheduled("0 7 * * ? *", zone="Europe/Berlin")).deployments


def _scheduled(cron: str, *, zone: str = "UTC") -> str:
    entry = f'{{ name = "day", cron = "{cron}", min = 2, timezone = "{zone}" }}'
    return f"{WORKER}scale = {{ max = 3, cpu_percent = 60, schedule = [{entry}] }}\n"


WEB = '[services.web]\nimage = "r.io/web:1"\nport = 80\n'
API = '[services.api]\nimage = "r.io/api:1"\nport = 80\n'
WORDS = {
    "resources of Kubernetes": (
        'resources = { limits = { cpu = "500m", memory = "1Gi" } }',
        "web.resources: unknown key; cpu (1024 for a vCPU) and memory (in MiB) are keys of the service. Remove it, and "
        "write cpu = 512 and memory = 1024.",
        "cpu = 512\nmemory = 1024",
    ),
    "sqs_read": (
        'access.sqs_read = ["jobs"]',
        'web.access.sqs_read: unknown key; the catalog calls it "sqs_consume". Write sqs_consume = ["jobs"].',
        'access.sqs_consume = ["jobs"]',
    ),
    "a path in calls": (
        'calls = ["services.api"]',
        'web.calls[0]: calls has names alone. Write "api".',
        'calls = ["api"]',
    ),
    "a port of public": (
        "public.port = 443",
        "web.public.port: unknown key; the load balancer sends requests to the port of the service. Remove it.",
        "public = {}",
    ),
    "shared memory of Compose": (
        'shm_size = "1g"',
        "web.shm_size: unknown key; Fargate has no setting for shared memory. Remove it.",
        "",
    ),
    "valueFrom": (
        'secrets.KEY = { valueFrom = "arn:aws:ssm:us-west-2:123456789012:parameter/key" }',
        'web.secrets.KEY.valueFrom: unknown key; the catalog calls it "arn". Write arn = '
        '"arn:aws:ssm:us-west-2:123456789012:parameter/key".',
        'secrets.KEY = { arn = "arn:aws:ssm:us-west-2:123456789012:parameter/key" }',
    ),
}


@pytest.mark.parametrize(("line", "message", "pasted"), WORDS.values(), ids=WORDS)
def test_a_word_of_another_tool_has_advice_that_loads(line: str, message: str, pasted: str) -> None:
    rest = f'{API}[ingress.public]\nallow = ["203.0.113.7/32"]\n'
    assert problems_of(f"{WEB}{line}\n{rest}") == [f"services.toml:4: services.{message}"]
    assert loaded(f"{WEB}{pasted}\n{rest}").deployments


DATABASE = '[external.db]\nhost = "db.example.com"\nport = 5432\nprotocol = "tcp"\ncidrs = ["198.51.100.0/24"]\n'
REDIS = '[services.redis]\nimage = "r.io/redis:7"\nport = 6379\nprotocol = "tcp"\n'
ADDRESSES = {
    "the name of an external": (
        'HOST = "db"',
        '"db" is the name of an external, and no host has this name. Write "{db.host}" instead of "db".',
        'HOST = "{db.host}"',
    ),
    "the name of an external in a URL": (
        'DSN = "postgresql://u@db:5432/x"',
        '"db" is the name of an external, and no host has this name. Write "{db.host}:{db.port}" instead of "db:5432".',
        'DSN = "postgresql://u@{db.host}:{db.port}/x"',
    ),
    "the port of a callee on localhost": (
        'CACHE = "redis://localhost:6379/0"',
        '"localhost:6379" is a port of the task itself, and redis has port 6379. Write "{redis.host}:{redis.port}" '
        'instead of "localhost:6379".',
        'CACHE = "redis://{redis.host}:{redis.port}/0"',
    ),
    "a name of Kubernetes": (
        'CACHE = "redis.prod.svc.cluster.local:6379"',
        '"redis.prod.svc.cluster.local" is a name of Kubernetes, which doesn\'t resolve here. Write "{redis.host}" '
        "instead.",
        'CACHE = "{redis.host}:6379"',
    ),
    "a URL without a scheme": (
        'CACHE = "{redis.url}/0"',
        "{redis.url} begins with tcp://, because services.redis has no scheme, and Redis has another. Add scheme = "
        '"redis" to services.redis.',
        'CACHE = "redis://{redis.host}:{redis.port}/0"',
    ),
}


@pytest.mark.parametrize(("line", "message", "pasted"), ADDRESSES.values(), ids=ADDRESSES)
def test_an_address_that_cannot_work_has_a_notice(line: str, message: str, pasted: str) -> None:
    name = line.partition(" ")[0]
    text = f'{WORKER}calls = ["db", "redis"]\nenvironment.{{}}\n{DATABASE}{REDIS}'
    assert notices_of(text.replace("{}", line)) == [
        f"services.toml:4: services.worker.environment.{name}: notice: {message}"
    ]
    assert notices_of(text.replace("{}", pasted)) == []
    if "{redis.url}" in line:
        assert notices_of(f'{text.replace("{}", line)}scheme = "redis"\n') == []


@pytest.mark.parametrize("line", ['A = "http://localhost:6379"', 'A = "http://localhost:9000"'])
def test_a_port_of_the_task_itself_has_no_notice(line: str) -> None:
    own = 'port = 6379\nprotocol = "tcp"\n' if "6379" in line else ""
    assert notices_of(f'{WORKER}{own}calls = ["redis"]\nenvironment.{line}\n{REDIS}') == []


PLAIN = {
    "a connection string": 'environment.DB_DSN = "host=db.example.com user=x password=Tr0ub4dor"',
    "a connection string of ADO.NET": 'environment.DB = "Server=db.example.com;User=x;Password=Tr0ub4dor;"',
    "an option of redis-server": 'command = ["redis-server", "--requirepass", "Tr0ub4dor"]',
    "an option with a value": 'command = ["serve", "--password=Tr0ub4dor"]',
    "a password that was to be changed": 'environment.REDIS_PASSWORD = "changeme"',
}


@pytest.mark.parametrize("line", PLAIN.values(), ids=PLAIN)
def test_a_password_in_plain_text_has_a_warning(line: str) -> None:
    (notice,) = notices_of(f"{WORKER}{line}\n")
    assert ": warning: " in notice and "looks like a secret in plain text" in notice and "Tr0ub4dor" not in notice


def test_a_webhook_of_slack_is_a_credential() -> None:
    webhook = "https://hooks.slack.com/services/" + "T0ABCDEFG/B0ABCDEFG/" + "abcdefghijklmnopqrstuvwx"
    (problem,) = problems_of(f'{WORKER}environment.ALERTS = "{webhook}"\n')
    assert "contains a Slack webhook in plain text" in problem and "abcdefgh" not in problem


def test_a_small_memory_was_meant_in_gib() -> None:
    text = f'[capacity.pool]\ninstance_types = ["m7i.2xlarge"]\nmax = 4\n{WORKER}capacity = "pool"\nmemory = '
    assert problems_of(f"{text}14\n") == [
        "services.toml:7: services.worker.memory: is in MiB. Write memory = 14336 for 14 GiB."
    ]
    assert loaded(f"{text}14336\n").deployments
