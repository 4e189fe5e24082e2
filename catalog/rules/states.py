"""Terraform states: where each lies, and what moves: services between them, and a deployment between meshes."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.analysis.states import BASE, PLACE_ARGUMENTS, backend_arguments, places_of, stack_of, stacks_of
from catalog.diagnostics import Finding, listed
from catalog.frame import Place
from catalog.frame.places import not_json
from catalog.meshes import MESHES
from catalog.model import Deployment, Service
from catalog.rules import rule


@rule(Deployment)
def stack_called_base(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """The base holds what all services share, and is there whether they say so or not."""
    message = f'"{BASE}" is the state of what services share; leave stack out to keep a service there too'
    for name, service in deployment.services.items():
        if service.stack == BASE:
            yield at("services", name, "stack").error(message)
    for index, stack in enumerate(deployment.catalog.catalog.stacks):
        if stack == BASE:
            message = f'"{BASE}" is always written; remove it'
            yield at("catalog", "stacks", index).error(message)


@rule(Deployment)
def duplicate_stack(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Naming a state again is a slip, and may stand for another one."""
    stacks = deployment.catalog.catalog.stacks
    for index, stack in enumerate(stacks):
        if stack in stacks[:index]:
            yield at("catalog", "stacks", index).error(f'"{stack}" is listed twice; remove one')


@rule(Service)
def stack_from_itself(service: Service, at: Place) -> Iterator[Finding]:
    """A state cannot take over what it has."""
    if service.move_from_stack == stack_of(service):
        message = (
            f'it lives in "{service.move_from_stack}" already; write there the state that it comes from, or remove it'
        )
        yield at("move_from_stack").error(message)


@rule(Service)
def renamed_and_moved(service: Service, at: Place) -> Iterator[Finding]:
    """A renamed service has a new address in the state that takes it over, and an old one in the state that forgets
    it."""
    if service.move_from_stack is not None and at.deployment.catalog.services[at.name].renamed_from is not None:
        message = "a service that is renamed cannot come from another state too; apply one, then the other"
        yield at("move_from_stack").error(message)


@rule(Deployment)
def moving_service(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """An import of what is not there fails (Terraform, "Import"): the key is for one apply."""
    moving = [name for name, service in deployment.services.items() if service.move_from_stack is not None]
    if moving:
        message = (
            f"{listed(moving)} {'is' if len(moving) == 1 else 'are'} taken over from another state; once that is "
            "applied everywhere, remove move_from_stack: where the service never ran, nothing can be taken over; "
            "change nothing else of what moves before"
        )
        yield at("services", moving[0], "move_from_stack").notice(message)


@rule(Deployment)
def shared_state(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Two states at one place would destroy each other's resources."""
    kind = next(iter(deployment.catalog.state))
    places = places_of(deployment)
    met = [state for state in stacks_of(deployment) if places[state] == places[BASE]]
    if met:
        key = PLACE_ARGUMENTS[kind][0]
        message = f"base and {listed(met)} would share one state; leave {key} out, or put {{stack}} into it"
        yield _argument(kind, key, at).error(message)


@rule(Deployment)
def unreadable_base_state(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """terraform_remote_state needs two arguments to read HCP Terraform (Terraform, "remote" backend): one workspace by
    name, and its organization, which it takes from no environment variable."""
    kind, arguments = backend_arguments(deployment)
    if kind not in ("cloud", "remote") or not stacks_of(deployment):
        return
    if "name" not in (arguments.get("workspaces") or {}):
        message = "other states read the base in a workspace of that name; write name, with {stack} in it"
        yield _argument(kind, "workspaces", at).error(message)
    if not arguments.get("organization"):
        message = "other states read the base in an organization that is written; write organization"
        yield at("state", kind).error(message)


def _argument(kind: str, key: str, at: Place) -> Place:
    """An argument of the backend, or the backend's table if it is not set."""
    backend = at("state", kind)
    return backend(key) if backend(key).is_set else backend


@rule(Deployment)
def value_without_json(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Terraform reads JSON, which has neither dates nor infinite numbers (RFC 8259)."""
    yield from not_json(deployment.catalog.state, at("state"))
    yield from not_json(deployment.catalog.overrides, at("overrides"))


@rule(Deployment)
def leaving_the_chosen_mesh(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A mesh is left for another: only then may Terraform forget its resources."""
    mesh = deployment.catalog.mesh
    if mesh.migrate_from == mesh.kind:
        yield at("mesh", "migrate_from").error(
            f"is the kind itself ({at('mesh', 'kind').location}); write its successor there, or remove this"
        )


@rule(Deployment)
def leaving_a_mesh_in_service(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Terraform can still delete the resources of a mesh that AWS runs; forgotten, they would stay and cost money."""
    migrate_from = deployment.catalog.mesh.migrate_from
    if migrate_from not in (None, deployment.catalog.mesh.kind) and not MESHES[migrate_from].ended:
        yield at("mesh", "migrate_from").error(
            f'AWS still answers for "{migrate_from}", Terraform deletes its resources by itself; remove this'
        )


@rule(Deployment)
def still_leaving(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """The first apply forgets the resources of the old mesh; only names for old tasks are kept longer."""
    migrate_from = deployment.catalog.mesh.migrate_from
    if migrate_from not in (None, deployment.catalog.mesh.kind) and MESHES[migrate_from].ended:
        yield at("mesh", "migrate_from").notice(
            f"with the next apply Terraform forgets {MESHES[migrate_from].title}; once it is applied everywhere and "
            "every service has new tasks, remove this: until then the old ones find each other by names that it keeps"
        )
