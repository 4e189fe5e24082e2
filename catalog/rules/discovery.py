"""Names under which services find each other."""

from __future__ import annotations

from collections.abc import Iterator

from catalog import aws_names
from catalog.meshes import mesh_of
from catalog.model import Deployment
from catalog.problems import Finding, Path
from catalog.resolving import resolved_calls
from catalog.provenance import Provenance

_HOST_LENGTH = 253
"""Characters of a whole host name (RFC 1035, without the final dot)."""
_NAMESPACE: Path = ("discovery", "namespace")
_AWS_DOMAINS = ("amazonaws.com", "amazonaws.com.cn", "aws", "ec2.internal", "compute.internal")
"""Endpoints of services and registries (AWS General Reference, "Service endpoints"), and hosts inside a VPC (VPC guide,
"DNS attributes for your VPC")."""


def names_that_do_not_resolve(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """An HTTP namespace has no DNS records, so that a callee's name leads nowhere (Cloud Map API reference,
    CreateHttpNamespace)."""
    if deployment.catalog.discovery.kind != "http":
        return
    for service, index in resolved_calls(deployment):
        place: Path = ("services", service.name, "calls", index)
        called = f"{service.name} calls {service.calls[index]} ({written.location(*place)})"
        message = f'with "http" no name resolves, and {called}; write "dns"'
        yield Finding(place=("discovery", "kind"), message=message)
        return


def host_too_long(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Host names have at most 253 characters (RFC 1035)."""
    service = max(deployment.services.values(), key=lambda each: len(each.aws_name))
    longest = service.aws_name
    length = len(longest) + 1 + len(deployment.namespace)
    if length > _HOST_LENGTH:
        message = (
            f"{longest} would have a host name of {length} characters, {_HOST_LENGTH} are possible; "
            f"shorten the namespace to {_HOST_LENGTH - len(longest) - 1}"
        )
        yield Finding(place=_NAMESPACE, message=message)


def hides_aws(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A private zone hides what has names at or below its own (Route 53 developer guide, "Considerations when working
    with a private hosted zone"), and in a domain of AWS's, its name belongs to AWS."""
    if not _has_names(deployment):
        return
    for domain in _AWS_DOMAINS:
        if not (_lies_in(deployment.namespace, domain) or _lies_in(domain, deployment.namespace)):
            continue
        message = f"would hide AWS's own names under {domain} from the VPC; write another"
        if deployment.catalog.discovery.namespace is not None:
            yield Finding(place=_NAMESPACE, message=f"{message}, or leave it out")
        else:
            place: Path = ("catalog", "name")
            message = f'makes the namespace "{deployment.namespace}", which {message}, or a [discovery] namespace'
            yield Finding(place=place, message=message)
        return


def _has_names(deployment: Deployment) -> bool:
    return deployment.catalog.discovery.kind == "dns" or mesh_of(deployment).makes_names


def _lies_in(name: str, domain: str) -> bool:
    return name == domain or name.endswith(f".{domain}")


def hides_external(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A private zone hides the public one of its name (Route 53 developer guide, "Considerations when working with a
    private hosted zone")."""
    if not _has_names(deployment):
        return
    hosts = {deployment.host_of(name) for name in deployment.services}
    for name, external in deployment.catalog.external.items():
        host = external.host.lower()
        if deployment.catalog.discovery.namespace_id is not None and host not in hosts:
            continue  # In a namespace that exists, others have names too.
        if _lies_in(host, deployment.namespace):
            yield Finding(
                place=("external", name, "host"),
                message=f'"{external.host}" lies in the namespace "{deployment.namespace}" '
                f"({written.location(*_NAMESPACE)}), where only services have names; write another namespace",
            )
