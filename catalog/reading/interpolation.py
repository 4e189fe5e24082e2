"""Placeholders: `{var.x}`, `{environment}`, `{region}`, `{account}` in any string, and `{callee.url}` and the like in
an environment; filling the general ones in a whole tree."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any

from catalog import unknowns
from catalog.diagnostics import Finding, Path, did_you_mean
from catalog.model.workload import TABLES
from catalog.reading.layers import Report, Tree, value_at

_INNER = r"var\.[^{}\s]*|environment|region|account"
_CALLEE = r"[a-z][a-z0-9-]*\.(?:url|host|port)"
_LITERAL_ACCOUNT = ("aws", "catalog", "state", "terraform")
"""Tables in which `{account}` must be known at synth: Terraform evaluates nothing there, or sets up by it the provider
that it would ask for the account (the tags of [catalog] are the provider's too)."""
_TABLES = tuple((table,) for table in TABLES)


def _pattern(inner: str) -> re.Pattern[str]:
    # `${…}` and `%{…}` belong to shells and templates: whatever follows their braces is not ours.
    return re.compile(rf"(?P<foreign>[$%]\{{+)|\{{(?P<escaped>\{{(?:{inner})\}})|\{{(?P<name>{inner})\}}")


_GENERAL = _pattern(_INNER)
_IN_ENVIRONMENT = _pattern(f"{_INNER}|{_CALLEE}")
_ADDRESS = _pattern(_CALLEE)


_NEAR = re.compile(r"(?<![{$%])\{([A-Za-z][\w-]*)(?:\.([\w.-]+))?\}(?!\})")
"""What looks like a placeholder. Jinja's `{{ x }}`, JSON and `${x}` don't."""
_DOUBLED = re.compile(r"(?<![{$%])\{(\{[A-Za-z][\w-]*(?:\.[\w.-]+)?\})(?!\})")
_HCL = re.compile(r"\$\{(?:aws_\w+\.|data\.|each\.|local\.|module\.|random_\w+\.|terraform\.|var\.)[^}]*\}")
"""References to Terraform's values. Shells have no dots in the names of variables."""
_VARIABLE = ("local", "locals", "variable", "variables", "vars")
_GENERAL_WORDS = ("account", "environment", "region")
_MEANT_WORD = {
    **dict.fromkeys(("env", "stage"), "environment"),
    **dict.fromkeys(("account_id", "account-id", "aws_account", "aws_account_id"), "account"),
    **dict.fromkeys(("aws_region", "aws-region"), "region"),
}
_PARTS = ("host", "port", "url")
_MEANT_PART = {
    **dict.fromkeys(("addr", "address", "domain", "hostname", "ip", "name", "server"), "host"),
    **dict.fromkeys(("endpoint", "link", "uri"), "url"),
}
"""Words that people write for those of placeholders."""


class Unknown(Exception):
    """A placeholder that stands for nothing; the text says why and what to do."""


def fill(
    text: str,
    values: Mapping[str, str],
    *,
    address: Callable[[str], str] | None = None,
    callees: Collection[str] = (),
) -> str:
    """`text` with its placeholders replaced; with `address`, those of callees too.

    A doubled opening brace makes a placeholder literal. Raises Unknown for the first that has no value.
    """

    def replace(match: re.Match[str]) -> str:
        if match["foreign"]:
            return match["foreign"]
        if match["escaped"]:
            return match["escaped"]
        name = match["name"]
        if name in values:
            return values[name]
        if address is not None and not name.startswith("var.") and "." in name:
            return address(name)
        raise Unknown(_reason(name, values))

    # What would be refused as nearly a placeholder is made literal in the same way.
    text = _DOUBLED.sub(lambda two: two[1] if near_miss(two[1], values, callees=callees) else two[0], text)
    return (_GENERAL if address is None else _IN_ENVIRONMENT).sub(replace, text)


def near_miss(text: str, values: Mapping[str, str], *, callees: Collection[str] = ()) -> str | None:
    """The message for the first text in braces that is nearly a placeholder, and would arrive as text; None if there is
    none. `callees` are the names of services and externals, in texts where their addresses are filled in."""
    for found in _NEAR.finditer(text):
        written = found[0][1:-1]
        if _IN_ENVIRONMENT.fullmatch(found[0]) or (guess := _meant(found[1], found[2] or "", values, callees)) is None:
            continue
        return f"{{{written}}} isn't a placeholder; did you mean {{{guess}}}? Write {{{{{written}}} for literal text."
    return None


def _meant(head: str, tail: str, values: Mapping[str, str], callees: Collection[str]) -> str | None:
    if not tail:
        close = difflib.get_close_matches(head, _GENERAL_WORDS, n=1, cutoff=0.8)
        near = close[0] if close and abs(len(close[0]) - len(head)) < 2 and close[0] != head else None
        return _MEANT_WORD.get(head.lower()) or near
    if head in _GENERAL_WORDS:
        return head
    if head in _VARIABLE:
        known = sorted(key.removeprefix("var.") for key in values if key.startswith("var."))
        return f"var.{tail if tail in known else did_you_mean(tail, known) or tail}"
    callee = head if head in callees else did_you_mean(head, sorted(callees))
    part = tail if tail in _PARTS else _MEANT_PART.get(tail.lower()) or did_you_mean(tail, _PARTS)
    if callee is None or (part is None and head not in callees):
        return None
    return f"{callee}.{part or 'url'}"


def any_in(text: str) -> bool:
    """Whether a text holds a general placeholder: what it will say is not known before it is filled."""
    return any(match["name"] for match in _GENERAL.finditer(text))


def addresses_in(text: str) -> list[str]:
    """The callee placeholders that a text holds, as names: for telling a user that they are plain text there."""
    return [match["name"] for match in _ADDRESS.finditer(text) if match["name"]]


def _reason(name: str, values: Mapping[str, str]) -> str:
    literal = f"write {{{{{name}}} for literal text"
    if name.startswith("var."):
        known = ", ".join(sorted(key[4:] for key in values if key.startswith("var.")))
        return (
            f"{{{name}}} has no value; add {name[4:] or 'it'} to [vars]"
            + (f" (there: {known})" if known else "")
            + f", or {literal}"
        )
    if name == "environment":
        return f"{{environment}} has no value, as the catalog has no [environments]; add them, or {literal}"
    return f"{{{name}}} cannot be used here; write it out, or {literal}"


def placeholder_values(tree: Tree, report: Report, *, environment: str | None) -> dict[str, str]:
    """What the general placeholders stand for. A variable may use the others, but no variable."""
    values: dict[str, str] = {}
    if environment is not None:
        values["environment"] = environment
    accounts = value_at(tree, "aws", "accounts")
    single = isinstance(accounts, list) and len(accounts) == 1 and isinstance(accounts[0], str)
    values["account"] = accounts[0] if isinstance(accounts, list) and single else unknowns.ACCOUNT
    region = value_at(tree, "catalog", "region")
    if isinstance(region, str) and "{" not in region:
        values["region"] = region
    known = dict(values)
    written = tree.get("vars")
    variables: Tree = written if isinstance(written, dict) else {}
    for name, text in sorted(variables.items()):
        if isinstance(text, str):
            values[f"var.{name}"] = variables[name] = filled(text, ("vars", name), known, report)
    if isinstance(region, str) and "region" not in values:
        values["region"] = tree["catalog"]["region"] = filled(region, ("catalog", "region"), values, report)
    return values


def prepared(value: Any, path: Path, values: Mapping[str, str], report: Report) -> Any:
    """The tree as the model wants it. Texts with addresses of callees wait until these are known."""
    if isinstance(value, dict):
        return {key: prepared(value[key], (*path, key), values, report) for key in sorted(value)}
    if isinstance(value, list):
        return tuple(prepared(item, (*path, index), values, report) for index, item in enumerate(value))
    if isinstance(value, str):
        if path[:1] == ("vars",):
            return value  # filled already, and may hold the mark that stands for the account
        if _has_addresses(path):
            return _readable(value, path, report)
        return filled(value, path, values, report)
    return value


def _has_addresses(path: Path) -> bool:
    """Whether a text is of the environment of a workload or of a container beside it, or says where its logs go; or
    the same of a service's other version."""
    if path[:1] not in _TABLES:
        return False
    below = path[4:] if path[2:3] == ("versions",) else path[2:]
    return (
        (len(below) == 2 and below[0] == "environment")
        or (len(below) == 4 and below[0] == "sidecars" and below[2] == "environment")
        or (len(below) == 4 and below[:3] == ("logs", "router", "options"))
    )


def filled(text: str, path: Path, values: Mapping[str, str], report: Report) -> str:
    """`text` with its general placeholders filled; a finding for one that has no value."""
    text = _readable(text, path, report)
    if "{" not in text:
        return text
    if (message := near_miss(text, values)) is not None:
        report.refuse(path, message)
        return text
    try:
        result = fill(text, values)
    except Unknown as reason:
        report.refuse(path, str(reason))
        return text
    if unknowns.ACCOUNT in result and path[0] in _LITERAL_ACCOUNT:
        report.refuse(path, "{account} must be known here; write exactly one account into [aws] accounts")
    return result


def _readable(text: str, path: Path, report: Report) -> str:
    if "${" in text and path[0] != "overrides" and (found := _HCL.search(text)):
        message = (
            f"{found[0]} arrives as text: a catalog isn't HCL, and Terraform evaluates only [overrides]. Write the "
            "value, a [vars] entry, or an [external] with the host."
        )
        report.add([Finding(place=path, message=message, level="notice")])
    if not text.isascii() and any(0xFDD0 <= ord(character) <= 0xFDEF for character in text):
        report.refuse(path, "holds a code point that Unicode keeps out of text (U+FDD0 to U+FDEF); remove it")
    return text
