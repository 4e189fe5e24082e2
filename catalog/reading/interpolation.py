"""Placeholders: `{var.x}` and the like in any string, and callees' addresses such as `{llm.url}` in environments."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from catalog import names, unknowns
from catalog.diagnostics import Finding, Parts, Path, toml_key, toml_value
from catalog.model.workload import TABLES
from catalog.reading import suggestions
from catalog.reading.layers import Report, Tree, value_at

_INNER = r"var\.[^{}\s]*|environment|region|account"
_CALLEE = r"[a-z][a-z0-9-]*\.(?:url|host|port)"
_LITERAL_ACCOUNT = ("aws", "catalog", "state", "terraform")
"""Tables in which `{account}` must be known at synth: Terraform evaluates no expressions there, or needs the values to
configure the provider that would look up the account (the tags of [catalog] are the provider's too)."""
_TABLES = tuple((table,) for table in TABLES)


def _pattern(inner: str) -> re.Pattern[str]:
    # `${…}` and `%{…}` belong to shells and templates, and aren't placeholders.
    return re.compile(rf"(?P<foreign>[$%]\{{+)|\{{(?P<escaped>\{{(?:{inner})\}})|\{{(?P<name>{inner})\}}")


_GENERAL = _pattern(_INNER)
_IN_ENVIRONMENT = _pattern(f"{_INNER}|{_CALLEE}")
_ADDRESS = _pattern(_CALLEE)
_COMPLETE = re.compile(f"{_INNER}|{_CALLEE}")
_NEAR = re.compile(r"[$%]\{+|\{\{+|\{(?P<near>[A-Za-z][\w-]*(?:\.[\w-]+)*)\}")
_HCL = re.compile(r"\$\{\s*(?:var\.(?P<variable>[\w-]+)\s*|(?:aws_\w+|data|local|module|var)\.[^}]*)\}")
_DOUBLED = re.compile(r"(?<![{$%])\{\{([A-Za-z][\w-]*(?:\.[\w-]+)*)\}(?!\})")


class Unknown(Exception):
    """A placeholder without a value; the message is a fact and advice."""


def fill(
    text: str, values: Mapping[str, str], *, address: Callable[[str], str] | None = None, callees: Iterable[str] = ()
) -> str:
    """`text` with its placeholders replaced; with `address`, the addresses of `callees` too. A doubled opening brace
    makes a placeholder, or what is nearly one, literal. Raises Unknown for the first without a value."""

    def replace(match: re.Match[str]) -> str:
        if unchanged := match["foreign"] or match["escaped"]:
            return unchanged
        name = match["name"]
        if name in values:
            return values[name]
        if address is not None and not name.startswith("var.") and "." in name:
            return address(name)
        raise Unknown(_reason(name, values))

    def literal(match: re.Match[str]) -> str:
        is_near = not _COMPLETE.fullmatch(match[1]) and suggestions.placeholder(match[1], list(callees))
        return match[0][1:] if is_near else match[0]

    return (_GENERAL if address is None else _IN_ENVIRONMENT).sub(replace, _DOUBLED.sub(literal, text))


def any_in(text: str) -> bool:
    """Whether a string has a general placeholder, so that its value isn't known yet."""
    return any(match["name"] for match in _GENERAL.finditer(text))


def addresses_in(text: str) -> list[str]:
    """The callee placeholders in a string that stays as it is, for a warning about them."""
    return [match["name"] for match in _ADDRESS.finditer(text) if match["name"]]


def _reason(name: str, values: Mapping[str, str]) -> str:
    literal = f"double only the opening brace for literal text: {{{{{name}}}."
    if name.startswith("var."):
        known = ", ".join(sorted(key[4:] for key in values if key.startswith("var.")))
        return (
            f"{{{name}}} has no value. Add {name[4:] or 'it'} to [vars]"
            + (f" (which has {known})" if known else "")
            + f", or {literal}"
        )
    if name == "environment":
        return f"{{environment}} has no value, because the catalog has no [environments]. Add them, or {literal}"
    return f"{{{name}}} can't be used here. Write its value, or {literal}"


def placeholder_values(tree: Tree, report: Report, *, environment: str | None) -> dict[str, str]:
    """The values of the general placeholders. A variable may use all but other variables."""
    values: dict[str, str] = {}
    if environment is not None:
        values["environment"] = environment
    accounts = value_at(tree, "aws", "accounts")
    only = accounts[0] if isinstance(accounts, list) and len(accounts) == 1 else None
    values["account"] = only if isinstance(only, str) else unknowns.ACCOUNT
    region = value_at(tree, "catalog", "region")
    if not isinstance(region, str) or "{" not in region:
        # Only the region itself is reported if it's missing or wrong, and not each string that has it.
        values["region"] = names.region_or_example(region)
    known, written = dict(values), tree.get("vars")
    variables: Tree = written if isinstance(written, dict) else {}
    texts = dict(variables)
    for name, text in sorted(texts.items()):
        if isinstance(text, str):
            _check_spelling(text, ("vars", name), report)
            if (message := _unusable(name, texts, report)) is not None:
                report.refuse(("vars", name), message)
                values[f"var.{name}"] = text
            else:
                values[f"var.{name}"] = variables[name] = filled(text, ("vars", name), known, report)
    if isinstance(region, str) and "region" not in values:
        values["region"] = tree["catalog"]["region"] = filled(region, ("catalog", "region"), values, report)
    if "region" in values:
        report.region = [(":", ":"), ("{region}", values["region"]), (":", ":")]
    return values


def _unusable(name: str, texts: Tree, report: Report) -> str | None:
    """The message for a variable with a placeholder that variables can't have."""
    tree, text = report.layers.tree, texts[name]
    for used in (match["name"] for match in _IN_ENVIRONMENT.finditer(text) if match["name"]):
        literal = f"or double only the opening brace for literal text: {{{{{used}}}."
        if used.startswith("var."):
            other = texts.get(used.removeprefix("var."))
            whole = text.replace(f"{{{used}}}", other) if isinstance(other, str) else text
            fix = "its value" if "{var." in whole else f"{toml_key(name)} = {toml_value(whole)}"
            return f"{{{used}}} can't be used here, because a variable can't use another. Write {fix}, {literal}"
        if used == "region" and "{" in str(value_at(tree, "catalog", "region")):
            where = report.location("catalog", "region")
            fact = f"{{region}} can't be used here, because catalog.region has a placeholder itself ({where})."
            return f"{fact} Write the region, {literal}"
        if used.partition(".")[0] in {*names_in(tree, "services"), *names_in(tree, "external")}:
            fix = f"Write {toml_value(text)} in environment instead of {{var.{name}}}."
            return f"{{{used}}} can't be used here, because callers can have different addresses. {fix}"
    return None


def prepared(value: Any, path: Path, values: Mapping[str, str], report: Report) -> Any:
    """The tree with sorted keys, tuples, and general placeholders filled in, except where callees' addresses may be."""
    if isinstance(value, dict):
        return {key: prepared(value[key], (*path, key), values, report) for key in sorted(value)}
    if isinstance(value, list):
        return tuple(prepared(item, (*path, index), values, report) for index, item in enumerate(value))
    if isinstance(value, str):
        if path[:1] == ("vars",):
            return value  # filled already; it may contain the mark for the account
        _check_spelling(value, path, report)
        if _has_addresses(path):
            _keep(value, path, values, report)
            return _readable(value, path, report)
        return filled(value, path, values, report)
    return value


def _check_spelling(text: str, path: Path, report: Report) -> None:
    """Report near-placeholders and Terraform expressions, which would stay as they are."""
    if "{" not in text or path[:1] == ("overrides",):
        return
    tree = report.layers.tree
    known = [*names_in(tree, "services"), *names_in(tree, "external")] if _has_addresses(path) else []
    for name in (match["near"] for match in _NEAR.finditer(text) if match["near"]):
        meant = None if _COMPLETE.fullmatch(name) else suggestions.placeholder(name, known)
        if meant is not None:
            literal = f"double only the opening brace for literal text: {{{{{name}}}."
            report.refuse(path, f"{{{name}}} isn't a placeholder. Write {meant}, or {literal}")
            return
    written = tree.get("vars")
    if (message := _expression(text, written if isinstance(written, dict) else {})) is not None:
        report.add([Finding(place=path, message=message, level="notice")])


def _expression(text: str, variables: Mapping[str, Any]) -> str | None:
    """The message for a string with a reference of Terraform's, which stays as it is; None for any other string."""
    if (found := _HCL.search(text)) is None:
        return None
    fix = "Write the value, or use [vars], an [external] or [overrides]."
    if name := found["variable"]:
        fix = f"Write {{var.{name}}}" + ("." if name in variables else f' and add {name} = "value" to [vars].')
    return f"{found[0]} stays as it is, because the catalog isn't HCL. {fix}"


def _has_addresses(path: Path) -> bool:
    """Whether a string allows callees' addresses: the environment of a workload or a sidecar, options of a log router,
    and the same keys of a version."""
    if path[:1] not in _TABLES:
        return False
    below = path[4:] if path[2:3] == ("versions",) else path[2:]
    return (
        (len(below) == 2 and below[0] == "environment")
        or (len(below) == 4 and below[0] == "sidecars" and below[2] == "environment")
        or (len(below) == 4 and below[:3] == ("logs", "router", "options"))
    )


def filled(text: str, path: Path, values: Mapping[str, str], report: Report) -> str:
    """`text` with its general placeholders filled in. Reports one without a value."""
    text = _readable(text, path, report)
    if "{" not in text:
        return text
    if any(("vars", name.removeprefix("var.")) in report.refused for name in _keep(text, path, values, report)):
        report.refused.add(path)  # the variable's line is reported
        return text
    try:
        result = fill(text, values)
    except Unknown as reason:
        report.refuse(path, str(reason))
        return text
    if unknowns.ACCOUNT in result and path[0] in _LITERAL_ACCOUNT:
        report.refuse(path, "{account} must be known here. Set exactly one account in aws.accounts.")
    return result


def _keep(text: str, path: Path, values: Mapping[str, str], report: Report) -> list[str]:
    """Keep the text of a string with placeholders for messages. Returns the placeholders."""
    parts: Parts = []
    used, end = [], 0
    for match in _GENERAL.finditer(text):
        value = values.get(match["name"]) if match["name"] else match["escaped"]
        used += [match["name"]] if match["name"] else []
        if value is not None:
            parts += [(text[end : match.start()],) * 2, (match[0], value)]
            end = match.end()
    if parts:
        report.keep(path, [*parts, (text[end:],) * 2])
    report.used.update(used)
    return used


def _readable(text: str, path: Path, report: Report) -> str:
    if not text.isascii() and any(0xFDD0 <= ord(character) <= 0xFDEF for character in text):
        report.refuse(path, "contains a code point that isn't a character (U+FDD0 to U+FDEF). Remove it.")
    return text


def names_in(tree: Tree, key: str) -> list[str]:
    """The names in a table of the catalog, such as [services]."""
    table = tree.get(key)
    return list(table) if isinstance(table, dict) else []
