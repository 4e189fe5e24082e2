"""ECS Service Connect: ECS adds a proxy to every task and manages the endpoints."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from cdktf import DataResource
from cdktf_cdktf_provider_aws.ecs_service import (
    EcsServiceServiceConnectConfiguration,
    EcsServiceServiceConnectConfigurationLogConfiguration,
    EcsServiceServiceConnectConfigurationService,
    EcsServiceServiceConnectConfigurationServiceClientAlias,
    EcsServiceServiceConnectConfigurationServiceTimeout,
    EcsServiceServiceConnectConfigurationServiceTls,
    EcsServiceServiceConnectConfigurationServiceTlsIssuerCertAuthority,
)
from cdktf_cdktf_provider_aws.service_discovery_http_namespace import ServiceDiscoveryHttpNamespace
from constructs import Construct

from catalog import names
from catalog.analysis import naming
from catalog.meshes.service_connect import KEEP_CERTIFICATES, SERVICE_CONNECT, TLS_POLICY
from catalog.meshes.service_connect.timers import discovery_name, idle_seconds, proxy_share, response_seconds, serves
from catalog.model import Deployment, Service
from stacks.kms import key_arn
from stacks.mesh.base import (
    InfrastructureRole,
    Membership,
    MeshContext,
    connected,
    infrastructure_role,
    no_generated_hosts,
    registered,
    tls_authority,
)
from stacks.part import OUTLIVES_TASKS, Part, Ref


class ServiceConnect(Part):
    """The namespace of Service Connect, in which ECS creates and owns the services. The namespace for Cloud Map DNS
    names stays beside it, so that you can switch the mesh and back. If the catalog has an existing namespace, it is
    used, and its other Service Connect clients can find the services there."""

    host_reference = staticmethod(no_generated_hosts)

    def __init__(self, scope: Construct, *, deployment: Deployment, context: MeshContext) -> None:
        super().__init__(scope, "mesh", deployment=deployment)
        self._context = context
        self.name, self._namespace_arn = self._namespace()
        self._authority = tls_authority(deployment)
        self._key = key_arn(deployment)
        statements = [KEEP_CERTIFICATES.on([self._key])] if self._key else []
        self._role = infrastructure_role(self, managed=TLS_POLICY, statements=statements) if self._authority else None

    def _namespace(self) -> tuple[str, str]:
        """The namespace's name and ARN."""
        existing = self._context.discovery.existing_arn()
        if existing is not None:
            return self.deployment.namespace, existing
        namespace = self.add(
            ServiceDiscoveryHttpNamespace,
            names.shared("mesh"),
            name=names.owned(self.deployment.id, "connect"),
            # It can't be deleted until the last ECS service is, because ECS has entries in it until then.
            lifecycle=OUTLIVES_TASKS,
        )
        return namespace.name, namespace.arn

    def join(self, service: Service) -> Membership:
        """Let a service call its callees by name, and be called by its own name if it has a port."""
        server = serves(self.deployment, service)
        waits_for: list[Ref] = [*connected(service, self._context.security, deployment=self.deployment)]
        if self._role is not None:
            waits_for += self._role.policies
        return Membership(
            beside=proxy_share(service.cpu, service.memory),
            port_mapping={"appProtocol": service.protocol} if server and not service.is_tcp else {},
            service={
                "service_connect_configuration": self._configuration(service, server=server),
                **registered(self._context.discovery.keep(service)),
            },
            labels=self._known_at_start(service),
            newer=self._access_logs(),
            replaced_with=(self._protocol(service),) if server else (),
            depends_on=tuple(waits_for),
        )

    def join_version(self, version: Service, *, service: Membership) -> Membership:
        """A version calls like its service but can't be called, because a discovery name is unique (ECS API reference,
        ServiceConnectService.discoveryName)."""
        configuration = self._configuration(version, server=False)
        return replace(
            service,
            beside=proxy_share(version.cpu, version.memory),
            port_mapping={},
            service={**service.service, "service_connect_configuration": configuration, "service_registries": None},
            replaced_with=(),
        )

    def _known_at_start(self, service: Service) -> dict[str, str]:
        """Labels with the addresses of callees, which a task's proxy reads only when it starts: if they change, the
        service is deployed again (ECS developer guide, "Service Connect components")."""
        tls = "tls" if self._authority else "plain"
        callees = self.deployment.callees_of(service)
        return {f"callee.{callee.aws_name}": f"{callee.protocol} {callee.port} {tls}" for callee in callees}

    def _protocol(self, service: Service) -> Ref:
        """A change of it replaces the ECS service: ECS can't change a port's protocol in Service Connect (ECS API
        reference, PortMapping.appProtocol)."""
        return self.add(DataResource, service.name, triggers_replace={"protocol": service.protocol})

    def _configuration(self, service: Service, *, server: bool) -> EcsServiceServiceConnectConfiguration:
        logs = EcsServiceServiceConnectConfigurationLogConfiguration(
            log_driver="awslogs",
            options={
                "awslogs-group": naming.log_group(self.deployment, service),
                "awslogs-region": self.deployment.region,
                "awslogs-stream-prefix": service.aws_name,
            },
        )
        return EcsServiceServiceConnectConfiguration(
            enabled=True,
            # Not on the cluster, because the provider can't remove the cluster's default (provider issue 45396).
            namespace=self._namespace_arn,
            log_configuration=logs,
            service=[self._endpoint(service)] if server else None,
        )

    def _access_logs(self) -> dict[str, Any]:
        """The access logs of a proxy, without query parameters, which may contain secrets (ECS API reference,
        ServiceConnectAccessLogConfiguration; provider pull request 45820)."""
        supported = SERVICE_CONNECT.verdict("access_logs", deployment=self.deployment).supported
        if not supported or not self.deployment.catalog.mesh.access_logs:
            return {}
        return {"service_connect_configuration.access_log_configuration": {"format": "JSON"}}

    def _endpoint(self, service: Service) -> EcsServiceServiceConnectConfigurationService:
        assert service.port is not None
        alias = EcsServiceServiceConnectConfigurationServiceClientAlias(
            port=service.port, dns_name=self.deployment.host_of(service.name)
        )
        tls = self._tls(self._role, self._authority, self._key) if self._role and self._authority else None
        return EcsServiceServiceConnectConfigurationService(
            port_name=service.aws_name,
            discovery_name=discovery_name(self.deployment, service),
            client_alias=alias,
            timeout=self._timers(service),
            tls=tls,
        )

    def _timers(self, service: Service) -> EcsServiceServiceConnectConfigurationServiceTimeout | None:
        """The timers. They are always set, because the default request timeout is 15 seconds (ECS API reference,
        TimeoutConfiguration). For tcp there are none: with an idle timeout, the provider always sends a request timeout
        too, which ECS rejects (provider issue 38432)."""
        if service.is_tcp:
            return None
        return EcsServiceServiceConnectConfigurationServiceTimeout(
            idle_timeout_seconds=idle_seconds(self.deployment, service),
            per_request_timeout_seconds=response_seconds(service),
        )

    @staticmethod
    def _tls(
        role: InfrastructureRole, authority: str, key: str | None
    ) -> EcsServiceServiceConnectConfigurationServiceTls:
        issuer = EcsServiceServiceConnectConfigurationServiceTlsIssuerCertAuthority(aws_pca_authority_arn=authority)
        return EcsServiceServiceConnectConfigurationServiceTls(
            issuer_cert_authority=issuer, role_arn=role.role.arn, kms_key=key
        )
