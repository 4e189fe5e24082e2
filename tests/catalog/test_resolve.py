"""Values that follow from others: timeouts along calls, addresses in environments."""

from __future__ import annotations

import pytest

from catalog.model import UNLIMITED
from catalog.unknowns import ACCOUNT
from tests.support.catalogs import loaded

pytestmark = pytest.mark.usefixtures("in_tmp_path")


def _timeouts(services: str) -> dict[str, float]:
    deployment = loaded(f"[services]\n{services}").deployments[0]
    return {name: service.timeout for name, service in deployment.services.items()}


def test_a_timeout_is_fifteen_seconds_where_nothing_is_said() -> None:
    assert _timeouts('web = { image = "r.io/a:1", port = 80 }') == {"web": 15}


def test_a_caller_waits_as_long_as_the_slowest_of_its_callees_however_far_away() -> None:
    assert _timeouts("""
gateway = { image = "r.io/a:1", calls = ["chat", "quick"] }
chat = { image = "r.io/a:1", port = 80, calls = ["llm"] }
llm = { image = "r.io/a:1", port = 80, timeout = "10m" }
quick = { image = "r.io/a:1", port = 80, timeout = "5s" }
""") == {"gateway": 600, "chat": 600, "llm": 600, "quick": 5}


def test_a_callee_faster_than_the_default_does_not_shorten_its_caller() -> None:
    assert _timeouts("""
web = { image = "r.io/a:1", calls = ["quick"] }
quick = { image = "r.io/a:1", port = 80, timeout = "5s" }
""") == {"web": 15, "quick": 5}


def test_timeouts_travel_around_circles() -> None:
    assert _timeouts("""
a = { image = "r.io/a:1", port = 80, calls = ["b"] }
b = { image = "r.io/a:1", port = 80, calls = ["c"] }
c = { image = "r.io/a:1", port = 80, calls = ["a", "slow"] }
slow = { image = "r.io/a:1", port = 80, timeout = "none" }
""") == {"a": UNLIMITED, "b": UNLIMITED, "c": UNLIMITED, "slow": UNLIMITED}


def test_a_written_timeout_stops_what_travels() -> None:
    assert _timeouts("""
web = { image = "r.io/a:1", calls = ["chat"] }
chat = { image = "r.io/a:1", port = 80, calls = ["llm"], timeout = "20m" }
llm = { image = "r.io/a:1", port = 80, timeout = "10m" }
""") == {"web": 1200, "chat": 1200, "llm": 600}


def test_a_tcp_callee_sets_no_timeout_on_its_callers() -> None:
    assert _timeouts("""
web = { image = "r.io/a:1", calls = ["db"] }
db = { image = "r.io/a:1", port = 5432, protocol = "tcp", idle_timeout = "2h" }
""") == {"web": 15, "db": 15}


def test_a_connection_may_be_silent_for_the_whole_timeout_and_over_tcp_for_an_hour() -> None:
    services = (
        loaded("""
        [services]
        llm = { image = "r.io/a:1", port = 80, timeout = "10m" }
        stream = { image = "r.io/a:1", port = 80, timeout = "10m", idle_timeout = "1m" }
        db = { image = "r.io/a:1", port = 5432, protocol = "tcp" }
        forever = { image = "r.io/a:1", port = 5433, protocol = "tcp", idle_timeout = "none" }
    """)
        .deployments[0]
        .services
    )
    assert {name: service.idle_timeout for name, service in services.items()} == {
        "llm": 600,
        "stream": 60,
        "db": 3600,
        "forever": UNLIMITED,
    }


