"""[mesh]: its kind, TLS and settings."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator

from catalog.model.types import (
    AuthorityArn,
    Table,
    table_or_true,
)


class Tls(Table):
    """Encryption between services."""

    authority: AuthorityArn | None = None
    """ARN of the AWS Private CA that signs the certificates."""


Kind = Literal["app-mesh", "service-connect", "vpc-lattice", "none"]
KINDS: tuple[str, ...] = get_args(Kind)


class Mesh(Table):
    """What carries the calls between services."""

    kind: Kind
    """Which mesh: docs/meshes.md says what each can do."""
    tls: Annotated[Tls | None, BeforeValidator(table_or_true, json_schema_input_type=bool | Tls)] = None
    """Encrypt calls between services: true, or { authority = CA ARN } where the mesh needs a private CA."""
    access_logs: bool = True
    """Log every request between services, where the mesh can."""
    tracing: bool = False
    """Collect traces: beside each service, a collector takes those of OpenTelemetry and X-Ray on localhost and sends
    them to X-Ray, those of proxies too, where the mesh has any that trace."""
    strict: bool = False
    """Refuse what this mesh can only ignore, instead of saying so."""
    auth: Literal["none", "iam"] = "none"
    """iam: callees admit the task roles of their callers only, which then sign their requests (`signed`)."""
    leaving: Kind | None = None
    """The mesh that was just left, where AWS has ended it: Terraform forgets its resources instead of deleting them."""
