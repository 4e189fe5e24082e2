"""Where images come from: what their names say about registries."""

from __future__ import annotations

import re
from dataclasses import dataclass

ECR_ENDPOINTS = ("ecr.api", "ecr.dkr", "s3")
"""The VPC endpoints by which images are pulled from there; their layers lie in S3 (ECR guide, "Interface VPC
endpoints")."""


@dataclass(frozen=True, kw_only=True)
class EcrRepository:
    """A repository in somebody's private ECR."""

    account: str
    region: str
    name: str


_PRIVATE_ECR = re.compile(
    r"([^./:]+|\$\{[^}]*\})\.dkr[.-]ecr(?:-fips)?\.([a-z0-9-]+)\.(?:amazonaws\.com(?:\.cn)?|on\.aws)/([^:@]+)"
)
"""An account's registry by its usual name, its name for FIPS, or its name for IPv6 too (ECR guide, "Private registry",
and "Making requests to Amazon ECR registries"). The account may be a reference of Terraform's."""


def ecr_repository(image: str) -> EcrRepository | None:
    """The private ECR repository an image is pulled from; None for every other registry."""
    match = _PRIVATE_ECR.match(image)
    return EcrRepository(account=match[1], region=match[2], name=match[3]) if match else None


def is_dual_stack(image: str) -> bool:
    """Whether an image is named by its private registry's name for IPv6 too, to which no endpoint leads (ECR guide,
    "Making requests to Amazon ECR registries")."""
    return ecr_repository(image) is not None and image.partition("/")[0].endswith(".on.aws")


def is_docker_hub(image: str) -> bool:
    """Whether an image comes from Docker Hub: by name, or because no registry host is named."""
    host, slash, _ = image.partition("/")
    names_a_host = bool(slash) and ("." in host or ":" in host or host == "localhost")
    return host in ("docker.io", "index.docker.io", "registry-1.docker.io") or not names_a_host
