"""The documents of VPC Lattice, with AWS's rules for each.

moto knows how to make most of it, and next to nothing of changing, deleting or associating it. Here a document is kept
as it was sent, after three questions: does botocore's model allow it, does everything it names exist, and is what it
deletes still in use. The rules are those of the API reference (botocore's texts of the operations), where a comment
names no other source.
"""

from __future__ import annotations

import json
import random
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.exceptions import ServiceException
from moto.core.utils import camelcase_to_underscores, utcnow
from moto.ec2 import ec2_backends
from moto.iam import iam_backends
from moto.logs import logs_backends

Document = dict[str, Any]
HOSTED_ZONE = "Z09127221KTH2CFUOHIZH"
_ROLE = re.compile(r"arn:[a-z-]+:iam::\d{12}:role/.+")
_LISTENERS = 2
"""Listeners of a service (user guide, "Quotas")."""
_POLICY_BYTES = 10240
"""Bytes of an auth policy (user guide, "Quotas")."""


@dataclass(frozen=True)
class Kind:
    """One resource kind: the names of its operations, the prefix of its ids, and its path in ARNs."""

    name: str
    prefix: str
    arn: str
    parent: str | None = None

    @property
    def key(self) -> str:
        """The name's spelling in requests: `serviceIdentifier`, `serviceId`."""
        return self.name[0].lower() + self.name[1:]


KINDS = {
    kind.name: kind
    for kind in (
        Kind("ServiceNetwork", "sn", "servicenetwork"),
        Kind("Service", "svc", "service"),
        Kind("TargetGroup", "tg", "targetgroup"),
        Kind("Listener", "listener", "listener", "Service"),
        Kind("Rule", "rule", "rule", "Listener"),
        Kind("ServiceNetworkServiceAssociation", "snsa", "servicenetworkserviceassociation"),
        Kind("ServiceNetworkVpcAssociation", "snva", "servicenetworkvpcassociation"),
        Kind("AccessLogSubscription", "als", "accesslogsubscription"),
    )
}
_NAMED = ("ServiceNetwork", "Service", "TargetGroup")
"""Kinds whose names must be unique."""
_HEALTH_CHECK = {
    "enabled": True,
    "protocol": "HTTP",
    "protocolVersion": "HTTP1",
    "path": "/",
    "healthCheckIntervalSeconds": 30,
    "healthCheckTimeoutSeconds": 5,
    "healthyThresholdCount": 5,
    "unhealthyThresholdCount": 2,
    "matcher": {"httpCode": "200"},
}


class Invalid(ServiceException):
    code = "ValidationException"


class Conflict(ServiceException):
    code = "ConflictException"


class NotFound(ServiceException):
    code = "ResourceNotFoundException"


class QuotaExceeded(ServiceException):
    code = "ServiceQuotaExceededException"


