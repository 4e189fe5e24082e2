"""Escaping of the catalog's strings for Terraform, done once for the whole deployment before any part uses it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from catalog import unknowns
from catalog.model import Deployment


def literal(text: str) -> str:
    """`text`, escaped for Terraform's template language and for cdktf's tokens.

    `${` and `%{` are doubled (Terraform JSON syntax, "Expression Mapping"). cdktf looks for its own marker `TfToken[`
    in every string, escaped or not, so an empty directive splits it.
    """
    text = text.replace("${", "$${").replace("%{", "%%{")
    return text.replace("TfToken[", "Tf%{if true}%{endif}Token[")


@dataclass(frozen=True, kw_only=True)
class Text:
    """Escapes strings, and replaces placeholders of values that only Terraform knows by references."""

    account: Callable[[], str]
    """Returns a reference to the account number. Called only if a string requires one."""
    generated_host: Callable[[str], str]
    """Returns the reference to the host name that AWS generates for a service."""

    def of_deployment(self, deployment: Deployment) -> Deployment:
        """The deployment with all strings escaped, except state arguments, which Terraform never evaluates, and
        overrides, which may contain Terraform expressions."""
        catalog = self.literal(deployment.catalog)
        kept = {"state": deployment.catalog.state, "overrides": deployment.catalog.overrides}
        catalog = catalog.model_copy(update=kept)
        return replace(deployment, catalog=catalog, running=self.literal(deployment.running))

    def literal(self, value: Any) -> Any:
        """A value with every string in it escaped."""
        if isinstance(value, str):
            return self.with_references(literal(value))
        if isinstance(value, BaseModel):
            changed = {}
            for name, old in value:
                new = self.literal(old)
                if new is not old and new != old:
                    changed[name] = new
            return value.model_copy(update=changed) if changed else value
        if isinstance(value, dict):
            return {self.literal(key): self.literal(item) for key, item in value.items()}
        if isinstance(value, tuple | list):
            return type(value)(self.literal(item) for item in value)
        return value

    def with_references(self, text: str) -> str:
        """`text` with its placeholders replaced by references. It isn't escaped."""
        if unknowns.ACCOUNT in text:
            text = text.replace(unknowns.ACCOUNT, self.account())
        return unknowns.GENERATED_HOST.sub(lambda found: self.generated_host(found[1]), text)
