"""The Terraform outputs of a deployment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from cdktf import TerraformOutput
from constructs import Construct

from catalog.analysis.load_balancers import names_without_record
from catalog.analysis.states import BASE
from catalog.meshes.hops import address
from catalog.model import Deployment, Workload
from stacks.cluster import Cluster
from stacks.escaping import Text
from stacks.ingress import Exposure
from stacks.mesh.base import Mesh
from stacks.network import Network
from stacks.network.security_groups import SecurityGroups
from stacks.part import Part
from stacks.service import ServiceResources


class Outputs(Part):
    """The outputs of a deployment. Their names are part of the interface and don't change, like addresses."""

    def __init__(
        self,
        scope: Construct,
        *,
        deployment: Deployment,
        network: Network,
        cluster: Cluster,
        mesh: Mesh,
        text: Text,
        security: SecurityGroups,
        exposures: Mapping[str, Exposure],
        dns_names: Mapping[str, str],
        services: Mapping[str, ServiceResources],
    ) -> None:
        super().__init__(scope, "outputs", deployment=deployment)
        self._output("vpc_id", network.vpc_id)
        self._output("subnets", {"private": network.private_subnet_ids, "public": network.public_subnet_ids})
        self._output("ecs_cluster_name", cluster.name)
        self._output("namespace", deployment.namespace)
        if mesh.name is not None:
            self._output("service_mesh_name", mesh.name)
        self._output(
            "public_urls",
            {name: exposure.url for name, exposure in sorted(exposures.items()) if name in deployment.services},
        )
        if awaited := {name: at for name, at in dns_names.items() if names_without_record(deployment, name)}:
            self._output("load_balancers", awaited)
        described: dict[str, dict[str, Any]] = {state: {} for state in (BASE, *self.elements.stacks)}
        for name, service in sorted(services.items()):
            described[service.service.state][name] = {
                "address": self._address(deployment.workloads[name], text),
                "security_group_id": security.of(deployment.workloads[name].key).id,
                "task_role_arn": service.roles.task.arn,
                "log_group": service.log_group.name,
                "ecs_service": service.service.name,
            }
        for state, in_state in described.items():
            self._output("services", in_state, state=state)

    def _address(self, workload: Workload, text: Text) -> str | None:
        """The URL of a workload, or None without a port. Versions have their service's URL."""
        return text.with_references(address(self.deployment, workload.key).url) if workload.port else None

    def _output(self, name: str, value: Any, *, state: str = BASE) -> None:
        scope = self.elements.stacks.get(state, self)
        TerraformOutput(scope, name, value=value).override_logical_id(name)
