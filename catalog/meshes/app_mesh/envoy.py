"""The proxy in every task: which image it runs, and how much of the task is its own."""

from __future__ import annotations

from catalog import names
from catalog.model import Deployment
from catalog.registries import ecr_repository, mirrored
from catalog.sizes import Share

CONTAINER = "envoy"
USER = "1337"
"""Traffic of this user is not redirected (App Mesh User Guide, "Getting started with App Mesh and Amazon ECS",
`IgnoredUID`)."""
ADMIN_PORT, AGENT_PORT, INGRESS_PORT, EGRESS_PORT = 9901, 9902, 15000, 15001
"""What Envoy and its agent listen on (App Mesh User Guide, "Envoy configuration variables" and "Getting started with
App Mesh and Amazon ECS")."""
ENVOY_VERSION = "v1.34.13.3-prod"
"""Of 2026-07-14 (aws/aws-app-mesh-roadmap issue 512)."""

_COMMON_ACCOUNT = "840364872350"
_ACCOUNTS = {
    "af-south-1": "924023996002",
    "ap-east-1": "856666278305",
    "ap-southeast-3": "909464085924",
    "cn-north-1": "919366029133",
    "cn-northwest-1": "919830735681",
    "eu-central-2": "704106688930",
    "eu-south-1": "422531588944",
    "eu-south-2": "992897592190",
    "il-central-1": "564877687649",
    "me-south-1": "772975370895",
}
"""The accounts that hold Envoy's image where it is not the common one: AWS App Mesh User Guide, "Envoy image", and
aws/aws-app-mesh-roadmap issues 505 and 506."""


def envoy_image(deployment: Deployment) -> str:
    """Envoy with the agent that fetches its configuration: the catalog's, or a pinned one of AWS.

    VPC endpoints lead to the region's own registry but not to public.ecr.aws, so a network that has nothing else takes
    the regional image.
    """
    images = deployment.catalog.images
    if images.envoy is not None:
        return mirrored(images.envoy, registry=images.registry)
    public = mirrored(f"public.ecr.aws/appmesh/aws-appmesh-envoy:{ENVOY_VERSION}", registry=images.registry)
    if deployment.catalog.network.nat != "none" or deployment.uses_existing_network or ecr_repository(public):
        return public
    region = deployment.region
    registry = f"{_ACCOUNTS.get(region, _COMMON_ACCOUNT)}.dkr.ecr.{region}.{names.dns_suffix(region)}"
    return f"{registry}/aws-appmesh-envoy:{ENVOY_VERSION}"


def envoy_share(cpu: int, memory: int) -> Share:
    """What a proxy gets of a task: a quarter of the CPU and an eighth of the memory, within bounds.

    AWS recommends 512 CPU units and at least 64 MiB (App Mesh User Guide, "Envoy image"): more CPU than that it hardly
    uses, while twice the memory leaves room for a mesh of some size.
    """
    return Share(min(512, cpu // 4), max(128, min(512, memory // 8)))
