"""What a state reads of its base: `shared_…` outputs there, one remote-state block here.

Works on the finished JSON, where every reference is plain text. Only whole references can cross between states.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.analysis.states import BASE

ADDRESS = re.compile(r"(?<![\w.\"-])((?:data\.)?(?:aws|terraform)_\w+\.[a-z][\w-]*)((?:\.\w+|\[\d+\])*)")
"""The address of a resource or data source, and what of it is meant."""
REFERENCE = re.compile(rf"(?<!\$)\$\{{\s*{ADDRESS.pattern}\s*\}}")
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
