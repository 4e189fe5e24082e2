"""What a state reads of its base: `shared_…` outputs there, and one remote-state block here.

Done on the finished JSON, where every reference is plain text, whatever part or override wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.states import BASE

_ADDRESS = re.compile(r"(?<![\w.\"-])((?:data\.)?(?:aws|terraform)_\w+\.[a-z][\w-]*)((?:\.\w+|\[\d+\])*)")
_TOKEN = re.compile(r"\\[\\\"]|\$\$\{|%%\{|\$\{|%\{|[\"{}]")
"""What begins or ends a template, or a text or braces in one."""
_READ = f"data.terraform_remote_state.{BASE}.outputs."


class OutOfReach(ValueError):
    """A reference that no order of applying states could serve."""


def read_from_base(
    outputs: Mapping[str, dict[str, Any]], *, states: Mapping[str, str], backend: tuple[str, dict[str, Any]]
) -> None:
    """Replace references to the base by its outputs, in the Terraform JSON of the states of a deployment, by state.

    `states` says where every address lives, `backend` where the base's own state is. Raises OutOfReach for a reference
    from the base to another state or between two of these: no order of applying them would be right; and for one to no
    attribute.
    """
    shared: dict[str, str] = {}
    for state, output in outputs.items():
        for resource in (each for named in output.get("resource", {}).values() for each in named.values()):
            _order(resource, state, states)
        for table in ("resource", "data", "output"):
            if table in output:
                output[table] = _connected(output[table], state, states, shared)
        if any(_READ in text for text in _texts([output.get("resource"), output.get("data"), output.get("output")])):
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


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _order(resource: dict[str, Any], state: str, states: Mapping[str, str]) -> None:
    """What a resource depends on in the base is there before it, as states are applied: Terraform need not know."""
    depends = _addresses(resource.get("depends_on"))
    for address in depends:
        if (home := states.get(address, state)) not in (state, BASE):
            raise OutOfReach(f"what lives in state {state} depends on {address} in state {home}")
    if any(states.get(address, state) != state for address in depends):
        resource["depends_on"] = [address for address in depends if states.get(address, state) == state]
    lifecycle = resource.get("lifecycle")
    for trigger in _addresses(lifecycle.get("replace_triggered_by")) if isinstance(lifecycle, dict) else ():
        address = ".".join(trigger.split("[")[0].split(".")[:2])
        if (home := states.get(address, state)) != state:
            raise OutOfReach(f"what lives in state {state} is replaced with {address} in state {home}")


def _addresses(value: Any) -> list[str]:
    """An override may hold anything: of what is no list of them, Terraform says so."""
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _connected(value: Any, state: str, states: Mapping[str, str], shared: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: item if key == "//" else _connected(item, state, states, shared) for key, item in value.items()}
    if isinstance(value, list):
        return [_connected(item, state, states, shared) for item in value]
    return _text(value, state, states, shared) if isinstance(value, str) and ("${" in value or "%{" in value) else value


def _text(text: str, state: str, states: Mapping[str, str], shared: dict[str, str]) -> str:
    def read(reference: re.Match[str]) -> str:
        home = states.get(reference[1], state)
        if home == state:
            return reference[0]
        if not reference[2]:
            raise OutOfReach(f"what lives in state {state} refers to all of {reference[0]} in state {home}")
        if home != BASE:
            raise OutOfReach(f"what lives in state {state} refers to {reference[0]} in state {home}")
        name = "_".join(("shared", *re.findall(r"[\w-]+", reference[0])))
        if shared.setdefault(name, reference[0]) != reference[0]:
            raise ValueError(f"two outputs would be called {name}: {shared[name]} and {reference[0]}")
        return _READ + name

    return "".join(_ADDRESS.sub(read, piece) if evaluated else piece for evaluated, piece in _pieces(text))


def _pieces(text: str) -> Iterator[tuple[bool, str]]:
    """A template in pieces, each with whether Terraform evaluates it. `$${` is text, and so is what stands in quotes,
    but for templates within them."""
    opened: list[str] = []  # what is not closed yet: templates, quotes in these, and braces
    start = 0
    for token in _TOKEN.finditer(text):
        evaluated = bool(opened) and opened[-1] != '"'
        if token[0] in ("${", "%{") and not evaluated:
            yield False, text[start : token.start()]
            start = token.start()
            opened.append(token[0])
        elif token[0] == '"' and opened:
            yield evaluated, text[start : token.start()]
            start = token.start()
            if evaluated:
                opened.append('"')
            else:
                opened.pop()
        elif token[0] == "{" and evaluated:
            opened.append("{")
        elif token[0] == "}" and evaluated:
            opened.pop()
            if not opened or opened[-1] == '"':
                yield True, text[start : token.end()]
                start = token.end()
    yield False, text[start:]
