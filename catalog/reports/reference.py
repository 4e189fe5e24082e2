"""The generated pages docs/catalog.md, docs/permissions.md and docs/meshes.md, from the model and the tables of
permissions and mesh features."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from catalog.analysis import access_permissions
from catalog.analysis.permissions import MANAGED, PERMISSIONS, Permission
from catalog.meshes import MESHES
from catalog.meshes.features import FEATURES
from catalog.reading import suggestions
from catalog.reports.model_schema import Json, definition_of, model_schema

_INTRODUCTION = Path(__file__).with_name("catalog.intro.md")
_EXAMPLES: Mapping[str, str] = tomllib.loads(Path(__file__).with_name("examples.toml").read_text("utf-8"))
_NOTE = "<!-- Made by `make docs` from catalog/model and catalog/reports/catalog.intro.md: change these. -->"


def catalog_page() -> str:
    """The text of docs/catalog.md."""
    model = model_schema()
    tables = list(_tables("", model, model, {}))
    links = {name: heading for heading, _, name in tables if name is not None}
    sections = [_section(heading, node, model, links) for heading, node, _ in tables]
    contents = [f"- [`{heading}`](#{_anchor(heading)})" for heading, _, _ in tables]
    return "\n".join([_NOTE, "", _INTRODUCTION.read_text("utf-8"), *contents, "", *sections, _planned()])


def _tables(path: str, node: Json, model: Json, seen: dict[str, str]) -> Iterator[tuple[str, Json, str | None]]:
    """Every table with keys of its own or at the top, in reading order: its heading, schema and definition, each
    definition once."""
    for key, value in _resolved(node, model).get("properties", {}).items():
        below = f"{path}.{key}" if path else key
        for heading, table in _tables_at(below, value, model):
            name = definition_of(table)
            if name is not None and name in seen:
                continue
            if name is not None:
                seen[name] = heading
            yield heading, _resolved(table, model), name
            if name is not None:
                yield from _tables(heading.strip("[]"), table, model, seen)


def _anchor(heading: str) -> str:
    """The anchor that GitHub gives a heading."""
    return re.sub(r"[^a-z0-9_-]", "", heading.lower())


def _tables_at(path: str, node: Json, model: Json) -> Iterator[tuple[str, Json]]:
    named = node.get("additionalProperties")
    for arm in node.get("anyOf", [node]):
        if definition_of(arm) is not None:
            yield f"[{path}]", arm
    if definition_of(node.get("items", {})) is not None:
        yield f"[[{path}]]", node["items"]
    if isinstance(named, dict) and any(definition_of(arm) for arm in named.get("anyOf", [named])):
        yield from _tables_at(f"{path}.NAME", named, model)
    elif node.get("type") == "object" and "." not in path:
        yield f"[{path}.KIND]" if "properties" in node else f"[{path}]", node


def _resolved(node: Json, model: Json) -> Json:
    table: Json = model["definitions"].get(definition_of(node) or "", node)
    return table


def _section(heading: str, table: Json, model: Json, links: Mapping[str, str]) -> str:
    lines = [f"### `{heading}`", "", table["description"], ""]
    if heading.endswith(".KIND]"):
        lines += [f"KIND is {_either(table['properties'])}.", ""]
    elif "properties" in table:
        shared = _shared_keys(heading, table, model)
        lines += ["| key | type | default | meaning |", "|---|---|---|---|"]
        required = table.get("required", ())
        for key, node in table["properties"].items():
            if key in shared:
                continue
            meaning = node.get("description") or _resolved(node, model)["description"]
            default = "required" if key in required else _code(node["default"]) if "default" in node else ""
            lines.append(f"| `{key}` | {_type(node, links)} | {default} | {meaning} |".replace("|  |", "| |"))
        lines.append("")
        if shared:
            keys = ", ".join(f"`{key}`" for key in shared)
            lines += [
                f"A version can also have its own values of these keys of [`[services.NAME]`](#servicesname): {keys}.",
                "",
            ]
    if example := _EXAMPLES.get(heading):
        lines += ["```toml", example.strip("\n"), "```", ""]
    return "\n".join(lines)


def _shared_keys(heading: str, table: Json, model: Json) -> list[str]:
    """The keys of a version that mean the same on its service."""
    service = model["definitions"]["ServiceKeys"]["properties"] if heading == "[[services.NAME.versions]]" else {}
    return [key for key in table["properties"] if key in service and key != "image"]


def _type(node: Json, links: Mapping[str, str], *, many: bool = False) -> str:
    """The accepted values, in words."""
    if "anyOf" in node:
        arms = _joined(_type(arm, links, many=many) for arm in node["anyOf"])
        return arms.replace("true or false or", "true, false or")
    if "enum" in node:
        return _either(node["enum"])
    if "items" in node:
        return f"list of {_type(node['items'], links, many=True)}"
    table = "tables" if many else "table"
    if "$ref" in node:
        heading = links.get(definition_of(node) or "")
        return f"[{table}](#{_anchor(heading)})" if heading else table
    kind = node.get("type")
    if kind == "integer":
        return f"{'integers' if many else 'integer'}{_range(node)}"
    if kind == "boolean":
        return "true or false"
    if kind == "object":
        return f"{table} of {_type(node['additionalProperties'], links, many=True)}" if _has_values(node) else table
    title = node.get("title", "string")
    first, of, rest = title.partition(" of ")
    return f"{first}s{of}{rest}" if many else title


def _has_values(node: Json) -> bool:
    return isinstance(node.get("additionalProperties"), dict) and "$ref" not in node["additionalProperties"]


def _range(node: Json) -> str:
    low, high = node.get("minimum"), node.get("maximum")
    if low is None and high is None:
        return ""
    return f" from {low} to {high}" if high is not None else f" from {low}"


def _either(words: Iterable[Any]) -> str:
    return _joined(_code(word) for word in words)


def _joined(words: Iterable[str]) -> str:
    *before, last = words
    return f"{', '.join(before)} or {last}" if before else last


def _code(value: Any) -> str:
    return f"`{json.dumps(value, ensure_ascii=False)}`"


def _planned() -> str:
    lines = [
        "## Not supported yet",
        "",
        "These keys are planned. Until then they are errors, in `[defaults]` and `[profiles.NAME]` too.",
        "",
        *(f"- `{key}`" for key in suggestions.unsupported_keys()),
        "",
    ]
    return "\n".join(lines)


_PERMISSIONS_INTRODUCTION = """\
<!-- Made by `make docs` from catalog/analysis/permissions.py and the meshes' own: change these. -->

