"""Where images come from: what their names say about registries."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class EcrRepository:
    """A repository in somebody's private ECR."""

    account: str
    region: str
    name: str


def ecr_repository(image: str) -> EcrRepository | None:
    """The private ECR repository an image is pulled from; None for every other registry."""
    match = re.match(r"([^./:]+|\$\{[^}]*\})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/([^:@]+)", image)
    return EcrRepository(account=match[1], region=match[2], name=match[3]) if match else None


def is_docker_hub(image: str) -> bool:
    """Whether an image comes from Docker Hub: by name, or because no registry host is named."""
    host, slash, _ = image.partition("/")
    names_a_host = bool(slash) and ("." in host or ":" in host or host == "localhost")
    return host in ("docker.io", "index.docker.io", "registry-1.docker.io") or not names_a_host
