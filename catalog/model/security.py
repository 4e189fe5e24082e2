"""What a reviewer asks for beyond the defaults: a key of one's own, and that nothing is deleted by mistake."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator

from catalog.model.types import Table, text, wrong

_ARN = r"arn:aws[a-z-]*:kms:[a-z0-9-]*:[^:]*:.+"


def _key(value: object) -> object:
    if isinstance(value, bool):
        return value or None
    if not isinstance(value, str) or not re.fullmatch(_ARN, value):
        raise wrong('expected true, for a key made for this deployment, or the ARN of one, as in "arn:aws:kms:…"')
    return value


class Security(Table):
    """Keys of one's own, and protection from deletion."""

    kms_key: Annotated[
        Literal[True] | str | None, BeforeValidator(_key, json_schema_input_type=bool | text("ARN", f"^{_ARN}$"))
    ] = None
    """The KMS key that encrypts logs, file system, disks, task storage, shell sessions and certificates: true makes one
    for this deployment, an ARN names one that exists, whose policy then is yours (docs/security.md). Default: keys that
    AWS owns."""
    deletion_protection: bool = False
    """Refuse to delete what cannot be had back: load balancers, file system, key, log buckets, the cluster. With it,
    `make destroy` refuses before it has deleted anything."""
