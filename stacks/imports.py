"""By which ids a state takes over what another had: `import` blocks for services with `stack_from`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

Configurations = Mapping[str, Mapping[str, Any]]
"""The arguments of every resource of a deployment, by address."""

_REFERENCE = re.compile(r"\$\{(aws_\w+\.[\w-]+)\.(\w+)\}")
_REVISION = "aws_ecs_task_definition"


class _Known:
    """Reads arguments as AWS will: an id has to be known before anything is imported, so references to arguments of
    other resources are followed to what these say."""

    def __init__(self, configurations: Configurations, address: str) -> None:
        self._configurations = configurations
        self._arguments = configurations[address]

    def __getitem__(self, argument: str) -> str:
        return self._followed(str(self._arguments[argument]))

    @property
    def cluster(self) -> str:
        """The name of an ECS service's cluster, which it names by ARN."""
        arn = str(self._arguments["cluster"])
        reference = _REFERENCE.fullmatch(arn)
        return str(self._configurations[reference[1]]["name"]) if reference else arn.rpartition("/")[2]

    def _followed(self, text: str) -> str:
        return _REFERENCE.sub(
            lambda found: self._followed(str(self._configurations[found[1]].get(found[2], found[0]))), text
        )


_IDS: dict[str, Callable[[_Known], str]] = {
    "aws_appautoscaling_policy": lambda of: "/".join((_scaled(of), of["name"])),
    "aws_appautoscaling_target": lambda of: _scaled(of),
    "aws_appmesh_gateway_route": lambda of: f"{of['mesh_name']}/{of['virtual_gateway_name']}/{of['name']}",
    "aws_appmesh_route": lambda of: f"{of['mesh_name']}/{of['virtual_router_name']}/{of['name']}",
    "aws_appmesh_virtual_node": lambda of: f"{of['mesh_name']}/{of['name']}",
    "aws_appmesh_virtual_router": lambda of: f"{of['mesh_name']}/{of['name']}",
    "aws_appmesh_virtual_service": lambda of: f"{of['mesh_name']}/{of['name']}",
    "aws_cloudwatch_log_group": lambda of: of["name"],
    "aws_cloudwatch_metric_alarm": lambda of: of["alarm_name"],
    "aws_ecs_service": lambda of: f"{of.cluster}/{of['name']}",
    "aws_iam_role": lambda of: of["name"],
    "aws_iam_role_policy": lambda of: f"{of['role']}:{of['name']}",
}
"""The ids of the types of `catalog.states.WORKLOAD_TYPES` (provider documentation, "Import" of each). Two are missing:
a scheduled action, which no provider can import, and which putting it again leaves as it is (Application Auto Scaling
API reference, PutScheduledAction); and `terraform_data`, which is nothing outside the state."""


def _scaled(of: _Known) -> str:
    return f"{of['service_namespace']}/{of['resource_id']}/{of['scalable_dimension']}"


def take_over(output: dict[str, Any], addresses: list[str], *, configurations: Configurations) -> None:
    """Make a state import resources that are there already, and that another forgets."""
    blocks = []
    for address in sorted(addresses):
        type_, _, name = address.partition(".")
        if type_ == _REVISION:
            # Its id ends with the revision, which only AWS knows.
            family = configurations[address]["family"]
            output.setdefault("data", {}).setdefault(_REVISION, {})[name] = {"task_definition": family}
            blocks.append({"to": address, "id": f"${{data.{address}.arn}}"})
        elif type_ in _IDS:
            blocks.append({"to": address, "id": _IDS[type_](_Known(configurations, address))})
    if blocks:
        output["import"] = blocks
