"""Image names: their registry, mirrors of it, and the images of containers that catalog keys add."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from catalog.diagnostics import Path
from catalog.model import Deployment

ECR_ENDPOINTS = ("ecr.api", "ecr.dkr", "s3")
"""The VPC endpoints for pulls from ECR; image layers are in S3 (ECR guide, "Interface VPC
endpoints")."""
_PRIVATE_ECR = re.compile(
    r"([^./:]+|\$\{[^}]*\})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)/([^:@]+)"
)
"""An account's registry by its usual name, its name for FIPS, or its name for IPv6 too (ECR guide, "Private registry",
and "Making requests to Amazon ECR registries"). The account may be a Terraform reference."""
_DOCKER_HUB = "docker.io"
_NAMES_OF_DOCKER_HUB = (_DOCKER_HUB, "index.docker.io", "registry-1.docker.io")
_PUBLIC_REGISTRIES = frozenset(
    {
        *("docker.io", "gcr.io", "ghcr.io", "lscr.io", "mcr.microsoft.com", "nvcr.io", "public.ecr.aws", "quay.io"),
        *("registry.gitlab.com", "registry.k8s.io"),
    }
)
"""Public registries, including all that ECR pull-through caches support (ECR User Guide, "Sync an upstream
registry")."""
_EVERY_PUBLIC = "*"
"""The key in [images] registry that matches every public registry."""
_PINNED = {
    # Released in 2026 (docs.aws.amazon.com/cli, "Running the official container images").
    "loader": "public.ecr.aws/aws-cli/aws-cli:2.34.56",
    # Released on 2026-08-25 (aws-observability/aws-otel-collector pull request 3233).
    "collector": "public.ecr.aws/aws-observability/aws-otel-collector:v0.50.0",
    # Released in September 2026 (aws/eks-charts pull request 1372); version 2 has reached its end of life.
    "log_router": "public.ecr.aws/aws-observability/aws-for-fluent-bit:3.4.16",
}
"""The default images, by the key of [images] that replaces them."""


@dataclass(frozen=True, kw_only=True)
class EcrRepository:
    """A private ECR repository, in any account."""

    account: str
    region: str
    name: str


def ecr_repository(image: str) -> EcrRepository | None:
    """The private ECR repository of an image; None for every other registry."""
    match = _PRIVATE_ECR.match(image)
    return EcrRepository(account=match[1], region=match[2], name=match[3]) if match else None


def is_dual_stack(image: str) -> bool:
    """Whether an image uses its private registry's dual-stack name, which VPC endpoints don't support (ECR guide,
    "Making requests to Amazon ECR registries")."""
    return ecr_repository(image) is not None and image.partition("/")[0].endswith(".on.aws")


def is_docker_hub(image: str) -> bool:
    """Whether an image comes from Docker Hub: by name, or because no registry host is named."""
    return _split(image)[0] == _DOCKER_HUB


def mirrored(image: str, *, registry: Mapping[str, str]) -> str:
    """The image with its registry replaced by the mirror in [images] registry, if there is one."""
    if is_mirrored(image, registry=registry):
        return image
    host, path = _split(image)
    instead = registry.get(host) or (registry.get(_EVERY_PUBLIC) if host in _PUBLIC_REGISTRIES else None)
    return f"{instead}/{path}" if instead and path else image


def is_mirrored(image: str, *, registry: Mapping[str, str]) -> bool:
    """Whether an image is already in one of the mirrors."""
    return any(image.startswith(f"{instead}/") for instead in registry.values())


def _split(image: str) -> tuple[str, str]:
    """The registry host and the rest, normalized as Docker does (github.com/distribution/reference,
    normalize.go)."""
    host, slash, path = image.partition("/")
    if not (slash and ("." in host or ":" in host or host == "localhost")):
        host, path = _DOCKER_HUB, image
    if host in _NAMES_OF_DOCKER_HUB:
        return _DOCKER_HUB, path if "/" in path or not path else f"library/{path}"
    return host, path


def image_of(deployment: Deployment, key: str) -> str:
    """The image in [images], or a pinned one from AWS, with its registry mirrored."""
    images = deployment.catalog.images
    return mirrored(getattr(images, key) or _PINNED[key], registry=images.registry)


def place_of(deployment: Deployment, key: str, *, requested_by: Path) -> Path:
    """The place in the catalog that sets the image, or else that of the key that adds its container."""
    return ("images", key) if getattr(deployment.catalog.images, key) is not None else requested_by


_MOVING = frozenset(
    {
        *("latest", "main", "master", "mainline", "trunk", "head", "default", "dev", "devel", "develop", "development"),
        *(
            "nightly",
            "daily",
            "weekly",
            "snapshot",
            "edge",
            "rolling",
            "unstable",
            "testing",
            "experimental",
            "preview",
        ),
        *("canary", "alpha", "beta", "next", "current", "stable", "release", "lts", "staging", "prod", "production"),
    }
)
"""Tags of branches and channels, which registries move to new images."""
_FIXED = re.compile(r"v?\d[\w.]*|(?=[a-f]*\d)[0-9a-f]{7,40}|(?:build|sha|git|rc|g|r|b)\.?(?=[a-f]*\d)[0-9a-f.]+")
"""A version, date, commit or build in a tag."""
_COMMAND = re.compile(r"(?:(?:docker|podman|nerdctl|sudo)\s+)+(?:pull|run)\s+|FROM\s+|image\s*[:=]\s*")
_PAGES = (
    (re.compile(r"hub\.docker\.com/(?:r|repository/docker|layers)/([^/]+/[^/]+).*"), r"\1"),
    (re.compile(r"hub\.docker\.com/_/([^/]+).*"), r"\1"),
    (re.compile(r"gallery\.ecr\.aws/(.+)"), r"public.ecr.aws/\1"),
    (re.compile(r"quay\.io/repository/([^/]+/[^/]+).*"), r"quay.io/\1"),
    (
        re.compile(r"github\.com/(?:orgs/)?([^/]+)/(?:[^/]+/pkgs|packages)/container/(?:package/)?([^/]+).*"),
        r"ghcr.io/\1/\2",
    ),
)
"""Pages of registries, and the images that they describe."""


def is_mutable(image: str) -> bool:
    """Whether an image has no digest, and no tag or one that its registry moves."""
    if "@" in image:
        return False
    parts = re.split(r"[-_]", image.rpartition("/")[2].partition(":")[2].lower())
    if "latest" in parts or parts == [""]:
        return True
    return bool({parts[0], parts[-1]} & _MOVING) and not any(_FIXED.fullmatch(part) for part in parts)


def pasted_image(text: str) -> str:
    """The image in a command, a Dockerfile's line or the address of a registry's page."""
    bare = _COMMAND.sub("", text.strip().strip("\"'`"), count=1).strip("\"'` ")
    bare = re.sub(r"^[a-z-]+://", "", bare)
    page = re.sub(r"[?#].*", "", bare).removeprefix("www.").rstrip("/")
    for pattern, image in _PAGES:
        if pattern.fullmatch(page):
            return pattern.sub(image, page)
    return bare.rstrip("/:")
