"""What every way in has in front: the security group of its load balancer, and its name in DNS."""

from __future__ import annotations

from collections.abc import Mapping

from cdktf_cdktf_provider_aws.route53_record import Route53Record, Route53RecordAlias
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule

from catalog import names
from catalog.model import Ingress
from stacks.part import Part, Ref


def entry_group(part: Part, *, name: str, settings: Ingress, vpc_id: str, ports: Mapping[str, int]) -> Ref:
    """The group of an ingress's load balancer: who is allowed may connect to `ports`, by what is spoken there."""
    address = names.shared("ingress", name)
    # The underscore, as in no service's key, keeps the name apart from those of the services' groups.
    full_name = names.owned(part.deployment.id, f"ingress_{name}")
    group = part.add(
        SecurityGroup,
        address,
        name=full_name,
        description="Load balancer",
        vpc_id=vpc_id,
        tags={"Name": full_name},
    )
    for protocol, port in ports.items():
        for cidr in settings.allow:
            part.add(
                VpcSecurityGroupIngressRule,
                f"{address}_{protocol}_from_{names.cidr_word(cidr)}",
                security_group_id=group.id,
                description=f"{protocol.upper()} from outside",
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                cidr_ipv4=cidr,
            )
    return group


def entry_record(part: Part, *, name: str, settings: Ingress, balancer: Ref) -> None:
    """The record of an ingress's domain, where there is a zone for it."""
    if settings.zone_id and settings.domain:
        target = Route53RecordAlias(name=balancer.dns_name, zone_id=balancer.zone_id, evaluate_target_health=True)
        address = names.shared("ingress", name)
        part.add(Route53Record, address, zone_id=settings.zone_id, name=settings.domain, type="A", alias=target)
