"""A part of a deployment, and how it makes resources: typed arguments in, literal references out."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cdktf import DataResource, TerraformElement, TerraformStack
from constructs import Construct

from catalog.analysis.resource_types import owner as owner_name
from catalog.analysis.states import BASE
from catalog.meshes import RESOURCE_TYPES
from catalog.model import Deployment


@dataclass(frozen=True)
class Ref:
    """A resource or data source in the output, under its Terraform address.

    `ref.arn` is the text `${aws_x.name.arn}`. Terraform orders by it as it does by cdktf's own tokens, and it costs no
    call into Node; an attribute that the type does not have raises AttributeError all the same.
    """

    address: str
    element: TerraformElement
    state: str = BASE
    """The Terraform state that it lives in."""

    def __getattr__(self, attribute: str) -> str:
        if not isinstance(getattr(type(self.element), attribute, None), property):
            raise AttributeError(f"{self.address} has no attribute {attribute!r}")
        return f"${{{self.address}.{attribute}}}"

    def expression(self, attribute: str) -> str:
        """The bare expression `aws_x.name.attribute`, to be built into a larger `${…}`."""
        text: str = getattr(self, attribute)
        return text[2:-1]


OUTLIVES_TASKS = {"create_before_destroy": True}
"""The lifecycle of what running tasks rely on. Terraform would otherwise take it away before it updates the ECS service
that no longer wants it: for the length of a rollout nobody would reach the old tasks, and of one that fails, longer."""
PROTOCOL_VERSIONS = {"http": "HTTP1", "http2": "HTTP2", "grpc": "GRPC"}
"""What target groups call the protocols (ELBv2 API reference, CreateTargetGroup.ProtocolVersion)."""


class Elements(dict[str, Ref]):
    """What a deployment is made of, by address, and the stack that each goes to beside the base."""

    def __init__(
        self,
        *,
        state_of: Callable[[str], str] = lambda address: BASE,
        stacks: Mapping[str, TerraformStack] | None = None,
    ) -> None:
        super().__init__()
        self.state_of = state_of
        self.stacks = stacks or {}
        """By state; the base is where parts are."""


class Part(Construct):
    """A construct that makes resources under addresses of its own choosing, each of which can be used once."""

    def __init__(self, scope: Construct, id_: str, *, deployment: Deployment) -> None:
        super().__init__(scope, id_)
        self.deployment = deployment
        self.elements: Elements = scope.elements  # type: ignore[attr-defined]  # the stack's: one for all parts

    def add(self, type_: type[TerraformElement], name: str, /, **arguments: Any) -> Ref:
        """Make a resource or data source at the address `<type>.<name>`, in the state where that lives. `depends_on`
        takes Refs; between states, the order in which these are applied does the same.

        Raises ValueError where the address is taken: cdktf would let the second silently replace the first. Raises
        LookupError for one that bears a service's name, if the table of resource types doesn't know it.
        """
        address = f"{terraform_type(type_)}.{name}"
        if address in self.elements:
            raise ValueError(f"two resources claim the address {address}")
        tags = self._owner_tags(type_, address, arguments)
        state = self.elements.state_of(address)
        before = [ref.element for ref in arguments.pop("depends_on", ()) if ref.state == state]
        scope = self.elements.stacks.get(state, self)
        element = type_(scope, address, **{**arguments, **tags, "depends_on": before or None})
        element.override_logical_id(name)
        self.elements[address] = ref = Ref(address, element, state)
        return ref

    def _owner_tags(self, type_: type[TerraformElement], address: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """A workload's own tags, on whatever bears its name: here, so that no part can forget them."""
        name = owner_name(address, workloads=self.deployment.workloads, types=RESOURCE_TYPES)
        owner = self.deployment.workloads.get(name or "")
        if owner is None or not owner.tags or not _takes_tags(type_):
            return {}
        return {"tags": {**(arguments.get("tags") or {}), **owner.tags}}


@functools.cache
def _takes_tags(type_: type[TerraformElement]) -> bool:
    return "tags" in inspect.signature(type_.__init__).parameters


def terraform_type(type_: type[TerraformElement]) -> str:
    """`aws_vpc`, or `data.aws_region`: read off the module of the generated class, without asking Node."""
    if type_ is DataResource:
        return "terraform_data"
    module = type_.__module__.rpartition(".")[2]
    return f"data.{module[5:]}" if module.startswith("data_aws_") else f"aws_{module}"


def protected(deployment: Deployment, **lifecycle: Any) -> dict[str, Any] | None:
    """The lifecycle of what cannot be had back. Terraform refuses while it plans, before anything else is gone; AWS's
    own protection, which only load balancers have, refuses in the middle of it."""
    if deployment.catalog.security.deletion_protection:
        return {**lifecycle, "prevent_destroy": True}
    return lifecycle or None
