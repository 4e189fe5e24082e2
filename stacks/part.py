"""A part of a deployment. It creates resources from typed arguments and returns references to them."""

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
    """A resource or data source in the output, with its Terraform address.

    `ref.arn` is the string `${aws_x.name.arn}`. Terraform derives dependencies from it as from cdktf's own tokens, but
    it requires no call into Node. Raises AttributeError for an attribute that the type doesn't have.
    """

    address: str
    element: TerraformElement
    state: str = BASE
    """The Terraform state that the resource is in."""

    def __getattr__(self, attribute: str) -> str:
        if not isinstance(getattr(type(self.element), attribute, None), property):
            raise AttributeError(f"{self.address} has no attribute {attribute!r}")
        return f"${{{self.address}.{attribute}}}"

    def expression(self, attribute: str) -> str:
        """The expression `aws_x.name.attribute` without `${}`, for use in a larger expression."""
        text: str = getattr(self, attribute)
        return text[2:-1]


OUTLIVES_TASKS = {"create_before_destroy": True}
"""The lifecycle of resources that running tasks require. Otherwise Terraform would delete them before it updates the
ECS service, and the old tasks would be unreachable during the rollout, or longer if it fails."""
PROTOCOL_VERSIONS = {"http": "HTTP1", "http2": "HTTP2", "grpc": "GRPC"}
"""The protocol versions of target groups (ELBv2 API reference, CreateTargetGroup.ProtocolVersion)."""


class Elements(dict[str, Ref]):
    """All resources and data sources of a deployment, by address, and the stacks of its states."""

    def __init__(
        self,
        *,
        state_of: Callable[[str], str] = lambda address: BASE,
        stacks: Mapping[str, TerraformStack] | None = None,
    ) -> None:
        super().__init__()
        self.state_of = state_of
        self.stacks = stacks or {}
        """The stack of each state except the base, by state. The base is the stack of the parts themselves."""


class Part(Construct):
    """A construct that creates resources at explicit addresses. Each address can be used only once."""

    def __init__(self, scope: Construct, id_: str, *, deployment: Deployment) -> None:
        super().__init__(scope, id_)
        self.deployment = deployment
        self.elements: Elements = scope.elements  # type: ignore[attr-defined]  # the stack's: one for all parts

    def add(self, type_: type[TerraformElement], name: str, /, **arguments: Any) -> Ref:
        """Create a resource or data source at the address `<type>.<name>`, in the state of that address.

        `depends_on` is a list of Refs. Those in other states are dropped, because states are applied in order.

        Raises ValueError if the address is used already: in cdktf the second resource would replace the first without
        an error. Raises LookupError if the address has a service's name, but RESOURCE_TYPES doesn't list the type.
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

    def scope_of(self, ref: Ref) -> TerraformStack:
        """The stack of a resource, for elements without an address that belong to the same state."""
        stack: TerraformStack = self.elements.stacks.get(ref.state) or TerraformStack.of(self)
        return stack

    def _owner_tags(self, type_: type[TerraformElement], address: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """The workload's tags, for every resource with its name. Set here, so that no part can forget them."""
        name = owner_name(address, workloads=self.deployment.workloads, types=RESOURCE_TYPES)
        owner = self.deployment.workloads.get(name or "")
        if owner is None or not owner.tags or not _supports_tags(type_):
            return {}
        return {"tags": {**(arguments.get("tags") or {}), **owner.tags}}


@functools.cache
def _supports_tags(type_: type[TerraformElement]) -> bool:
    return "tags" in inspect.signature(type_.__init__).parameters


def terraform_type(type_: type[TerraformElement]) -> str:
    """The Terraform type of a generated class, such as `aws_vpc` or `data.aws_region`, read from its module's name."""
    if type_ is DataResource:
        return "terraform_data"
    module = type_.__module__.rpartition(".")[2]
    return f"data.{module[5:]}" if module.startswith("data_aws_") else f"aws_{module}"


def protected(deployment: Deployment, **lifecycle: Any) -> dict[str, Any] | None:
    """The lifecycle of resources whose deletion can't be undone. With deletion protection, Terraform fails while it
    plans, before it deletes anything. AWS's own protection, which only load balancers have, fails during the apply."""
    if deployment.catalog.security.deletion_protection:
        return {**lifecycle, "prevent_destroy": True}
    return lifecycle or None
