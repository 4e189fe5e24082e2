"""All services of a catalog under other keys, and what must be the same in AWS."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from catalog import names
from tests.support.synth import catalog_output
from tests.support.toml_blocks import written

NOT_IN_AWS = ("//", "depends_on", "force_new_deployment")
"""A resource's arguments that Terraform or its provider reads itself; of its lifecycle, the message for a failed
deployment."""


def assert_only_moved(tree: dict[str, Any], into: Path, *, made: Mapping[str, Any] | None = None) -> None:
    """With new keys for its services, a catalog has the resources that it had, at addresses that are moved. `made` is
    its output by stack folder, if a test has it."""
    kept = copy.deepcopy(tree)
    tree.pop("overrides", None)  # in Terraform's own words, by address
    for each in (tree, *tree.get("environments", {}).values()):
        each.get("catalog", {}).pop("images", None)
    # The last in the alphabet becomes the first: nothing may depend on the order of keys either.
    keys = sorted(tree["services"], reverse=True)
    new = {old: f"a{index:02}-{old}" for index, old in enumerate(keys)}

    before = made if made and tree == kept else catalog_output(written(tree), into / "before")
    after = catalog_output(written(_renamed(tree, new)), into / "after")

    for id_, output in after.items():
        old = _by_address(before[id_])
        blocks = output["moved"]
        assert blocks == sorted(blocks, key=lambda block: block["from"])
        back = {block["to"]: block["from"] for block in blocks}
        assert len(back) == len(set(back.values()) & old.keys()) == len(blocks)
        found = {back.get(address, address): body for address, body in _by_address(output).items()}
        found = json.loads(_moved_back(json.dumps(found), back))
        addresses = {
            names.variable(key, part) for pair in new.items() for key in pair for part in ("url", "host", "port")
        }
        assert _canonical(found, without=addresses) == _canonical(old, without=addresses)


def _renamed(tree: Mapping[str, Any], new: Mapping[str, str]) -> dict[str, Any]:
    """A catalog with other keys for its services, wherever it says them."""
    return {
        key: _renamed_services(value, new)
        if key == "services"
        else {name: _renamed(each, new) for name, each in value.items()}
        if key == "environments"
        else [".".join(new.get(word, word) for word in each.split(".")) for each in value]
        if key == "unset"
        else value
        for key, value in tree.items()
    }


def _renamed_services(services: Mapping[str, Any], new: Mapping[str, str]) -> dict[str, Any]:
    found = {}
    for name, service in services.items():
        text = json.dumps(service)
        for old, key in new.items():
            text = re.sub(rf"\{{{old}\.(url|host|port)\}}", rf"{{{key}.\1}}", text)
        table = json.loads(text)
        if "calls" in table:
            table["calls"] = [new.get(callee, callee) for callee in table["calls"]]
        found[new[name]] = table | {"renamed_from": name}
    return found


def _by_address(output: Mapping[str, Any]) -> dict[str, Any]:
    return {
        f"{type_}.{name}": _in_aws(body) for type_, named in output["resource"].items() for name, body in named.items()
    }


def _moved_back(text: str, back: Mapping[str, str]) -> str:
    """With the old addresses for the new, in whatever refers to them."""
    text = re.sub(r"(?:aws_\w+|terraform_data)\.[\w-]+", lambda found: back.get(found[0], found[0]), text)
    service = "aws_ecs_service."
    locals_ = {key.removeprefix(service): old.removeprefix(service) for key, old in back.items()}
    return re.sub(
        r"local\.([\w-]+)_secret_versions",
        lambda found: f"local.{locals_.get(found[1], found[1])}_secret_versions",
        text,
    )


def _in_aws(body: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in body.items() if key not in NOT_IN_AWS}
    if "postcondition" in kept.get("lifecycle", {}):
        kept["lifecycle"] = kept["lifecycle"] | {"postcondition": None}
    return kept


def _canonical(value: Any, *, without: set[str]) -> Any:
    """With JSON in texts read, lists in an order of their own, and some environment variables left out: those by whose
    names callers know the addresses of their callees."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        return _canonical(json.loads(value), without=without)
    if isinstance(value, dict):
        return {key: _canonical(item, without=without) for key, item in value.items()}
    if isinstance(value, list):
        kept = [each for each in value if not (isinstance(each, dict) and each.get("name") in without)]
        found = [_canonical(item, without=without) for item in kept]
        return sorted(found, key=lambda item: json.dumps(item, sort_keys=True))
    return value
