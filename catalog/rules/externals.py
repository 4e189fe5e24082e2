"""Externals: hosts that resolve, ports, and the addresses to which security groups open."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from catalog.diagnostics import Finding, listed, toml_value
from catalog.endpoints import has_internet_access
from catalog.frame import Place
from catalog.model import Deployment, External
from catalog.rules import rule
from catalog.rules.calls import BY_PORT, SERVERS, connection_to

_TLS_PORT = 443
_PORTS = {word: server.port for server in SERVERS for word in server.words} | {"cache": 6379, "docdb": 27017}
"""Usual ports, by schemes and by words in names."""
_PRIVATE = [ipaddress.IPv4Network(each) for each in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10")]
_IN_A_VPC = 'docs/joining.md, "Reaching a database"'
_FULL_NAME = 'Write a fully qualified name or an address, such as host = "db.example.com".'


@rule(External)
def unresolvable_host(external: External, at: Place) -> Iterator[Finding]:
    """Names of Docker Compose and of one machine don't resolve in a VPC. A name without dots resolves only by a search
    domain, which an existing VPC can have (VPC guide, "DHCP option sets")."""
    host = external.host.lower()
    place = at("host")
    if host in at.deployment.services:
        yield place.error(
            f'"{external.host}" is a service of this catalog. Write "{host}" instead of "{at.name}" in calls, and '
            f"remove [external.{at.name}]."
        )
    elif _is_own_machine(host):
        yield place.error(f'"{external.host}" is the machine itself: in a task, it is the task. {_FULL_NAME}')
    elif "." not in host and not at.deployment.uses_existing_network:
        yield place.error(f'"{external.host}" doesn\'t resolve in a VPC. {_FULL_NAME}')
    elif "." not in host:
        yield place.warning(f'"{external.host}" resolves only if the VPC has a search domain for it. {_FULL_NAME}')


def _is_own_machine(host: str) -> bool:
    if any(
        host == name or host.endswith(f".{name}") for name in ("localhost", "docker.internal", "localhost.localdomain")
    ):
        return True
    return host == "0.0.0.0" or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None


@rule(External)
def tcp_without_port(external: External, at: Place) -> Iterator[Finding]:
    """The default port of an external is that of HTTPS, which other protocols over TCP don't use."""
    if external.protocol == "tcp" and not at("port").is_set:
        words = (external.scheme or "", *re.split(r"[^a-z]+", f"{at.name}.{external.host}".lower()))
        port = next((_PORTS[word] for word in words if word in _PORTS), 5432)
        yield at.error(f'requires port, because protocol = "tcp" has no usual one. Add port = {port}.')


@rule(External)
def server_with_https(external: External, at: Place) -> Iterator[Finding]:
    """The default protocol of an external is HTTPS, from which its URL and its default port follow."""
    if external.protocol not in ("http", "https"):
        return
    server, fact = BY_PORT.get(external.port), ""
    if found := connection_to(at.name, at.deployment, at):
        server, fact = found[0], f"{found[1]}, "
        if external.scheme == server.scheme and at("port").is_set:
            return
    elif server is None or external.scheme is not None or at("protocol").is_set:
        return
    else:
        fact = f"{external.port} is the port of {server.title}, "
    url = f"{external.scheme or external.protocol}://{external.host}"
    url += "" if external.port == {"http": 80}.get(external.protocol, _TLS_PORT) else f":{external.port}"
    lines = [] if at("port").is_set else [f"port = {server.port}"]
    lines += ['protocol = "tcp"', *([f"scheme = {toml_value(server.scheme)}"] if server.scheme else [])]
    here = at("port") if at("port").is_set else at
    yield here.warning(f'{fact}and the URL that callers get is "{url}". Write {listed(lines)}.')


