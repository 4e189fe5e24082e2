"""Service discovery and VPC endpoints."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog import names
from catalog.diagnostics import Finding, toml_value
from catalog.endpoints import endpoints_for, has_internet_access, interface_endpoints
from catalog.frame import Container, Place, containers_of
from catalog.meshes import mesh_of
from catalog.meshes.hops import resolved_calls
from catalog.model import Deployment, Workload
from catalog.rules import rule

_HOST_LENGTH = 253
"""Characters of a whole host name (RFC 1035, without the final dot)."""
_AWS_DOMAINS = ("amazonaws.com", "amazonaws.com.cn", "aws", "ec2.internal", "compute.internal")
"""Domains of service endpoints and registries (AWS General Reference, "Service endpoints"), and of hosts in a VPC (VPC
guide, "DNS attributes for your VPC")."""
_ENDPOINTS = 50
"""Default quota of interface endpoints of a VPC (PrivateLink guide, "Quotas")."""


@rule(Deployment)
def unresolvable_names(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """An HTTP namespace has no DNS records, so a callee's name doesn't resolve (Cloud Map API reference,
    CreateHttpNamespace)."""
    if deployment.catalog.discovery.kind != "http":
        return
    for service, index in resolved_calls(deployment):
        place = at("services", service.name, "calls", index)
        called = f"{service.name} calls {service.calls[index]} ({place.location})"
        message = f'with "http", names don\'t resolve, and {called}. Write "dns".'
        yield at("discovery", "kind").error(message)
        return


@rule(Deployment)
def host_too_long(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """DNS limits host names to 253 characters (RFC 1035)."""
    service = max(deployment.services.values(), key=lambda each: len(each.aws_name))
    longest = service.aws_name
    length = len(longest) + 1 + len(deployment.namespace)
    if length > _HOST_LENGTH:
        message = (
            f"the host name of {longest} would have {length} characters, and DNS allows at most {_HOST_LENGTH}. "
            f"Shorten the namespace to {_HOST_LENGTH - len(longest) - 1}."
        )
        yield at("discovery", "namespace").error(message)


@rule(Workload)
def written_host_name(workload: Workload, at: Place) -> Iterator[Finding]:
    """A mesh whose callers use host names that AWS generates doesn't carry calls to a callee's name in the namespace,
    and security groups don't allow them."""
    deployment, mesh = at.deployment, mesh_of(at.deployment)
    hosts = {
        deployment.host_of(name).lower(): name
        for name, service in deployment.services.items()
        if mesh.generated_host(deployment, service) is not None
    }
    if not hosts:
        return
    # Only where a name begins: otherwise a long string takes quadratic time.
    written = re.compile(r"(?<![a-z0-9._-])(?:" + "|".join(map(re.escape, hosts)) + r")(?![a-z0-9_-]|\.[a-z0-9])", re.I)
    for container, place in containers_of(workload, at):
        for variable, value in container.environment.items():
            if found := written.search(value):
                name = hosts[found[0].lower()]
                own_or_called = name in (at.service.name, *workload.calls)
                calls = "" if own_or_called else f" Set calls = {toml_value((*workload.calls, name))}."
                yield place("environment", variable).warning(
                    f"calls to \"{found[0]}\" don't go through {mesh.title}, and security groups don't allow them. "
                    f'Write "{{{name}.host}}" instead of "{found[0]}".{calls}'
                )
        for index, text in enumerate((*(container.entrypoint or ()), *(container.command or ()))):
            if found := written.search(text):
                key, index = _where(container, index)
                name = hosts[found[0].lower()]
                variable = names.variable(name, "host")
                yield place(key, index).warning(
                    f"calls to \"{found[0]}\" don't go through {mesh.title}, and security groups don't allow them. "
                    f'Set {variable} = "{{{name}.host}}" in environment, and read that variable in a shell.'
                )


def _where(container: Container, index: int) -> tuple[str, int]:
    """The key and index of a word of entrypoint and command together."""
    before = len(container.entrypoint or ())
    return ("entrypoint", index) if index < before else ("command", index - before)


