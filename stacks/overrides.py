"""[overrides."ADDRESS"]: raw attributes over the finished resources, and the mistakes in them.

Only whole references can cross between states; overrides with other expressions are refused.
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
_APART = "which it cannot read; leave that out, or keep both in one stack"


def unknown_addresses(overrides: Mapping[str, Any], known: Collection[str]) -> list[Finding]:
    """A finding for each override of what is not there."""
    return [_finding(address, sorted(known)) for address in sorted(overrides) if address not in known]


def between_states(overrides: Mapping[str, Any], states: Mapping[str, str]) -> list[Finding]:
    """A finding for everything in an override that refers to another state in a way that can't cross. `states` says
    where every address lives.

    A whole reference to the base can, and so can `depends_on`: the base is applied first.
    """
    return [
        Finding(place=place, message=message)
        for address, attributes in sorted(overrides.items())
        if (state := states.get(address)) is not None
        for place, text in _placed(attributes, ("overrides", address))
        for message in _crossing(text, place[2:], state, states)
    ]


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
    """What is wrong with a string in an override of something that lives in `state`."""
    if attribute[:1] == ("depends_on",):
        if (home := states.get(text, state)) not in (state, BASE):
            yield f"what lives in state {state} depends on {text} in state {home}, {_APART}"
    elif attribute[:2] == ("lifecycle", "replace_triggered_by"):
        address = ".".join(text.split("[")[0].split(".")[:2])
        if (home := states.get(address, state)) != state:
            yield f"what lives in state {state} is replaced with {address} in state {home}, {_APART}"
    elif _TEMPLATE.search(text):
        for address, path in REFERENCE.findall(text):
            home = states.get(address, state)
            if home != state and (reason := out_of_reach(address, path, state=state, home=home)):
                yield f"{reason}, {_APART}"
        yield from _computing(REFERENCE.sub("", text), state, states)


def _computing(rest: str, state: str, states: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the rest of a string, beside its whole references: an expression stays within its state."""
    if not _TEMPLATE.search(rest):
        return
    for address, path in ADDRESS.findall(rest):
        if (home := states.get(address, state)) != state:
            yield (
                f"an expression in state {state} uses {address}{path}, which lives in state {home}; only a whole "
                f'reference to the base can, as "${{{address}{path or ".id"}}}"; write that, or keep both in one stack'
            )


def _finding(address: str, known: list[str]) -> Finding:
    if "." not in address:
        message = 'is no address; write type and name in one pair of quotes, as in [overrides."aws_ecs_service.llm"]'
        return Finding(place=("overrides", address), message=message)
    close = did_you_mean(address, known)
    same_type = [other for other in known if other.rpartition(".")[0] == address.rpartition(".")[0]]
    fix = f'did you mean "{close}"?' if close else _there_are(same_type)
    return Finding(place=("overrides", address), message=f"no resource has this address; {fix}")


def _there_are(addresses: list[str]) -> str:
    if not addresses:
        return "there is none of this type: cdk.tf.json in the output folder has all of them"
    more = f" and {len(addresses) - _LISTED} more" if len(addresses) > _LISTED else ""
    return f"of this type there are {', '.join(addresses[:_LISTED])}{more}"
