"""VPC Lattice's API, in front of its store of documents."""

from __future__ import annotations

import json

import moto.vpclattice.urls as lattice_urls
from moto.core.responses import ActionResult, BaseResponse, EmptyResult
from moto.core.utils import camelcase_to_underscores

from . import validation
from .lattice_store import (
    KINDS,
    Document,
    Invalid,
    Kind,
    LatticeStore,
    NotFound,
    deregister,
    lattice_backends,
    register,
)


class LatticeResponse(BaseResponse):
    """Answers VPC Lattice's API; the methods for each kind are added by _add_operations()."""

    def __init__(self) -> None:
        super().__init__(service_name="vpc-lattice")
        self.automated_parameter_parsing = True

    @property
    def store(self) -> LatticeStore:
        return lattice_backends[self.current_account][self.region]

    def checked(self) -> Document:
        """The request as it was sent, unknown members included, if the model allows it."""
        params = {**(json.loads(self.body) if self.body else {}), **self.uri_match}
        if found := validation.problems("vpc-lattice", self._get_action(), params):
            raise Invalid("; ".join(found))
        return params

    def put_auth_policy(self) -> ActionResult:
        document, policy = self.store.find(self.params["resourceIdentifier"]), self.params["policy"]
        self.store.check_policy(policy)
        self.store.policies[document["id"]] = policy
        return ActionResult({"policy": policy, "state": "Active"})

    def get_auth_policy(self) -> ActionResult:
        id_ = self.store.find(self.params["resourceIdentifier"])["id"]
        if id_ not in self.store.policies:
            raise NotFound(f"{id_} has no auth policy")
        return ActionResult({"policy": self.store.policies[id_], "state": "Active"})

    def delete_auth_policy(self) -> ActionResult:
        self.store.policies.pop(self.store.find(self.params["resourceIdentifier"])["id"], None)
        return EmptyResult()

    def list_targets(self) -> ActionResult:
        id_ = self.store.find(self.params["targetGroupIdentifier"], "TargetGroup")["id"]
        items = [each | {"status": "HEALTHY"} for each in self.store.targets.get(id_, [])]
        return ActionResult({"items": items})

    def register_targets(self) -> ActionResult:
        register(self.store, self.params["targetGroupIdentifier"], self.params["targets"])
        return ActionResult({"successful": self.params["targets"], "unsuccessful": []})

    def deregister_targets(self) -> ActionResult:
        deregister(self.store, self.params["targetGroupIdentifier"], self.params["targets"])
        return ActionResult({"successful": self.params["targets"], "unsuccessful": []})

    def list_tags_for_resource(self) -> ActionResult:
        return ActionResult({"tags": self.store.tags[self.store.find(self.params["resourceArn"])["id"]]})

    def tag_resource(self) -> ActionResult:
        self.store.tags[self.store.find(self.params["resourceArn"])["id"]] |= self.params["tags"]
        return EmptyResult()

    def untag_resource(self) -> ActionResult:
        tags = self.store.tags[self.store.find(self.params["resourceArn"])["id"]]
        for key in self.params["tagKeys"]:
            tags.pop(key, None)
        return EmptyResult()


def _add_operations(kind: Kind) -> None:
    identifier = f"{kind.key}Identifier"

    def found(self: LatticeResponse) -> Document:
        return self.store.find(self.params[identifier], kind.name)

    def create(self: LatticeResponse) -> ActionResult:
        return ActionResult(self.store.create(kind, self.checked()))

    def get(self: LatticeResponse) -> ActionResult:
        return ActionResult(found(self))

    def update(self: LatticeResponse) -> ActionResult:
        return ActionResult(self.store.update(kind, found(self), self.checked()))

    def delete(self: LatticeResponse) -> ActionResult:
        return ActionResult(self.store.delete(kind, found(self)))

    def list_all(self: LatticeResponse) -> ActionResult:
        asked = {
            key.removesuffix("entifier"): self.store.find(value)["id"] if "vpc" not in key else value
            for key, value in self.params.items()
            if key.endswith("Identifier") and value
        }
        return ActionResult({"items": [d for d in self.store.all(kind.name) if asked.items() <= d.items()]})

    for verb, method in (("Create", create), ("Get", get), ("Update", update), ("Delete", delete)):
        setattr(LatticeResponse, camelcase_to_underscores(verb + kind.name), method)
    setattr(LatticeResponse, camelcase_to_underscores(f"List{kind.name}s"), list_all)


def install() -> None:
    """Answer every VPC Lattice request from here. Must run before the first one: moto reads the table once."""
    for kind in KINDS.values():
        _add_operations(kind)
    lattice_urls.url_paths.clear()
    lattice_urls.url_paths["{0}/(?P<path>.+)$"] = LatticeResponse.dispatch
