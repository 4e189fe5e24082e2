"""Where each deployment's Terraform state lives: the backend's own arguments, and a place of its own by default."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catalog.model import Deployment

_STACK = "base"


def backend_arguments(deployment: Deployment) -> tuple[str, dict[str, Any]]:
    """The kind of backend and its arguments, those that name the place of the state filled in where left out."""
    kind, written = next(iter(deployment.catalog.state.items()))
    arguments = {key: _plain(value) for key, value in written.items()}
    place = _PLACES[kind](deployment) if kind in _PLACES else {}
    complete = {**place, **_extras(kind, arguments), **arguments}
    if kind in ("cloud", "remote") and isinstance(complete["workspaces"], dict):
        # A workspace may be chosen by tags or a prefix; only where nothing chooses one is it named.
        chosen = complete["workspaces"].keys() & {"name", "prefix", "tags"}
        complete["workspaces"] = complete["workspaces"] if chosen else {**complete["workspaces"], **place["workspaces"]}
    return kind, complete


def _extras(kind: str, arguments: dict[str, Any]) -> dict[str, Any]:
    # S3 locks by itself since Terraform 1.10; the DynamoDB table is deprecated and excludes nothing.
    return {"use_lockfile": True} if kind == "s3" and "dynamodb_table" not in arguments else {}


def _path(deployment: Deployment) -> str:
    parts = (deployment.catalog.catalog.name, deployment.environment, _STACK)
    return "/".join(part for part in parts if part)


def _word(deployment: Deployment) -> str:
    # By `_`, which neither can hold: with a hyphen, stack "eu-base" of "shop" would be stack "base" of "shop-eu".
    return f"{deployment.id}_{_STACK}"


_PLACES: dict[str, Callable[[Deployment], dict[str, Any]]] = {
    # Seen from <output>/stacks/<id>: beside the output folder, never in it, because cdktf deletes output folders.
    "local": lambda deployment: {"path": f"../../../state/{deployment.id}/{_STACK}.tfstate"},
    "s3": lambda deployment: {"key": f"{_path(deployment)}.tfstate"},
    "azurerm": lambda deployment: {"key": f"{_path(deployment)}.tfstate"},
    "gcs": lambda deployment: {"prefix": _path(deployment)},
    "consul": lambda deployment: {"path": _path(deployment)},
    "pg": lambda deployment: {"schema_name": _word(deployment)},
    "cloud": lambda deployment: {"workspaces": {"name": _word(deployment)}},
    "remote": lambda deployment: {"workspaces": {"name": _word(deployment)}},
}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
