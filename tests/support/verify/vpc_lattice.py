"""VPC Lattice: from the service by its listener to the target group with ECS's tasks."""

from __future__ import annotations

from typing import Any

from catalog.meshes.vpc_lattice.listeners import aws_name, is_carried, is_registered, over_tls
from catalog.model import Deployment, Service
from tests import emulator
from tests.support.verify.tasks import assert_found_by_dns, discovered, ecs_service, listening

_PROTOCOL_VERSIONS = {"http": "HTTP1", "http2": "HTTP2", "grpc": "GRPC"}


def assert_reaches(deployment: Deployment) -> None:
    account = _Account(deployment)
    assert account.associated_vpcs() == 1
    for service in listening(deployment):
        if is_carried(deployment, service):
            _assert_listens(service, deployment, account)
        # Also a carried one, for tasks that an earlier mesh left.
        if is_registered(deployment, service):
            assert_found_by_dns(service, deployment)
    for service in deployment.services.values():
        for callee in deployment.callees_of(service):
            if is_carried(deployment, callee):
                assert callee.port in account.admitted(service), f"{service.name} cannot enter to {callee.name}"


def found(service: Service, deployment: Deployment) -> list[str]:
    if not is_carried(deployment, service):
        return discovered(service, namespace=deployment.namespace, region=deployment.region)
    lattice = emulator.client("vpc-lattice", region=deployment.region)
    [bound] = ecs_service(service, deployment)["deployments"][0]["vpcLatticeConfigurations"]
    targets = lattice.list_targets(targetGroupIdentifier=bound["targetGroupArn"])["items"]
    return sorted(target["id"] for target in targets)


def connecting(service: Service, deployment: Deployment) -> list[str]:
    """To the tasks of what is carried, VPC Lattice alone connects."""
    callers = [caller.name for caller in deployment.callers_of(service.name)]
    return ["prefix list"] if is_carried(deployment, service) else callers


def remains(deployment: Deployment) -> list[str]:
    lattice = emulator.client("vpc-lattice", region=deployment.region)
    found = (lattice.list_service_networks(), lattice.list_services(), lattice.list_target_groups())
    return [each["name"] for answer in found for each in answer["items"]]


def _assert_listens(service: Service, deployment: Deployment, account: _Account) -> None:
    known = account.service(deployment, service)
    tls = over_tls(deployment, service)
    [listener] = account.lattice.list_listeners(serviceIdentifier=known["id"])["items"]
    assert (listener["protocol"], listener["port"]) == ("HTTPS" if tls else "HTTP", service.port)
    described = account.lattice.get_listener(serviceIdentifier=known["id"], listenerIdentifier=listener["id"])
    targets = described["defaultAction"]["forward"]["targetGroups"]
    workloads = deployment.workloads_of(service.name)
    for each, target in zip(workloads, targets, strict=True):
        assert target["weight"] == each.weight
        group = account.lattice.get_target_group(targetGroupIdentifier=target["targetGroupIdentifier"])
        config = group["config"]
        assert (config["port"], config["protocolVersion"]) == (service.port, _PROTOCOL_VERSIONS[service.protocol])
        [bound] = ecs_service(each, deployment)["deployments"][0]["vpcLatticeConfigurations"]
        assert (bound["targetGroupArn"], bound["portName"]) == (group["arn"], service.aws_name)
        assert len(found(each, deployment)) == each.first_tasks
    associations = account.lattice.list_service_network_service_associations(serviceIdentifier=known["id"])["items"]
    assert len(associations) == 1
    assert "customDomainName" not in known


class _Account:
    """Resources of one deployment in the emulated AWS."""

    def __init__(self, deployment: Deployment) -> None:
        self.lattice = emulator.client("vpc-lattice", region=deployment.region)
        self._ec2 = emulator.client("ec2", region=deployment.region)
        [network] = [n for n in self.lattice.list_service_networks()["items"] if n["name"] == deployment.id]
        self._network = network["id"]
        self._deployment = deployment

    def _associations(self) -> list[dict[str, Any]]:
        found = self.lattice.list_service_network_vpc_associations(serviceNetworkIdentifier=self._network)["items"]
        return [
            self.lattice.get_service_network_vpc_association(serviceNetworkVpcAssociationIdentifier=each["id"])
            for each in found
        ]

    def associated_vpcs(self) -> int:
        """How many VPCs have a way into the service network."""
        return len(self._associations())

    def service(self, deployment: Deployment, service: Service) -> dict[str, Any]:
        """A service as VPC Lattice describes it."""
        associated = self.lattice.list_service_network_service_associations(serviceNetworkIdentifier=self._network)
        described = [self.lattice.get_service(serviceIdentifier=each["serviceId"]) for each in associated["items"]]
        wanted = aws_name(deployment, service)
        [found] = [each for each in described if each["name"] == wanted]
        return found

    def admitted(self, caller: Service) -> set[int]:
        """The ports on which the service network lets a caller's tasks in."""
        [association] = self._associations()
        rules = self._ec2.describe_security_group_rules(
            Filters=[{"Name": "group-id", "Values": association["securityGroupIds"]}]
        )["SecurityGroupRules"]
        groups = self._ec2.describe_security_groups()["SecurityGroups"]
        own = {g["GroupId"] for g in groups if g["GroupName"] == f"{self._deployment.id}-{caller.aws_name}"}
        return {
            rule["FromPort"]
            for rule in rules
            if not rule["IsEgress"] and rule.get("ReferencedGroupInfo", {}).get("GroupId") in own
        }
