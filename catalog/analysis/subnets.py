"""The VPC's address range: a part for every zone, whether it is used or not. The size of a security group."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from catalog import names
from catalog.model import Network

LETTERS = "abcdefgh"
"""One for each zone that fits."""


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
        return tuple(_zone(network, letter, None) for letter in LETTERS[: network.zones])
    return tuple(_zone(network, names.zone_letter(name), name) for name in network.zones)


def _zone(network: Network, letter: str, name: str | None) -> Zone:
    # Sixteen equal blocks, eight private and eight public: a zone's blocks depend on its letter alone, so that zones
    # come and go without moving the others.
    blocks = list(ipaddress.IPv4Network(network.cidr).subnets(prefixlen_diff=4))
    slot = LETTERS.index(letter)
    return Zone(letter=letter, name=name, private_cidr=str(blocks[slot]), public_cidr=str(blocks[slot + len(LETTERS)]))


SECURITY_GROUP_RULES = 60
"""Inbound, and outbound, rules of a security group; AWS can raise it (VPC guide, "Amazon VPC quotas")."""
