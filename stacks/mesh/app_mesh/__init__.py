"""AWS App Mesh: the mesh and its members, the parts that it adds to a task, and the resources that Terraform removes
from the state after a migration."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from cdktf_cdktf_provider_aws.acm_certificate import AcmCertificate
from cdktf_cdktf_provider_aws.appmesh_mesh import AppmeshMesh
from cdktf_cdktf_provider_aws.appmesh_route import AppmeshRoute
from cdktf_cdktf_provider_aws.appmesh_virtual_node import AppmeshVirtualNode
from cdktf_cdktf_provider_aws.appmesh_virtual_router import AppmeshVirtualRouter, AppmeshVirtualRouterSpecListener
from cdktf_cdktf_provider_aws.appmesh_virtual_service import AppmeshVirtualService
from constructs import Construct

from catalog import names
from catalog.analysis import naming
from catalog.meshes.app_mesh import EXPORT_CERTIFICATE, READ_AUTHORITY, STREAM
from catalog.meshes.app_mesh.envoy import CONTAINER, proxied_externals
from catalog.model import Deployment, Service
from stacks.mesh.app_mesh import envoy, nodes, routes
from stacks.mesh.app_mesh.envoy import VirtualGateway
from stacks.mesh.app_mesh.routes import Destination
from stacks.mesh.base import Membership, MeshContext, connected, no_generated_hosts, registered, tls_authority
from stacks.part import OUTLIVES_TASKS, Part, Ref

_OF_THE_WAY = ("aws_appmesh_route", "aws_appmesh_virtual_router", "aws_appmesh_virtual_service")
_NODE = "aws_appmesh_virtual_node"
_CERTIFICATE = "aws_acm_certificate"


def retired_resources(deployment: Deployment) -> list[str]:
    """The addresses of all resources that `AppMesh` can create for a catalog, with any ports, calls and TLS.

    It includes the services' certificates, because virtual nodes that can't be deleted any more may still use them.
    """
    services = [f"{type_}.{name}" for name in deployment.services for type_ in (_CERTIFICATE, _NODE, *_OF_THE_WAY)]
    externals = [
        f"{type_}.{names.shared('external', name)}"
        for name in deployment.catalog.external
        for type_ in (_NODE, *_OF_THE_WAY)
    ]
    versions = [
        f"{type_}.{version.name}"
        for others in deployment.versions.values()
        for version in others
        for type_ in (_NODE, _OF_THE_WAY[0])
    ]
    gateways = [
        *(f"aws_appmesh_virtual_gateway.{names.shared('ingress', name)}" for name in deployment.catalog.ingress),
        *(f"aws_appmesh_gateway_route.{name}" for name in deployment.services),
    ]
    return sorted([f"aws_appmesh_mesh.{names.shared('mesh')}", *services, *versions, *externals, *gateways])


_EGRESS = {"declared": "DROP_ALL", "any": "ALLOW_ALL"}


class AppMesh(Part):
    """One mesh for the deployment. Tasks join it as virtual nodes; a service with a port is also a virtual service,
    whose router holds the timers and retries of calls to it."""

    host_reference = staticmethod(no_generated_hosts)

    def __init__(self, scope: Construct, *, deployment: Deployment, context: MeshContext) -> None:
        super().__init__(scope, "mesh", deployment=deployment)
        self.discovery = context.discovery
        self.security = context.security
        self._authority = tls_authority(deployment)
        self._nodes: dict[str, Ref] = {}
        egress = _EGRESS[deployment.catalog.network.egress]
        mesh = self.add(AppmeshMesh, names.shared("mesh"), name=deployment.id, spec={"egress_filter": {"type": egress}})
        self.name = mesh.name
        self.externals = {
            name: self._external(routes.external_destination(name, external))
            for name, external in proxied_externals(deployment).items()
        }

    def join(self, service: Service) -> Membership:
        """Create the service's node and, if it has a port, the route for its callers."""
        registry = self.discovery.register(service) if service.port else None
        certificate = self._certificate(service) if service.port else None
        workloads = self.deployment.workloads_of(service.name)
        nodes_of = {each.name: self._node(each, registry=registry, certificate=certificate) for each in workloads}
        node = nodes_of[service.name]
        self._nodes |= nodes_of
        ways = [ref for name in self.deployment.externals_of(service) for ref in self.externals.get(name, ())]
        if service.port:
            destination = routes.service_destination(service, deployment=self.deployment)
            weights = {nodes_of[each.name].name: each.weight for each in workloads}
            ways += self._way_to(destination, weights=weights, versions=[each for each in workloads if each.match])
        return Membership(
            sidecars=(envoy.container(service, deployment=self.deployment, node=node),),
            container_dependencies=({"containerName": CONTAINER, "condition": "HEALTHY"},),
            task={"proxy_configuration": envoy.proxy_configuration(service, deployment=self.deployment)},
            service=registered(registry),
            task_statements=tuple(self._statements(service, node=node, certificate=certificate)),
            target_protocol="HTTPS" if certificate else "HTTP",
            depends_on=(
                *ways,
                *([certificate] if certificate else []),
                *connected(service, self.security, deployment=self.deployment),
            ),
        )

    def join_version(self, version: Service, *, service: Membership) -> Membership:
        """The version's node exists already, because the service's route refers to it."""
        node = self._nodes[version.name]
        own, *others = service.task_statements
        return replace(
            service,
            sidecars=(envoy.container(version, deployment=self.deployment, node=node),),
            task={"proxy_configuration": envoy.proxy_configuration(version, deployment=self.deployment)},
            task_statements=({**own, "Resource": [node.arn]}, *others),
        )

    def _certificate(self, service: Service) -> Ref | None:
        """The certificate for the service's Cloud Map name, which callers' proxies require (App Mesh User Guide,
        "Transport Layer Security")."""
        if self._authority is None:
            return None
        return self.add(
            AcmCertificate,
            service.name,
            domain_name=self.deployment.host_of(service.name),
            certificate_authority_arn=self._authority,
            # A certificate in use can't be deleted.
            lifecycle={"create_before_destroy": True},
        )

    def _node(self, service: Service, *, registry: Ref | None, certificate: Ref | None) -> Ref:
        listener = None
        discovery: dict[str, Any] | None = None
        if registry is not None:
            listener = nodes.service_listener(service, deployment=self.deployment, certificate=certificate)
            discovery = {"namespace_name": self.discovery.namespace_name, "service_name": registry.name}
            if self.deployment.versions.get(service.key):
                # All versions are registered under one name; ECS adds the task family to each instance.
                family = naming.owned(self.deployment, service)
                discovery["attributes"] = {"ECS_TASK_DEFINITION_FAMILY": family}
        # A removed version must not be destroyed before the route that refers to it is changed.
        kept = {"lifecycle": OUTLIVES_TASKS} if service.version else {}
        return self.add(
            AppmeshVirtualNode,
            service.name,
            **kept,
            name=service.aws_name,
            mesh_name=self.name,
            spec=nodes.service_node(service, deployment=self.deployment, listener=listener, discovery=discovery),
        )

    def _external(self, destination: Destination) -> tuple[Ref, ...]:
        node = self.add(
            AppmeshVirtualNode,
            destination.address,
            name=destination.name,
            mesh_name=self.name,
            spec=nodes.external_node(destination),
        )
        return self._way_to(destination, weights={node.name: 100})

    def _way_to(
        self, destination: Destination, *, weights: dict[str, int], versions: Iterable[Service] = ()
    ) -> tuple[Ref, ...]:
        """A virtual service with a router and one route by weight (only routes have a place for timers and retries),
        and one more for each version that has a match."""
        address, name = destination.address, destination.name
        port = {"port": destination.port, "protocol": destination.protocol}
        listener = AppmeshVirtualRouterSpecListener(port_mapping=port)
        router = self.add(AppmeshVirtualRouter, address, name=name, spec={"listener": [listener]}, mesh_name=self.name)
        specs = {(address, name): routes.route(destination, weights=weights)}
        for version in versions:
            weights = {self._nodes[version.name].name: 100}
            known = version.name, version.aws_name
            specs[known] = routes.route(destination, weights=weights, version=version)
        made = [
            self.add(
                AppmeshRoute,
                at,
                name=route_name,
                virtual_router_name=router.name,
                spec=spec,
                mesh_name=self.name,
            )
            for (at, route_name), spec in specs.items()
        ]
        provider = {"virtual_router": {"virtual_router_name": router.name}}
        virtual_service = self.add(
            AppmeshVirtualService, address, name=destination.host, spec={"provider": provider}, mesh_name=self.name
        )
        return *made, virtual_service

    def _statements(self, service: Service, *, node: Ref, certificate: Ref | None) -> list[dict[str, Any]]:
        """Envoy's permissions: its own configuration, its own private key, and the CA to trust."""
        statements = [STREAM.on([node.arn])]
        if certificate is not None:
            statements.append(EXPORT_CERTIFICATE.on([certificate.arn]))
        if self._authority is not None and self.deployment.callees_of(service):
            statements.append(READ_AUTHORITY.on([self._authority]))
        return statements


__all__ = ["AppMesh", "VirtualGateway", "retired_resources"]
