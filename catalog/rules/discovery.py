"""Names under which services find each other, and endpoints and externals that they reach."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.diagnostics import Finding
from catalog.endpoints import endpoints_for, has_internet_access, interface_endpoints
from catalog.frame import Place
from catalog.meshes import mesh_of
from catalog.meshes.hops import resolved_calls
from catalog.model import Deployment, External
from catalog.rules import rule

_HOST_LENGTH = 253
"""Characters of a whole host name (RFC 1035, without the final dot)."""
_AWS_DOMAINS = ("amazonaws.com", "amazonaws.com.cn", "aws", "ec2.internal", "compute.internal")
"""Endpoints of services and registries (AWS General Reference, "Service endpoints"), and hosts inside a VPC (VPC guide,
"DNS attributes for your VPC")."""
_ENDPOINTS = 50
"""Interface endpoints of a VPC, unless AWS has raised it (PrivateLink guide, "Quotas")."""
_TLS_PORT = 443


@rule(Deployment)
def unresolvable_names(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """An HTTP namespace has no DNS records, so that a callee's name leads nowhere (Cloud Map API reference,
    CreateHttpNamespace)."""
    if deployment.catalog.discovery.kind != "http":
        return
    for service, index in resolved_calls(deployment):
        place = at("services", service.name, "calls", index)
        called = f"{service.name} calls {service.calls[index]} ({place.location})"
        message = f'with "http" no name resolves, and {called}; write "dns"'
        yield at("discovery", "kind").error(message)
        return


@rule(Deployment)
def host_too_long(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Host names have at most 253 characters (RFC 1035)."""
    service = max(deployment.services.values(), key=lambda each: len(each.aws_name))
    longest = service.aws_name
    length = len(longest) + 1 + len(deployment.namespace)
    if length > _HOST_LENGTH:
        message = (
            f"{longest} would have a host name of {length} characters, {_HOST_LENGTH} are possible; "
            f"shorten the namespace to {_HOST_LENGTH - len(longest) - 1}"
        )
        yield at("discovery", "namespace").error(message)


