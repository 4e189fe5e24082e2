"""What App Mesh demands of a catalog, and what it takes without a word."""

from __future__ import annotations

import pytest

from tests.catalog.test_rules import FINE
from tests.catalog.test_wrong_catalogs import WRONG as WRONG_ANYWHERE
from tests.support.catalogs import loaded, notices_of, pointed_out, problems_of

KIND = "app-mesh"


pytestmark = pytest.mark.usefixtures("in_tmp_path")


WRONG = {
    "encryption without an authority": r"""
        [mesh]
        kind = "app-mesh"
        tls = true
        #^ mesh.tls: "app-mesh" needs a private CA; write tls = { authority = "arn:aws:acm-pca:…" }
    """,
    "an authority of another region": r"""
        [mesh]
        kind = "app-mesh"
        tls.authority = "arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/a"
        #^ mesh.tls.authority: lies in "us-east-1", the mesh in us-west-2; write the ARN of a CA there
    """,
    "a name too long for a certificate": r"""
        [mesh]
        kind = "app-mesh"
        tls.authority = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/a"

        [discovery]
        namespace = "recommendations.production.example.internal"

        [services.document-preparation-queue]
        #^ services.document-preparation-queue:
        #| "document-preparation-queue.recommendations.production.example.internal" has 70 characters, a
        #| certificate takes 64; shorten the service's name, or discovery.namespace
        image = "r.io/web:1"
        port = 80
    """,
    "the name of the proxy": r"""
        [services.envoy]
        #^ services.envoy: "envoy" is the name of the proxy in the same task; write another
        image = "r.io/web:1"
    """,
    "a port of the proxy": r"""
        [services.web]
        image = "r.io/web:1"
        port = 15000
        #^ services.web.port: 15000 is taken by the proxy in the same task (way in); let the service listen on
        #| another
    """,
    "the user of the proxy": r"""
        [services.web]
        image = "r.io/web:1"
        user = "1337:1337"
        #^ services.web.user: "1337" is the proxy's own user, whose traffic goes past it; write another
    """,
    "two tcp services on one port": r"""
        [services.one]
        image = "r.io/redis:1"
        port = 6379
        protocol = "tcp"

        [services.two]
        image = "r.io/redis:1"
        port = 6379
        #^ services.two.port: App Mesh knows tcp destinations by their port only, and 6379 is that of services.one
        #| too (services.toml:3); write another port for one of them
        protocol = "tcp"
    """,
    "a tcp service and an external on one port": r"""
        [services.cache]
        image = "r.io/redis:1"
        port = 6379
        protocol = "tcp"

        [external.redis]
        host = "redis.example.com"
        port = 6379
        #^ external.redis.port: App Mesh knows tcp destinations by their port only, and 6379 is that of
        #| services.cache too (services.toml:3); write another port for one of them
        protocol = "tcp"

        [services.web]
        image = "r.io/web:1"
        calls = ["redis"]
    """,
    "two externals of one host": r"""
        [external.api]
        host = "api.example.com"
        #^ external.api.host: "api.example.com" is already external.admin (services.toml:9), App Mesh knows a host
        #| once; call that one, or write another name of the host
        port = 8080
        protocol = "http"

        [external.admin]
        host = "api.example.com"
        port = 8081
        protocol = "http"

        [services.web]
        image = "r.io/web:1"
        calls = ["admin", "api"]
    """,
    "a callee on a port that goes past the proxy": r"""
        [external.openai]
        host = "api.openai.com"
        port = 8443

        [services.web]
        image = "r.io/web:1"
        calls = ["llm", "openai"]
        #^ services.web.calls[0]: llm has the port of external.openai (services.toml:1), 8443, where all goes past
        #| the proxy; write another port for services.llm

        [services.llm]
        image = "r.io/llm:1"
        port = 8443
    """,
    "a service that speaks first": r"""
        [services.db]
        image = "r.io/mysql:1"
        port = 3306
        #^ services.db.port: on 3306 servers speak first, and behind App Mesh's proxies callers then wait forever, on
        #| any port; run it outside this catalog and call it as [external.db] with protocol = "tcp", or, if its
        #| clients speak first, let it listen on another port
        protocol = "tcp"

        [services.web]
        image = "r.io/web:1"
        calls = ["db"]
    """,
    "a tcp service on the port of AWS": r"""
        [services.vault]
        image = "r.io/vault:1"
        port = 443
        #^ services.vault.port: over tcp on 443, it would be sent its callers' calls to AWS too; let it listen on
        #| another
        protocol = "tcp"

        [services.web]
        image = "r.io/web:1"
        calls = ["vault"]
    """,
    "tcp and http on one port": r"""
        [services.cache]
        image = "r.io/redis:1"
        port = 8080
        protocol = "tcp"

        [services.api]
        image = "r.io/api:1"
        port = 8080

        [services.web]
        image = "r.io/web:1"
        calls = ["cache", "api"]
        #^ services.web.calls[1]: api has the port of cache, 8080, which speaks tcp (services.toml:3) and would be
        #| sent the calls of web to both; write another port for services.api, or for services.cache
    """,
    "a callee on a port that no proxy sees": r"""
        [services.shell]
        image = "r.io/shell:1"
        port = 22
        #^ services.shell.port: calls to 22 never pass App Mesh's proxies; let it listen on another

        [external.console]
        host = "console.example.com"
        port = 22
        #^ external.console.port: calls to 22 never pass App Mesh's proxies; write protocol = "tcp", which needs none
        #| there, or another port
        protocol = "http"

        [services.web]
        image = "r.io/web:1"
        calls = ["console", "shell"]
    """,
}


