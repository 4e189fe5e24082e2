"""An AWS API on loopback to which real Terraform can apply a generated stack.

    from tests import emulator

    emulator.start()
    emulator.client("ecs").list_clusters()
    emulator.stop()

`python -m tests.emulator` serves one for a shell.
"""

from .ecs import known_endpoints, rollback_next
from .efs import without_backups
from .endpoints import withdraw_service
from .inventory import active_task_definitions, leftovers
from .server import REGION, client, environment, reset, settings, start, stop, url

__all__ = [
    "REGION",
    "active_task_definitions",
    "client",
    "environment",
    "known_endpoints",
    "leftovers",
    "reset",
    "rollback_next",
    "settings",
    "start",
    "stop",
    "url",
    "withdraw_service",
    "without_backups",
]
