"""Keys without effect have a notice, and only those."""

from __future__ import annotations

import pytest

from tests.support.catalogs import notices_of, pointed_out

TOLD = {
    "limits of what nobody calls": r"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        pool = { connections = 10 }
        #^ services.web.pool: notice: limits concurrent requests of callers, and has no effect, because no service
        #| calls web. Remove it, or add "web" to calls.
        outlier = { errors = 3 }
        #^ services.web.outlier: notice: sets when callers eject one of its tasks, and has no effect, because no
        #| service calls web. Remove it, or add "web" to calls.
        retries = { attempts = 1 }
        #^ services.web.retries: notice: sets which requests callers retry, and has no effect, because no service calls
        #| web. Remove it, or add "web" to calls.
        idle_timeout = "10m"
        #^ services.web.idle_timeout: notice: sets the idle timeout of callers' connections, and has no effect, because
        #| no service calls web. Remove it, or add "web" to calls.
    """,
    "times of a probe that there is not": r"""
        [services.web]
        image = "r.io/web:1"
        health.interval = "20s"
        #^ services.web.health.interval: notice: has no effect without a health check. Add health.command, or remove it.

        [services.web.sidecars.proxy]
        image = "r.io/proxy:1"
        health.timeout = "4s"
        #^ services.web.sidecars.proxy.health.timeout: notice: has no effect without a health check. Add health.command,
        #| or remove it.
    """,
    "ranges where everything may be reached": r"""
        [network]
        egress = "any"

        [external.db]
        host = "db.example.com"
        cidrs = ["10.9.0.0/16"]
        #^ external.db.cidrs: notice: has no effect with egress = "any" (services.toml:2). Remove one of the two.

        [services.web]
        image = "r.io/web:1"
        calls = ["db"]
    """,
    "a domain that leads nowhere": r"""
        [ingress.open]
        allow = ["10.0.0.0/8"]
        domain = "shop.example.com"
        #^ ingress.open.domain: notice: has no effect without zone_id, as all services behind it set a host. Add
        #| zone_id, or remove it.

        [services.web]
        image = "r.io/web:1"
        port = 80
        public = { host = "web.example.com" }
        #^ services.web.public.host: notice: web.example.com requires a DNS record, and Terraform creates none. Create a
        #| record (CNAME or alias) for the load balancer's DNS name: terraform output load_balancers has it as open.
    """,
    "a registry that is misspelt": r"""
        [images.registry]
        "quay.oi" = "mirror.example.com/quay"
        #^ images.registry."quay.oi": notice: has no effect, as no image comes from quay.oi. Correct it, or remove it.
        "quay.io" = "mirror.example.com/quay2"

        [services.web]
        image = "quay.io/web:1"
    """,
}


pytestmark = pytest.mark.usefixtures("in_tmp_path")


@pytest.mark.parametrize("snippet", TOLD.values(), ids=TOLD)
def test_a_key_without_effect_has_a_notice(snippet: str) -> None:
    assert notices_of(snippet) == pointed_out(snippet)


def test_what_speaks_for_several_may_concern_none_of_them() -> None:
    assert notices_of('[defaults]\npool = { connections = 10 }\nidle_timeout = "10m"\n') == []


def test_a_domain_is_the_address_of_a_service_without_host() -> None:
    ingress = '[ingress.open]\nallow = ["10.0.0.0/8"]\ndomain = "shop.example.com"\n'
    notices = notices_of(f'{ingress}[services.web]\nimage = "r.io/web:1"\nport = 80\npublic = true\n')
    assert not [notice for notice in notices if "no effect" in notice]