class LatticeStore(BaseBackend):
    """Every VPC Lattice resource of one account and region, by id."""

    def __init__(self, region_name: str, account_id: str):
        super().__init__(region_name, account_id)
        self.documents: dict[str, Document] = {}
        self.tags: dict[str, dict[str, str]] = {}
        self.policies: dict[str, str] = {}
        self.targets: dict[str, list[Document]] = {}
        self.seen_roles: set[str] = set()
        """Roles that a policy has named. IAM is eventually consistent: the first time, VPC Lattice doesn't find one."""

    def find(self, identifier: str, kind: str | None = None) -> Document:
        """The document with this id or ARN."""
        found = self.documents.get(identifier.rsplit("/", 1)[-1])
        if found is None or kind not in (None, found["kind"]):
            raise NotFound(f"{kind or 'Resource'} {identifier} not found")
        return found

    def all(self, kind: str) -> list[Document]:
        # A copy, because another request may add a document concurrently.
        return [document for document in tuple(self.documents.values()) if document["kind"] == kind]

    def create(self, kind: Kind, params: Document) -> Document:
        if kind.name in _NAMED and any(each["name"] == params["name"] for each in self.all(kind.name)):
            raise Conflict(f"{kind.name} with name {params['name']} already exists")
        made = {key: value for key, value in params.items() if key not in ("tags", "clientToken")}
        made |= getattr(self, f"_new_{camelcase_to_underscores(kind.name)}")(params)
        id_ = f"{kind.prefix}-{''.join(random.choices(string.hexdigits.lower()[:16], k=17))}"
        under = f"{self.find(made[f'{KINDS[kind.parent].key}Id'])['path']}/" if kind.parent else ""
        path = f"{under}{kind.arn}/{id_}"
        now = utcnow()
        made |= {
            "kind": kind.name,
            "id": id_,
            "path": path,
            "arn": f"arn:{self.partition}:vpc-lattice:{self.region_name}:{self.account_id}:{path}",
            "status": "ACTIVE",
            "createdAt": now,
            "lastUpdatedAt": now,
            "createdBy": self.account_id,
        }
        if kind.name == "Service":
            made["dnsEntry"] = self._entry(made, f"{made['name']}-{id_.removeprefix('svc-')}")
        self.documents[id_] = made
        self.tags[id_] = dict(params.get("tags") or {})
        return made

    def update(self, kind: Kind, document: Document, params: Document) -> Document:
        changes = {key: value for key, value in params.items() if not key.endswith("Identifier")}
        if kind.name == "ServiceNetworkVpcAssociation":
            self._check_groups(document["vpcId"], changes.get("securityGroupIds") or [])
        if kind.name == "TargetGroup":
            config = document["config"]
            changes = {"config": config | {"healthCheck": config["healthCheck"] | changes.get("healthCheck", {})}}
            self._check_target_group(changes["config"])
        for target_group in _forwarded(changes):
            self.find(target_group, "TargetGroup")
        document |= changes | {"lastUpdatedAt": utcnow()}
        return document

    def delete(self, kind: Kind, document: Document) -> Document:
        if users := list(self._users(kind, document)):
            raise Conflict(f"{document['id']} is used by {', '.join(users)}")
        gone = [
            each for each in tuple(self.documents.values()) if f"{each['path']}/".startswith(f"{document['path']}/")
        ]
        # Deleting a service or network deletes its policy and its access logs too.
        gone += [each for each in self.all("AccessLogSubscription") if each["resourceId"] == document["id"]]
        for each in gone:
            for held in (self.documents, self.tags, self.policies, self.targets):
                held.pop(each["id"], None)
        return document | {"status": "DELETE_IN_PROGRESS"}

    def _users(self, kind: Kind, document: Document) -> Iterator[str]:
        """Documents that refer to this one."""
        id_ = document["id"]
        for association in (*self.all("ServiceNetworkServiceAssociation"), *self.all("ServiceNetworkVpcAssociation")):
            if id_ in (association.get("serviceId"), association["serviceNetworkId"]):
                yield association["id"]
        if kind.name == "TargetGroup":
            yield from (each["id"] for each in self.users_of(id_))

    def users_of(self, target_group: str) -> list[Document]:
        """The listeners and rules that send requests to a target group."""
        senders = (*self.all("Listener"), *self.all("Rule"))
        return [each for each in senders if target_group in (t.rsplit("/", 1)[-1] for t in _forwarded(each))]

    # Checks and defaults for each kind.

    def _new_service_network(self, params: Document) -> Document:
        return {"authType": params.get("authType", "NONE")}

    def _new_service(self, params: Document) -> Document:
        return {"authType": params.get("authType", "NONE")}

    def _new_target_group(self, params: Document) -> Document:
        config = {"port": 80, "protocol": "HTTP", "protocolVersion": "HTTP1", **params.get("config", {})}
        config["healthCheck"] = _HEALTH_CHECK | config.get("healthCheck", {})
        if params["type"] == "IP":
            config.setdefault("ipAddressType", "IPV4")
        self._check_vpc(config["vpcIdentifier"])
        self._check_target_group(config)
        return {"config": config}

    @staticmethod
    def _check_target_group(config: Document) -> None:
        check = config["healthCheck"]
        if config["protocolVersion"] == "GRPC" and check["enabled"] and "protocolVersion" not in check:
            raise Invalid("there are no health checks over gRPC")
        if check["healthCheckTimeoutSeconds"] > check["healthCheckIntervalSeconds"]:
            raise Invalid("a health check may not take longer than the interval between two")

    def _new_listener(self, params: Document) -> Document:
        service = self.find(params["serviceIdentifier"], "Service")
        others = [each for each in self.all("Listener") if each["serviceId"] == service["id"]]
        if len(others) >= _LISTENERS:
            raise QuotaExceeded(f"a service has at most {_LISTENERS} listeners")
        port = params.get("port", {"HTTP": 80, "HTTPS": 443}.get(params["protocol"]))
        if any(other["port"] == port or other["name"] == params["name"] for other in others):
            raise Conflict(f"{service['id']} has a listener with that name or port {port}")
        for target_group in _forwarded(params):
            found = self.find(target_group, "TargetGroup")
            if any(each.get("serviceId") not in (None, service["id"]) for each in self.users_of(found["id"])):
                raise Conflict(f"{found['id']} is used by another service")
        return {"port": port, "serviceId": service["id"], "serviceArn": service["arn"]}

    def _new_rule(self, params: Document) -> Document:
        listener = self.find(params["listenerIdentifier"], "Listener")
        for other in self.all("Rule"):
            if other["listenerId"] == listener["id"] and params["priority"] == other["priority"]:
                raise Conflict(f"{listener['id']} has a rule of priority {params['priority']}")
        for target_group in _forwarded(params):
            self.find(target_group, "TargetGroup")
        return {"listenerId": listener["id"], "isDefault": False}

    def _new_service_network_service_association(self, params: Document) -> Document:
        network = self.find(params["serviceNetworkIdentifier"], "ServiceNetwork")
        service = self.find(params["serviceIdentifier"], "Service")
        hosts = service["dnsEntry"]["domainName"], service.get("customDomainName")
        for other in self.all("ServiceNetworkServiceAssociation"):
            if other["serviceNetworkId"] != network["id"]:
                continue
            if other["serviceId"] == service["id"] or (hosts[1] and other.get("customDomainName") == hosts[1]):
                raise Conflict(f"{other['serviceName']} is associated under that name")
        return {
            **_of_network(network),
            **{f"service{key}": service[key.lower()] for key in ("Id", "Name", "Arn")},
            "dnsEntry": service["dnsEntry"],
            "customDomainName": service.get("customDomainName"),
        }

    def _new_service_network_vpc_association(self, params: Document) -> Document:
        network = self.find(params["serviceNetworkIdentifier"], "ServiceNetwork")
        vpc = params["vpcIdentifier"]
        self._check_vpc(vpc)
        groups = params.get("securityGroupIds") or []
        self._check_groups(vpc, groups)
        if any(other["vpcId"] == vpc for other in self.all("ServiceNetworkVpcAssociation")):
            # User guide, "Manage the associations for a VPC Lattice service network".
            raise Conflict(f"{vpc} is associated with a service network")
        return {**_of_network(network), "vpcId": vpc, "securityGroupIds": groups}

    def _new_access_log_subscription(self, params: Document) -> Document:
        resource = self.find(params["resourceIdentifier"])
        destination = params["destinationArn"]
        group = destination.split(":log-group:")[-1].removesuffix(":*")
        if ":logs:" in destination and group not in logs_backends[self.account_id][self.region_name].groups:
            raise NotFound(f"log group {group} not found")
        return {"resourceId": resource["id"], "resourceArn": resource["arn"]}

    def _entry(self, service: Document, host: str) -> Document:
        return {"domainName": f"{host}.7d67968.vpc-lattice-svcs.{self.region_name}.on.aws", "hostedZoneId": HOSTED_ZONE}

    def _check_vpc(self, vpc: str) -> None:
        if vpc not in ec2_backends[self.account_id][self.region_name].vpcs:
            raise Invalid(f"{vpc} does not exist")

    def _check_groups(self, vpc: str, groups: list[str]) -> None:
        ec2 = ec2_backends[self.account_id][self.region_name]
        for name in groups:
            group = ec2.get_security_group_from_id(name)
            if group is None or group.vpc_id != vpc:
                raise Invalid(f"{name} is no security group of {vpc}")

    def check_policy(self, policy: str) -> None:
        """Refuse a policy that IAM can't parse, or that names roles that don't exist, or not for long enough."""
        if "\n" in policy or len(policy.encode()) > _POLICY_BYTES:
            raise Invalid(f"an auth policy has no newlines and at most {_POLICY_BYTES} bytes")
        roles = {role.arn for role in tuple(iam_backends[self.account_id][self.partition].roles.values())}
        for statement in json.loads(policy)["Statement"]:
            principal = statement["Principal"]
            named = principal["AWS"] if isinstance(principal, dict) else []
            for arn in [named] if isinstance(named, str) else named:
                if _ROLE.fullmatch(arn) and not (arn in roles and arn in self.seen_roles):
                    self.seen_roles.add(arn)
                    raise Invalid(f"{arn} does not exist")


def _of_network(network: Document) -> Document:
    return {f"serviceNetwork{key}": network[key.lower()] for key in ("Id", "Name", "Arn")}


def _forwarded(document: Document) -> list[str]:
    """The target groups that a listener or a rule sends requests to."""
    action = document.get("defaultAction") or document.get("action") or {}
    return [group["targetGroupIdentifier"] for group in action.get("forward", {}).get("targetGroups", [])]


lattice_backends = BackendDict(LatticeStore, "vpc-lattice")


def register(store: LatticeStore, target_group: str, targets: list[Document]) -> None:
    """Add targets to a group, given by id or ARN."""
    document = store.find(target_group, "TargetGroup")
    held = store.targets.setdefault(document["id"], [])
    for target in targets:
        complete = {"id": target["id"], "port": target.get("port") or document["config"]["port"]}
        if complete not in held:
            held.append(complete)


def deregister(store: LatticeStore, target_group: str, targets: list[Document]) -> None:
    """Remove targets from a group, which may be deleted already."""
    held = store.targets.get(target_group.rsplit("/", 1)[-1], [])
    ids = {target["id"] for target in targets}
    held[:] = [each for each in held if each["id"] not in ids]
