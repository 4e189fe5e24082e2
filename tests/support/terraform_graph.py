"""References in Terraform JSON: each target must exist, and references must not form a cycle."""

from __future__ import annotations

import graphlib
from collections.abc import Iterator, Mapping
from typing import Any

from tests.support.terraform_text import Reference, only, parsed, references, texts
from tests.support.terraform_types import is_scalar

_NOT_RESOURCES = {"path", "terraform", "each", "count"}
_DECLARED = {"var": "variable", "local": "locals"}
"""The roots of references to values of the configuration itself, and the table that declares them."""
_READ = "terraform_remote_state"


def problems_of_references(
    output: dict[str, Any], known: Mapping[str, Mapping[str, Any]], *, base: dict[str, Any] | None
) -> Iterator[str]:
    """References to missing resources or attributes, and circular references."""
    there = dict(_addresses(output))
    edges: dict[str, set[str]] = {address: set() for address in there}
    for address, (own, arguments) in there.items():
        for problem, target in _of_texts(arguments, own, there, known, base, output):
            if problem:
                yield f"{address}: {problem}"
            elif target:
                edges[address].add(target)
        for text in arguments.get("depends_on", []):
            reference = parsed(text)
            if reference is None or reference.address not in there or reference.way:
                yield f"{address}: depends_on {text}: no such address"
            else:
                edges[address].add(reference.address)
        for problem, target in _of_lifecycle(arguments.get("lifecycle", {}), own, there, known):
            if problem:
                yield f"{address}: {problem}"
            elif target:
                edges[address].add(target)
        yield from (
            f"{address}: {problem}" for problem in _of_types(arguments, known[own[0]].get(own[1], {}), there, known)
        )
    for table in ("output", "provider", "locals", "variable"):
        yield from (
            f"{table}: {text}"
            for text, _ in _of_texts(output.get(table, {}), ("", ""), there, known, base, output)
            if text
        )
    for block in output.get("moved", []):
        if block["to"] not in there:
            yield f"moved to {block['to']}: no such address"
        if block["from"] in there:
            yield f"moved from {block['from']}: which is still there"
    yield from (
        f"removed {block['from']}: still there" for block in output.get("removed", []) if block["from"] in there
    )
    yield from (
        f"import {block['to']}: no such address" for block in output.get("import", []) if block["to"] not in there
    )
    try:
        graphlib.TopologicalSorter({address: each - {address} for address, each in edges.items()}).prepare()
    except graphlib.CycleError as error:
        yield f"a circle: {' -> '.join(error.args[1])}"


def _addresses(output: dict[str, Any]) -> Iterator[tuple[str, tuple[tuple[str, str], dict[str, Any]]]]:
    for table in ("resource", "data"):
        for type_, named in output.get(table, {}).items():
            for name, arguments in named.items():
                yield (
                    f"{'data.' if table == 'data' else ''}{type_}.{name}",
                    ((table, type_), {key: each for key, each in arguments.items() if key != "//"}),
                )


def _of_texts(
    value: Any,
    own: tuple[str, str],
    there: Mapping[str, Any],
    known: Mapping[str, Mapping[str, Any]],
    base: dict[str, Any] | None,
    output: Mapping[str, Any],
) -> Iterator[tuple[str, str]]:
    """For every reference in a value: what is wrong with it, or which address it names."""
    for text in texts(value):
        if "{" not in text:
            continue
        try:
            found = list(references(text))
        except ValueError as error:
            yield str(error), ""
            continue
        for each in found:
            if each.root in _NOT_RESOURCES:
                continue
            if each.root == "self" and own[0]:
                yield from ((problem, "") for problem in _of_way(each.way, known[own[0]].get(own[1], {}), each))
            elif each.root in _DECLARED:
                declared = output.get(_DECLARED[each.root], {})
                if each.steps[0] not in declared:
                    yield f"{each.root}.{each.steps[0]}: no such name", ""
                elif each.root == "local":
                    yield from _of_texts(declared[each.steps[0]], own, there, known, base, output)
            elif each.address not in there:
                yield f"{each.address}: no such address", ""
            elif each.type_ == _READ:
                outputs = (base or {}).get("output", {})
                if base is not None and (each.way[:1] != ("outputs",) or each.way[1] not in outputs):
                    yield f"{each.address}.{'.'.join(each.way)}: no such output there", ""
            else:
                table = "data" if each.is_data else "resource"
                yield from ((problem, "") for problem in _of_way(each.way, known[table].get(each.type_, {}), each))
                yield "", each.address


