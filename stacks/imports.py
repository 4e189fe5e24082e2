"""By which ids a state takes over what another had: `import` blocks for services with `stack_from`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.meshes import RESOURCE_TYPES

Configurations = Mapping[str, Mapping[str, Any]]
"""The arguments of every resource of a deployment, by address."""

_REFERENCE = re.compile(r"\$\{(aws_\w+\.[\w-]+)\.(\w+)\}")


class _Known(Mapping[str, str]):
    """Reads arguments as AWS will: an id has to be known before anything is imported, so references to arguments of
    other resources are followed to what these say."""

    def __init__(self, configurations: Configurations, address: str) -> None:
        self._configurations = configurations
        self._arguments = configurations[address]

    def __getitem__(self, argument: str) -> str:
        return self._cluster_name() if argument == "cluster_name" else self._followed(str(self._arguments[argument]))

    def __iter__(self) -> Iterator[str]:
        return iter(self._arguments)

    def __len__(self) -> int:
        return len(self._arguments)

    def _cluster_name(self) -> str:
        """The name of an ECS service's cluster, which it names by ARN."""
        arn = str(self._arguments["cluster"])
        reference = _REFERENCE.fullmatch(arn)
        return str(self._configurations[reference[1]]["name"]) if reference else arn.rpartition("/")[2]

    def _followed(self, text: str) -> str:
        return _REFERENCE.sub(
            lambda found: self._followed(str(self._configurations[found[1]].get(found[2], found[0]))), text
        )


def take_over(output: dict[str, Any], addresses: list[str], *, configurations: Configurations) -> None:
    """Make a state import resources that are there already, and that another forgets."""
    blocks = []
    for address in sorted(addresses):
        type_, _, name = address.partition(".")
        row = RESOURCE_TYPES[type_]
        if row.latest_by:
            latest = {"task_definition": configurations[address][row.latest_by]}
            output.setdefault("data", {}).setdefault(type_, {})[name] = latest
            blocks.append({"to": address, "id": f"${{data.{address}.arn}}"})
        elif row.import_id:
            blocks.append({"to": address, "id": row.import_id.format_map(_Known(configurations, address))})
    if blocks:
        output["import"] = blocks
