"""What a service finds beside its image: folders, and the weights of a model."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from catalog.model.types import AbsolutePath, Table, matching


class Volume(Table):
    """A folder that lies outside the container's own file system."""

    path: AbsolutePath
    """Where the container sees it."""
    kind: Literal["scratch", "efs"] = "scratch"
    """scratch = empty at every start, on the task's own storage; efs = kept, on a file system that all tasks of the
    service share."""


class Model(Table):
    """The weights of a model, fetched before the service starts."""

    source: Annotated[
        str,
        matching(
            r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[^*?\x00]+)?",
            "a folder in S3",
            'write one like "s3://bucket/folder"',
        ),
    ]
    """Where they lie: "s3://bucket/folder"."""
    mount: AbsolutePath = "/models"
    """Where the container sees them, read-only."""
    cache: Literal["scratch", "efs"] = "scratch"
    """scratch = fetched at every start, to the task's own storage; efs = fetched once, to a file system."""
    size_gib: Annotated[int, Field(ge=1)] | None = None
    """How many GiB they take. With it, a Fargate task has storage for them."""
