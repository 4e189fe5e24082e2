"""Which layer wins, and which line a value comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.model import Service
from catalog.reading.layers import Layers
from catalog.reading.source import Source
from tests.support.catalogs import loaded, notices_of, pointed_out, problems_of

pytestmark = pytest.mark.usefixtures("in_tmp_path")


def _web(snippet: str, *, of: int = 0) -> Service:
    return loaded(snippet).deployments[of].services["web"]


def test_a_service_wins_over_its_profile_and_that_over_the_defaults() -> None:
    web = _web("""
        [defaults]
        cpu = 1024
        memory = 2048
        storage = 30

        [profiles.big]
        cpu = 4096
        memory = 16384

        [services.web]
        image = "r.io/web:1"
        profile = "big"
        memory = 8192
    """)
    assert (web.cpu, web.memory, web.storage) == (4096, 8192, 30)


def test_tables_merge_and_lists_replace() -> None:
    web = _web("""
        [defaults]
        environment = { LOG = "info", SHARED = "yes" }
        command = ["default"]
        health = { interval = "20s" }

        [services.web]
        image = "r.io/web:1"
        port = 80
        environment = { LOG = "debug" }
        command = []
        health = { path = "/health" }
    """)
    assert web.environment == {"LOG": "debug", "SHARED": "yes"}
    assert web.command == ()
    assert (web.health.path, web.health.interval) == ("/health", 20)


def test_one_may_write_a_profile_of_the_name_of_a_built_in_one() -> None:
    web = _web("""
        [profiles.inference]
        timeout = "30m"

        [services.web]
        image = "r.io/web:1"
        port = 80
        profile = "inference"
    """)
    assert web.timeout == 1800
    assert web.retries.attempts == 1


ENVIRONMENTS = """
    [catalog]
    name = "shop"
    region = "us-west-2"
    tags = { team = "shop" }

    [services.web]
    image = "r.io/web:1"
    replicas = 2
    tags = { tier = "front" }

    [defaults]
    cpu = 1024
    memory = 2048

    [environments.dev]
    unset = ["services.web.replicas", "defaults.cpu", 'defaults."memory"', "catalog.tags"]

    [environments.prod]
    catalog.region = "eu-central-1"
    defaults.memory = 4096
    services.web = { replicas = 6, tags = { owner = "ops" } }
    services.extra = { image = "r.io/extra:1" }
