"""The stack of a deployment: creates all its parts and passes to each the ones that it uses."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.data_aws_caller_identity import DataAwsCallerIdentity

from catalog.analysis.call_graph import start_order
from catalog.analysis.states import BASE, state_of
from catalog.meshes import RESOURCE_TYPES
from catalog.model import Deployment
from stacks.cluster import Cluster, ContainerInstances
from stacks.cluster.capacity import CapacityProvider
from stacks.costs import after_ended_mesh
from stacks.escaping import Text
from stacks.ingress import Exposure, Ingress
from stacks.ingress.gateway import Gateway
from stacks.kms import Key
from stacks.mesh import GATEWAYS, MESHES, RETIRED_RESOURCES
from stacks.mesh.base import MeshContext
from stacks.network import Network
from stacks.network.discovery import Discovery
from stacks.network.endpoints import Endpoints
from stacks.network.security_groups import SecurityGroups
from stacks.outputs import Outputs
from stacks.part import Elements, Part, Ref
from stacks.provider import configure
from stacks.service import ServiceResources
from stacks.service.efs import Files, Mounted
from stacks.service.redeployment import declare_variable
from stacks.states import forget, move, moved_between_states, retired_addresses, workload_stacks


class DeploymentStack(TerraformStack):
    """One deployment: its base, and a separate stack for every other state that has services."""

    def __init__(self, app: App, *, deployment: Deployment, emptied: Collection[str] = ()) -> None:
        """Create all stacks. `emptied` are states that had services before. Applying them deletes those resources."""
        super().__init__(app, deployment.id)
        self.stacks = workload_stacks(self, app, deployment=deployment, emptied=emptied)
        lives_in = partial(state_of, deployment=deployment, types=RESOURCE_TYPES)
        self.elements = Elements(state_of=lives_in, stacks=self.stacks)
        account = _Account(self, deployment=deployment)
        chosen = MESHES[deployment.catalog.mesh.kind]
        text = Text(account=account.number, generated_host=chosen.host_reference)
        deployment = text.of_deployment(deployment)
        configure(self, deployment=deployment)
        for state, stack in self.stacks.items():
            configure(stack, deployment=deployment, state=state)
        deployment = Key(self, deployment=deployment, account=account.number).with_key_arn()

        network = Network(self, deployment=deployment)
        endpoints = Endpoints(self, deployment=deployment, network=network)
        security = SecurityGroups(self, deployment=deployment, network=network, endpoints=endpoints)
        cluster = Cluster(self, deployment=deployment)
        capacities = _capacities(self, deployment=deployment, cluster=cluster, network=network, endpoints=endpoints)
        cluster.associate({name: capacity.provider for name, capacity in capacities.items()})
        # Services wait for the egress of the instances, so that Terraform destroys it after their tasks have stopped.
        cluster.ready += [rule for each in capacities.values() for rule in each.open(after=list(cluster.ready))]
        discovery = Discovery(self, deployment=deployment, vpc_id=network.vpc_id, account=account.number)
        context = MeshContext(vpc_id=network.vpc_id, account=account.number, discovery=discovery, security=security)
        mesh = chosen(self, deployment=deployment, context=context)
        files = Files(self, deployment=deployment, network=network, security=security)
        ingresses = {
            name: Ingress(
                self, deployment=deployment, name=name, network=network, security=security, account=account.number
            )
            for name in sorted(deployment.catalog.ingress)
            if deployment.public_services(name) and not deployment.catalog.ingress[name].gateway
        }
        gateways = {
            name: Gateway(
                self,
                deployment=deployment,
                name=name,
                network=network,
                endpoints=endpoints,
                security=security,
                mesh=str(mesh.name),
                make=GATEWAYS[deployment.catalog.mesh.kind],
            )
            for name in sorted(deployment.catalog.ingress)
            if deployment.public_services(name) and deployment.catalog.ingress[name].gateway
        }

        every_ingress: dict[str, Ingress | Gateway] = {**ingresses, **gateways}
        services: dict[str, ServiceResources] = {}
        exposures: dict[str, Exposure] = {}
        for name, callees in start_order(deployment):
            service = deployment.services[name]
            memberships = {name: mesh.join(service)}
            for version in deployment.versions.get(name, ()):
                memberships[version.name] = mesh.join_version(version, service=memberships[name])
            ingress = every_ingress.get(deployment.ingress_of(service) or "")
            if ingress is not None:
                exposures |= ingress.expose(service, target_protocol=memberships[name].target_protocol)
            for workload in deployment.workloads_of(name):
                services[workload.name] = ServiceResources(
                    self,
                    deployment=deployment,
                    workload=workload,
                    membership=memberships[workload.name],
                    mounted=files.mount(workload),
                    cluster=cluster,
                    subnets=network.private_subnet_ids,
                    security_group=security.of(name),
                    exposure=_balanced(exposures.get(workload.name)),
                    after=[
                        *network.private_routes,
                        *endpoints.refs,
                        *security.egress_of(name),
                        *(services[callee].service for callee in callees),
                    ],
                )

        for gateway in gateways.values():
            ServiceResources(
                self,
                deployment=deployment,
                workload=gateway.workload,
                membership=gateway.membership,
                mounted=Mounted(),
                cluster=cluster,
                subnets=network.private_subnet_ids,
                security_group=gateway.security_group,
                exposure=gateway.exposure,
                after=[*network.private_routes, *endpoints.refs, *gateway.egress],
            )

        declare_variable(self.elements, base=self)
        Outputs(
            self,
            deployment=deployment,
            network=network,
            cluster=cluster,
            mesh=mesh,
            text=text,
            security=security,
            exposures=exposures,
            dns_names={name: ingress.dns_name for name, ingress in every_ingress.items()},
            services=services,
        )
        after_ended_mesh(self.elements, deployment)
        previous = deployment.catalog.mesh.migrate_from
        left = RETIRED_RESOURCES[previous](deployment) if previous else []
        stacks = {BASE: self, **self.stacks}
        forget(stacks, [*moved_between_states(self.elements, deployment), *retired_addresses(left, deployment)])
        move(stacks, self.elements, deployment)


def _capacities(
    stack: TerraformStack, *, deployment: Deployment, cluster: Cluster, network: Network, endpoints: Endpoints
) -> dict[str, CapacityProvider]:
    """The capacity providers of instances, by their names in the catalog, including unused ones. ECS can't detach a
    capacity provider that a service still uses (ECS API reference, PutClusterCapacityProviders), and Terraform would
    try that before it updates the service."""
    if not deployment.catalog.capacity:
        return {}
    instances = ContainerInstances(stack, deployment=deployment, network=network, endpoints=endpoints)
    return {
        name: CapacityProvider(
            stack, deployment=deployment, name=name, cluster=cluster.name, instances=instances, network=network
        )
        for name in sorted(deployment.catalog.capacity)
    }


def _balanced(exposure: Exposure | None) -> Exposure | None:
    """The exposure if a load balancer has the service's tasks as targets. Behind a mesh's gateway none has them."""
    return exposure if exposure is not None and exposure.target_group is not None else None


class _Account(Part):
    """The target account. A data source reads it only if the catalog requires it and doesn't set it."""

    def __init__(self, scope: TerraformStack, *, deployment: Deployment) -> None:
        super().__init__(scope, "account", deployment=deployment)
        self._identity: Ref | None = None

    def number(self) -> str:
        """The account number if the catalog lists exactly one account, else a reference to the data source."""
        known = self.deployment.catalog.aws.accounts
        if len(known) == 1:
            return known[0]
        self._identity = self._identity or self.add(DataAwsCallerIdentity, "current_account")
        return self._identity.account_id
