"""AWS names and Terraform addresses, as pure functions: none is randomly generated or numbered."""

from __future__ import annotations

import functools
import hashlib
import json
import re
from pathlib import Path

REGIONS_FILE = Path(__file__).parent / "data" / "regions.json"
"""AWS's regions, written by tools/aws_data.py."""
REGION_PATTERN = r"[a-z]{2}(-[a-z]+)+-\d"


@functools.cache
def known_regions() -> tuple[str, ...]:
    """The names of AWS's regions."""
    return tuple(json.loads(REGIONS_FILE.read_text(encoding="utf-8")))


def region_or_example(region: object) -> str:
    """The name of a region; "us-west-2" in place of what isn't one."""
    return region if isinstance(region, str) and re.fullmatch(REGION_PATTERN, region) else "us-west-2"


def partition(region: str) -> str:
    """The ARN partition of a region (AWS General Reference, "Amazon Resource Names")."""
    return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region.rsplit("-", 2)[0], "aws")


def dns_suffix(region: str) -> str:
    """The domain of AWS's endpoints and registries in a region."""
    return "amazonaws.com.cn" if partition(region) == "aws-cn" else "amazonaws.com"


def shortened(name: str, limit: int) -> str:
    """`name`, or if it exceeds the limit, its beginning and eight characters of a hash of the whole name."""
    if len(name) <= limit:
        return name
    return f"{name[: limit - 9].rstrip('-')}-{digest(name)}"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def owned(deployment: str, *parts: str) -> str:
    """Clusters, services, families, security groups: at most 255 characters."""
    return "-".join((deployment, *parts))


def role(deployment: str, *parts: str) -> str:
    """IAM role: at most 64 characters (IAM API reference, CreateRole)."""
    return shortened(owned(deployment, *parts), 64)


def load_balancer(deployment: str, ingress: str) -> str:
    """Load balancer: at most 32 characters (ELBv2 API reference, CreateLoadBalancer)."""
    return shortened(owned(deployment, ingress), 32)


def gateway(deployment: str, ingress: str) -> str:
    """Load balancer of an ingress whose proxies belong to the mesh, with a hash: no other ingress has this name."""
    return renewed(32, deployment, ingress, forces_new=("gateway",))


def log_bucket(deployment: str, ingress: str, *, account: str, region: str) -> str:
    """Bucket: at most 63 characters, unique in the partition (S3 user guide, "Bucket naming rules"). `account` may be
    a reference to the twelve digits."""
    return f"{shortened(owned(deployment, ingress, 'logs'), 49 - len(region))}-{account}-{region}"


def target_group(deployment: str, *service: str, forces_new: tuple[str, ...]) -> str:
    """Target group: at most 32 characters, with a hash of port and protocol, which can't change in place."""
    return renewed(32, deployment, *service, forces_new=forces_new)


def renewed(limit: int, *parts: str, forces_new: tuple[str, ...]) -> str:
    """A name with a hash of the values that force a new resource: AWS refuses a second resource of the same name
    (hashicorp/terraform-provider-aws issue 636)."""
    readable = owned(*parts).replace("_", "-")[: limit - 9].rstrip("-")
    return f"{readable}-{digest('/'.join((*parts, *forces_new)))}"


def log_group(deployment: str, *parts: str) -> str:
    return "/".join(("/ecs", deployment, *parts))


FLOW_LOGS = "flow_logs"
"""The log group of a network's flow logs, and their role."""


def variable(callee: str, part: str = "url") -> str:
    """The environment variable for a callee's `url`, `host` or `port`: LLM_URL."""
    return f"{callee}_{part}".upper().replace("-", "_")


def zone_letter(zone: str) -> str:
    """`a` of us-west-2a: distinguishes the subnets of one region."""
    return zone[-1]


def cidr_word(cidr: str) -> str:
    """`10-1-0-0-16` for 10.1.0.0/16: an address range as part of a Terraform address."""
    return cidr.replace(".", "-").replace("/", "-")


# Terraform addresses: the part behind the type. Users' states contain them: see docs/decisions/0003.

ROLES = ("task", "execution")
"""The suffixes of resources that each service has two of: IAM roles and their policies."""


def shared(*words: str) -> str:
    """A resource of the deployment, not of a service: `main_network`, `main_ingress_public`.

    No service's key contains `_`, and no service may be called `main`, so that these names never collide.
    """
    return "_".join(("main", *words))


def ingress_rule(callee: str, caller: str) -> str:
    """The rule that allows connections to a service: `llm_from_backend`."""
    return f"{callee}_from_{caller}"


def egress_rule(caller: str, target: str) -> str:
    """The rule that allows connections from a service: `backend_to_llm`."""
    return f"{caller}_to_{target}"


def folder(service: str, volume: str) -> str:
    """A service's access point on the file system: `llm_cache`."""
    return f"{service}_{volume}"


def version(service: str, version: str) -> str:
    """Another version of a service, in addresses and in AWS: `llm_next`. No key contains `_`."""
    return f"{service}_{version}"