def test_an_environment_holds_the_addresses_of_callees_and_what_is_written_wins() -> None:
    web = (
        loaded("""
        [services.web]
        image = "r.io/web:1"
        calls = ["llm", "doc-store", "db", "openai", "admin"]

        [services.web.environment]
        LLM_URL = "own"
        STORE = "{doc-store.host}:{doc-store.port} {region} {{region} ${HOME}"

        [services.web.secrets]
        DB_URL = "arn:aws:ssm:us-west-2:123456789012:parameter/db"

        [services]
        llm = { image = "r.io/llm:1", port = 8080 }
        doc-store = { image = "r.io/store:1", port = 80 }
        db = { image = "r.io/db:1", port = 5432, protocol = "tcp" }

        [external]
        openai = { host = "api.openai.com" }
        admin = { host = "admin.example.com", port = 8443 }
    """)
        .deployments[0]
        .services["web"]
    )
    assert web.environment == {
        "ADMIN_URL": "https://admin.example.com:8443",
        "DB_HOST": "db.shop.internal",
        "DB_PORT": "5432",
        "DOC_STORE_URL": "http://doc-store.shop.internal",
        "LLM_URL": "own",
        "OPENAI_URL": "https://api.openai.com",
        "STORE": "doc-store.shop.internal:80 us-west-2 {region} ${HOME}",
    }


def test_callers_of_tcp_get_host_and_port_and_a_url_only_with_a_scheme() -> None:
    snippet = """
        [services.web]
        image = "r.io/web:1"
        calls = ["cache", "db", "queue"]
        environment = { DB = "{db.url}", CACHE = "{cache.url}" }

        [services]
        cache = { image = "r.io/cache:1", port = 6379, protocol = "tcp", scheme = "redis" }
        db = { image = "r.io/db:1", port = 5432, protocol = "tcp" }

        [external]
        queue = { host = "mq.example.com", port = 5671, protocol = "tcp", scheme = "amqps" }
    """
    assert loaded(snippet).deployments[0].services["web"].environment == {
        "CACHE": "redis://cache.shop.internal:6379",
        "CACHE_HOST": "cache.shop.internal",
        "CACHE_PORT": "6379",
        "CACHE_URL": "redis://cache.shop.internal:6379",
        "DB": "tcp://db.shop.internal:5432",
        "DB_HOST": "db.shop.internal",
        "DB_PORT": "5432",
        "QUEUE_HOST": "mq.example.com",
        "QUEUE_PORT": "5671",
        "QUEUE_URL": "amqps://mq.example.com:5671",
    }


def test_the_account_is_filled_in_where_the_catalog_says_one_and_left_to_terraform_where_not() -> None:
    service = '[services.web]\nimage = "{account}.dkr.ecr.us-west-2.amazonaws.com/web:1"\n'
    told = loaded(f'[aws]\naccounts = ["123456789012"]\n{service}').deployments[0].services["web"]
    left = loaded(service).deployments[0].services["web"]
    assert told.image == "123456789012.dkr.ecr.us-west-2.amazonaws.com/web:1"
    assert left.image == f"{ACCOUNT}.dkr.ecr.us-west-2.amazonaws.com/web:1"


def test_variables_may_use_general_placeholders() -> None:
    deployment = loaded("""
        [vars]
        registry = "{account}.dkr.ecr.{region}.amazonaws.com/{environment}"

        [aws]
        accounts = ["123456789012"]

        [services.web]
        image = "{var.registry}/web:1"

        [environments.prod]
    """).deployments[0]
    assert deployment.services["web"].image == "123456789012.dkr.ecr.us-west-2.amazonaws.com/prod/web:1"


def test_what_runs_is_listed_once_each_with_its_table_a_version_behind_its_service() -> None:
    snippet = """
    [services.web]
    image = "r.io/web:1"
    [services.llm]
    image = "r.io/llm:1"
    aws_name = "model"
    [[services.llm.versions]]
    name = "next"
    image = "r.io/llm:2"
    """
    (described,) = loaded(snippet, kind="vpc-lattice").deployments
    places = {
        "llm": ("services", "llm"),
        "llm_next": ("services", "llm", "versions", 0),
        "web": ("services", "web"),
    }
    assert {name: each.place for name, each in described.workloads.items()} == places
    assert {each.table for each in described.workloads_of("llm")} == {("services", "llm")}
    version = described.workloads["llm_next"]
    assert (version.key, version.aws_name, version.aws_key) == ("llm", "model_next", "model")
    assert list(described.services) == ["llm", "web"]
    assert described.versions == {"llm": (version,)}
