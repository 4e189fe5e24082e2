"""Who may call: IAM's say on both sides of a call."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from catalog import aws_names, names
from catalog.meshes.vpc_lattice.rights import INVOKE
from catalog.model import Deployment, Service
from catalog.states import stack_of
from stacks.part import Ref


def auth_policy(service: Service, *, deployment: Deployment, known: Ref, account: Callable[[], str]) -> str:
    """The policy of a service that admits the task roles of its callers, and nobody else (VPC Lattice user guide, "Auth
    policies"). On one line: AWS refuses any other. `known` is the service as VPC Lattice knows it; `account` gives the
    account's number or a reference, and no expression with quotes in it, which JSON would escape."""
    callers = [
        workload for caller in deployment.callers_of(service.name) for workload in deployment.workloads_of(caller.name)
    ]
    here = [f"${{aws_iam_role.{each.name}_{names.ROLES[0]}.arn}}" for each in callers if stack_of(each) == known.state]
    elsewhere = [each for each in callers if stack_of(each) != known.state]
    statements: list[dict[str, Any]] = []
    if here:
        statements.append({"Effect": "Allow", "Principal": {"AWS": here}})
    if elsewhere:
        # A principal has to exist already, which roles of another state may not yet; a name in a condition need not.
        roles = f"arn:{deployment.partition}:iam::{account()}"
        theirs = [f"{roles}:role/{aws_names.role(deployment, each, names.ROLES[0])}" for each in elsewhere]
        condition = {"ArnEquals": {"aws:PrincipalArn": theirs}}
        statements.append({"Effect": "Allow", "Principal": {"AWS": f"{roles}:root"}, "Condition": condition})
    if not callers:
        statements.append({"Effect": "Deny", "Principal": "*"})
    whole = [{"Action": INVOKE.actions[0], "Resource": "*", **statement} for statement in statements]
    return json.dumps({"Version": "2012-10-17", "Statement": whole}, sort_keys=True)


def invoke(callees: list[Ref]) -> list[dict[str, Any]]:
    """What a caller's own role has to allow: any request to its callees."""
    if not callees:
        return []
    return [INVOKE.on(f"{callee.arn}/*" for callee in callees)]
