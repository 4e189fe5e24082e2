"""The whole catalog of one deployment, and its lookups."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field

from catalog import names
from catalog.model.ingress import Ingress
from catalog.model.network import Discovery, External, Mesh, Network
from catalog.model.platform import (
    Aws,
    Capacity,
    CatalogTable,
    Cluster,
    Images,
    Security,
    Terraform,
)
from catalog.model.service import Service, ServiceKeys
from catalog.model.types import Name, Table, wrong
from catalog.model.workload import Workload

StateKind = Literal["local", "s3", "cloud", "remote", "gcs", "azurerm", "http", "pg", "consul"]
_ARGUMENTS: dict[str, str] = {
    "s3": 'bucket = "my-terraform-state" and region = "us-west-2"',
    "cloud": 'organization = "example"',
    "remote": 'organization = "example"',
    "gcs": 'bucket = "my-terraform-state"',
    "azurerm": "resource_group_name, storage_account_name and container_name",
    "http": 'address = "https://state.example.com"',
}
"""Arguments that a backend requires, by its kind."""
_KIND_OF = {
    "storage_account_name": "azurerm",
    "organization": "cloud",
    "path": "local",
    "conn_str": "pg",
    "address": "http",
    "prefix": "gcs",
}
"""The kind of backend that has an argument."""


def meant_backend(value: object) -> str:
    """Advice for a backend in the spelling of Terraform or Terragrunt: the table of [state] to write instead."""
    table: dict[str, Any] = value if isinstance(value, dict) else {"backend": value}
    table = inside if isinstance(inside := table.get("backend"), dict) else table
    kinds = get_args(StateKind)
    named = [each for key in ("backend", "kind", "type") if (each := table.get(key)) in kinds]
    known = [*named, *(key for key in table if key in kinds), *(_KIND_OF[key] for key in table if key in _KIND_OF)]
    kind = str(known[0]) if known else "s3"
    inner = next((table[key] for key in (kind, "config") if isinstance(table.get(key), dict)), None)
    if inner or (inner is None and table.keys() - {"backend", "kind", "type"}):
        return f"Write its arguments below [state.{kind}]."
    return f"Write [state.{kind}]" + (f" with {_ARGUMENTS[kind]}." if kind in _ARGUMENTS else ".")


def _one_state(value: object) -> object:
    table = value if isinstance(value, dict) else {}
    if isinstance(value, str) or "backend" in table or not all(isinstance(each, dict) for each in table.values()):
        raise wrong("the kind of the backend is a table of [state]. {fix}", fix=meant_backend(value))
    if isinstance(value, dict) and len(value) != 1:
        raise wrong(
            "a catalog has exactly one state; write one of [state.local], [state.s3], …, not {count}", count=len(value)
        )
    return value


class Catalog(Table):
    """The catalog of one deployment: layers merged, placeholders replaced."""

    catalog: CatalogTable
    vars: dict[str, str] = {}
    """Strings of your own, for `{var.x}` in any string."""
    aws: Aws = Aws()
    terraform: Terraform = Terraform()
    state: Annotated[dict[StateKind, dict[str, Any]], BeforeValidator(_one_state)] = {"local": {}}
    """Terraform backend: exactly one kind, with that backend's own arguments, passed on unchanged. `make synth` sets
    the argument that distinguishes states (`key`, `path`, `prefix`, workspace) if you don't; if you do, use `{stack}`
    for the state's name ("base"). s3 locking is on. Default: local, in `state/` beside the output folder."""
    network: Network = Network()
    discovery: Discovery = Discovery()
    mesh: Mesh
    cluster: Cluster = Cluster()
    capacity: dict[Name, Capacity] = {}
    """EC2 instances for tasks, in addition to Fargate."""
    ingress: dict[Name, Ingress] = {}
    """Ingresses from outside."""
    external: dict[Name, External] = {}
    """Egress destinations outside the catalog that services call."""
    images: Images = Images()
    security: Security = Security()
    services: Annotated[dict[Name, ServiceKeys], Field(min_length=1)]
    """Services to run."""
    overrides: dict[str, dict[str, Any]] = {}
    """Raw Terraform arguments, merged into the resource with that address, such as `aws_ecs_service.chat`."""


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A deployment: a catalog with an id, in one environment or none, with all its workloads resolved."""

    id: str
    environment: str | None
    catalog: Catalog
    running: tuple[Workload, ...] = field(repr=False)
    """All workloads: services by name, each followed by its versions in their order."""

    @cached_property
    def workloads(self) -> dict[str, Workload]:
        """All workloads, by name."""
        return {workload.name: workload for workload in self.running}

    @cached_property
    def services(self) -> dict[str, Service]:
        """The services, by name, without their other versions."""
        return {each.name: each for each in self.running if isinstance(each, Service) and each.version is None}

    @cached_property
    def versions(self) -> dict[str, tuple[Service, ...]]:
        """The other versions of a service, by its name."""
        versions: dict[str, list[Service]] = {}
        for each in self.running:
            if isinstance(each, Service) and each.version is not None:
                versions.setdefault(each.key, []).append(each)
        return {name: tuple(others) for name, others in versions.items()}

    def workloads_of(self, name: str) -> tuple[Service, ...]:
        """A service and its other versions: each a task definition and an ECS service."""
        return (self.services[name], *self.versions.get(name, ()))

    @property
    def region(self) -> str:
        return self.catalog.catalog.region

    @property
    def is_region_known(self) -> bool:
        """Whether the list of AWS's regions has the region. If it doesn't, rather its name is wrong than those in
        ARNs."""
        return self.region in names.known_regions()

    @property
    def partition(self) -> str:
        return names.partition(self.region)

    @cached_property
    def namespace(self) -> str:
        return self.catalog.discovery.namespace or f"{self.id}.internal"

    @cached_property
    def cluster_name(self) -> str:
        """The name of the cluster: the deployment's id, or the name in an existing cluster's ARN."""
        return (self.catalog.cluster.arn or self.id).rpartition("/")[2]

    @property
    def uses_existing_network(self) -> bool:
        return self.catalog.network.vpc_id is not None

    def host_of(self, name: str) -> str:
        """The host name that callers use for a service: the same on every mesh that supports it."""
        return f"{self.workloads[name].aws_name}.{self.namespace}"

    @cached_property
    def renamed(self) -> dict[str, str]:
        """The old keys of renamed workloads, by their new keys."""
        return {each.key: each.renamed_from for each in self.running if each.renamed_from}

    def callees_of(self, caller: Workload) -> tuple[Service, ...]:
        """The services that a workload calls, by name."""
        return tuple(self.services[name] for name in sorted(caller.calls) if name in self.services)

    def externals_of(self, caller: Workload) -> dict[str, External]:
        """The externals that a workload calls, by name."""
        return {name: self.catalog.external[name] for name in sorted(caller.calls) if name in self.catalog.external}

    def callers_of(self, name: str) -> tuple[Service, ...]:
        """The services that call a service or an external, by name."""
        return self._callers.get(name, ())

    @cached_property
    def _callers(self) -> dict[str, tuple[Service, ...]]:
        callers: dict[str, list[Service]] = {}
        for service in self.services.values():
            for callee in service.calls:
                callers.setdefault(callee, []).append(service)
        return {name: tuple(services) for name, services in callers.items()}

    def capacity_of(self, workload: Workload) -> Capacity | None:
        """The instances that a workload runs on; None for Fargate and for an unknown name."""
        return None if workload.on_fargate else self.catalog.capacity.get(workload.capacity)

    @cached_property
    def used_capacity(self) -> dict[str, Capacity]:
        """The instances that a workload runs on, by name."""
        used = {workload.capacity for workload in self.running}
        return {name: self.catalog.capacity[name] for name in sorted(used & self.catalog.capacity.keys())}

    def public_services(self, ingress: str) -> tuple[Service, ...]:
        """The services behind an ingress, by name."""
        return tuple(service for service in self.services.values() if self.ingress_of(service) == ingress)

    def ingress_of(self, service: Service) -> str | None:
        """The ingress of a public service: the one it names, or the catalog's only one."""
        if service.public is None:
            return None
        return service.public.ingress or next(iter(self.catalog.ingress), None)
