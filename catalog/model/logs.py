"""What becomes of a service's output."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from catalog.model.container import Secrets
from catalog.model.types import AbsolutePath, Table, wrong

RETENTION_DAYS = (
    1,
    3,
    5,
    7,
    14,
    30,
    60,
    90,
    120,
    150,
    180,
    365,
    400,
    545,
    731,
    1096,
    1827,
    2192,
    2557,
    2922,
    3288,
    3653,
)
"""The retention times that CloudWatch Logs has (API reference, PutRetentionPolicy)."""


def _retention(value: object) -> int:
    if isinstance(value, bool) or value not in RETENTION_DAYS:
        allowed = ", ".join(str(days) for days in RETENTION_DAYS)
        raise wrong(
            "CloudWatch Logs cannot keep logs for {value} days; write one of {allowed}", value=value, allowed=allowed
        )
    return int(str(value))


class LogRouter(Table):
    """FireLens: a Fluent Bit in every task, which sends what the service writes on to somewhere else. Its own output,
    and that of the task's other containers, stays in the log group. What the destination takes is for `access` to say.
    """

    options: dict[str, str] = {}
    """The output plugin of Fluent Bit, by its `Name`, and its other options, passed on as they are; with addresses of
    callees, as in an environment."""
    secrets: Secrets = {}
    """Options of the output plugin whose values are secrets: NAME = ARN, or { arn, key, kms }."""
    config: AbsolutePath | None = None
    """Path of a configuration in the image of the router, included beside what ECS writes itself."""


class Logs(Table):
    """What becomes of a service's output."""

    retention_days: Annotated[
        int, BeforeValidator(_retention), Field(json_schema_extra={"enum": list(RETENTION_DAYS)})
    ] = 30
    """Days until log lines are deleted."""
    router: LogRouter | None = None
    """Send the service's own output on, instead of to its log group."""
