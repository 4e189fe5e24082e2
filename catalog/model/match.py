"""Which requests a version of a service gets whatever its weight."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from catalog.model.types import Table, matching


class Match(Table):
    """Requests that a version gets whatever its weight: those that meet all that is said."""

    path: Annotated[
        str, matching(r"/[A-Za-z0-9_.~$@:+&/-]*", "a beginning of a path", 'write one like "/beta", without a wildcard')
    ] = "/"
    """How the path begins; with grpc, "/package.Service" or "/package.Service/Method"."""
    headers: dict[
        Annotated[
            str, matching(r"[A-Za-z0-9!#$&'+.^_`|~-]{1,40}", "the name of a header", 'write one like "x-version"')
        ],
        Annotated[
            str, matching(r"[!-~]([ -~]{0,126}[!-~])?", "a header's value", "write 1 to 128 characters of ASCII")
        ],
    ] = {}
    """Headers and their exact values; with grpc, metadata."""
    priority: Annotated[int, Field(ge=1, le=100)] | None = None
    """Which of several matches is tried first, 1 to 100, where the computed one collides."""
