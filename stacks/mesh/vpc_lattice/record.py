"""The DNS record that leads from a service's name to VPC Lattice."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.route53_record import Route53Record, Route53RecordAlias
from cdktf_cdktf_provider_aws.route53_zone import Route53Zone, Route53ZoneVpc

from catalog.model import Service
from stacks.part import Part, Ref


def record(part: Part, service: Service, *, known: Ref, vpc_id: str) -> Ref:
    """Make a service's record, in a private zone of its own: that of the namespace takes no records but Cloud Map's,
    and of two zones the resolver takes the more specific one (Route 53 developer guide, "Considerations when working
    with a private hosted zone"). `known` is the service as VPC Lattice knows it.

    The zone takes the name over at once, and old callers with it: it waits until the service has moved. That is why it
    must not outlive tasks, unlike the rest: create_before_destroy would spread to the ECS service, and to its task
    definition.
    """
    host = part.deployment.host_of(service.name)
    zone = part.add(
        Route53Zone,
        service.name,
        name=host,
        comment=f"{service.aws_name} of {part.deployment.id}",
        vpc=[Route53ZoneVpc(vpc_id=vpc_id)],
    )
    alias = Route53RecordAlias(
        name=f"${{{known.expression('dns_entry')}[0].domain_name}}",
        zone_id=f"${{{known.expression('dns_entry')}[0].hosted_zone_id}}",
        evaluate_target_health=False,
    )
    if part.elements.state_of(moved := f"aws_ecs_service.{service.name}") == zone.state:
        zone.element.add_override("depends_on", [moved])
    return part.add(
        Route53Record,
        service.name,
        zone_id=zone.zone_id,
        name=host,
        type="A",
        alias=alias,
    )
