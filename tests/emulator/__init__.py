"""An AWS API on loopback to which real Terraform can apply a generated stack.

    from tests import emulator

    emulator.start()
    emulator.client("ecs").list_clusters()
    emulator.stop()

`python -m tests.emulator` serves one for a shell.
"""

from .appmesh import end as end_app_mesh
from .disks import pass_time, write_to_disk
from .ecs import forced_deployments, known_endpoints, rollback_next
from .efs import without_backups
from .endpoints import withdraw_service
from .inventory import active_task_definitions, leftovers
from .quotas import set_quota
from .server import REGION, client, environment, reset, settings, start, stop, url

__all__ = [
    "REGION",
    "active_task_definitions",
    "client",
    "end_app_mesh",
    "environment",
    "forced_deployments",
    "known_endpoints",
    "leftovers",
    "pass_time",
    "reset",
    "rollback_next",
    "set_quota",
    "settings",
    "start",
    "stop",
    "url",
    "withdraw_service",
    "without_backups",
    "write_to_disk",
]
