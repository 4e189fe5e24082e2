"""The mesh and its members: which resources a service has in App Mesh, and what joining adds to its tasks."""

from __future__ import annotations

from typing import Any

from cdktf_cdktf_provider_aws.acm_certificate import AcmCertificate
from cdktf_cdktf_provider_aws.appmesh_mesh import AppmeshMesh
from cdktf_cdktf_provider_aws.appmesh_route import AppmeshRoute
from cdktf_cdktf_provider_aws.appmesh_virtual_node import AppmeshVirtualNode
from cdktf_cdktf_provider_aws.appmesh_virtual_router import AppmeshVirtualRouter, AppmeshVirtualRouterSpecListener
from cdktf_cdktf_provider_aws.appmesh_virtual_service import AppmeshVirtualService
from cdktf_cdktf_provider_aws.ecs_service import EcsServiceServiceRegistries
from constructs import Construct

from catalog.egress import proxied_externals
from catalog.model import UNLIMITED, Deployment, External, Service
from catalog.model.service import Retries
from stacks.discovery import Discovery
from stacks.mesh.app_mesh import envoy, listeners, nodes
from stacks.mesh.app_mesh.routes import route
from stacks.mesh.base import Membership
from stacks.part import Part, Ref

_EGRESS = {"declared": "DROP_ALL", "any": "ALLOW_ALL"}


class AppMesh(Part):
    """One mesh for the deployment. Tasks join it as virtual nodes; a service with a port is also a virtual service,
    whose router holds the timers and retries of calls to it."""

    def __init__(self, scope: Construct, *, deployment: Deployment, discovery: Discovery) -> None:
        super().__init__(scope, "mesh", deployment=deployment)
        self.discovery = discovery
        egress = _EGRESS[deployment.catalog.network.egress]
        mesh = self.add(AppmeshMesh, "main_mesh", name=deployment.id, spec={"egress_filter": {"type": egress}})
        self.name = mesh.name
        self.externals = {name: self._external(name, it) for name, it in proxied_externals(deployment).items()}

    def join(self, service: Service) -> Membership:
        """Make the service's node and, where it has a port, what leads callers to it."""
        registry = self.discovery.register(service) if service.port else None
        certificate = self._certificate(service) if service.port else None
        node = self._node(service, registry=registry, certificate=certificate)
        ways_in = self._ways_in(service, node=node) if service.port else ()
        ways_out = [ref for name in self.deployment.externals_of(service) for ref in self.externals.get(name, ())]
        return Membership(
            sidecars=(envoy.container(service, deployment=self.deployment, node=node),),
            container_dependencies=({"containerName": envoy.CONTAINER, "condition": "HEALTHY"},),
            task={"proxy_configuration": envoy.proxy_configuration(service, deployment=self.deployment)},
            service={"service_registries": EcsServiceServiceRegistries(registry_arn=registry.arn)} if registry else {},
            task_statements=tuple(self._statements(service, node=node, certificate=certificate)),
            target_protocol="HTTPS" if certificate else "HTTP",
            depends_on=(*ways_in, *ways_out, *([certificate] if certificate else [])),
        )

    @property
    def _authority(self) -> str | None:
        tls = self.deployment.catalog.mesh.tls
        return tls.authority if tls else None

    def _certificate(self, service: Service) -> Ref | None:
        """Bears the name under which Cloud Map knows the service, as callers' proxies ask for (App Mesh User Guide,
        "Transport Layer Security")."""
        if self._authority is None:
            return None
        return self.add(
            AcmCertificate,
            service.name,
            domain_name=self.deployment.address(service.name).host,
            certificate_authority_arn=self._authority,
            tags=service.tags or None,
            # A certificate in use cannot be deleted.
            lifecycle={"create_before_destroy": True},
        )

    def _node(self, service: Service, *, registry: Ref | None, certificate: Ref | None) -> Ref:
        listener = discovery = None
        if registry is not None:
            listener = listeners.of_service(service, deployment=self.deployment, certificate=certificate)
            discovery = {"namespace_name": self.discovery.namespace_name, "service_name": registry.name}
        return self.add(
            AppmeshVirtualNode,
            service.name,
            name=service.name,
            mesh_name=self.name,
            spec=nodes.of_service(service, deployment=self.deployment, listener=listener, discovery=discovery),
            tags=service.tags or None,
        )

    def _ways_in(self, service: Service, *, node: Ref) -> tuple[Ref, ...]:
        return self._routed(
            service.name,
            host=self.deployment.address(service.name).host,
            port=service.port,
            protocol=service.protocol,
            spec=route(
                node=node.name,
                port=service.port,
                protocol=service.protocol,
                timeout=service.timeout,
                idle_timeout=service.idle_timeout,
                retries=service.retries,
            ),
            tags=service.tags or None,
        )

    def _external(self, name: str, external: External) -> tuple[Ref, ...]:
        """Something outside that services call through their proxies. How long it takes is not the catalog's to say,
        and sending a request to it twice is not either."""
        name = f"external_{name}"
        unlimited = {"request": UNLIMITED, "idle": UNLIMITED}
        node = self.add(
            AppmeshVirtualNode,
            name,
            name=name,
            mesh_name=self.name,
            spec=nodes.of_external(external, listener=listeners.of_external(external, **unlimited)),
        )
        spec = route(
            node=node.name,
            port=external.port,
            protocol=external.protocol,
            timeout=UNLIMITED,
            idle_timeout=UNLIMITED,
            retries=Retries(),
        )
        return self._routed(name, host=external.host, port=external.port, protocol=external.protocol, spec=spec)

    def _routed(
        self,
        name: str,
        *,
        host: str,
        port: int,
        protocol: str,
        spec: dict[str, Any],
        tags: dict[str, str] | None = None,
    ) -> tuple[Ref, ...]:
        """A virtual service with a router and one route: only routes have a place for timers and retries."""
        listener = AppmeshVirtualRouterSpecListener(port_mapping={"port": port, "protocol": protocol})
        router = self.add(
            AppmeshVirtualRouter, name, name=name, mesh_name=self.name, spec={"listener": [listener]}, tags=tags
        )
        way = self.add(
            AppmeshRoute,
            name,
            name=name,
            mesh_name=self.name,
            virtual_router_name=router.name,
            spec=spec,
            tags=tags,
        )
        virtual_service = self.add(
            AppmeshVirtualService,
            name,
            name=host,
            mesh_name=self.name,
            spec={"provider": {"virtual_router": {"virtual_router_name": router.name}}},
            tags=tags,
        )
        return way, virtual_service

    def _statements(self, service: Service, *, node: Ref, certificate: Ref | None) -> list[dict[str, Any]]:
        """What Envoy may ask of AWS: its own configuration, its own key, and whom to trust."""
        statements = [_allow("appmesh:StreamAggregatedResources", node.arn)]
        if certificate is not None:
            statements.append(_allow("acm:ExportCertificate", certificate.arn))
        if self._authority is not None and self.deployment.callees_of(service):
            statements.append(_allow("acm-pca:GetCertificateAuthorityCertificate", self._authority))
        return statements


def _allow(action: str, resource: str) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": [action], "Resource": [resource]}
