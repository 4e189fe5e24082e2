"""Keys below the header of another table: after a header, TOML puts every key into that table."""

from __future__ import annotations

import pytest

from tests.support.catalogs import loaded, notices_of, pointed_out, problems_of

pytestmark = pytest.mark.usefixtures("in_tmp_path")

API = '[services.api]\nimage = "r.io/api:1"\nport = 80\n'
WEB = '[services.web]\nimage = "r.io/web:1"\nport = 80\n'
WRONG = {
    "in environment": r"""
        [services.web]
        image = "r.io/web:1"
        [services.web.environment]
        NODE_ENV = "production"
        replicas = 2
        #^ services.web.environment.replicas: is a key of services.web. Move it to [services.web] (services.toml:1).
        calls = ["api"]
        #^ services.web.environment.calls: is a key of services.web. Move it to [services.web] (services.toml:1).
        exec = true
        #^ services.web.environment.exec: is a key of services.web. Move it to [services.web] (services.toml:1).
        [services.api]
        image = "r.io/api:1"
        port = 80
    """,
    "in tags and secrets": r"""
        [services.web]
        image = "r.io/web:1"
        [services.web.tags]
        replicas = 2
        #^ services.web.tags.replicas: is a key of services.web. Move it to [services.web] (services.toml:1).
        [services.web.secrets]
        memory = 512
        #^ services.web.secrets.memory: is a key of services.web. Move it to [services.web] (services.toml:1).
        timeout = "30s"
        #^ services.web.secrets.timeout: is a key of services.web. Move it to [services.web] (services.toml:1).
    """,
    "in the environment of a sidecar": r"""
        [services.web]
        image = "r.io/web:1"
        [services.web.sidecars.proxy]
        image = "r.io/proxy:1"
        [services.web.sidecars.proxy.environment]
        essential = false
        #^ services.web.sidecars.proxy.environment.essential: is a key of services.web.sidecars.proxy. Move it to
        #| [services.web.sidecars.proxy] (services.toml:3).
        replicas = 2
        #^ services.web.sidecars.proxy.environment.replicas: is a key of services.web. Move it to [services.web]
        #| (services.toml:1).
    """,
    "in defaults": r"""
        [defaults.environment]
        cpu = 512
        #^ defaults.environment.cpu: is a key of defaults. Move it to [defaults].
        [services.web]
        image = "r.io/web:1"
    """,
    "in a profile": r"""
        [profiles.small]
        memory = 512
        [profiles.small.tags]
        cpu = 256
        #^ profiles.small.tags.cpu: is a key of profiles.small. Move it to [profiles.small] (services.toml:1).
        [services.web]
        image = "r.io/web:1"
        profile = "small"
    """,
    "in an environment": r"""
        [services.web]
        image = "r.io/web:1"
        [environments.prod.services.web]
        memory = 1024
        [environments.prod.services.web.environment]
        replicas = 2
        #^ environments.prod.services.web.environment.replicas: is a key of environments.prod.services.web. Move it to
        #| [environments.prod.services.web] (services.toml:3).
    """,
    "a required key": r"""
        [services.web]
        port = 80
        [services.web.environment]
        image = "r.io/web:1"
        #^ services.web.environment.image: is a key of services.web. Move it to [services.web] (services.toml:1).
    """,
    "in scale": r"""
        [services.web]
        image = "r.io/web:1"
        [services.web.scale]
        max = 4
        cpu_percent = 60
        calls = ["api"]
        #^ services.web.scale.calls: is a key of services.web. Move it to [services.web] (services.toml:1).
        replicas = 2
        #^ services.web.scale.replicas: is a key of services without scale. Write min = 2.
        [services.api]
        image = "r.io/api:1"
        port = 80
    """,
}


@pytest.mark.parametrize("snippet", WRONG.values(), ids=WRONG)
def test_a_key_below_the_header_of_another_table_names_its_own(snippet: str) -> None:
    assert problems_of(snippet) == pointed_out(snippet)


def test_a_moved_key_is_valid() -> None:
    below = '[services.web.environment]\nNODE_ENV = "production"\n'
    assert len(problems_of(f'{API}{WEB}{below}replicas = 2\ncalls = ["api"]\n')) == 2
    (deployment,) = loaded(f'{API}{WEB}replicas = 2\ncalls = ["api"]\n{below}').deployments
    assert deployment.services["web"].replicas == 2
    scale = "[services.web.scale]\nmax = 4\ncpu_percent = 60\n"
    assert loaded(f"{WEB}{scale}min = 2\n").deployments


def test_a_number_in_braces_or_beside_its_own_key_is_a_variable() -> None:
    advice = 'must be a string, not a number. Write replicas = "2".'
    assert problems_of(f"{WEB}environment = {{ replicas = 2 }}\n") == [
        f"services.toml:4: services.web.environment.replicas: {advice}"
    ]
    assert problems_of(f"{WEB}replicas = 3\n[services.web.environment]\nreplicas = 2\n") == [
        f"services.toml:6: services.web.environment.replicas: {advice}"
    ]


def test_a_string_that_its_key_allows_has_a_notice() -> None:
    told = "services.web.environment.timeout: notice: is an environment variable, and also a key of services.web. Move"
    assert notices_of(f'{WEB}[services.web.environment]\ntimeout = "30s"\n') == [
        f"services.toml:5: {told} it to [services.web] (services.toml:1) if you mean the key."
    ]
    assert notices_of(f'{WEB}timeout = "30s"\n[services.web.environment]\nA = "b"\n') == []
    (notice,) = notices_of(f'{WEB}[services.web.tags]\nstop_timeout = "30s"\n')
    assert "tags.stop_timeout: notice: is a tag, and also a key of services.web. Move it to" in notice


@pytest.mark.parametrize("line", ['user = "team-a"', 'name = "x"', 'environment = "prod"', 'stack = "x"', 'cpu = "2"'])
def test_an_ordinary_tag_has_no_notice(line: str) -> None:
    assert notices_of(f"{WEB}[services.web.tags]\n{line}\n") == []


def test_a_valid_catalog_is_parsed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.reading.source.Source.line", None)
    assert loaded(f'{WEB}[services.web.environment]\nNODE_ENV = "production"\nuser = "x"\nname = "y"\n').deployments
