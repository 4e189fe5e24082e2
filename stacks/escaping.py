"""Text from the catalog stays text: made safe once, where it enters, so that no part can forget it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel

from catalog import unknowns
from catalog.model import Deployment


def literal(text: str) -> str:
    """`text`, written so that Terraform's template language and cdktf's tokens both yield it letter for letter.

    `${` and `%{` are doubled (Terraform JSON syntax, "Expression Mapping"). cdktf looks for its own marker `TfToken[`
    in every string, escaped or not, so an empty directive splits it.
    """
    text = text.replace("${", "$${").replace("%{", "%%{")
    return text.replace("TfToken[", "Tf%{if true}%{endif}Token[")


@dataclass(frozen=True, kw_only=True)
class Text:
    """Makes text literal, but for marks of values that only Terraform knows: those become references."""

    account: Callable[[], str]
    """Asked for a reference to the account only where one is needed."""
    generated_host: Callable[[str], str]
    """Gives the reference to the host name that AWS makes for a service."""

    def of_deployment(self, deployment: Deployment) -> Deployment:
        """The deployment with all its text made literal, except what Terraform never evaluates (state arguments) and
        what is meant for Terraform (overrides)."""
        catalog = self.literal(deployment.catalog)
        kept = {"state": deployment.catalog.state, "overrides": deployment.catalog.overrides}
        catalog = catalog.model_copy(update=kept)
        return replace(deployment, catalog=catalog, running=self.literal(deployment.running))

    def literal(self, value: Any) -> Any:
        """A value with every string in it made literal."""
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
        """Text of our own with its marks replaced."""
        if unknowns.ACCOUNT in text:
            text = text.replace(unknowns.ACCOUNT, self.account())
        return unknowns.GENERATED_HOST.sub(lambda found: self.generated_host(found[1]), text)
