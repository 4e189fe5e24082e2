"""App Mesh as a store of documents.

moto's own App Mesh rebuilds every specification from a list of known fields, leaves virtual
services out and does not check references. Here a specification is kept as it was sent, after
three questions: does botocore's model allow it, does everything it names exist, and is what it
deletes still in use.

One rule is deliberately missing: a virtual node may list a backend that does not exist. AWS
accepts it, and without it two services that call each other could never be created.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import moto.appmesh.urls as appmesh_urls
from moto.core import DEFAULT_ACCOUNT_ID
from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.core.utils import camelcase_to_underscores, utcnow
from moto.iam import iam_backends

from . import validation

Document = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """One of the seven resource kinds: the names of its operations, its path and its references."""

    name: str
    plural: str
    parent: str | None
    references: Callable[[Document], Iterator[tuple[str, str]]] = lambda spec: iter(())

    @property
    def key(self) -> str:
        return self.name[0].lower() + self.name[1:]

    def path(self, params: Document) -> str:
        """The part of the ARN after the account: mesh/<mesh>/virtualNode/<node>."""
        own = f"{self.key}/{params[f'{self.key}Name']}"
        return f"{KINDS[self.parent].path(params)}/{own}" if self.parent else own


def _of_route(spec: Document) -> Iterator[tuple[str, str]]:
    for route in spec.values():
        if isinstance(route, dict):
            for target in route["action"]["weightedTargets"]:
                yield "virtualNode", target["virtualNode"]


def _of_virtual_service(spec: Document) -> Iterator[tuple[str, str]]:
    for kind, provider in spec.get("provider", {}).items():
        yield kind, provider[f"{kind}Name"]


def _of_gateway_route(spec: Document) -> Iterator[tuple[str, str]]:
    for route in spec.values():
        if isinstance(route, dict):
            yield "virtualService", route["action"]["target"]["virtualService"]["virtualServiceName"]


KINDS = {
    kind.key: kind
    for kind in (
        Kind("Mesh", "meshes", None),
        Kind("VirtualNode", "virtualNodes", "mesh"),
        Kind("VirtualRouter", "virtualRouters", "mesh"),
        Kind("VirtualService", "virtualServices", "mesh", _of_virtual_service),
        Kind("VirtualGateway", "virtualGateways", "mesh"),
        Kind("Route", "routes", "virtualRouter", _of_route),
        Kind("GatewayRoute", "gatewayRoutes", "virtualGateway", _of_gateway_route),
    )
}


class BadRequest(ServiceException):
    code = "BadRequestException"


class Conflict(ServiceException):
    code = "ConflictException"


class NotFound(ServiceException):
    code = "NotFoundException"


class ResourceInUse(ServiceException):
    code = "ResourceInUseException"


class Forbidden(ServiceException):
    code = "ForbiddenException"


def end(*, account: str = DEFAULT_ACCOUNT_ID) -> None:
    """End App Mesh: every call is refused until the emulator is reset. The answer of AWS since 2026-10-01 isn't known;
    the error is the one for callers without permission, which no client retries."""
    _account(account)["app_mesh_ended"] = True


def has_ended(account: str) -> bool:
    return bool(_account(account).get("app_mesh_ended"))


def _account(account: str) -> Document:
    # On a backend without regions, so that a reset of the emulator clears it too.
    return iam_backends[account]["aws"].__dict__


class AppMeshStore(BaseBackend):
    """Every App Mesh resource of one account and region, by the end of its ARN."""

    def __init__(self, region_name: str, account_id: str):
        super().__init__(region_name, account_id)
        self.documents: dict[str, Document] = {}
        self.tags: dict[str, dict[str, str]] = {}

    def arn(self, path: str) -> str:
        return f"arn:{self.partition}:appmesh:{self.region_name}:{self.account_id}:{path}"

    def find(self, path: str) -> Document:
        if path not in self.documents:
            raise NotFound(f"{path} does not exist")
        return self.documents[path]

    def by_arn(self, arn: str) -> str:
        path = arn.split(":", 5)[-1]
        self.find(path)
        return path

    def children(self, path: str) -> list[str]:
        # A copy, because another request may add a document concurrently.
        return [other for other in tuple(self.documents) if other.startswith(f"{path}/")]

    def users(self, path: str) -> list[str]:
        """The documents whose specification names this one."""
        mesh = path.split("/")[1]
        return [
            other
            for other in self.children(f"mesh/{mesh}")
            if path in (f"mesh/{mesh}/{kind}/{name}" for kind, name in self._references(other))
        ]

    def _references(self, path: str) -> Iterator[tuple[str, str]]:
        document = self.documents[path]
        return KINDS[path.rsplit("/", 2)[-2]].references(document["spec"])

    def check_references(self, kind: Kind, params: Document) -> None:
        if kind.parent:
            self.find(KINDS[kind.parent].path(params))
        for other, name in kind.references(params.get("spec", {})):
            self.find(f"mesh/{params['meshName']}/{other}/{name}")

    def create(self, kind: Kind, params: Document) -> Document:
        path = kind.path(params)
        self.check_references(kind, params)
        if path in self.documents:
            raise Conflict(f"{path} already exists")
        now = utcnow()
        names = {key: value for key, value in params.items() if key.endswith("Name")}
        self.documents[path] = names | {
            "spec": params.get("spec", {}),
            "status": {"status": "ACTIVE"},
            "metadata": {
                "arn": self.arn(path),
                "createdAt": now,
                "lastUpdatedAt": now,
                "meshOwner": self.account_id,
                "resourceOwner": self.account_id,
                "uid": str(uuid4()),
                "version": 1,
            },
        }
        self.tags[path] = {tag["key"]: tag["value"] for tag in params.get("tags", [])}
        return self.documents[path]

    def update(self, kind: Kind, params: Document) -> Document:
        document = self.find(kind.path(params))
        self.check_references(kind, params)
        document["spec"] = params.get("spec", {})
        document["metadata"]["version"] += 1
        document["metadata"]["lastUpdatedAt"] = utcnow()
        return document

    def delete(self, kind: Kind, params: Document) -> Document:
        path = kind.path(params)
        document = self.find(path)
        if holders := self.children(path) + self.users(path):
            raise ResourceInUse(f"{path} is used by {', '.join(holders)}")
        del self.documents[path], self.tags[path]
        return document | {"status": {"status": "DELETED"}}

    def list(self, kind: Kind, params: Document) -> list[Document]:
        parent = KINDS[kind.parent].path(params) if kind.parent else None
        if parent:
            self.find(parent)
        prefix = f"{parent}/{kind.key}/" if parent else f"{kind.key}/"
        found = [
            document
            for path, document in tuple(self.documents.items())
            if path.startswith(prefix) and "/" not in path[len(prefix) :]
        ]
        return [
            {key: value for key, value in document.items() if key.endswith("Name")} | document["metadata"]
            for document in found
        ]


appmesh_backends = BackendDict(AppMeshStore, "appmesh")


class AppMeshResponse(BaseResponse):
    """Answers App Mesh's API; the methods for each kind are added by _add_operations()."""

    # Matches nothing: in a path that names a virtual service, moto takes the "rds" of x.rds.amazonaws.com for a region.
    region_regex = re.compile(r"(?!)")

    def __init__(self) -> None:
        super().__init__(service_name="appmesh")
        self.automated_parameter_parsing = True

    @property
    def store(self) -> AppMeshStore:
        if has_ended(self.current_account):
            raise Forbidden("AWS App Mesh has ended")
        return appmesh_backends[self.current_account][self.region]

    def checked(self) -> Document:
        """The request as it was sent, unknown members included, if the model allows it."""
        params = {**(json.loads(self.body) if self.body else {}), **self.uri_match}
        if found := validation.problems("appmesh", self._get_action(), params):
            raise BadRequest("; ".join(found))
        return params

    def list_tags_for_resource(self) -> ActionResult:
        tags = self.store.tags[self.store.by_arn(self.params["resourceArn"])]
        return ActionResult({"tags": [{"key": key, "value": value} for key, value in tags.items()]})

    def tag_resource(self) -> ActionResult:
        path = self.store.by_arn(self.params["resourceArn"])
        self.store.tags[path] |= {tag["key"]: tag["value"] for tag in self.params["tags"]}
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        tags = self.store.tags[self.store.by_arn(self.params["resourceArn"])]
        for key in self.params["tagKeys"]:
            tags.pop(key, None)
        return EmptyResult()


