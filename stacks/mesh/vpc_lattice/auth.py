"""Who may call: IAM's say on both sides of a call."""

from __future__ import annotations

import json
from typing import Any

from catalog import names
from catalog.meshes.vpc_lattice.rights import INVOKE
from catalog.model import Deployment, Service
from stacks.part import Ref


def auth_policy(service: Service, *, deployment: Deployment) -> str:
    """The policy of a service that admits the task roles of its callers, and nobody else (VPC Lattice user guide, "Auth
    policies"). On one line: AWS refuses any other."""
    callers = [
        f"${{aws_iam_role.{workload.name}_{names.ROLES[0]}.arn}}"
        for caller in deployment.callers_of(service.name)
        for workload in deployment.workloads_of(caller.name)
    ]
    statement: dict[str, Any] = {"Action": INVOKE.actions[0], "Resource": "*"}
    if callers:
        statement |= {"Effect": "Allow", "Principal": {"AWS": callers}}
    else:
        statement |= {"Effect": "Deny", "Principal": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, sort_keys=True)


def invoke(callees: list[Ref]) -> list[dict[str, Any]]:
    """What a caller's own role has to allow: any request to its callees."""
    if not callees:
        return []
    return [INVOKE.on(f"{callee.arn}/*" for callee in callees)]
