"""Rules for catalogs on App Mesh, and valid catalogs without notices."""

from __future__ import annotations

import pytest

from tests.catalog.test_rules import FINE
from tests.catalog.test_wrong_catalogs import WRONG as WRONG_ANYWHERE
from tests.support.catalogs import loaded, notices_of, pointed_out, problems_of

KIND = "app-mesh"


pytestmark = pytest.mark.usefixtures("in_tmp_path")


WRONG = {
    "encryption without a CA": r"""
        [mesh]
        kind = "app-mesh"
        tls = true
        #^ mesh.tls: "app-mesh" requires a private CA. Write tls = { authority = "arn:aws:acm-pca:…" }.
    """,
    "a CA in another region": r"""
        [mesh]
        kind = "app-mesh"
        tls.authority = "arn:aws:acm-pca:us-east-1:123456789012:certificate-authority/a"
        #^ mesh.tls.authority: is in "us-east-1", but the mesh is in us-west-2. Use a CA in us-west-2.
    """,
    "a name too long for a certificate": r"""
        [mesh]
        kind = "app-mesh"
        tls.authority = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/a"

        [discovery]
        namespace = "recommendations.production.example.internal"

        [services.document-preparation-queue]
        #^ services.document-preparation-queue:
        #| "document-preparation-queue.recommendations.production.example.internal" has 70 characters, but a
        #| certificate allows at most 64. Shorten the service's name or discovery.namespace.
        image = "r.io/web:1"
        port = 80
    """,
    "the name of the proxy": r"""
        [services.envoy]
        #^ services.envoy: "envoy" is the name of the proxy container in the same task. Use another name.
        image = "r.io/web:1"
    """,
    "a port of the proxy": r"""
        [services.web]
        image = "r.io/web:1"
        port = 15000
        #^ services.web.port: 15000 is used by the proxy in the same task (ingress). Use another port.
    """,
    "the user of the proxy": r"""
        [services.web]
        image = "r.io/web:1"
        user = "1337:1337"
        #^ services.web.user: "1337" is the user of the proxy, and its traffic bypasses the proxy. Use another
        #| user.
    """,
    "two tcp services on one port": r"""
        [services.one]
        image = "r.io/redis:1"
        port = 6379
        protocol = "tcp"

        [services.two]
        image = "r.io/redis:1"
        port = 6379
        #^ services.two.port: 6379 is also the port of services.one (services.toml:3), and App Mesh distinguishes tcp
        #| destinations only by port. Use another port for one of them.
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
        #^ external.redis.port: 6379 is also the port of services.cache (services.toml:3), and App Mesh distinguishes
        #| tcp destinations only by port. Use another port for one of them.
        protocol = "tcp"

        [services.web]
        image = "r.io/web:1"
        calls = ["redis"]
    """,
    "two externals with one host": r"""
        [external.api]
        host = "api.example.com"
        #^ external.api.host: "api.example.com" is already the host of external.admin (services.toml:9), and App
        #| Mesh allows each host only once. Call external.admin, or use another name for the host.
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
    "a callee on a port that bypasses the proxy": r"""
        [external.openai]
        host = "api.openai.com"
        port = 8443

        [services.web]
        image = "r.io/web:1"
        calls = ["llm", "openai"]
        #^ services.web.calls[0]: llm uses port 8443 like external.openai (services.toml:1), and all traffic to that
        #| port bypasses the proxy. Use another port for services.llm.

        [services.llm]
        image = "r.io/llm:1"
        port = 8443
    """,
    "a server that sends first": r"""
        [services.db]
        image = "r.io/mysql:1"
        port = 3306
        #^ services.db.port: servers on port 3306 usually send the first bytes, and callers of such a server wait
        #| forever behind App Mesh's proxies, on any port. Run it outside this catalog and call it as [external.db] with
        #| protocol = "tcp", or, if its clients send first, use another port.
        protocol = "tcp"

        [services.web]
        image = "r.io/web:1"
        calls = ["db"]
    """,
    "a tcp service on the port of AWS": r"""
        [services.vault]
        image = "r.io/vault:1"
        port = 443
        #^ services.vault.port: over tcp on port 443, it would also receive its callers' calls to AWS. Use another
        #| port.
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
        #^ services.web.calls[1]: api uses port 8080 like cache, which uses tcp (services.toml:3): the proxy would
        #| send the calls of web to both to cache. Use another port for services.api or services.cache.
    """,
    "a callee on a port that always bypasses the proxy": r"""
        [services.shell]
        image = "r.io/shell:1"
        port = 22
        #^ services.shell.port: calls to port 22 always bypass App Mesh's proxies. Use another port.

        [external.console]
        host = "console.example.com"
        port = 22
        #^ external.console.port: calls to port 22 always bypass App Mesh's proxies. Write protocol = "tcp", which
        #| doesn't need a proxy on this port, or use another port.
        protocol = "http"

        [services.web]
        image = "r.io/web:1"
        calls = ["console", "shell"]
    """,
}


@pytest.mark.parametrize("snippet", WRONG.values(), ids=WRONG)
def test_app_mesh_errors_name_their_line(snippet: str) -> None:
    assert problems_of(snippet, kind=KIND) == pointed_out(snippet)


@pytest.mark.parametrize("snippet", WRONG_ANYWHERE.values(), ids=WRONG_ANYWHERE)
def test_errors_are_the_same_as_without_a_mesh(snippet: str) -> None:
    assert problems_of(snippet, kind=KIND) == pointed_out(snippet)


@pytest.mark.parametrize("snippet", FINE.values(), ids=FINE)
def test_catalogs_valid_without_a_mesh_are_valid_here(snippet: str) -> None:
    assert notices_of(snippet, kind=KIND) == []


def test_too_many_ports_that_bypass_the_proxy_are_an_error() -> None:
    toml, expected = (
        f'[services.web]\nimage = "r.io/web:1"\ncalls = {[f"e{port}" for port in range(9001, 9016)]}\n'
        + "".join(f'[external.e{port}]\nhost = "e.example.com"\nport = {port}\n' for port in range(9001, 9016)),
        "services.toml:3: services.web.calls: these calls bypass the proxy on 16 ports (22, "
        f"{', '.join(str(port) for port in range(9001, 9016))}), but ECS allows at most 15. Split the service, or let "
        "externals share ports.",
    )

    assert problems_of(toml, kind=KIND) == [expected]


def test_the_end_of_app_mesh_is_a_warning() -> None:
    assert [str(notice) for notice in loaded('[mesh]\nkind = "app-mesh"\n').notices] == [
        "services.toml:2: mesh.kind: warning: AWS ended App Mesh on 2026-09-30, so applying this to a real "
        'account is expected to fail. Use "service-connect", "vpc-lattice" or "none", and if it was applied before, '
        "also set migrate_from (docs/migrating-from-app-mesh.md)."
    ]


def test_egress_any_with_calls_is_a_warning() -> None:
    snippet = r"""
        [network]
        egress = "any"
        #^ network.egress: warning: "any" has no effect in App Mesh for services with calls: chat and web may be unable
        #| to reach other destinations. Declare these as [external], and add them to calls.

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


def test_an_envoy_image_in_the_regions_registry_needs_no_internet_access() -> None:
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


@pytest.mark.parametrize(("replicas", "warnings"), [(50, 0), (51, 1)])
def test_more_envoys_than_the_quota_are_a_warning(replicas: int, warnings: int) -> None:
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
            "services.toml:1: services.web: warning: allows up to 51 tasks, but AWS connects at most 50 Envoys to a "
            "virtual node by default. Ask AWS to raise the quota first, or run fewer tasks."
        ]
        * warnings
    )


def test_a_version_with_the_node_name_of_an_external_is_an_error() -> None:
    snippet = r"""
        [external.pay]
        #^ external.pay: its virtual node would be named "external_pay", like that of version pay of external
        #| (services.toml:12). Use another name.
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