def _add_operations(kind: Kind) -> None:
    def create(self: AppMeshResponse) -> ActionResult:
        return ActionResult({kind.key: self.store.create(kind, self.checked())})

    def update(self: AppMeshResponse) -> ActionResult:
        return ActionResult({kind.key: self.store.update(kind, self.checked())})

    def describe(self: AppMeshResponse) -> ActionResult:
        return ActionResult({kind.key: self.store.find(kind.path(self.params))})

    def delete(self: AppMeshResponse) -> ActionResult:
        return ActionResult({kind.key: self.store.delete(kind, self.params)})

    def list_all(self: AppMeshResponse) -> ActionResult:
        return ActionResult({kind.plural: self.store.list(kind, self.params)})

    for verb, method in (("Create", create), ("Update", update), ("Describe", describe), ("Delete", delete)):
        setattr(AppMeshResponse, camelcase_to_underscores(verb + kind.name), method)
    setattr(AppMeshResponse, camelcase_to_underscores("List" + kind.plural[0].upper() + kind.plural[1:]), list_all)


def install() -> None:
    """Answer every App Mesh request from here. Must run before the first one: moto reads the table once."""
    for kind in KINDS.values():
        _add_operations(kind)
    appmesh_urls.url_paths.clear()
    appmesh_urls.url_paths["{0}/v20190125/(?P<path>.+)$"] = AppMeshResponse.dispatch
