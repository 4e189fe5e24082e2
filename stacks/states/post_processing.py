"""[overrides."ADDRESS"], and what a state reads of its base: `shared_…` outputs there, one remote-state block here.

Works on the finished JSON, where every reference is plain text. Only whole references can cross between states;
overrides with other expressions are refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from catalog.analysis.states import BASE
from catalog.diagnostics import Finding, Path, did_you_mean

ADDRESS = r"(?<![\w.\"-])((?:data\.)?(?:aws|terraform)_\w+\.[a-z][\w-]*)((?:\.\w+|\[\d+\])*)"
"""A regular expression: the address of a resource or data source, and what of it is meant."""
REFERENCE = re.compile(rf"(?<!\$)\$\{{\s*{ADDRESS}\s*\}}")
"""A template that is a reference and nothing else, such as `${aws_vpc.main_network.id}`. `$${` is literal text."""
_READ = f"data.terraform_remote_state.{BASE}.outputs."


def read_from_base(
    outputs: Mapping[str, dict[str, Any]], *, states: Mapping[str, str], backend: tuple[str, dict[str, Any]]
) -> None:
    """Replace references to the base by its outputs, in the Terraform JSON of the states of a deployment, by state.

    `states` says where every address lives, `backend` where the base's own state is. Raises ValueError for a reference
    from the base to another state or between two of these, because no order of applying them would be right; and for
    one to no attribute.
    """
    shared: dict[str, str] = {}
    for state, output in outputs.items():
        for resource in (each for named in output.get("resource", {}).values() for each in named.values()):
            _drop_order_between_states(resource, state, states)
        for table in ("resource", "data", "output"):
            if table in output:
                output[table] = _connected(output[table], state, states, shared)
        if any(_READ in text for text in texts([output.get("resource"), output.get("data"), output.get("output")])):
            output.setdefault("data", {})["terraform_remote_state"] = {BASE: remote_state(*backend)}
    if shared:
        outputs[BASE].setdefault("output", {}).update(
            {name: {"value": f"${{{expression}}}"} for name, expression in sorted(shared.items())}
        )


def remote_state(kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a remote-state block that reads what a backend keeps. HCP Terraform is read as the backend that
    came before the `cloud` block, which knows no projects (Terraform, "The terraform_remote_state Data Source")."""
    if kind == "cloud":
        kept = {key: arguments[key] for key in ("hostname", "organization", "token") if key in arguments}
        return {"backend": "remote", "config": {**kept, "workspaces": {"name": arguments["workspaces"]["name"]}}}
    return {"backend": kind, "config": arguments}


def out_of_reach(address: str, path: str, *, state: str, home: str) -> str | None:
    """Why something in `state` can't refer to this part of a resource that lives in `home`; None if it can."""
    if not path:
        return f"what lives in state {state} refers to all of {address} in state {home}"
    if home != BASE:
        return f"what lives in state {state} refers to {address}{path} in state {home}"
    return None


def texts(value: Any) -> Iterator[str]:
    """Every string in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)


def _drop_order_between_states(resource: dict[str, Any], state: str, states: Mapping[str, str]) -> None:
    """What a resource depends on in the base is there before it, as states are applied: Terraform need not know."""
    depends = resource.get("depends_on")
    if not isinstance(depends, list):  # an override may hold anything: Terraform says so
        return
    here = [each for each in depends if not isinstance(each, str) or states.get(each, state) == state]
    if here != depends:
        resource["depends_on"] = here


def _connected(value: Any, state: str, states: Mapping[str, str], shared: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: item if key == "//" else _connected(item, state, states, shared) for key, item in value.items()}
    if isinstance(value, list):
        return [_connected(item, state, states, shared) for item in value]
    return _text(value, state, states, shared) if isinstance(value, str) and "${" in value else value


def _text(text: str, state: str, states: Mapping[str, str], shared: dict[str, str]) -> str:
    def read(found: re.Match[str]) -> str:
        address, path = found[1], found[2]
        home = states.get(address, state)
        if home == state:
            return found[0]
        if reason := out_of_reach(address, path, state=state, home=home):
            raise ValueError(reason)
        reference = address + path
        name = "_".join(("shared", *re.findall(r"[\w-]+", reference)))
        if shared.setdefault(name, reference) != reference:
            raise ValueError(f"two outputs would be called {name}: {shared[name]} and {reference}")
        return f"${{{_READ}{name}}}"

    return REFERENCE.sub(read, text)


_LISTED = 5
_ADDRESS = re.compile(ADDRESS)
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
    for address, path in _ADDRESS.findall(rest):
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