"""


def test_an_environment_lies_over_the_whole_file() -> None:
    prod = loaded(ENVIRONMENTS).deployments[1]
    assert (prod.id, prod.region) == ("shop-prod", "eu-central-1")
    assert sorted(prod.services) == ["extra", "web"]
    assert prod.services["web"].replicas == 6
    assert prod.services["web"].memory == prod.services["extra"].memory == 4096
    assert prod.services["web"].tags == {"tier": "front", "owner": "ops"}


def test_an_environment_removes_what_it_unsets() -> None:
    dev = loaded(ENVIRONMENTS).deployments[0]
    web = dev.services["web"]
    assert (dev.id, web.replicas, web.cpu, web.memory) == ("shop-dev", 1, 512, 1024)
    assert dev.catalog.catalog.tags == {}


def test_one_environment_leaves_no_trace_in_another() -> None:
    assert loaded(ENVIRONMENTS).deployments[0].region == "us-west-2"
    assert "extra" not in loaded(ENVIRONMENTS).deployments[0].services


def test_an_environment_unsets_first_and_says_then() -> None:
    web = _web("""
        [services.web]
        image = "r.io/web:1"
        tags = { old = "1" }

        [environments.prod]
        unset = ["services.web.tags"]
        services.web.tags = { new = "2" }
    """)
    assert web.tags == {"new": "2"}


def test_what_only_some_environments_make_of_a_shared_line_names_them() -> None:
    assert problems_of("""
        [services.web]
        image = "r.io/web:1"
        memory = 2048
        user = 1
        replicas = "two"
        [environments.dev]
        services.web.user = "1"
        [environments.prod]
    """) == [
        'services.toml:4: services.web.user: must be a string, not a number. Write user = "1". (in prod)',
        "services.toml:5: services.web.replicas: must be an integer, not a string. Write an integer.",
    ]
    assert problems_of("""
        [services.web]
        image = "r.io/web:1"
        memory = 2048
        calls = ["llm"]
        [environments.dev]
        services.web.cpu = 4096
        [environments.prod]
    """) == [
        "services.toml:3: services.web.memory: Fargate doesn't support cpu = 4096 with memory = 2048 (web). Use "
        "memory = 8192 in [environments.dev.services.web]. (in dev, where services.toml:6 sets cpu)",
        'services.toml:4: services.web.calls[0]: unknown service "llm". Add [services.llm] or [external.llm].',
    ]


@pytest.mark.parametrize(
    ("layer", "place"),
    [
        ('[defaults]\ncpu = "one"\n', "services.toml:2: defaults.cpu"),
        ('[profiles.big]\ncpu = "one"\n', "services.toml:2: profiles.big.cpu"),
        ('[environments.a.defaults]\ncpu = "one"\n', "services.toml:2: environments.a.defaults.cpu"),
        ('[environments.a.profiles.big]\ncpu = "one"\n', "services.toml:2: environments.a.profiles.big.cpu"),
        ('[environments.a.services.web]\ncpu = "one"\n', "services.toml:2: environments.a.services.web.cpu"),
    ],
)
def test_an_error_names_the_line_of_the_layer_that_set_the_value(layer: str, place: str) -> None:
    profile = "" if "[profiles" in layer else "[profiles.big]\nmemory = 1024\n"
    web = '[services.web]\nimage = "r.io/web:1"\nprofile = "big"\n'
    assert problems_of(layer + profile + web) == [f"{place}: must be an integer, not a string. Write an integer."]


def test_a_nearer_key_drops_the_farther_key_that_it_excludes() -> None:
    Path("services.toml").write_text("")
    source = Source(Path("services.toml"))
    layers = Layers({"services": {"web": {"replicas": 2}}, "defaults": {"scale": {"max": 4}}}, source)
    layers.overlay({"services": {"web": {"scale": {"max": 9}}}}, written_at=("environments", "prod"))
    assert layers.tree["services"]["web"] == {"scale": {"max": 9}}
    layers.underlay(("services", "web"), {"replicas": 3, "cpu": 256}, written_at=("defaults",))
    assert layers.tree["services"]["web"] == {"scale": {"max": 9}, "cpu": 256}
    assert layers.origin(("services", "web", "cpu")) == (source, ("defaults", "cpu"))
    assert layers.is_set(("services", "web", "cpu"))
    assert not layers.is_set(("services", "web", "memory"))


def test_an_images_file_wins_over_what_services_and_environments_say() -> None:
    Path("images-prod.toml").write_text('web = "r.io/web:2"\n')
    web = _web("""
        [catalog]
        name = "shop"
        region = "us-west-2"
        images = "images-{environment}.toml"

        [services.web]
        image = "r.io/web:1"

        [environments.prod]
    """)
    assert web.image == "r.io/web:2"


REPLACED = """
    [services.web]
    image = "r.io/web:1"
    scale = { min = 2, max = 4, cpu_percent = 50 }
    [services.api]
    image = "r.io/api:1"
    replicas = 3
    [environments.dev.services]
    web.replicas = 1
    #^ environments.dev.services.web.replicas: notice: replaces scale (services.toml:3), so 1 task runs at all times,
    #| without autoscaling. Write scale.min = 1 instead to keep it, or write unset = ["services.web.scale"] in
    #| [environments.dev] to confirm.
    api.scale = { max = 6, cpu_percent = 50 }
    #^ environments.dev.services.api.scale: notice: replaces replicas (services.toml:6), so autoscaling sets the number
    #| of tasks. Remove it to keep replicas = 3, or write unset = ["services.api.replicas"] in [environments.dev] to
    #| confirm.
    [environments.load]
    unset = ["services.api.replicas"]
    services.web.replicas = 9
    #^ environments.load.services.web.replicas: notice: replaces scale (services.toml:3), so 9 tasks run at all times,
    #| without autoscaling. Write scale.max = 9 instead to keep it, or add "services.web.scale" to unset in
    #| [environments.load] to confirm.
    [environments.off.services]
    web.replicas = 0
    #^ environments.off.services.web.replicas: notice: replaces scale (services.toml:3), so 0 tasks run at all times,
    #| without autoscaling. Remove it to keep scale, or write unset = ["services.web.scale"] in [environments.off] to
    #| confirm.
"""


def test_an_environment_that_turns_autoscaling_on_or_off_is_a_notice() -> None:
    assert notices_of(REPLACED) == pointed_out(REPLACED)


def test_the_advice_about_replaced_autoscaling_works() -> None:
    base = """
        [services.web]
        image = "r.io/web:1"
        scale = { min = 2, max = 4, cpu_percent = 50 }
    """
    kept = base + "[environments.dev]\nservices.web.scale.min = 1\n[environments.load]\nservices.web.scale.max = 9\n"
    fixed = base + '[environments.dev]\nunset = ["services.web.scale"]\nservices.web.replicas = 1\n'
    assert notices_of(kept) == notices_of(fixed) == []
    scales = [_web(kept, of=index).scale for index in (0, 1)]
    assert [(scale.min, scale.max) for scale in scales if scale] == [(1, 4), (2, 9)]
    assert (_web(fixed).replicas, _web(fixed).scale) == (1, None)


def test_shared_replicas_of_an_environment_replace_shared_autoscaling_with_a_notice() -> None:
    shared = """
        [defaults]
        scale = { max = 4, cpu_percent = 50 }
        [environments.dev]
        defaults.replicas = 1
        #^ environments.dev.defaults.replicas: notice: replaces scale (services.toml:2), so 1 task runs at all times,
        #| without autoscaling. Write scale.min = 1 instead to keep it, or write unset = ["defaults.scale"] in
        #| [environments.dev] to confirm.
    """
    assert notices_of(shared) == pointed_out(shared)


def test_a_wrong_number_of_tasks_in_an_environment_is_one_error() -> None:
    assert problems_of("""
        [services.web]
        image = "r.io/web:1"
        scale = { max = 4, cpu_percent = 50 }
        [environments.dev]
        services.web.replicas = "one"
    """) == [
        "services.toml:5: environments.dev.services.web.replicas: must be an integer, not a string. Write an integer."
    ]