@pytest.mark.parametrize("snippet", WRONG.values(), ids=WRONG)
def test_what_app_mesh_cannot_do_is_said_by_line(snippet: str) -> None:
    assert problems_of(snippet, kind=KIND) == pointed_out(snippet)


@pytest.mark.parametrize("snippet", WRONG_ANYWHERE.values(), ids=WRONG_ANYWHERE)
def test_a_mistake_is_told_the_same_way_as_without_a_mesh(snippet: str) -> None:
    assert problems_of(snippet, kind=KIND) == pointed_out(snippet)


@pytest.mark.parametrize("snippet", FINE.values(), ids=FINE)
def test_what_is_right_without_a_mesh_is_right_here(snippet: str) -> None:
    assert notices_of(snippet, kind=KIND) == []


def test_more_ports_past_the_proxy_than_ecs_takes_are_refused() -> None:
    toml, expected = (
        f'[services.web]\nimage = "r.io/web:1"\ncalls = {[f"e{port}" for port in range(9001, 9016)]}\n'
        + "".join(f'[external.e{port}]\nhost = "e.example.com"\nport = {port}\n' for port in range(9001, 9016)),
        "services.toml:3: services.web.calls: its calls go past the proxy on 16 ports (22, "
        f"{', '.join(str(port) for port in range(9001, 9016))}), ECS takes 15; split the service, or let externals "
        "share ports",
    )

    assert problems_of(toml, kind=KIND) == [expected]


def test_its_end_is_a_warning() -> None:
    assert [str(notice) for notice in loaded('[mesh]\nkind = "app-mesh"\n').notices] == [
        "services.toml:2: mesh.kind: warning: AWS ended App Mesh on 2026-09-30, so that applying this to a real "
        'account is expected to fail; write "service-connect", "vpc-lattice" or "none" here, and where it was applied, '
        "migrate_from too (docs/migrating-from-app-mesh.md)"
    ]


def test_any_way_out_ends_where_calls_begin() -> None:
    snippet = r"""
        [network]
        egress = "any"
        #^ network.egress: warning: "any" ends in App Mesh where calls begin: chat and web may be cut off from all that
        #| they do not call; declare what else they reach as [external], and add it to their calls

        [external]
        openai = { host = "api.openai.com" }
        search = { host = "search.example.com", port = 9200, protocol = "http" }

        [services]
        chat = { image = "r.io/chat:1", port = 80, calls = ["search"] }
        crawler = { image = "r.io/crawler:1", calls = ["openai"] }
        web = { image = "r.io/web:1", calls = ["chat"] }
    """

    assert [str(notice) for notice in loaded(snippet, kind=KIND).notices if "egress" in notice.place] == pointed_out(
        snippet
    )


def test_an_image_of_the_region_s_own_registry_needs_no_way_out() -> None:
    assert (
        notices_of(
            """
            [network]
            nat = "none"

            [images]
            envoy = "840364872350.dkr.ecr.{region}.amazonaws.com/aws-appmesh-envoy:v1.34.13.3-prod"

            [services.web]
            image = "{account}.dkr.ecr.{region}.amazonaws.com/team/web:1"
            """,
            kind=KIND,
        )
        == []
    )


@pytest.mark.parametrize(("replicas", "said"), [(50, 0), (51, 1)])
def test_more_envoys_than_a_node_takes_are_warned_of(replicas: int, said: int) -> None:
    snippet = f"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        replicas = {replicas}
    """
    notices = [str(notice) for notice in loaded(snippet, kind="app-mesh").notices if "Envoys" in notice.message]
    assert (
        notices
        == [
            "services.toml:1: services.web: warning: 51 tasks, at most: AWS connects 50 Envoys to a virtual node by "
            "default; have AWS raise it first, or run fewer tasks"
        ]
        * said
    )


def test_a_version_is_not_called_like_the_node_of_an_external() -> None:
    snippet = r"""
        [external.pay]
        #^ external.pay: its virtual node would be "external_pay", like that of version pay of external
        #| (services.toml:12); write another name
        host = "pay.example.com"
        port = 8080
        protocol = "http"
        [services.external]
        image = "r.io/a:1"
        port = 80
        calls = ["pay"]
        [[services.external.versions]]
        name = "pay"
        weight = 10
    """
    problems = problems_of(snippet, kind="app-mesh")
    assert [problem for problem in problems if "warning" not in problem] == pointed_out(snippet)
