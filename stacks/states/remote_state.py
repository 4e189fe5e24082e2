"""References to the base from other states: `shared_…` outputs in the base, and a remote-state block in each reader.

Works on the finished JSON, in which every reference is a plain string. Only whole references can cross between states.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.analysis.states import BASE

ADDRESS = re.compile(r"(?<![\w.\"-])((?:data\.)?(?:aws|terraform)_\w+\.[a-z][\w-]*)((?:\.\w+|\[\d+\])*)")
"""The address of a resource or data source, and the path of the attribute in it."""
REFERENCE = re.compile(rf"(?<!\$)\$\{{\s*{ADDRESS.pattern}\s*\}}")
"""A template that is only a reference, such as `${aws_vpc.main_network.id}`. `$${` is literal text."""
_READ = f"data.terraform_remote_state.{BASE}.outputs."


def read_from_base(
    outputs: Mapping[str, dict[str, Any]], *, states: Mapping[str, str], backend: tuple[str, dict[str, Any]]
) -> None:
    """Replace references to the base by its outputs in `outputs`, the Terraform JSON of a deployment's states.

    `states` has the state of every address, `backend` the backend of the base's state. Raises ValueError for
    a reference from the base to another state or between two others, because Terraform applies the base first, and for
    a reference without an attribute.
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
    """The arguments of a remote-state block that reads the state in a backend. HCP Terraform is read with the older
    `remote` backend, which doesn't support projects (Terraform, "The terraform_remote_state Data Source")."""
    if kind == "cloud":
        kept = {key: arguments[key] for key in ("hostname", "organization", "token") if key in arguments}
        return {"backend": "remote", "config": {**kept, "workspaces": {"name": arguments["workspaces"]["name"]}}}
    return {"backend": kind, "config": arguments}


def out_of_reach(address: str, path: str, *, state: str, home: str) -> str | None:
    """Why a resource in `state` can't refer to this attribute of a resource in state `home`. None if it can."""
    if not path:
        return f"a resource in state {state} can't read all of {address} in state {home}"
    if home != BASE:
        return f"a resource in state {state} can't read {address}{path} in state {home}"
    return None


def texts(value: Any) -> Iterator[str]:
    """Every string in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from texts(item)


def _drop_order_between_states(resource: dict[str, Any], state: str, states: Mapping[str, str]) -> None:
    """Remove dependencies on resources in other states: these are applied before, and Terraform can't resolve them."""
    depends = resource.get("depends_on")
    if not isinstance(depends, list):  # an override may have any value, and Terraform reports it
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
