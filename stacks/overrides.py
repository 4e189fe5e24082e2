"""[overrides."ADDRESS"]: the one place where a catalog speaks Terraform's own language."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from catalog.problems import Finding, did_you_mean

_LISTED = 5


def unknown_addresses(overrides: Mapping[str, Any], known: Collection[str]) -> list[Finding]:
    """A finding for each override of what is not there."""
    return [_finding(address, sorted(known)) for address in sorted(overrides) if address not in known]


def laid_over(output: dict[str, Any], overrides: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A stack's Terraform JSON with raw attributes laid over its resources: tables merge, lists and values replace.

    Done on the finished JSON: cdktf's own overrides merge lists item by item, so nothing could be taken out of one.
    """
    for address, attributes in sorted(overrides.items()):
        kind, type_, name = ["resource", *address.split(".")][-3:]
        table = output[kind][type_]
        table[name] = _merged(table[name], attributes)
    return output


def _merged(base: Any, over: Any) -> Any:
    if isinstance(base, dict) and isinstance(over, Mapping):
        return {**base, **{key: _merged(base.get(key), value) for key, value in over.items()}}
    return _plain(over)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple | list) else value


def _finding(address: str, known: list[str]) -> Finding:
    if "." not in address:
        message = 'is no address; write type and name in one pair of quotes, as in [overrides."aws_ecs_service.llm"]'
        return Finding(place=("overrides", address), message=message)
    close = did_you_mean(address, known)
    same_type = [other for other in known if other.rpartition(".")[0] == address.rpartition(".")[0]]
    cure = f'did you mean "{close}"?' if close else _there_are(same_type)
    return Finding(place=("overrides", address), message=f"no resource has this address; {cure}")


def _there_are(addresses: list[str]) -> str:
    if not addresses:
        return "there is none of this type: cdk.tf.json in the output folder has all of them"
    more = f" and {len(addresses) - _LISTED} more" if len(addresses) > _LISTED else ""
    return f"of this type there are {', '.join(addresses[:_LISTED])}{more}"
