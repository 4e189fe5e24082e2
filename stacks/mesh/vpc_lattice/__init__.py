"""Amazon VPC Lattice: services in the service network, under the host names that AWS generates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from cdktf_cdktf_provider_aws.ecs_service import EcsServiceVpcLatticeConfigurations
from cdktf_cdktf_provider_aws.vpclattice_auth_policy import VpclatticeAuthPolicy
from cdktf_cdktf_provider_aws.vpclattice_listener import (
    VpclatticeListener,
    VpclatticeListenerDefaultAction,
    VpclatticeListenerDefaultActionForward,
    VpclatticeListenerDefaultActionForwardTargetGroups,
)
from cdktf_cdktf_provider_aws.vpclattice_listener_rule import VpclatticeListenerRule
from cdktf_cdktf_provider_aws.vpclattice_service import VpclatticeService
from cdktf_cdktf_provider_aws.vpclattice_service_network_service_association import (
    VpclatticeServiceNetworkServiceAssociation,
)
from cdktf_cdktf_provider_aws.vpclattice_target_group import VpclatticeTargetGroup
from constructs import Construct

from catalog.meshes.vpc_lattice import INFRASTRUCTURE_POLICY
from catalog.meshes.vpc_lattice.listeners import (
    aws_name,
    can_set_idle_timeout,
    carried_callees,
    carried_services,
    idle_seconds,
    is_carried,
    is_probed,
    is_registered,
    over_tls,
)
from catalog.model import Deployment, Service
from stacks.mesh.base import Membership, MeshContext, infrastructure_role, registered
from stacks.mesh.vpc_lattice.listeners import match_rule, target_group
from stacks.mesh.vpc_lattice.network import ServiceNetwork, auth_policy, invoke
from stacks.part import OUTLIVES_TASKS, Part, Ref


class VpcLattice(Part):
    """A service network for called HTTP services; other services are called directly, as without a mesh."""

    def __init__(self, scope: Construct, *, deployment: Deployment, context: MeshContext) -> None:
        super().__init__(scope, "mesh", deployment=deployment)
        self._context = context
        self._network = ServiceNetwork(self, deployment=deployment, context=context)
        self.name = self._network.name
        self._role = infrastructure_role(self, managed=INFRASTRUCTURE_POLICY)
        self._groups: dict[str, Ref] = {}
        # Create all of them before a service joins: callers refer to their callees, and callees may call back.
        self._services = {service.name: self._service(service) for service in carried_services(deployment)}

    @staticmethod
    def host_reference(service_name: str) -> str:
        """The host name that AWS generates for a service."""
        return f"${{aws_vpclattice_service.{service_name}.dns_entry[0].domain_name}}"

    def join(self, service: Service) -> Membership:
        """Create a service's listener and target group, and allow it to call its callees."""
        callees = carried_callees(self.deployment, service)
        signs = self.deployment.catalog.mesh.auth == "iam"
        ways = [*self._network.admit(service), *self._direct_calls(service), self._network.association]
        # Also if it's carried: old callers resolve its Cloud Map name until this apply replaces them.
        if service.port is not None and is_registered(self.deployment, service):
            arguments = registered(self._context.discovery.register(service))
        else:
            arguments = registered(self._context.discovery.keep(service))
        if is_carried(self.deployment, service):
            workloads = self.deployment.workloads_of(service.name)
            self._groups |= {each.name: self._target_group(each) for each in workloads}
            ways += [*self._resources_before_tasks(service), self._network.open(service), *self._role.policies]
            arguments |= self._listed(service)
        return Membership(
            service=arguments,
            task_statements=tuple(invoke([self._services[callee.name] for callee in callees])) if signs else (),
            probed=is_probed(self.deployment, service),
            depends_on=tuple(ways),
        )

    def join_version(self, version: Service, *, service: Membership) -> Membership:
        """A version has its own target group, which the service's listener uses."""
        return replace(service, service=self._listed(version) if is_carried(self.deployment, version) else {})

    def _listed(self, service: Service) -> dict[str, Any]:
        """The argument with which ECS registers a service's tasks in its target group."""
        listed = EcsServiceVpcLatticeConfigurations(
            port_name=service.aws_key, role_arn=self._role.role.arn, target_group_arn=self._groups[service.name].arn
        )
        return {"vpc_lattice_configurations": [listed]}

    def _direct_calls(self, service: Service) -> list[Ref]:
        callees = [callee for callee in self.deployment.callees_of(service) if not is_carried(self.deployment, callee)]
        return [rule for callee in callees for rule in self._context.security.connect(service, callee)]

    def _service(self, service: Service) -> Ref:
        """The service. AWS generates its host name."""
        known = self.add(
            VpclatticeService,
            service.name,
            name=aws_name(self.deployment, service),
            auth_type="AWS_IAM" if self.deployment.catalog.mesh.auth == "iam" else "NONE",
        )
        if can_set_idle_timeout(self.deployment):
            # The bindings are those of an older provider.
            known.element.add_override("idle_timeout_seconds", idle_seconds(self.deployment, service))
        return known

    def _matches(self, versions: Iterable[Service], *, service: Ref, listener: Ref) -> list[Ref]:
        """The listener rules for the matches of versions."""
        return [
            self.add(
                VpclatticeListenerRule,
                version.name,
                **match_rule(version, service=service, listener=listener, group=self._groups[version.name]),
            )
            for version in versions
            if version.match is not None
        ]

    def _target_group(self, service: Service) -> Ref:
        vpc_id = self._context.vpc_id
        arguments = target_group(service, deployment=self.deployment, vpc_id=vpc_id)
        return self.add(VpclatticeTargetGroup, service.name, **arguments)

    def _resources_before_tasks(self, service: Service) -> list[Ref]:
        """Create a service's listener, association and policy. ECS rejects a target group that no VPC Lattice service
        uses."""
        known = self._services[service.name]
        tls = over_tls(self.deployment, service)
        workloads = self.deployment.workloads_of(service.name)
        targets = [
            VpclatticeListenerDefaultActionForwardTargetGroups(
                target_group_identifier=self._groups[each.name].id, weight=each.weight
            )
            for each in workloads
        ]
        forward = VpclatticeListenerDefaultActionForward(target_groups=targets)
        listener = self.add(
            VpclatticeListener,
            service.name,
            # A new port creates a new listener beside the old one for a while, so their names differ.
            name=f"{service.protocol}-{service.port}",
            service_identifier=known.id,
            protocol="HTTPS" if tls else "HTTP",
            port=service.port,
            default_action=VpclatticeListenerDefaultAction(forward=[forward]),
            lifecycle=OUTLIVES_TASKS,
        )
        association = self.add(
            VpclatticeServiceNetworkServiceAssociation,
            service.name,
            service_identifier=known.id,
            service_network_identifier=self._network.id,
            lifecycle=OUTLIVES_TASKS,
        )
        ways = [listener, association, *self._matches(workloads[1:], service=known, listener=listener)]
        if self.deployment.catalog.mesh.auth == "iam":
            policy = auth_policy(service, deployment=self.deployment, account=self._context.account)
            arguments = {"resource_identifier": known.arn, "policy": policy, "lifecycle": OUTLIVES_TASKS}
            ways.append(self.add(VpclatticeAuthPolicy, service.name, **arguments))
        return ways


__all__ = ["VpcLattice"]
