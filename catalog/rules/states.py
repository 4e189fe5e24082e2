"""Services in Terraform states of their own: `stack`, `stack_from`, and where these states lie."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.model import Deployment
from catalog.problems import Finding, Path, listed
from catalog.state import PLACE_ARGUMENTS, backend_arguments, places_of
from catalog.states import BASE, stack_of, stacks_of
from catalog.provenance import Provenance


def called_base(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """The base holds what all services share, and is there whether they say so or not."""
    message = f'"{BASE}" is the state of what services share; leave stack out to keep a service there too'
    for name, service in deployment.services.items():
        if service.stack == BASE:
            yield Finding(place=("services", name, "stack"), message=message)
    for index, stack in enumerate(deployment.catalog.catalog.stacks):
        if stack == BASE:
            message = f'"{BASE}" is always written; remove it'
            yield Finding(place=("catalog", "stacks", index), message=message)


def stack_twice(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Naming a state again is a slip, and may stand for another one."""
    stacks = deployment.catalog.catalog.stacks
    for index, stack in enumerate(stacks):
        if stack in stacks[:index]:
            yield Finding(place=("catalog", "stacks", index), message=f'"{stack}" is listed twice; remove one')


def comes_from_where_it_is(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A state cannot take over what it has."""
    for name, service in deployment.services.items():
        if service.stack_from == stack_of(service):
            message = (
                f'it lives in "{service.stack_from}" already; write there the state that it comes from, or remove it'
            )
            yield Finding(place=("services", name, "stack_from"), message=message)


def renamed_too(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """What another state takes over under a new address, this one would have to forget under the old."""
    for name, service in deployment.services.items():
        if service.stack_from is not None and deployment.catalog.services[name].renamed_from is not None:
            message = "a service that is renamed cannot come from another state too; apply one, then the other"
            yield Finding(place=("services", name, "stack_from"), message=message)


def handed_over(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """An import of what is not there fails (Terraform, "Import"): the key is for one apply."""
    moving = [name for name, service in deployment.services.items() if service.stack_from is not None]
    if moving:
        message = (
            f"{listed(moving)} {'is' if len(moving) == 1 else 'are'} taken over from another state; once that is "
            "applied everywhere, remove stack_from: where the service never ran, nothing can be taken over; change "
            "nothing else of what moves before"
        )
        yield Finding(place=("services", moving[0], "stack_from"), message=message, level="notice")


def share_a_place(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Two states at one place would destroy each other's resources."""
    kind = next(iter(deployment.catalog.state))
    places = places_of(deployment)
    met = [state for state in stacks_of(deployment) if places[state] == places[BASE]]
    if met:
        key = PLACE_ARGUMENTS[kind][0]
        message = f"base and {listed(met)} would share one state; leave {key} out, or put {{stack}} into it"
        yield Finding(place=_at(kind, key, deployment), message=message)


def unreadable(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """What terraform_remote_state has to be told to read HCP Terraform (Terraform, "remote" backend): one workspace by
    name, and its organization, which it takes from no environment variable."""
    kind, arguments = backend_arguments(deployment)
    if kind not in ("cloud", "remote") or not stacks_of(deployment):
        return
    if "name" not in (arguments.get("workspaces") or {}):
        message = "other states read the base in a workspace of that name; write name, with {stack} in it"
        yield Finding(place=_at(kind, "workspaces", deployment), message=message)
    if not arguments.get("organization"):
        message = "other states read the base in an organization that is written; write organization"
        yield Finding(place=("state", kind), message=message)


def _at(kind: str, key: str, deployment: Deployment) -> Path:
    written = deployment.catalog.state.get(kind, {})  # type: ignore[call-overload]
    return ("state", kind, key) if key in written else ("state", kind)
