"""How services find each other: Cloud Map."""

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
"""Seconds for which a task that is gone may still be found by name."""


class Discovery(Part):
    """The namespace in which services are registered under their names: one of our own, or one that exists."""

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
        """The ARN of a namespace that exists, for whoever takes no id (Service Authorization Reference, "Resource types
        defined by AWS Cloud Map")."""
        if self.deployment.catalog.discovery.namespace_id is None:
            return None
        where = f"{self.deployment.partition}:servicediscovery:{self.deployment.region}:{self._account()}"
        return f"arn:{where}:namespace/{self.namespace_id}"

    def keep(self, service: Service) -> Ref | None:
        """The entry of a service that its mesh does not need, while the tasks of a mesh that is being left do."""
        migrating = self.deployment.catalog.mesh.migrate_from is not None
        return self.register(service) if migrating and service.port is not None else None

    def register(self, service: Service) -> Ref:
        """Make the entry in which ECS lists a service's tasks."""
        return self.add(
            ServiceDiscoveryService,
            service.name,
            name=service.aws_name,
            **self._kind(),
            # ECS tells Cloud Map which tasks are healthy. Without the threshold, which can only be 1, every plan
            # would replace the service.
            health_check_custom_config=ServiceDiscoveryServiceHealthCheckCustomConfig(failure_threshold=1),
            # Entries that ECS left behind must not keep the service from being destroyed.
            force_destroy=True,
            lifecycle=OUTLIVES_TASKS,
        )

    def _expect(self, vpc_id: str) -> None:
        """End a plan where callers would look for names in vain: the namespace has another name, or its hosted zone is
        not associated with the VPC."""
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
        """The arguments that say how the entries of a service are read: by API alone, or by DNS too."""
        if self.deployment.catalog.discovery.kind == "http":
            return {"namespace_id": self.namespace_id, "type": "HTTP"}
        return {
            "dns_config": ServiceDiscoveryServiceDnsConfig(
                namespace_id=self.namespace_id,
                routing_policy="MULTIVALUE",
                dns_records=[ServiceDiscoveryServiceDnsConfigDnsRecords(type="A", ttl=RECORD_TTL)],
            )
        }
