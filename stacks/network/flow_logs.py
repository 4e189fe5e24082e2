"""VPC flow logs."""

from __future__ import annotations

import json

from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.flow_log import FlowLog
from cdktf_cdktf_provider_aws.iam_role import IamRole
from cdktf_cdktf_provider_aws.iam_role_policy import IamRolePolicy
from constructs import Construct

from catalog import names
from catalog.analysis.permissions import ASSUME, FLOW_LOG
from catalog.model import Deployment
from stacks.kms import key_arn
from stacks.part import Part, Ref

RETENTION_DAYS = 30


class FlowLogs(Part):
    """Flow logs of a created VPC, in CloudWatch Logs, with their role."""

    def __init__(self, scope: Construct, *, deployment: Deployment, vpc: Ref) -> None:
        super().__init__(scope, "flow_logs", deployment=deployment)
        # Service keys have no underscore, so the name can't collide with the log group of a service named flow-logs.
        group = self.add(
            CloudwatchLogGroup,
            names.shared(names.FLOW_LOGS),
            name=names.log_group(deployment.id, names.FLOW_LOGS),
            retention_in_days=RETENTION_DAYS,
            kms_key_id=key_arn(deployment),
        )
        role = self.add(
            IamRole,
            names.shared(names.FLOW_LOGS),
            name=names.role(deployment.id, names.FLOW_LOGS),
            assume_role_policy=json.dumps(_trust(account=vpc.owner_id)),
            permissions_boundary=deployment.catalog.catalog.permissions_boundary,
        )
        policy = self.add(
            IamRolePolicy,
            names.shared(names.FLOW_LOGS),
            name="write",
            role=role.name,
            policy=json.dumps(_writing(group=group.arn)),
        )
        self.add(
            FlowLog,
            names.shared("network"),
            vpc_id=vpc.id,
            traffic_type="ALL",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            tags={"Name": deployment.id},
            depends_on=[policy],
        )


def _trust(*, account: str) -> dict[str, object]:
    """The trust policy: only this account's flow logs may use the role (VPC guide, "IAM role for publishing flow
    logs")."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "vpc-flow-logs.amazonaws.com"},
                "Action": ASSUME.actions[0],
                "Condition": {"StringEquals": {"aws:SourceAccount": account}},
            }
        ],
    }


def _writing(*, group: str) -> dict[str, object]:
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": [*FLOW_LOG.actions],
                "Resource": f"{group}:*",
            }
        ],
    }
