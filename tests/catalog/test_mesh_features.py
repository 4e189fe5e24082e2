"""The table of mesh features: for every feature, a catalog that requests it, and its finding on every mesh."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.diagnostics import CatalogError, Problem, or_list
from catalog.load import load
from catalog.meshes import MESHES
from catalog.meshes.base import MeshTraits
from catalog.meshes.features import FEATURES, Feature

AUTHORITY = '{ authority = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/0a1b" }'
REQUESTS = {
    "tls": "mesh.tls = {tls}",
    "auth": 'mesh.auth = "iam"\nservices.chat.sign_requests = true',
    "sign_requests": "services.chat.sign_requests = true",
    "timeout": 'services.llm.timeout = "20s"',
    "idle_timeout": 'services.llm.idle_timeout = "20s"',
    "idle_timeout_of_tcp": 'services.cache.idle_timeout = "2h"',
    "retries": "services.llm.retries.attempts = 1",
    "no_retries": "services.llm.retries.attempts = 0",
    "versions": 'services.llm.versions = [{{ name = "next", weight = 5 }}]',
    "pool": "services.llm.pool.connections = 10",
    "outlier": "services.llm.outlier.errors = 3",
    "probes": 'services.llm.health.path = "/health"',
    "probes_of_grpc": 'services.llm.health.path = "/grpc.health.v1.Health/Check"\nservices.llm.protocol = "grpc"',
    "ready_tasks": 'services.llm.health = {{ grace = "5m", command = "check" }}',
    "access_logs": "mesh.access_logs = true",
    "traced_proxies": "mesh.tracing = true",
    "tcp": "",  # services.cache of every catalog here requests it
    "envoy": 'images.envoy = "r.io/envoy:1"',
    "gateway": 'ingress.public.allow = ["10.0.0.0/8"]\ningress.public.gateway = true',
}
"""For each feature, the lines of a catalog that request it."""


def catalog(feature: Feature, kind: str, *, more: str = "") -> str:
    # VPC Lattice uses AWS's certificates, and a CA would be another error.
    request = REQUESTS[feature.key].format(tls="true" if kind == "vpc-lattice" else AUTHORITY)
    return f"""
{request}
{more}
catalog = {{ name = "shop", region = "us-west-2" }}
mesh.kind = "{kind}"
services.chat.image = "r.io/chat:1"
services.chat.calls = ["llm", "cache"]
services.llm.image = "r.io/llm:1"
services.llm.port = 8080
services.cache.image = "r.io/redis:7"
services.cache.port = 6379
services.cache.protocol = "tcp"
"""


def findings(text: str, mesh: MeshTraits, feature: Feature, folder: Path) -> list[Problem]:
    """The findings about a catalog that contain the text of one cell of the table."""
    file = folder / "services.toml"
    file.write_text(text)
    try:
        found = list(load(file).notices)
    except CatalogError as refused:
        found = list(refused.problems)
    verdict = mesh.parity[feature.key]
    return [problem for problem in found if (verdict.before or verdict.how) in problem.message]


ROWS = [pytest.param(kind, feature, id=f"{kind}-{feature.key}") for kind in MESHES for feature in FEATURES]


def supports(kind: str, feature: Feature) -> bool:
    """Whether a mesh supports a feature with every version of the provider."""
    verdict = MESHES[kind].parity[feature.key]
    return verdict.supported and not verdict.since


def others(feature: Feature) -> list[str]:
    """The meshes that the advice names."""
    return [kind for kind, mesh in MESHES.items() if supports(kind, feature) and not mesh.ended]


MISSING = [row for row in ROWS if not supports(str(row.values[0]), row.values[1])]  # type: ignore[arg-type]


def test_every_mesh_has_every_feature_and_every_feature_a_catalog() -> None:
    keys = [feature.key for feature in FEATURES]

    assert all(list(mesh.parity) == keys for mesh in MESHES.values())
    assert list(REQUESTS) == keys


@pytest.mark.parametrize(("kind", "feature"), ROWS)
def test_only_an_unsupported_feature_is_reported_and_only_once(kind: str, feature: Feature, tmp_path: Path) -> None:
    mesh = MESHES[kind]
    found = findings(catalog(feature, kind), mesh, feature, tmp_path)

    if supports(kind, feature):
        assert found == []
    else:
        [problem] = found
        assert problem.level == ("error" if feature.effect == "required" else "notice")
        assert problem.line > 0 and problem.message.startswith(
            (f'with kind = "{kind}", ', f'isn\'t supported by kind = "{kind}": ')
        )


@pytest.mark.parametrize(("kind", "feature"), MISSING)
def test_a_notice_about_a_feature_is_a_fact_or_a_fact_and_a_sentence_of_advice(
    kind: str, feature: Feature, tmp_path: Path
) -> None:
    [problem] = findings(catalog(feature, kind), MESHES[kind], feature, tmp_path)

    if problem.level == "notice" and feature.effect == "best effort":
        fact, _, advice = problem.message.partition(". ")
        verdict = MESHES[kind].parity[feature.key]
        has_advice = bool(others(feature) or verdict.instead or verdict.since)
        assert "; not honored" in fact and bool(advice) == has_advice == problem.message.endswith(".")


CHECKED = """
catalog = {{ name = "shop", region = "us-west-2" }}
mesh = {{ kind = "{kind}", strict = {strict} }}
services.chat = {{ image = "r.io/chat:1", calls = ["llm"] }}
[services.llm]
image = "r.io/llm:1"
port = 8080
protocol = "{protocol}"
health.path = "{path}"
"""


@pytest.mark.parametrize(
    ("protocol", "path", "probe"),
    [
        ("http", "/health", "curl -f http://localhost:8080/health"),
        ("grpc", "/grpc.health.v1.Health/Check", "grpc_health_probe -addr=localhost:8080"),
    ],
)
@pytest.mark.parametrize("kind", sorted(MESHES))
def test_a_path_is_reported_only_without_a_command_and_the_advice_is_one(
    kind: str, protocol: str, path: str, probe: str, tmp_path: Path
) -> None:
    row = "probes_of_grpc" if protocol == "grpc" else "probes"
    [feature] = [each for each in FEATURES if each.key == row]
    text = CHECKED.format(kind=kind, protocol=protocol, path=path, strict="false")
    strict = CHECKED.format(kind=kind, protocol=protocol, path=path, strict="true")

    found = findings(text, MESHES[kind], feature, tmp_path)

    assert len(found) == (not MESHES[kind].parity[row].supported)
    assert all(f'. Add health.command = "{probe}", or' in problem.message for problem in found)
    for each in (text, strict):
        assert findings(f'{each}health.command = "{probe}"\n', MESHES[kind], feature, tmp_path) == []


def test_the_advice_for_several_services_names_all_of_them(tmp_path: Path) -> None:
    [feature] = [each for each in FEATURES if each.key == "probes"]
    more = 'services.web = { image = "r.io/web:1", port = 80, health.path = "/" }\n'

    [problem] = findings(catalog(feature, "none", more=more), MESHES["none"], feature, tmp_path)

    assert "; not honored for llm and web. Add" in problem.message
    assert problem.message.endswith(" Do the same in web.")


@pytest.mark.parametrize(("kind", "feature"), MISSING)
def test_with_strict_an_unsupported_feature_is_an_error_with_alternatives(
    kind: str, feature: Feature, tmp_path: Path
) -> None:
    found = findings(catalog(feature, kind, more="mesh.strict = true"), MESHES[kind], feature, tmp_path)

    [problem] = found
    assert problem.level == ("notice" if feature.effect == "fallback" else "error")
    if feature.effect != "fallback" and others(feature):
        assert or_list(others(feature)) in problem.message


def test_defaults_request_no_unsupported_feature(tmp_path: Path) -> None:
    for kind, mesh in MESHES.items():
        file = tmp_path / f"{kind}.toml"
        file.write_text(
            f'catalog = {{ name = "shop", region = "us-west-2" }}\nmesh = {{ kind = "{kind}", strict = true }}\n'
            '[services]\nchat = { image = "r.io/chat:1", calls = ["llm"] }\n'
            'llm = { image = "r.io/llm:1", port = 80, profile = "inference" }\n'
        )
        how = {
            verdict.before or verdict.how for verdict in mesh.parity.values() if not verdict.supported or verdict.since
        }

        assert not [notice for notice in load(file).notices if any(each in notice.message for each in how)]
