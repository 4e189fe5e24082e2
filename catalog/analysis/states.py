"""Terraform states: the state of each resource, and the location of each state in the backend.

The base state has all shared resources: network, cluster, namespaces, security groups and their rules, ingresses with
their target groups, file systems, and the mesh. Resources of one service are in the service's state if the table of
resource types says that they move with it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Mapping
from typing import Any

from catalog.analysis.resource_types import ResourceType, owner
from catalog.model import Deployment, Workload

BASE = "base"
"""The state that every deployment has."""


def stack_of(workload: Workload) -> str:
    """The state of a workload."""
    return workload.stack or BASE


def stacks_of(deployment: Deployment) -> tuple[str, ...]:
    """The states of a deployment beside its base, by name: those that services use or moved from, and those that
    `catalog.stacks` keeps until they are empty."""
    named = {stack for workload in deployment.running for stack in (workload.stack, workload.move_from_stack)}
    return tuple(sorted({stack for stack in (*named, *deployment.catalog.catalog.stacks) if stack} - {BASE}))


def owner_of(address: str, *, deployment: Deployment, types: Mapping[str, ResourceType]) -> Workload | None:
    """The service that a resource or data source belongs to and moves with; None if it's shared."""
    row = types.get(address.rpartition(".")[0])
    if row is None or not row.moves_with_service:
        return None
    return deployment.workloads.get(owner(address, workloads=deployment.workloads, types=types) or "")


def state_of(address: str, *, deployment: Deployment, types: Mapping[str, ResourceType]) -> str:
    """The state of a resource or data source."""
    owning = owner_of(address, deployment=deployment, types=types)
    return stack_of(owning) if owning else BASE


def folder_of(deployment_id: str, state: str) -> str:
    """The name of a state's stack and folder: the deployment's id for the base, and `ID_STATE` for others; ids have no
    `_`."""
    return deployment_id if state == BASE else f"{deployment_id}_{state}"


_STACK = "{stack}"
"""The placeholder for the state's name in strings of the backend's table."""

PLACE_ARGUMENTS = {
    "local": ("path",),
    "s3": ("key", "bucket"),
    "azurerm": ("key", "container_name", "storage_account_name"),
    "gcs": ("prefix", "bucket"),
    "consul": ("path", "address"),
    "pg": ("schema_name", "conn_str"),
    "http": ("address",),
    "remote": ("workspaces", "hostname", "organization"),
    "cloud": ("workspaces", "hostname", "organization"),
}
"""The arguments that locate a state (Terraform's documentation of each backend), the most specific first. The other
arguments configure access."""

VARIABLES = {
    "azurerm": {
        "access_key": "ARM_ACCESS_KEY",
        "sas_token": "ARM_SAS_TOKEN",
        "client_secret": "ARM_CLIENT_SECRET",
        "client_certificate_password": "ARM_CLIENT_CERTIFICATE_PASSWORD",
        "oidc_token": "ARM_OIDC_TOKEN",
        "oidc_request_token": "ARM_OIDC_REQUEST_TOKEN",
    },
    "consul": {"access_token": "CONSUL_HTTP_TOKEN", "http_auth": "CONSUL_HTTP_AUTH"},
    "gcs": {
        "credentials": "GOOGLE_BACKEND_CREDENTIALS",
        "access_token": "GOOGLE_OAUTH_ACCESS_TOKEN",
        "encryption_key": "GOOGLE_ENCRYPTION_KEY",
    },
    "http": {"password": "TF_HTTP_PASSWORD", "client_private_key_pem": "TF_HTTP_CLIENT_PRIVATE_KEY_PEM"},
    "pg": {"conn_str": "PG_CONN_STR"},
    "s3": {
        "access_key": "AWS_ACCESS_KEY_ID",
        "secret_key": "AWS_SECRET_ACCESS_KEY",
        "token": "AWS_SESSION_TOKEN",
        "sse_customer_key": "AWS_SSE_CUSTOMER_KEY",
    },
}
"""The environment variables that backends read instead of secret arguments (Terraform's documentation of each)."""


def backend_arguments(deployment: Deployment, state: str = BASE) -> tuple[str, dict[str, Any]]:
    """The kind of backend and its arguments, with defaults for those that locate the state."""
    kind, written = next(iter(deployment.catalog.state.items()))
    arguments = {key: _plain(value, state) for key, value in written.items()}
    place = _PLACES[kind](deployment, state) if kind in _PLACES else {}
    complete = {**place, **_extras(kind, arguments), **arguments}
    if kind in ("cloud", "remote") and isinstance(complete["workspaces"], dict):
        # Tags or a prefix may select a workspace; set the name only if nothing selects one.
        chosen = complete["workspaces"].keys() & {"name", "prefix", "tags"}
        complete["workspaces"] = complete["workspaces"] if chosen else {**complete["workspaces"], **place["workspaces"]}
    return kind, complete


def places_of(deployment: Deployment, more: Collection[str] = ()) -> dict[str, str]:
    """The location of each state of a deployment, and of the states in `more`, by name. Two states with the same
    location would be one state."""
    found = {}
    for state in (BASE, *sorted({*stacks_of(deployment), *more})):
        kind, arguments = backend_arguments(deployment, state)
        found[state] = repr((kind, *(_place(arguments.get(key)) for key in PLACE_ARGUMENTS[kind])))
    return found


def _place(value: Any) -> Any:
    """The part of an argument that identifies a location: a workspace's name, which is unique in its organization, or a
    normalized path."""
    if isinstance(value, dict):
        return value.get("name") or value.get("prefix") or value.get("tags")
    return posixpath.normpath(value) if isinstance(value, str) and "://" not in value else value


def _extras(kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
    # The s3 backend has its own locking since Terraform 1.10; the DynamoDB table is deprecated.
    return {"use_lockfile": True} if kind == "s3" and "dynamodb_table" not in arguments else {}


def _path(deployment: Deployment, state: str) -> str:
    parts = (deployment.catalog.catalog.name, deployment.environment, state)
    return "/".join(part for part in parts if part)


def _word(deployment: Deployment, state: str) -> str:
    # Joined by `_`, which neither has: with a hyphen, stack "eu-base" of "shop" would be stack "base" of "shop-eu".
    return f"{deployment.id}_{state}"


_PLACES: dict[str, Callable[[Deployment, str], dict[str, Any]]] = {
    # Relative to <output>/stacks/<folder>: beside the output folder, never in it, because cdktf deletes output folders.
    "local": lambda deployment, state: {"path": f"../../../state/{deployment.id}/{state}.tfstate"},
    "s3": lambda deployment, state: {"key": f"{_path(deployment, state)}.tfstate"},
    "azurerm": lambda deployment, state: {"key": f"{_path(deployment, state)}.tfstate"},
    "gcs": lambda deployment, state: {"prefix": _path(deployment, state)},
    "consul": lambda deployment, state: {"path": _path(deployment, state)},
    "pg": lambda deployment, state: {"schema_name": _word(deployment, state)},
    "cloud": lambda deployment, state: {"workspaces": {"name": _word(deployment, state)}},
    "remote": lambda deployment, state: {"workspaces": {"name": _word(deployment, state)}},
}


def _plain(value: Any, state: str) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item, state) for key, item in value.items()}
    if isinstance(value, str):
        return value.replace(_STACK, state)
    return [_plain(item, state) for item in value] if isinstance(value, tuple) else value
