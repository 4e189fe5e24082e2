"""What a virtual node is: who a task is in the mesh, where it is found and whom it may call."""

from __future__ import annotations

from typing import Any

from cdktf_cdktf_provider_aws.appmesh_virtual_node import (
    AppmeshVirtualNodeSpecBackend,
    AppmeshVirtualNodeSpecListener,
)

from catalog.meshes.app_mesh.egress import bypasses_proxy
from catalog.model import Deployment, Service
from stacks.mesh.app_mesh import listeners
from stacks.mesh.app_mesh.destinations import Destination


def of_service(
    service: Service,
    *,
    deployment: Deployment,
    listener: AppmeshVirtualNodeSpecListener | None,
    discovery: dict[str, Any] | None,
) -> dict[str, Any]:
    """The specification of a service's node. Without a listener it only calls, and then needs not be found."""
    logs = deployment.catalog.mesh.access_logs
    return {
        "listener": [listener] if listener else None,
        "service_discovery": {"aws_cloud_map": discovery} if discovery else None,
        "backend": _backends(service, deployment=deployment) or None,
        "logging": {"access_log": {"file": {"path": "/dev/stdout"}}} if logs else None,
    }


def of_external(destination: Destination) -> dict[str, Any]:
    """The specification of a node that stands for something outside, found by DNS.

    Left to itself App Mesh asks for IPv6 addresses first, where the network has only IPv4 to offer.
    """
    return {
        "listener": [listeners.of_external(destination)],
        "service_discovery": {"dns": {"hostname": destination.host, "ip_preference": "IPv4_ONLY"}},
    }


def _backends(service: Service, *, deployment: Deployment) -> list[AppmeshVirtualNodeSpecBackend]:
    """The virtual services that a service may call, by plain name: two services that call each other by reference are
    a cycle to Terraform. App Mesh takes names of virtual services that do not exist yet."""
    tls = deployment.catalog.mesh.tls
    policy = client_policy(tls.authority) if tls and tls.authority else None
    backends = [(deployment.host_of(callee.name), policy) for callee in deployment.callees_of(service)]
    backends += [(e.host, None) for e in deployment.externals_of(service).values() if not bypasses_proxy(e)]
    return [
        AppmeshVirtualNodeSpecBackend(virtual_service={"virtual_service_name": host, "client_policy": policy})
        for host, policy in backends
    ]


def client_policy(authority: str) -> dict[str, Any]:
    """Speak TLS only, with who shows a certificate of this authority. The name in it is checked without being written
    here: it has to be the one in Cloud Map (App Mesh User Guide, "Transport Layer Security")."""
    return {
        "tls": {
            "enforce": True,
            "validation": {"trust": {"acm": {"certificate_authority_arns": [authority]}}},
        }
    }