def _of_way(way: tuple[str, ...], block: Mapping[str, Any], reference: Reference) -> Iterator[str]:
    if _type_at(way, block) is None:
        yield f"{reference.address if reference.root != 'self' else 'self'} has no {'.'.join(way)}"


def _type_at(way: tuple[str, ...], block: Mapping[str, Any]) -> Any:
    """The type of an attribute of a block; None where there is none."""
    if not way:
        return "dynamic"
    if (attribute := block.get("attributes", {}).get(way[0])) is not None:
        return _type_in(way[1:], attribute["type"])
    nested = block.get("block_types", {}).get(way[0])
    if nested is None:
        return None
    rest = way[1:]
    if nested["nesting_mode"] != "single":
        if rest and not (rest[0].isdigit() or rest[0] == "*"):
            return None
        rest = rest[1:]
    return _type_at(rest, nested["block"])


def _type_in(way: tuple[str, ...], type_: Any) -> Any:
    if not way or type_ == "dynamic":
        return type_
    if isinstance(type_, str):
        return None
    kind, of = type_
    if kind == "object":
        return _type_in(way[1:], of[way[0]]) if way[0] in of else None
    if kind == "list" and not (way[0].isdigit() or way[0] == "*"):
        return None
    return None if kind == "set" else _type_in(way[1:], of)


def _of_types(
    given: Mapping[str, Any], block: Mapping[str, Any], there: Mapping[str, Any], known: Mapping[str, Mapping[str, Any]]
) -> Iterator[str]:
    """References to a list for an argument that requires one value, and the reverse."""
    for key, value in given.items():
        attribute = block.get("attributes", {}).get(key)
        nested = block.get("block_types", {}).get(key)
        if nested is not None:
            for each in value if isinstance(value, list) else [value]:
                if isinstance(each, dict):
                    yield from (f"{key}.{problem}" for problem in _of_types(each, nested["block"], there, known))
        elif attribute is not None:
            wanted = attribute["type"]
            pairs = [(value, wanted)]
            if not isinstance(wanted, str) and wanted[0] in ("list", "set") and isinstance(value, list):
                pairs = [(item, wanted[1]) for item in value]
            for item, type_ in pairs:
                reference = only(item) if isinstance(item, str) else None
                if reference is None or reference.root == "self" or reference.address not in there:
                    continue
                table = "data" if reference.is_data else "resource"
                is_ = _type_at(reference.way, known[table].get(reference.type_, {}))
                if is_ not in (None, "dynamic") and type_ != "dynamic" and is_scalar(is_) != is_scalar(type_):
                    yield f"{key}: {item} is {is_}, and {type_} is wanted"


def _of_lifecycle(
    lifecycle: Mapping[str, Any],
    own: tuple[str, str],
    there: Mapping[str, Any],
    known: Mapping[str, Mapping[str, Any]],
) -> Iterator[tuple[str, str]]:
    for text in lifecycle.get("replace_triggered_by", []):
        reference = parsed(text.removeprefix("${").removesuffix("}"))
        if reference is None or reference.address not in there or reference.is_data:
            yield f"replace_triggered_by {text}: no such resource", ""
        else:
            block = known["resource"].get(reference.type_, {})
            yield from ((problem, "") for problem in _of_way(reference.way, block, reference))
            yield "", reference.address
    ignored = lifecycle.get("ignore_changes", [])
    for text in [] if ignored == "all" else ignored:
        way = parsed(f"self.{text}")
        if way is None or _type_at(way.way, known[own[0]].get(own[1], {})) is None:
            yield f"ignore_changes {text}: no such attribute", ""
