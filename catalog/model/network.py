"""[network], [discovery], [external.NAME] and [mesh]: the connections between services."""

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
    """Service mesh that carries calls between services."""

    kind: Kind
    """Kind of mesh. docs/meshes.md compares them."""
    tls: Annotated[Tls | None, BeforeValidator(table_or_true, json_schema_input_type=bool | Tls)] = None
    """Encrypt calls between services: true, or { authority = CA ARN } if the mesh requires a private CA."""
    access_logs: bool = True
    """Log every request between services, if the mesh supports it."""
    tracing: bool = False
    """Collect traces: a collector in each task receives OpenTelemetry and X-Ray traces on localhost and sends them to
    X-Ray, with those of the mesh's proxies if they support tracing."""
    strict: bool = False
    """Report settings that this mesh ignores as errors instead of notices."""
    auth: Literal["none", "iam"] = "none"
    """Authentication between services. iam: callees accept only requests signed by the task roles of their callers
    (`sign_requests`)."""
    migrate_from: Kind | None = None
    """Previous mesh, if AWS has shut it down: Terraform forgets its resources instead of deleting them."""


_LETTERS = "abcdefgh"
"""A letter for each zone whose subnets fit into a network."""
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
    """VPC settings. With `vpc_id`, Terraform uses an existing VPC and creates only security groups and the listed
    endpoints."""

    cidr: Cidr = "10.0.0.0/16"
    """Address range of the VPC, /16 to /24, which can't change after the first apply. Sixteen equal subnets fit: eight
    private, eight public."""
    zones: Annotated[int | tuple[str, ...], BeforeValidator(_zones), WithJsonSchema(_ZONES)] = 2
    """Number of availability zones (Terraform reads their names from AWS once and keeps them), or a list of their names
    (Terraform doesn't read them from AWS, and a zone added between others moves no subnet). AWS refuses to remove a
    zone while load balancers and tasks use it (docs/joining.md)."""
    nat: Literal["none", "single", "per-zone"] = "single"
    """NAT gateways. With none, interface endpoints carry all AWS traffic, and tasks can pull only private ECR
    images."""
    egress: Literal["declared", "any"] = "declared"
    """Egress of tasks: declared = their callees, [external] and AWS; any = everything that the mesh allows."""
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
    """Additional interface endpoints, by the part of their service name after the region, such as "bedrock-runtime"."""
    flow_logs: bool = True
    """Write VPC flow logs to CloudWatch Logs."""
    vpc_id: Annotated[str, matching(r"vpc-[0-9a-f]+", "a VPC id", 'write one like "vpc-0a1b2c3d"')] | None = None
    """Id of an existing VPC."""
    private_subnet_ids: tuple[str, ...] = ()
    """Private subnets of the existing VPC, for the tasks."""
    public_subnet_ids: tuple[str, ...] = ()
    """Public subnets of the existing VPC, for load balancers that face the internet."""


@dataclass(frozen=True, kw_only=True)
class Zone:
    """An availability zone of the network, with its two subnets."""

    letter: str
    """Distinguishes its subnets from those of other zones, in addresses and names."""
    name: str | None
    """Name of the zone; None if the catalog sets only a number of zones."""
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
    """Cloud Map namespace in which services find each other."""

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
    """Name of the namespace; for an existing one, its name in AWS. Default: the deployment's id and `.internal`."""
    kind: Literal["dns", "http"] = "dns"
    """Kind of namespace: dns = private DNS names; http = API discovery only, an error if a service must resolve its
    callees."""
    namespace_id: (
        Annotated[str, matching(r"ns-[a-z0-9]{1,61}", "a namespace id", 'write one like "ns-e4anhexample0004"')] | None
    ) = None
    """Id of an existing namespace (docs/joining.md). Set its name and kind with `namespace` and `kind`."""


class External(Table):
    """Egress destination outside the catalog: a database, a cache, a public API."""

    host: Host
    """Host name."""
    port: Port = 443
    """Port. Required with protocol = "tcp"."""
    protocol: Literal["https", "http", "http2", "grpc", "tcp"] = "https"
    """Protocol. https: the service itself does TLS; its proxy passes on all traffic to that port, regardless of the
    destination."""
    scheme: Scheme | None = None
    """Scheme of the URL that callers get, such as "redis" or "postgresql". Default: by protocol. Callers of a tcp
    external get NAME_URL only if it is set."""
    security_group: SecurityGroupId | None = None
    """Security group of the destination: limits egress to that group. The tasks must run in its VPC (`network.vpc_id`),
    or in one that is peered with it."""
    cidrs: tuple[Cidr, ...] = ()
    """Address ranges of the destination, if known: limits egress to these."""