@rule(Deployment)
def namespace_hides_aws(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A private hosted zone hides public names at or below its own (Route 53 developer guide, "Considerations when
    working with a private hosted zone")."""
    if not _has_names(deployment):
        return
    for domain in _AWS_DOMAINS:
        if not (_is_within(deployment.namespace, domain) or _is_within(domain, deployment.namespace)):
            continue
        message = f"would hide AWS's names under {domain} from the VPC"
        if deployment.catalog.discovery.namespace is not None:
            yield at("discovery", "namespace").error(f"{message}. Write another namespace, or remove it.")
        else:
            place = at("catalog", "name")
            message = f'makes the namespace "{deployment.namespace}", which {message}. Write another name, or set '
            message += "discovery.namespace."
            yield place.error(message)
        return


def _has_names(deployment: Deployment) -> bool:
    return deployment.catalog.discovery.kind == "dns" or mesh_of(deployment).makes_names


def _is_within(name: str, domain: str) -> bool:
    return name == domain or name.endswith(f".{domain}")


@rule(Deployment)
def namespace_hides_external(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A private hosted zone hides the public one of its name (Route 53 developer guide, "Considerations when working
    with a private hosted zone")."""
    if not _has_names(deployment):
        return
    hosts = {deployment.host_of(name) for name in deployment.services}
    for name, external in deployment.catalog.external.items():
        host = external.host.lower()
        if deployment.catalog.discovery.namespace_id is not None and host not in hosts:
            continue  # An existing namespace may have names that this catalog doesn't create.
        if _is_within(host, deployment.namespace):
            yield at("external", name, "host").error(
                f'"{external.host}" is in the namespace "{deployment.namespace}" '
                f"({at('discovery', 'namespace').location}), in which only services have names. "
                "Write another namespace."
            )


@rule(Deployment)
def namespace_without_name(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Callers use host names in the namespace, and synthesis can't query AWS for its name."""
    discovery = deployment.catalog.discovery
    if discovery.namespace_id is not None and discovery.namespace is None:
        message = 'requires namespace. Add namespace = "example.internal", the name of this namespace.'
        yield at("discovery", "namespace_id").error(message)


@rule(Deployment)
def namespace_of_another_network(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """An existing namespace's names resolve only in VPCs that its hosted zone is associated with (Cloud Map API
    reference, CreatePrivateDnsNamespace.Vpc), not in a VPC that Terraform creates."""
    discovery = deployment.catalog.discovery
    if discovery.namespace_id is None or discovery.kind != "dns" or deployment.uses_existing_network:
        return
    for service, index in resolved_calls(deployment):
        place = at("services", service.name, "calls", index)
        yield at("discovery", "namespace_id").error(
            f"its names resolve only in VPCs that it's associated with, and {service.name} calls "
            f"{service.calls[index]} ({place.location}). Set network.vpc_id to one of these VPCs, or remove "
            "namespace_id."
        )
        return


@rule(Deployment)
def duplicate_endpoint(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """AWS refuses a second endpoint with the same private DNS name in a VPC (EC2: "conflicting DNS domain")."""
    endpoints = deployment.catalog.network.endpoints
    for index, endpoint in enumerate(endpoints):
        if endpoint in endpoints[:index]:
            yield at("network", "endpoints", index).error(f'"{endpoint}" is listed twice. Remove one.')


@rule(Deployment)
def endpoint_with_region(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """The catalog's names don't have the region's prefix, which `stacks` adds."""
    for index, endpoint in enumerate(deployment.catalog.network.endpoints):
        _, region, short = endpoint.partition(f".{deployment.region}.")
        if region and short:
            message = f'"{endpoint}" has the region\'s prefix. Write "{short}".'
            yield at("network", "endpoints", index).error(message)


@rule(Deployment)
def many_endpoints(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """The default quota of a VPC is 50 interface endpoints (PrivateLink guide, "Quotas")."""
    count = len(interface_endpoints(deployment))
    if count > _ENDPOINTS:
        message = f"{count} interface endpoints exceed the default quota of {_ENDPOINTS} for a VPC. Remove some, "
        place = at("network", "endpoints")
        yield place.notice(message + "or ask AWS for a higher quota.")


@rule(Deployment)
def action_unreachable(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Tasks without internet access reach AWS only through VPC endpoints (PrivateLink guide, "AWS services that
    integrate"), and the catalog knows the endpoints of some actions."""
    if has_internet_access(deployment):
        return
    made = interface_endpoints(deployment)
    for service in deployment.services.values():
        for number, statement in enumerate(service.access.statements):
            for index, action in enumerate(statement.actions if statement.effect == "Allow" else ()):
                prefix = action.partition(":")[0].lower()
                if action == "*" or endpoints_for(action) or any(endpoint.startswith(prefix) for endpoint in made):
                    continue
                yield at("services", service.name, "access", "statements", number, "actions", index).notice(
                    f'"{action}" requires a VPC endpoint with nat = "none" ({at("network", "nat").location}), and the '
                    f'catalog doesn\'t know which. Add it to network.endpoints, like "{prefix}".'
                )