@rule(Deployment)
def namespace_hides_aws(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A private zone hides what has names at or below its own (Route 53 developer guide, "Considerations when working
    with a private hosted zone"), and in a domain of AWS's, its name belongs to AWS."""
    if not _has_names(deployment):
        return
    for domain in _AWS_DOMAINS:
        if not (_lies_in(deployment.namespace, domain) or _lies_in(domain, deployment.namespace)):
            continue
        message = f"would hide AWS's own names under {domain} from the VPC; write another"
        if deployment.catalog.discovery.namespace is not None:
            yield at("discovery", "namespace").error(f"{message}, or leave it out")
        else:
            place = at("catalog", "name")
            message = f'makes the namespace "{deployment.namespace}", which {message}, or a [discovery] namespace'
            yield place.error(message)
        return


def _has_names(deployment: Deployment) -> bool:
    return deployment.catalog.discovery.kind == "dns" or mesh_of(deployment).makes_names


def _lies_in(name: str, domain: str) -> bool:
    return name == domain or name.endswith(f".{domain}")


@rule(Deployment)
def namespace_hides_external(deployment: Deployment, at: Place) -> Iterator[Finding]:
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
            yield at("external", name, "host").error(
                f'"{external.host}" lies in the namespace "{deployment.namespace}" '
                f"({at('discovery', 'namespace').location}), where only services have names; write another namespace"
            )


@rule(Deployment)
def namespace_without_name(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Callers know services by names in it, which stand in environments before anybody asks AWS."""
    discovery = deployment.catalog.discovery
    if discovery.namespace_id is not None and discovery.namespace is None:
        message = 'callers go by its name; add namespace = "…", the name of this namespace'
        yield at("discovery", "namespace_id").error(message)


@rule(Deployment)
def namespace_of_another_network(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Its names resolve in VPCs that its hosted zone is associated with (Cloud Map API reference,
    CreatePrivateDnsNamespace.Vpc), and one that is made here is none of them."""
    discovery = deployment.catalog.discovery
    if discovery.namespace_id is None or discovery.kind != "dns" or deployment.uses_existing_network:
        return
    for service, index in resolved_calls(deployment):
        place = at("services", service.name, "calls", index)
        yield at("discovery", "namespace_id").error(
            f"its names resolve only in VPCs that it is associated with, and {service.name} calls "
            f"{service.calls[index]} ({place.location}); add the vpc_id of one of these to [network], or leave "
            "out namespace_id"
        )
        return


@rule(Deployment)
def duplicate_endpoint(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A VPC has one private name for an endpoint's service (EC2: "conflicting DNS domain")."""
    endpoints = deployment.catalog.network.endpoints
    for index, endpoint in enumerate(endpoints):
        if endpoint in endpoints[:index]:
            yield at("network", "endpoints", index).error(f'"{endpoint}" is listed twice; remove one')


@rule(Deployment)
def endpoint_with_region(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """The region's prefix is added to what is listed: written in full it would stand there twice."""
    for index, endpoint in enumerate(deployment.catalog.network.endpoints):
        _, region, short = endpoint.partition(f".{deployment.region}.")
        if region and short:
            message = f'"{endpoint}" is the name in full; write "{short}"'
            yield at("network", "endpoints", index).error(message)


@rule(External)
def external_without_tls(external: External, at: Place) -> Iterator[Finding]:
    """Without a port an external is on that of TLS, which these protocols do not speak: every call would fail there."""
    plain = external.protocol in ("http", "http2", "grpc")
    if plain and external.port == _TLS_PORT and not at("port").is_set:
        yield at.error(
            f'without a port it is on {_TLS_PORT}, where "{external.protocol}" without TLS is not '
            'understood; add port, or write protocol = "https" if the service itself does TLS'
        )


@rule(Deployment)
def many_endpoints(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A VPC has fifty interface endpoints unless AWS has raised its quota (PrivateLink guide, "Quotas")."""
    count = len(interface_endpoints(deployment))
    if count > _ENDPOINTS:
        message = f"{count} interface endpoints are more than the {_ENDPOINTS} of a VPC; leave some out, "
        place = at("network", "endpoints")
        yield place.notice(message + "or have AWS raise the quota")


@rule(External)
def external_unreachable(external: External, at: Place) -> Iterator[Finding]:
    """Without a NAT gateway a private subnet has no route out of its VPC (VPC guide, "NAT gateways")."""
    if has_internet_access(at.deployment):
        return
    if at.deployment.callers_of(at.name) and not external.security_group and not external.cidrs:
        nat = at.catalog("network", "nat")
        yield at.error(
            f'with nat = "none" ({nat.location}) no route leads to "{external.host}"; write nat = '
            '"single", or, where it lies in the VPC, its security_group or cidrs'
        )


@rule(Deployment)
def action_unreachable(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Without a NAT gateway only endpoints lead to AWS (PrivateLink guide, "AWS services that integrate"), and which of
    them an action needs is known for some."""
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
                    f'with nat = "none" ({at("network", "nat").location}) no endpoint is known to lead to "{action}"; '
                    f'add it to network.endpoints, as in "{prefix}"'
                )


@rule(External)
def ignored_egress_rules(external: External, at: Place) -> Iterator[Finding]:
    """Egress rules have no effect if all egress is allowed (EC2 API reference, AuthorizeSecurityGroupEgress)."""
    if at.deployment.catalog.network.egress != "any" or not at.deployment.callers_of(at.name):
        return
    egress = at.catalog("network", "egress")
    for key in ("cidrs", "security_group"):
        if at(key).is_set:
            message = f'tasks reach everything, by egress = "any" ({egress.location}); remove it, or that'
            yield at(key).notice(message)
