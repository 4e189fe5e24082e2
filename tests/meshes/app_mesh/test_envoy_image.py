"""The image of the proxies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from catalog.meshes.app_mesh.envoy import ENVOY_VERSION, envoy_image
from tests.support.catalogs import notices_of
from tests.support.synth import deployment


def image(region: str = "us-west-2", **tables: Any) -> str:
    return envoy_image(deployment(catalog={"name": "shop", "region": region}, **tables))


def test_envoy_is_pinned_and_public() -> None:
    assert image() == f"public.ecr.aws/appmesh/aws-appmesh-envoy:{ENVOY_VERSION}"


def test_the_catalogs_image_has_precedence() -> None:
    assert image(images={"envoy": "mine:1"}, network={"nat": "none"}) == "mine:1"


@pytest.mark.parametrize(
    ("region", "registry"),
    [
        ("us-west-2", "840364872350.dkr.ecr.us-west-2.amazonaws.com"),
        ("me-south-1", "772975370895.dkr.ecr.me-south-1.amazonaws.com"),
        ("cn-north-1", "919366029133.dkr.ecr.cn-north-1.amazonaws.com.cn"),
    ],
)
def test_without_nat_envoys_image_is_in_the_regions_registry(region: str, registry: str) -> None:
    assert image(region, network={"nat": "none"}) == f"{registry}/aws-appmesh-envoy:{ENVOY_VERSION}"


OWN = """
[images]
{}
[images.registry]
"{}" = "123456789012.dkr.ecr.us-east-1.amazonaws.com/cache"
[services.web]
image = "r.example.com/web:1"
"""


@pytest.mark.parametrize("host", ["public.ecr.aws", "*"])
def test_a_mirror_only_for_envoys_registry_is_used(host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert notices_of(OWN.format("", host), kind="app-mesh") == []
    what = "a public registry" if host == "*" else host
    [notice] = notices_of(OWN.format('envoy = "r.example.com/envoy:1"', host), kind="app-mesh")
    assert f"has no effect, as no image comes from {what}. Correct it, or remove it." in notice


def test_nat_does_not_decide_the_image_in_an_existing_network() -> None:
    network = {"nat": "none", "vpc_id": "vpc-0a1b", "private_subnet_ids": ["subnet-0a"]}
    assert image(network=network).startswith("public.ecr.aws/")
