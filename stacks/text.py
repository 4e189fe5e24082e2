"""Text from the catalog stays text: made safe once, where it enters, so that no part can forget it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pydantic import BaseModel

from catalog.model import Deployment
from catalog.reading import placeholders


def literal(text: str) -> str:
    """`text`, written so that Terraform's template language and cdktf's tokens both yield it letter for letter.

    `${` and `%{` are doubled (Terraform JSON syntax, "Expression Mapping"). cdktf looks for its own marker `TfToken[`
    in every string, escaped or not, so an empty directive splits it.
    """
    text = text.replace("${", "$${").replace("%{", "%%{")
    return text.replace("TfToken[", "Tf%{if true}%{endif}Token[")


def literal_everywhere(value: Any, *, account: Callable[[], str]) -> Any:
    """Every string in a value made literal, but the mark for the account, which becomes the reference `account()`."""
    if isinstance(value, str):
        text = literal(value)
        return text.replace(placeholders.ACCOUNT, account()) if placeholders.ACCOUNT in text else text
    if isinstance(value, BaseModel):
        changed = {}
        for name, old in value:
            new = literal_everywhere(old, account=account)
            if new is not old and new != old:
                changed[name] = new
        return value.model_copy(update=changed) if changed else value
    if isinstance(value, dict):
        return {
            literal_everywhere(k, account=account): literal_everywhere(v, account=account) for k, v in value.items()
        }
    if isinstance(value, tuple | list):
        return type(value)(literal_everywhere(item, account=account) for item in value)
    return value


def safe(deployment: Deployment, *, account: Callable[[], str]) -> Deployment:
    """The deployment with all its text made literal, except what Terraform never evaluates (state arguments) and what
    is meant for Terraform (overrides). `account` is asked for a reference to the account only where one is needed."""
    catalog = literal_everywhere(deployment.catalog, account=account)
    catalog = catalog.model_copy(update={"state": deployment.catalog.state, "overrides": deployment.catalog.overrides})
    return replace(deployment, catalog=catalog, services=literal_everywhere(deployment.services, account=account))
