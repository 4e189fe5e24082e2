"""[overrides."ADDRESS"]: raw Terraform arguments set on one finished resource, and the errors in them.

Only whole references can cross between states. Other expressions across states are errors.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from catalog.analysis.states import BASE
from catalog.diagnostics import Finding, Path, did_you_mean
from stacks.states.remote_state import ADDRESS, REFERENCE, out_of_reach

_LISTED = 5
_TEMPLATE = re.compile(r"(?<!\$)\$\{|(?<!%)%\{")
_ADVICE = "Remove the reference, or keep both resources in one stack."


def unknown_addresses(overrides: Mapping[str, Any], known: Collection[str]) -> list[Finding]:
    """A finding for each override of a resource that doesn't exist."""
    return [_finding(address, sorted(known)) for address in sorted(overrides) if address not in known]


def between_states(overrides: Mapping[str, Any], states: Mapping[str, str]) -> list[Finding]:
    """A finding for each reference to another state that isn't supported. `states` has the state of every address.

    Whole references to the base are supported, and so is `depends_on`, because Terraform applies the base first.
    """
    return [
        Finding(place=place, message=message)
        for address, attributes in sorted(overrides.items())
        if (state := states.get(address)) is not None
        for place, text in _placed(attributes, ("overrides", address))
        for message in _crossing(text, place[2:], state, states)
    ]


def with_overrides(output: dict[str, Any], overrides: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """A stack's Terraform JSON with the overrides set on its resources. Tables are merged, lists and values replaced.

    This changes the finished JSON, because cdktf's own overrides merge lists item by item and so can't remove an item.
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


def _placed(value: Any, place: Path) -> Iterator[tuple[Path, str]]:
    """Every string in a value, with its place."""
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _placed(item, (*place, key))
    elif isinstance(value, tuple | list):
        for index, item in enumerate(value):
            yield from _placed(item, (*place, index))


def _crossing(text: str, attribute: Path, state: str, states: Mapping[str, str]) -> Iterator[str]:
    """The messages for a string in an override of a resource in `state`."""
    if attribute[:1] == ("depends_on",):
        if (home := states.get(text, state)) not in (state, BASE):
            yield f"a resource in state {state} can't depend on {text} in state {home}. {_ADVICE}"
    elif attribute[:2] == ("lifecycle", "replace_triggered_by"):
        address = ".".join(text.split("[")[0].split(".")[:2])
        if (home := states.get(address, state)) != state:
            yield f"a resource in state {state} can't be replaced with {address} in state {home}. {_ADVICE}"
    elif _TEMPLATE.search(text):
        for address, path in REFERENCE.findall(text):
            home = states.get(address, state)
            if home != state and (reason := out_of_reach(address, path, state=state, home=home)):
                yield f"{reason}. {_ADVICE}"
        yield from _computing(REFERENCE.sub("", text), state, states)


def _computing(rest: str, state: str, states: Mapping[str, str]) -> Iterator[str]:
    """The messages for the rest of a string without its whole references. An expression can use only its own state."""
    if not _TEMPLATE.search(rest):
        return
    for address, path in ADDRESS.findall(rest):
        if (home := states.get(address, state)) != state:
            reference = f"${{{address}{path or '.id'}}}"
            whole = f'Write only a whole reference, "{reference}", or keep both resources in one stack.'
            fact = f"an expression in state {state} can't use {address}{path} in state {home}"
            yield f"{fact}. {whole if home == BASE else _ADVICE}"


def _finding(address: str, known: list[str]) -> Finding:
    if "." not in address:
        message = 'isn\'t an address. Write type and name in one pair of quotes: [overrides."aws_ecs_service.llm"].'
        return Finding(place=("overrides", address), message=message)
    close = did_you_mean(address, known)
    same_type = [other for other in known if other.rpartition(".")[0] == address.rpartition(".")[0]]
    fix = f'; did you mean "{close}"?' if close else f". {_advice_on(same_type)}"
    return Finding(place=("overrides", address), message=f"no resource has this address{fix}")


def _advice_on(addresses: list[str]) -> str:
    """The advice for an unknown address, with the known ones of its type."""
    if not addresses:
        return "Use an address from cdk.tf.json in the output folder: no resource has this type."
    more = f" and {len(addresses) - _LISTED} more" if len(addresses) > _LISTED else ""
    return f"Use an address of this type: {', '.join(addresses[:_LISTED])}{more}."