@rule(Deployment)
def open_externals(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Rules of security groups have no host names (VPC guide, "Security group rules"). With internet access, every task
    can reach any address on port 443 anyway."""
    if deployment.catalog.network.egress == "any" or not has_internet_access(deployment):
        return
    found = {
        name: external
        for name, external in sorted(deployment.catalog.external.items())
        if external.port != _TLS_PORT and not (external.cidrs or external.security_group)
        if deployment.callers_of(name)
    }
    if found:
        what, its = ("its port opens", "its") if len(found) == 1 else (f"the ports of {listed([*found])} open", "their")
        fix = f'Add cidrs = ["198.51.100.0/24"], the addresses of the destination. For one in a VPC, see {_IN_A_VPC}.'
        if deployment.uses_existing_network:
            fix = 'Add security_group = "sg-0a1b2c3d", the group of the destination, or cidrs = ["10.20.0.0/16"], its '
            fix += "ranges."
        yield at("external", next(iter(found))).notice(
            f"{what} to every address (0.0.0.0/0) for {its} callers, because a security group can't have host names. "
            f"{fix}"
        )


@rule(Deployment)
def external_in_another_vpc(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A rule can name a group of the same VPC or of a peered one only (VPC guide, "Update your security groups to
    reference peer security groups"), and VPCs whose ranges overlap can't be peered."""
    if deployment.catalog.network.egress == "any" or deployment.uses_existing_network:
        return
    own = ipaddress.IPv4Network(deployment.catalog.network.cidr)
    called = {name: each for name, each in deployment.catalog.external.items() if deployment.callers_of(name)}
    private = []
    for name, external in called.items():
        for index, cidr in enumerate(external.cidrs):
            range_ = ipaddress.IPv4Network(cidr)
            if own.overlaps(range_):
                yield at("external", name, "cidrs", index).notice(
                    f'"{cidr}" overlaps the range of the VPC that Terraform creates, "{own}" (network.cidr). Other '
                    f"VPCs with this range can't be peered, so the destination must be in this one: {_IN_A_VPC}."
                )
            elif any(range_.subnet_of(each) for each in _PRIVATE):
                private.append(at("external", name, "cidrs", index))
    grouped = [at("external", name, "security_group") for name, each in called.items() if each.security_group]
    if grouped:
        yield grouped[0].notice(
            "AWS refuses a rule with a group of another VPC, unless the VPCs are peered, and Terraform creates this "
            "VPC first. Set network.vpc_id to the group's VPC, or remove security_group until the group is in this "
            f"VPC or in a peered one ({_IN_A_VPC})."
        )
    elif private:
        yield private[0].notice(
            "is a private range, and the VPC that Terraform creates has no route there. Set network.vpc_id to a VPC "
            f"that has one, or peer the VPC after the first apply ({_IN_A_VPC})."
        )


@rule(External)
def external_without_tls(external: External, at: Place) -> Iterator[Finding]:
    """The default port of an external is that of TLS, which plain protocols don't use (RFC 9110, "https URI
    Scheme")."""
    plain = external.protocol in ("http", "http2", "grpc")
    if plain and external.port == _TLS_PORT and not at("port").is_set:
        yield at.error(
            f'has the default port {_TLS_PORT}, which requires TLS, and protocol = "{external.protocol}" has none. '
            'Add port, or write protocol = "https" if the caller itself uses TLS.'
        )


@rule(External)
def external_unreachable(external: External, at: Place) -> Iterator[Finding]:
    """A private subnet without a NAT gateway has no internet access (VPC guide, "NAT gateways")."""
    if has_internet_access(at.deployment):
        return
    if at.deployment.callers_of(at.name) and not external.security_group and not external.cidrs:
        nat = at.catalog("network", "nat")
        yield at.error(
            f'with nat = "none" ({nat.location}), tasks can\'t reach "{external.host}". Write nat = "single", or, '
            f"if it's in a VPC, add its cidrs ({_IN_A_VPC})."
        )


@rule(External)
def ignored_egress_rules(external: External, at: Place) -> Iterator[Finding]:
    """Egress rules have no effect if all egress is allowed (EC2 API reference, AuthorizeSecurityGroupEgress)."""
    if at.deployment.catalog.network.egress != "any" or not at.deployment.callers_of(at.name):
        return
    egress = at.catalog("network", "egress")
    for key in ("cidrs", "security_group"):
        if at(key).is_set:
            message = f'has no effect with egress = "any" ({egress.location}). Remove one of the two.'
            yield at(key).notice(message)