# Permissions

Every policy that `make synth` writes contains only these permissions and the catalog's own `access.statements`. A test
verifies that. [Security](security.md) describes the other security settings."""


def all_permissions() -> tuple[Permission, ...]:
    """All permissions; those of the meshes are at the end."""
    return (
        *PERMISSIONS,
        *access_permissions.PERMISSIONS,
        *(permission for mesh in MESHES.values() for permission in mesh.permissions),
    )


def managed() -> dict[str, str]:
    """All AWS managed policies that roles may have, each with the reason."""
    return MANAGED | {name: why for mesh in MESHES.values() for name, why in mesh.managed_policies.items()}


def permissions_page() -> str:
    """The page docs/permissions.md."""
    return "\n".join(
        [
            _PERMISSIONS_INTRODUCTION,
            "",
            *_permissions_table(all_permissions()),
            "",
            "## AWS managed policies",
            "",
            *_managed(),
            "",
        ]
    )


def _permissions_table(every: Iterable[Permission]) -> list[str]:
    lines = ["| Actions | Holder | Reason | Reason for a wildcard |", "|---|---|---|---|"]
    for permission in every:
        actions = ", ".join(f"`{action}`" for action in permission.actions)
        lines.append(
            f"| {actions} | {permission.holder} | {permission.why} ({permission.page}) | {permission.everywhere} |"
        )
    return lines


def _managed() -> list[str]:
    return ["| Policy | Reason |", "|---|---|", *(f"| `{name}` | {why} |" for name, why in managed().items())]


_MESHES_INTRODUCTION = Path(__file__).with_name("meshes.intro.md")
_MESHES_NOTE = "<!-- Made by `make docs` from catalog/meshes and catalog/reports/meshes.intro.md: change these. -->"
_PARITY_TABLE = "<!-- parity table -->"
_EFFECTS = {
    "required": "error (required)",
    "best effort": "notice (best effort); error with `mesh.strict`",
    "fallback": "notice (fallback)",
}


def meshes_page() -> str:
    """The page docs/meshes.md."""
    introduction = _MESHES_INTRODUCTION.read_text("utf-8").rstrip()
    page = introduction.replace(_PARITY_TABLE, "\n".join(_meshes_table()))
    return f"{_MESHES_NOTE}\n\n{page}\n"


def _meshes_table() -> list[str]:
    kinds = list(MESHES)
    lines = [
        f"| Feature | {' | '.join(f'`{kind}`' for kind in kinds)} | If not supported |",
        "|---|" + "---|" * (len(kinds) + 1),
    ]
    for feature in FEATURES:
        verdicts = [MESHES[kind].parity[feature.key] for kind in kinds]
        missing = "fallback" if feature.effect == "fallback" else "**not supported**"
        cells = [verdict.cell(missing=missing) for verdict in verdicts]
        lines.append(f"| {feature.title}: `{feature.keys}` | {' | '.join(cells)} | {_EFFECTS[feature.effect]} |")
    return lines
