"""Terraform states, services that move between them, and deployments that migrate to another mesh."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.analysis.states import (
    BASE,
    PLACE_ARGUMENTS,
    VARIABLES,
    backend_arguments,
    places_of,
    stack_of,
    stacks_of,
)
from catalog.diagnostics import Finding, listed
from catalog.frame import Place
from catalog.frame.places import not_json, texts_in
from catalog.meshes import MESHES
from catalog.model import Deployment, Service
from catalog.rules import rule
from catalog.rules.secrets import is_literal, known, named_like_secret


@rule(Deployment)
def stack_called_base(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """The base state contains the resources that services share, and always exists."""
    message = f'"{BASE}" is the state of shared resources. Remove stack to keep the service in that state.'
    for name, service in deployment.services.items():
        if service.stack == BASE:
            yield at("services", name, "stack").error(message)
    for index, stack in enumerate(deployment.catalog.catalog.stacks):
        if stack == BASE:
            message = f'"{BASE}" always exists. Remove it.'
            yield at("catalog", "stacks", index).error(message)


@rule(Deployment)
def duplicate_stack(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A duplicate may be a misspelling of another state."""
    stacks = deployment.catalog.catalog.stacks
    for index, stack in enumerate(stacks):
        if stack in stacks[:index]:
            yield at("catalog", "stacks", index).error(f'"{stack}" is listed twice. Remove one.')


@rule(Service)
def stack_from_itself(service: Service, at: Place) -> Iterator[Finding]:
    """A service moves to a state from another one."""
    if service.move_from_stack == stack_of(service):
        message = (
            f'{service.name} is already in "{service.move_from_stack}". Write the state that it comes from, or remove '
            "move_from_stack."
        )
        yield at("move_from_stack").error(message)


@rule(Service)
def renamed_and_moved(service: Service, at: Place) -> Iterator[Finding]:
    """One apply can't both rename a service and move it: the states would have it at different addresses."""
    if service.move_from_stack is not None and at.deployment.catalog.services[at.name].renamed_from is not None:
        message = "conflicts with renamed_from. Remove one of them, apply, and then add it."
        yield at("move_from_stack").error(message)


def _them(names: list[str]) -> str:
    return "it" if len(names) == 1 else "them"


@rule(Deployment)
def moving_service(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Terraform fails to import a resource that doesn't exist (Terraform, "Import"), so the key is for one apply."""
    moving = [name for name, service in deployment.services.items() if service.move_from_stack is not None]
    if moving:
        message = (
            f"Terraform moves {listed(moving)} from another state. Change nothing else of {_them(moving)} in this "
            "apply, and remove move_from_stack when it's applied in every environment: an environment in which the "
            "service never ran can't apply it."
        )
        yield at("services", moving[0], "move_from_stack").notice(message)


@rule(Deployment)
def shared_state(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Two deployments that share a state would destroy each other's resources."""
    kind = next(iter(deployment.catalog.state))
    places = places_of(deployment)
    met = [state for state in stacks_of(deployment) if places[state] == places[BASE]]
    if met:
        key = PLACE_ARGUMENTS[kind][0]
        message = f"base and {listed(met)} would share one state. Remove {key}, or add {{stack}} to its value."
        yield _argument(kind, key, at).error(message)


@rule(Deployment)
def unreadable_base_state(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """terraform_remote_state requires the name of a workspace and an organization to read HCP Terraform, and doesn't
    take them from environment variables (Terraform, "remote" backend)."""
    kind, arguments = backend_arguments(deployment)
    if kind not in ("cloud", "remote") or not stacks_of(deployment):
        return
    if "name" not in (arguments.get("workspaces") or {}):
        message = 'requires name, as other states read the base in that workspace. Add name = "shop-{stack}".'
        yield _argument(kind, "workspaces", at).error(message)
    if not arguments.get("organization"):
        message = 'requires organization, as other states read the base. Add organization = "acme", your organization.'
        yield at("state", kind).error(message)


def _argument(kind: str, key: str, at: Place) -> Place:
    """An argument of the backend, or the backend's table if it is not set."""
    backend = at("state", kind)
    return backend(key) if backend(key).is_set else backend


@rule(Deployment)
def value_without_json(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Terraform reads JSON, which doesn't support dates and infinite numbers (RFC 8259)."""
    yield from not_json(deployment.catalog.state, at("state"))
    yield from not_json(deployment.catalog.overrides, at("overrides"))


@rule(Deployment)
def plain_text_credentials_of_backend(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Terraform stores a backend's arguments in plain text in .terraform and in plan files (Terraform, "Backend
    block"). No message repeats the value."""
    for text, place in texts_in(deployment.catalog.state, at("state")):
        if known(text) or (named_like_secret(place.name) and is_literal(text)):
            yield place.warning(f"looks like a secret in plain text. {_outside(*map(str, place.path[1:]))}")


def _outside(kind: str, *path: str) -> str:
    """The advice to keep a secret argument of a backend out of the catalog."""
    argument = path[-1] if path else ""
    if kind == "http" and argument.endswith("address"):
        return (
            "Remove the user and the password from the URL, and set the environment variables TF_HTTP_USERNAME and "
            "TF_HTTP_PASSWORD for Terraform."
        )
    if kind in ("cloud", "remote") and argument == "token":
        return "Remove it, and run terraform login."
    if variable := VARIABLES.get(kind, {}).get(argument):
        return f"Remove it, and set the environment variable {variable} for Terraform."
    return f'Remove it, and set the environment variable that the backend "{kind}" of Terraform reads for it.'


@rule(Deployment)
def leaving_the_chosen_mesh(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """`migrate_from` is the previous mesh, whose resources Terraform removes from the state."""
    mesh = deployment.catalog.mesh
    if mesh.migrate_from == mesh.kind:
        yield at("mesh", "migrate_from").error(
            f"is the same as kind ({at('mesh', 'kind').location}). Write the new mesh there, or remove migrate_from."
        )


@rule(Deployment)
def leaving_a_mesh_in_service(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Terraform can delete the resources of a mesh that AWS still runs. Out of the state, they would remain and
    cost money."""
    migrate_from = deployment.catalog.mesh.migrate_from
    if migrate_from not in (None, deployment.catalog.mesh.kind) and not MESHES[migrate_from].ended:
        yield at("mesh", "migrate_from").error(
            f'AWS still runs "{migrate_from}", so Terraform deletes its resources. Remove migrate_from.'
        )


@rule(Deployment)
def still_leaving(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """The first apply removes the old mesh's resources from the state. The names that old tasks use remain until
    `migrate_from` is removed."""
    migrate_from = deployment.catalog.mesh.migrate_from
    if migrate_from not in (None, deployment.catalog.mesh.kind) and MESHES[migrate_from].ended:
        yield at("mesh", "migrate_from").notice(
            f"the next apply removes {MESHES[migrate_from].title} from the state. Remove migrate_from when every "
            "environment is applied and every service has new tasks: it keeps the names that old tasks use."
        )
