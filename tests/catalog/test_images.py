"""Images: registries, tags that move, and references that people paste."""

from __future__ import annotations

import pytest

from catalog.analysis.images import (
    ecr_repository,
    is_docker_hub,
    is_dual_stack,
    is_mirrored,
    is_mutable,
    mirrored,
    pasted_image,
)
from tests.support.catalogs import notices_of, pointed_out, problems_of

pytestmark = pytest.mark.usefixtures("in_tmp_path")


@pytest.mark.parametrize(
    "registry",
    [
        "123456789012.dkr.ecr.us-west-2.amazonaws.com",
        "123456789012.dkr.ecr-fips.us-west-2.amazonaws.com",
        "123456789012.dkr-ecr.us-west-2.on.aws",
        "123456789012.dkr-ecr-fips.us-west-2.on.aws",
    ],
)
def test_a_private_registry_is_recognized_by_each_of_its_names(registry: str) -> None:
    found = ecr_repository(f"{registry}/team/llm:1")
    assert found is not None
    assert (found.account, found.region, found.name) == ("123456789012", "us-west-2", "team/llm")
    assert is_dual_stack(f"{registry}/team/llm:1") is registry.endswith(".on.aws")


def test_private_registries_in_china_and_of_an_unknown_account_are_recognized() -> None:
    china = ecr_repository("123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/llm@sha256:0")
    later = ecr_repository("${data.aws_caller_identity.current.account_id}.dkr-ecr.us-west-2.on.aws/llm")
    assert china is not None and (china.region, china.name) == ("cn-north-1", "llm")
    assert later is not None and later.account == "${data.aws_caller_identity.current.account_id}"


@pytest.mark.parametrize(
    "image",
    ["llm:1", "public.ecr.aws/x/y:1", "ghcr.io/a/b", "example.com/dkr.ecr.amazonaws.com", "a.dkr-ecr.on.aws/b"],
)
def test_other_registries_are_not_private_registries(image: str) -> None:
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
def test_an_image_is_pulled_from_the_mirror_of_its_registry(image: str, expected: str) -> None:
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
def test_one_mirror_replaces_all_public_registries_and_no_private_one(image: str, expected: str) -> None:
    assert mirrored(image, registry={"*": "cache.example.com"}) == expected


def test_images_stay_the_same_without_mirrors() -> None:
    assert mirrored("redis:7", registry={}) == "redis:7"


def test_images_without_a_version_are_reported_once() -> None:
    snippet = """
        [services.web]
        image = "r.io/web"
        [services.llm]
        image = "r.io:5000/llm:latest"
        #^ services.llm.image: warning: "r.io:5000/llm:latest" and "r.io/web" name no version: a deployment may run
        #| another image than the one before, although the plan shows no change. Write the tag of a version, as in
        #| "registry/name:1.4.2", or a digest.
        [services.redis]
        image = "r.io/redis:7"
    """
    assert sorted(notices_of(snippet)) == pointed_out(snippet)


@pytest.mark.parametrize(
    "image",
    [
        *("redis", "r.io:5000/redis", "r.io/redis:latest", "r.io/ui:main", "r.io/ui:Main", "r.io/ui:master"),
        *("r.io/ui:dev", "r.io/ui:develop", "r.io/ui:nightly", "r.io/ui:edge", "r.io/ui:stable", "r.io/ui:canary"),
        *("r.io/ui:rolling", "r.io/ui:release", "r.io/ui:main-latest", "r.io/ui:latest-py3", "r.io/ui:1.2-latest"),
        *("nginx:stable-alpine3.18", "r.io/ui:nightly-cuda12.4", "r.io/ui:cpu-nightly"),
    ],
)
def test_a_tag_of_a_branch_or_a_channel_moves(image: str) -> None:
    assert is_mutable(image)


@pytest.mark.parametrize(
    "image",
    [
        *("r.io/redis:7", "nginx:1.27-alpine", "r.io/ui:v2.1.0", "r.io/ui:1.2.0-beta.1", "r.io/ui:1.27.0-stable"),
        *("r.io/ui:main-4f2a9c1", "r.io/ui:sha-4f2a9c1", "r.io/ui:nightly-20260501", "r.io/ui:release-1.2"),
        *("r.io/ui:bookworm", "r.io/ui:cpu", "r.io/redis@sha256:" + "a" * 64, "r.io/ui:main@sha256:" + "a" * 64),
    ],
)
def test_a_tag_of_a_version_a_date_or_a_commit_does_not_move(image: str) -> None:
    assert not is_mutable(image)


MOVING = """
    [services.ui]
    image = "ghcr.io/acme/ui:main"
    port = 8080
    [services.gateway]
    image = "ghcr.io/acme/gateway:main-latest"
    #^ services.gateway.image: warning: "ghcr.io/acme/gateway:main-latest" and "ghcr.io/acme/ui:main" name no version: a
    #| deployment may run another image than the one before, although the plan shows no change. Write the tag of a
    #| version, as in "registry/name:1.4.2", or a digest.
    port = 4000
"""


def test_moving_tags_are_a_warning() -> None:
    assert notices_of(MOVING) == pointed_out(MOVING)


@pytest.mark.parametrize(
    ("text", "image"),
    [
        ("docker pull redis:7", "redis:7"),
        ("sudo docker pull ghcr.io/a/b:1", "ghcr.io/a/b:1"),
        ("FROM python:3.12", "python:3.12"),
        ("image: nginx:1.27", "nginx:1.27"),
        ("redis:7 ", "redis:7"),
        ("`redis:7`", "redis:7"),
        ("redis:", "redis"),
        ("https://r.io/a/b:1", "r.io/a/b:1"),
        ("docker://r.io/a/b:1", "r.io/a/b:1"),
        ("https://hub.docker.com/r/acme/app", "acme/app"),
        ("https://hub.docker.com/r/acme/app/tags?page=1", "acme/app"),
        ("hub.docker.com/r/acme/app", "acme/app"),
        ("https://hub.docker.com/_/redis", "redis"),
        ("https://gallery.ecr.aws/nginx/nginx", "public.ecr.aws/nginx/nginx"),
        ("https://quay.io/repository/acme/app?tab=tags", "quay.io/acme/app"),
        ("https://github.com/orgs/acme/packages/container/package/app", "ghcr.io/acme/app"),
        ("https://github.com/acme/repo/pkgs/container/app", "ghcr.io/acme/app"),
        ("docker.io/library/redis:7", "docker.io/library/redis:7"),
    ],
)
def test_a_pasted_image_is_an_error_with_the_image_to_write(text: str, image: str) -> None:
    assert pasted_image(text) == image
    catalog = "[services.web]\nimage = '{}'"
    notices_of(catalog.format(image))
    if text != image:
        [problem] = problems_of(catalog.format(text))
        assert problem.endswith(f'. Write "{image}".')
