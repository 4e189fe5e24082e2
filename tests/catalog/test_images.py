"""What an image's name says about its registry."""

from __future__ import annotations

import pytest

from catalog.analysis.images import ecr_repository, is_docker_hub, is_dual_stack, is_mirrored, mirrored


@pytest.mark.parametrize(
    "registry",
    [
        "123456789012.dkr.ecr.us-west-2.amazonaws.com",
        "123456789012.dkr.ecr-fips.us-west-2.amazonaws.com",
        "123456789012.dkr-ecr.us-west-2.on.aws",
        "123456789012.dkr-ecr-fips.us-west-2.on.aws",
    ],
)
def test_a_private_registry_is_known_by_each_of_its_names(registry: str) -> None:
    found = ecr_repository(f"{registry}/team/llm:1")
    assert found is not None
    assert (found.account, found.region, found.name) == ("123456789012", "us-west-2", "team/llm")
    assert is_dual_stack(f"{registry}/team/llm:1") is registry.endswith(".on.aws")


def test_a_private_registry_in_china_and_of_an_account_to_come_is_known() -> None:
    china = ecr_repository("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/llm@sha256:0")
    later = ecr_repository("${data.aws_caller_identity.current.account_id}.dkr-ecr.us-west-2.on.aws/llm")
    assert china is not None and (china.region, china.name) == ("cn-north-1", "llm")
    assert later is not None and later.account == "${data.aws_caller_identity.current.account_id}"


@pytest.mark.parametrize(
    "image",
    ["llm:1", "public.ecr.aws/x/y:1", "ghcr.io/a/b", "example.com/dkr.ecr.amazonaws.com", "a.dkr-ecr.on.aws/b"],
)
def test_no_other_registry_is_taken_for_a_private_one(image: str) -> None:
    assert ecr_repository(image) is None
    assert not is_dual_stack(image)


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("redis:7", True),
        ("acme/login", True),
        ("docker.io/library/redis", True),
        ("ghcr.io/a/b", False),
        ("h:5000/a", False),
    ],
)
def test_an_image_without_a_host_comes_from_docker_hub(image: str, expected: bool) -> None:
    assert is_docker_hub(image) is expected


CACHE = {"docker.io": "r.example.com/hub", "public.ecr.aws": "r.example.com/public"}


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("redis", "r.example.com/hub/library/redis"),
        ("redis:7", "r.example.com/hub/library/redis:7"),
        ("docker.io/library/redis:7", "r.example.com/hub/library/redis:7"),
        ("index.docker.io/redis:7", "r.example.com/hub/library/redis:7"),
        ("acme/login@sha256:0a", "r.example.com/hub/acme/login@sha256:0a"),
        ("public.ecr.aws/nginx/nginx:1.27@sha256:0a", "r.example.com/public/nginx/nginx:1.27@sha256:0a"),
        ("ghcr.io/acme/app:1", "ghcr.io/acme/app:1"),
        ("123456789012.dkr.ecr.us-west-2.amazonaws.com/a:1", "123456789012.dkr.ecr.us-west-2.amazonaws.com/a:1"),
        ("r.example.com/hub/library/redis:7", "r.example.com/hub/library/redis:7"),
    ],
)
def test_an_image_is_taken_from_what_stands_in_for_its_registry(image: str, expected: str) -> None:
    assert mirrored(image, registry=CACHE) == expected
    assert is_mirrored(expected, registry=CACHE) is expected.startswith("r.example.com/")


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        ("redis:7", "cache.example.com/library/redis:7"),
        ("ghcr.io/acme/app:1", "cache.example.com/acme/app:1"),
        ("registry.acme.com/app:1", "registry.acme.com/app:1"),
        ("123456789012.dkr.ecr.us-west-2.amazonaws.com/a:1", "123456789012.dkr.ecr.us-west-2.amazonaws.com/a:1"),
        ("https://docker.io/redis", "https://docker.io/redis"),
        ("", ""),
    ],
)
def test_one_registry_stands_in_for_all_public_ones_and_for_nobody_s_own(image: str, expected: str) -> None:
    assert mirrored(image, registry={"*": "cache.example.com"}) == expected


def test_without_registries_images_stay() -> None:
    assert mirrored("redis:7", registry={}) == "redis:7"
