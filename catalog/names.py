"""AWS names and Terraform addresses, as pure functions: one place to look, nothing random, nothing counted."""

from __future__ import annotations

import hashlib


def partition(region: str) -> str:
    """The ARN partition of a region (AWS General Reference, "Amazon Resource Names")."""
    return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(region.rsplit("-", 2)[0], "aws")


def dns_suffix(region: str) -> str:
    """The domain of AWS's endpoints and registries in a region."""
    return "amazonaws.com.cn" if partition(region) == "aws-cn" else "amazonaws.com"


def shortened(name: str, limit: int) -> str:
    """`name`, or where it is longer than AWS takes, its beginning and eight characters of a hash of the whole."""
    if len(name) <= limit:
        return name
    return f"{name[: limit - 9].rstrip('-')}-{digest(name)}"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def owned(deployment: str, *parts: str) -> str:
    """Clusters, services, families, security groups: names with room (255 characters)."""
    return "-".join((deployment, *parts))


def role(deployment: str, *parts: str) -> str:
    """IAM role: at most 64 characters (IAM API reference, CreateRole)."""
    return shortened(owned(deployment, *parts), 64)


def load_balancer(deployment: str, ingress: str) -> str:
    """Load balancer: at most 32 characters (ELBv2 API reference, CreateLoadBalancer)."""
    return shortened(owned(deployment, ingress), 32)


def log_bucket(deployment: str, ingress: str, *, account: str, region: str) -> str:
    """Bucket: at most 63 characters, and nobody else's anywhere (S3 user guide, "Bucket naming rules"). `account` may
    be a reference, which will have twelve."""
    return f"{shortened(owned(deployment, ingress, 'logs'), 49 - len(region))}-{account}-{region}"


def target_group(deployment: str, *service: str, forces_new: tuple[str, ...]) -> str:
    """Target group: at most 32 characters, with a hash of what cannot be changed in place: port and protocol."""
    return renewed(32, deployment, *service, forces_new=forces_new)


def renewed(limit: int, *parts: str, forces_new: tuple[str, ...]) -> str:
    """A name that changes with what forces a new resource: under the same name, AWS refuses the new one beside the old
    (hashicorp/terraform-provider-aws issue 636)."""
    readable = owned(*parts).replace("_", "-")[: limit - 9].rstrip("-")
    return f"{readable}-{digest('/'.join((*parts, *forces_new)))}"


def log_group(deployment: str, *parts: str) -> str:
    return "/".join(("/ecs", deployment, *parts))


FLOW_LOGS = "flow_logs"
"""The log group of a network's flow logs, and their role."""


def variable(callee: str, *, part: str = "URL") -> str:
    """The environment variable with a callee's URL, HOST or PORT: AI_CHAT_URL for ai-chat."""
    return f"{callee.upper().replace('-', '_')}_{part}"


def zone_letter(zone: str) -> str:
    """`a` of us-west-2a: what tells the subnets of one region apart."""
    return zone[-1]


def cidr_word(cidr: str) -> str:
    """`10-1-0-0-16` for 10.1.0.0/16: an address range as part of a Terraform address."""
    return cidr.replace(".", "-").replace("/", "-")


# Terraform addresses: the part behind the type. They live in users' states: see docs/decisions/0003.

ROLES = ("task", "execution")
"""What a service has two of, always with the suffix: IAM roles and their policies."""


def shared(*words: str) -> str:
    """What a deployment has, beside its services: `main_network`, `main_ingress_public`.

    The `_` keeps it apart from every service, as no key holds one; the word `main` from what a service has several of.
    """
    return "_".join(("main", *words))


def ingress_rule(callee: str, caller: str) -> str:
    """The rule by which a service takes connections: `llm_from_backend`."""
    return f"{callee}_from_{caller}"


def egress_rule(caller: str, target: str) -> str:
    """The rule by which a service makes connections: `backend_to_llm`."""
    return f"{caller}_to_{target}"


def folder(service: str, volume: str) -> str:
    """What a service has on the file system: `llm_cache`."""
    return f"{service}_{volume}"


def version(service: str, version: str) -> str:
    """Another version of a service, in addresses and in AWS: `llm_next`. No key holds a `_`."""
    return f"{service}_{version}"
