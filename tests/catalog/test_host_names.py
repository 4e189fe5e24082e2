"""Host names of Docker Compose, calls of a service to itself, and unknown regions."""

from __future__ import annotations

from textwrap import dedent

import pytest

from catalog.model.network import KINDS
from catalog.names import REGIONS_FILE
from tests.support.catalogs import loaded, notices_of, pointed_out
from tools.aws_data import regions

pytestmark = pytest.mark.usefixtures("in_tmp_path")

_REST = """
[services.redis]
image = "r.io/redis:7"
port = 6379
protocol = "tcp"
[services.api]
image = "r.io/api:1"
port = 8000
"""
NOTICES = {
    "a URL of a tcp service": """
        [services.web]
        image = "r.io/web:1"
        environment.CACHE = "redis://redis:6379/0"
        #^ services.web.environment.CACHE: notice: "redis" is the name of a service, and no host has this name. Write
        #| "{redis.host}:{redis.port}" instead of "redis:6379". Set calls = ["redis"].
    """,
    "a URL with a password": """
        [services.web]
        image = "r.io/web:1"
        calls = ["redis"]
        environment.CACHE = "redis://user:${PASSWORD}@redis:6379/0"
        #^ services.web.environment.CACHE: notice: "redis" is the name of a service, and no host has this name. Write
        #| "{redis.host}:{redis.port}" instead of "redis:6379".
        #^ services.web.environment.CACHE: notice: $PASSWORD stays as it is, because ECS replaces no variables. Keep the
        #| whole value in Secrets Manager, remove it here, and write secrets.CACHE =
        #| "arn:aws:secretsmanager:us-west-2:{account}:secret:cache-AbCdEf".
    """,
    "a URL of an http service beside another call": """
        [services.web]
        image = "r.io/web:1"
        calls = ["redis"]
        environment.BACKEND = "http://api:8000/v1"
        #^ services.web.environment.BACKEND: notice: "api" is the name of a service, and no host has this name. Write
        #| "{api.url}" instead of "http://api:8000". Set calls = ["redis", "api"].
    """,
    "a host and a port": """
        [services.web]
        image = "r.io/web:1"
        environment.BROKERS = "redis:6379,other:6379"
        #^ services.web.environment.BROKERS: notice: "redis" is the name of a service, and no host has this name. Write
        #| "{redis.host}:{redis.port}" instead of "redis:6379". Set calls = ["redis"].
    """,
    "a variable with the name of a host": """
        [services.web]
        image = "r.io/web:1"
        environment.REDIS_HOST = "redis"
        #^ services.web.environment.REDIS_HOST: notice: "redis" is the name of a service, and no host has this name.
        #| Write "{redis.host}" instead of "redis". Set calls = ["redis"].
    """,
    "a command": """
        [services.web]
        image = "r.io/web:1"
        command = ["serve", "--backend=http://api:8000"]
        #^ services.web.command[1]: notice: "api" is the name of a service, and no host has this name. Set API_HOST =
        #| "{api.host}" in environment, and write $API_HOST instead of api in a command that begins with "sh", "-c". Set
        #| calls = ["api"].
        entrypoint = ["sh", "-c", "wait-for redis:6379 && pg_isready -h api"]
        #^ services.web.entrypoint[2]: notice: "redis" is the name of a service, and no host has this name. Set
        #| REDIS_HOST = "{redis.host}" in environment, and write $REDIS_HOST instead of redis. Set calls = ["redis"].
    """,
    "a sidecar": """
        [services.web]
        image = "r.io/web:1"
        [services.web.sidecars.proxy]
        image = "r.io/proxy:1"
        environment.UPSTREAM = "api"
        #^ services.web.sidecars.proxy.environment.UPSTREAM: notice: "api" is the name of a service, and no host has
        #| this name. Write "{api.host}" instead of "api". Set calls = ["api"].
    """,
    "the service itself": """
        [services.web]
        image = "r.io/web:1"
        port = 80
        environment.BASE = "http://web:80/"
        #^ services.web.environment.BASE: notice: "web" is the name of a service, and no host has this name. Write
        #| "localhost" for the task's own containers.
    """,
    "a call to itself": """
        [services.web]
        image = "r.io/web:1"
        port = 80
        calls = ["web"]
        #^ services.web.calls[0]: notice: web calls itself, so its tasks may reach each other. Remove it if a task calls
        #| only itself: that works with localhost:80.
    """,
    "a misspelled region": """
        [catalog]
        name = "shop"
        region = "us-wset-2"
        #^ catalog.region: warning: unknown region "us-wset-2"; did you mean "us-west-2"?
    """,
    "a region that resembles no other": """
        [catalog]
        name = "shop"
        region = "xx-moon-9"
        #^ catalog.region: warning: unknown region "xx-moon-9". Check the spelling, unless AWS has added the region
        #| since.
    """,
}


@pytest.mark.parametrize("snippet", NOTICES.values(), ids=NOTICES)
def test_a_notice_has_the_line_and_advice(snippet: str) -> None:
    assert notices_of(dedent(snippet) + _REST) == pointed_out(snippet)


FINE = """
[services.web]
image = "r.io/web:1"
port = 80
calls = ["redis", "api"]
environment.MODE = "redis"
environment.IMAGE = "redis:7"
environment.CACHE = "redis://{redis.host}:{redis.port}"
environment.BACKEND = "{api.url}/v1"
environment.HOST = "web"
environment.OTHERS = "http://api.example.com:8000 redis.example.com:6379 https://example.com/api:8000"
command = ["redis", "--cache=redis", "api"]
"""


@pytest.mark.parametrize("kind", KINDS)
def test_addresses_of_callees_and_other_words_have_no_notice(kind: str) -> None:
    assert not [each for each in loaded(FINE + _REST, kind=kind).notices if "no host has" in each.message]


@pytest.mark.parametrize(
    ("key", "advised"),
    [("CACHE", "redis://{redis.host}:{redis.port}/0"), ("BACKEND", "{api.url}/v1"), ("REDIS_HOST", "{redis.host}")],
)
def test_the_advice_for_a_host_name_works(key: str, advised: str) -> None:
    written = (
        advised.replace("{redis.host}", "redis").replace("{redis.port}", "6379").replace("{api.url}", "http://api:80")
    )
    web = '[services.web]\nimage = "r.io/web:1"\n'
    [notice] = notices_of(f'{web}environment.{key} = "{written}"\n{_REST}')
    calls = notice.rpartition(" Set ")[2].removesuffix(".")
    assert notices_of(f'{web}{calls}\nenvironment.{key} = "{advised}"\n{_REST}') == []


def test_the_advice_for_a_host_name_in_a_command_works() -> None:
    web = '[services.web]\nimage = "r.io/web:1"\n'
    [notice] = notices_of(f'{web}command = ["serve", "--backend", "http://api:8000"]\n{_REST}')
    variable = notice.partition(" Set ")[2].partition(" in environment")[0]
    calls = notice.rpartition(" Set ")[2].removesuffix(".")
    script = '["sh", "-c", "serve --backend http://$API_HOST:8000"]'
    assert notices_of(f"{web}{calls}\ncommand = {script}\nenvironment.{variable}\n{_REST}") == []


def test_the_regions_are_those_of_the_installed_botocore() -> None:
    assert REGIONS_FILE.read_text() == regions(), "python -m tools.aws_data writes it again"
