"""[network], [discovery], [external.NAME] and [mesh]: what connects the services."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, WithJsonSchema

from catalog import names
from catalog.model.types import (
    AuthorityArn,
    Cidr,
    Host,
    Port,
    Scheme,
    SecurityGroupId,
    Table,
    matching,
    table_or_true,
    wrong,
)


class Tls(Table):
    """Encryption between services."""

    authority: AuthorityArn | None = None
    """ARN of the AWS Private CA that signs the certificates."""


Kind = Literal["app-mesh", "service-connect", "vpc-lattice", "none"]
KINDS: tuple[str, ...] = get_args(Kind)


class Mesh(Table):
    """What carries the calls between services."""

    kind: Kind
    """Which mesh: docs/meshes.md says what each can do."""
    tls: Annotated[Tls | None, BeforeValidator(table_or_true, json_schema_input_type=bool | Tls)] = None
    """Encrypt calls between services: true, or { authority = CA ARN } where the mesh needs a private CA."""
    access_logs: bool = True
    """Log every request between services, where the mesh can."""
    tracing: bool = False
    """Collect traces: beside each service, a collector takes those of OpenTelemetry and X-Ray on localhost and sends
    them to X-Ray, those of proxies too, where the mesh has any that trace."""
    strict: bool = False
    """Refuse what this mesh can only ignore, instead of saying so."""
    auth: Literal["none", "iam"] = "none"
    """iam: callees admit the task roles of their callers only, which then sign their requests (`sign_requests`)."""
    migrate_from: Kind | None = None
    """The mesh that was just left, where AWS has ended it: Terraform forgets its resources instead of deleting them."""


_LETTERS = "abcdefgh"
"""One for each zone whose subnets fit into a network."""
_ZONE = r"[a-z]{2}(-[a-z]+)+-\d[a-h]"
_ZONES = {
    "anyOf": [
        {"type": "integer", "minimum": 1, "maximum": 8},
        {
            "type": "array",
            "items": {"type": "string", "title": "availability zone", "pattern": f"^{_ZONE}$"},
            "minItems": 1,
        },
    ]
}


def _zones(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, (int, tuple)):
        raise wrong('expected a number of zones or a list of their names; write 2 or ["us-west-2a", "us-west-2b"]')
    if isinstance(value, int) and not 1 <= value <= 8:
        raise wrong("{value} zones are not possible; write a number from 1 to 8", value=value)
    if value == ():
        raise wrong("the list of zones is empty; name at least one")
    for zone in value if isinstance(value, tuple) else ():
        if not isinstance(zone, str) or not re.fullmatch(_ZONE, zone):
            raise wrong('"{zone}" is not an availability zone; write one like "us-west-2a"', zone=zone)
    return value


class Network(Table):
    """The VPC. With `vpc_id` a network that exists is used, and only security groups and listed endpoints are made."""

    cidr: Cidr = "10.0.0.0/16"
    """Address range of the VPC, /16 to /24. Sixteen equal subnets fit: eight private, eight public."""
    zones: Annotated[int | tuple[str, ...], BeforeValidator(_zones), WithJsonSchema(_ZONES)] = 2
    """How many availability zones (their names are read from AWS once, then kept), or a list of their names (then
    nothing about zones is asked of AWS, and adding one in between moves nothing)."""
    nat: Literal["none", "single", "per-zone"] = "single"
    """NAT gateways. With none, interface endpoints carry all AWS traffic and only private ECR images can be pulled."""
    egress: Literal["declared", "any"] = "declared"
    """What tasks may reach: declared = their callees, [external] and AWS; any = everything that the mesh lets pass."""
    endpoints: tuple[
        Annotated[
            str,
            matching(
                r"[a-z0-9]+([.-][a-z0-9]+)*",
                "an endpoint service",
                'write what follows the region, as in "bedrock-runtime"',
            ),
        ],
        ...,
    ] = ()
    """Interface endpoints beyond those that are necessary anyway, by what follows the region in their service name."""
    flow_logs: bool = True
    """Write VPC flow logs to CloudWatch Logs."""
    vpc_id: Annotated[str, matching(r"vpc-[0-9a-f]+", "a VPC id", 'write one like "vpc-0a1b2c3d"')] | None = None
    """A VPC that exists."""
    private_subnet_ids: tuple[str, ...] = ()
    """Private subnets of the VPC that exists, for the tasks."""
    public_subnet_ids: tuple[str, ...] = ()
    """Public subnets of the VPC that exists, for load balancers that face the internet."""


@dataclass(frozen=True, kw_only=True)
class Zone:
    """An availability zone of the network, with its two subnets."""

    letter: str
    """Tells its subnets from those of the other zones, in addresses and names."""
    name: str | None
    """Its name; None where the network takes as many zones as it is told, whatever their names."""
    private_cidr: str
    public_cidr: str


def zones_of(network: Network) -> tuple[Zone, ...]:
    """The zones of a network, in the order written."""
    if isinstance(network.zones, int):
        return tuple(_zone(network, letter, None) for letter in _LETTERS[: network.zones])
    return tuple(_zone(network, names.zone_letter(name), name) for name in network.zones)


def _zone(network: Network, letter: str, name: str | None) -> Zone:
    # Sixteen equal blocks, eight private and eight public: a zone's blocks depend on its letter alone, so that zones
    # come and go without moving the others.
    blocks = list(ipaddress.IPv4Network(network.cidr).subnets(prefixlen_diff=4))
    slot = _LETTERS.index(letter)
    return Zone(letter=letter, name=name, private_cidr=str(blocks[slot]), public_cidr=str(blocks[slot + len(_LETTERS)]))


class Discovery(Table):
    """The Cloud Map namespace in which services find each other."""

    namespace: (
        Annotated[
            str,
            matching(
                r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*",
                "a namespace",
                "use lower-case labels of letters, digits and hyphens, separated by dots",
            ),
        ]
        | None
    ) = None
    """Name of the namespace. Default: the deployment's id and `.internal`. Of one that exists, its own."""
    kind: Literal["dns", "http"] = "dns"
    """dns = private DNS names; http = found by API only, refused where a service has callees it must resolve."""
    namespace_id: (
        Annotated[str, matching(r"ns-[a-z0-9]{1,61}", "a namespace id", 'write one like "ns-e4anhexample0004"')] | None
    ) = None
    """A namespace that exists (docs/joining.md); `namespace` and `kind` say what it is."""


class External(Table):
    """Something outside the catalog that services call: a database, a cache, a public API."""

    host: Host
    """Its host name."""
    port: Port = 443
    """Its port."""
    protocol: Literal["https", "http", "http2", "grpc", "tcp"] = "https"
    """What is spoken there. https: the service itself does TLS, and a proxy beside it lets that pass, with
    all else that the service sends to that port, wherever to."""
    scheme: Scheme | None = None
    """Scheme of the URL that callers get, such as "redis" or "postgresql". Default: by protocol. Callers of a tcp
    external get NAME_URL only if it is set."""
    security_group: SecurityGroupId | None = None
    """Its security group, where it has one: egress is opened to that group only."""
    cidrs: tuple[Cidr, ...] = ()
    """Its address ranges, where known: egress is opened to these only."""
