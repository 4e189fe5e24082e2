"""Service discovery with Cloud Map."""

from __future__ import annotations

from collections.abc import Callable

from cdktf_cdktf_provider_aws.data_aws_route53_zone import DataAwsRoute53Zone
from cdktf_cdktf_provider_aws.service_discovery_http_namespace import ServiceDiscoveryHttpNamespace
from cdktf_cdktf_provider_aws.service_discovery_private_dns_namespace import ServiceDiscoveryPrivateDnsNamespace
from cdktf_cdktf_provider_aws.service_discovery_service import (
    ServiceDiscoveryService,
    ServiceDiscoveryServiceDnsConfig,
    ServiceDiscoveryServiceDnsConfigDnsRecords,
    ServiceDiscoveryServiceHealthCheckCustomConfig,
)
from constructs import Construct

from catalog import names
from catalog.meshes.hops import resolved_calls
from catalog.model import Deployment, Service
from stacks.part import OUTLIVES_TASKS, Part, Ref

RECORD_TTL = 10
"""TTL of DNS records in seconds. Callers may still resolve a stopped task's address for that long."""


class Discovery(Part):
    """The created or existing Cloud Map namespace in which services are registered."""

    namespace_id: str
    namespace_name: str

    def __init__(self, scope: Construct, *, deployment: Deployment, vpc_id: str, account: Callable[[], str]) -> None:
        super().__init__(scope, "discovery", deployment=deployment)
        self._account = account
        if (existing := deployment.catalog.discovery.namespace_id) is not None:
            self.namespace_id, self.namespace_name = existing, deployment.namespace
            self._expect(vpc_id)
            return
        namespace = self._namespace(vpc_id)
        self.namespace_id = namespace.id
        self.namespace_name = namespace.name

    def existing_arn(self) -> str | None:
        """The ARN of an existing namespace, for arguments that don't accept an id (Service Authorization Reference,
        "Resource types defined by AWS Cloud Map"). None if the namespace is created."""
        if self.deployment.catalog.discovery.namespace_id is None:
            return None
        where = f"{self.deployment.partition}:servicediscovery:{self.deployment.region}:{self._account()}"
        return f"arn:{where}:namespace/{self.namespace_id}"

    def keep(self, service: Service) -> Ref | None:
        """The registration that tasks of the mesh in `migrate_from` still require. None without a migration."""
        migrating = self.deployment.catalog.mesh.migrate_from is not None
        return self.register(service) if migrating and service.port is not None else None

    def register(self, service: Service) -> Ref:
        """Create the Cloud Map service in which ECS registers a service's tasks."""
        return self.add(
            ServiceDiscoveryService,
            service.name,
            name=service.aws_name,
            **self._kind(),
            # ECS reports the health of tasks to Cloud Map. Without the threshold, which can only be 1, every plan
            # would replace the Cloud Map service.
            health_check_custom_config=ServiceDiscoveryServiceHealthCheckCustomConfig(failure_threshold=1),
            # Instances that ECS didn't deregister must not prevent the deletion.
            force_destroy=True,
            lifecycle=OUTLIVES_TASKS,
        )

    def _expect(self, vpc_id: str) -> None:
        """Fail the plan if callers couldn't resolve names: the existing namespace has another name, or its hosted zone
        isn't associated with the VPC."""
        if self.deployment.catalog.discovery.kind == "dns" and any(resolved_calls(self.deployment)):
            name = names.shared("namespace")
            self.add(DataAwsRoute53Zone, name, name=self.deployment.namespace, private_zone=True, vpc_id=vpc_id)

    def _namespace(self, vpc_id: str) -> Ref:
        if self.deployment.catalog.discovery.kind == "http":
            return self.add(ServiceDiscoveryHttpNamespace, names.shared("namespace"), name=self.deployment.namespace)
        return self.add(
            ServiceDiscoveryPrivateDnsNamespace, names.shared("namespace"), name=self.deployment.namespace, vpc=vpc_id
        )

    def _kind(self) -> dict[str, object]:
        """The arguments for discovery by API only, or by DNS too."""
        if self.deployment.catalog.discovery.kind == "http":
            return {"namespace_id": self.namespace_id, "type": "HTTP"}
        return {
            "dns_config": ServiceDiscoveryServiceDnsConfig(
                namespace_id=self.namespace_id,
                routing_policy="MULTIVALUE",
                dns_records=[ServiceDiscoveryServiceDnsConfigDnsRecords(type="A", ttl=RECORD_TTL)],
            )
        }
