"""The VPC endpoints of a deployment: the listed ones, and without internet access, those that its tasks require."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from catalog.analysis.images import ECR_ENDPOINTS, ecr_repository
from catalog.meshes import MESHES, mesh_of
from catalog.model import Deployment, Workload
from catalog.names import partition
from catalog.task import addition_of

GATEWAYS = ("dynamodb", "s3")
"""The services with gateway endpoints, which are free (VPC guide, "Gateway endpoints")."""

_ALWAYS = ("logs",)
"""Every container writes to CloudWatch Logs."""
_OF_INSTANCES = ("ecs", "ecs-agent", "ecs-telemetry")
"""The services that the agent on an instance calls (ECS developer guide, "Amazon ECS interface VPC endpoints"). Auto
Scaling reads the image's parameter, so that the instance requires no endpoint of Systems Manager."""

_BY_ACTION: dict[str, tuple[str, ...]] = {
    # Endpoint, and the actions that go there (each service's guide, "interface VPC endpoints"; the actions are those of
    # the Service Authorization Reference). Only what is certain: [network] endpoints takes the rest.
    "athena": ("athena:*",),
    "bedrock": ("bedrock:GetFoundationModel", "bedrock:ListFoundationModels", "bedrock:ListInferenceProfiles"),
    "bedrock-agent-runtime": (
        "bedrock:InvokeAgent",
        "bedrock:InvokeFlow",
        "bedrock:InvokeInlineAgent",
        "bedrock:Rerank",
        "bedrock:Retrieve",
        "bedrock:RetrieveAndGenerate",
    ),
    "bedrock-runtime": (
        "bedrock:ApplyGuardrail",
        "bedrock:InvokeModel",
        "bedrock:InvokeModelWithResponseStream",
    ),
    "comprehend": ("comprehend:*",),
    "dynamodb": ("dynamodb:*",),
    "ecs": ("ecs:*",),
    "elasticfilesystem": ("elasticfilesystem:*",),
    "events": ("events:*",),
    "kinesis-firehose": ("firehose:*",),
    "kinesis-streams": ("kinesis:*",),
    "kms": ("kms:*",),
    "lambda": ("lambda:*",),
    "logs": ("logs:*",),
    "monitoring": ("cloudwatch:*",),
    "rds-data": ("rds-data:*",),
    "rekognition": ("rekognition:*",),
    "s3": ("s3:*",),
    "sagemaker.runtime": (
        "sagemaker:InvokeEndpoint",
        "sagemaker:InvokeEndpointAsync",
        "sagemaker:InvokeEndpointWithResponseStream",
    ),
    "secretsmanager": ("secretsmanager:*",),
    "sns": ("sns:*",),
    "sqs": ("sqs:*",),
    "ssm": ("ssm:*",),
    "ssmmessages": ("ssmmessages:*",),
    "states": ("states:*",),
    "sts": ("sts:*",),
    "textract": ("textract:*",),
    "transcribe": ("transcribe:*",),
    "translate": ("translate:*",),
    "xray": ("xray:*",),
}

_OWN_PREFIX_IN_CHINA = {
    *("athena", "ecr.api", "ecr.dkr", "elasticfilesystem", "kinesis-streams", "lambda"),
    *("monitoring", "sagemaker.api", "sagemaker.runtime", "sqs", "states", "sts", "xray"),
}
"""Services whose endpoints begin with `cn.` in China (aws-cdk-lib, vpc-endpoint.ts, getDefaultEndpointPrefix)."""


def has_internet_access(deployment: Deployment) -> bool:
    """Whether tasks have internet access. An existing network is assumed to have it."""
    return deployment.uses_existing_network or deployment.catalog.network.nat != "none"


def interface_endpoints(deployment: Deployment) -> tuple[str, ...]:
    """The interface endpoints to create, by the part of the service name behind the region."""
    return tuple(sorted(_wanted(deployment) - set(GATEWAYS)))


def gateway_endpoints(deployment: Deployment) -> tuple[str, ...]:
    """The gateway endpoints to create, which are free: always S3, which serves image layers, and those for
    the services' permissions, because a NAT gateway would bill that traffic."""
    if deployment.uses_existing_network:
        return ()
    permitted = {
        action.partition(":")[0].lower() for each in deployment.workloads.values() for action in _permissions(each)
    }
    return tuple(sorted((_wanted(deployment) | permitted) & set(GATEWAYS) | {"s3"}))


def gateways_of(workload: Workload, *, deployment: Deployment) -> tuple[str, ...]:
    """The gateway endpoints that a service uses: S3, and those for its own permissions."""
    if deployment.uses_existing_network:
        return ()
    # Not asked of all services what they want: this is asked for each of them.
    used = {*deployment.catalog.network.endpoints, "s3"}
    if not has_internet_access(deployment):
        used.update(_of_service(workload, deployment=deployment))
    return tuple(sorted(used & set(GATEWAYS)))


def necessary_endpoints(deployment: Deployment) -> tuple[str, ...]:
    """The endpoints that tasks without internet access require to start, and to use their `access`."""
    needed = {*_ALWAYS, *mesh_of(deployment).endpoints}
    if deployment.catalog.capacity:
        needed.update(_OF_INSTANCES)
    for workload in deployment.workloads.values():
        needed.update(_of_service(workload, deployment=deployment))
    return tuple(sorted(needed))


def is_private_ecr(image: str) -> bool:
    """Whether an image is in a private ECR repository, the only kind that endpoints reach."""
    return ecr_repository(image) is not None


def service_name(endpoint: str, *, region: str) -> str:
    """The full name of an endpoint's service."""
    own_prefix = _OWN_PREFIX_IN_CHINA.union(*(mesh.own_prefix_in_china for mesh in MESHES.values()))
    prefix = "cn." if partition(region) == "aws-cn" and endpoint in own_prefix else ""
    return f"{prefix}com.amazonaws.{region}.{endpoint}"


def _wanted(deployment: Deployment) -> set[str]:
    necessary = () if has_internet_access(deployment) else necessary_endpoints(deployment)
    return {*deployment.catalog.network.endpoints, *necessary}


def _of_service(workload: Workload, *, deployment: Deployment) -> Iterator[str]:
    addition = addition_of(deployment, workload)
    if any(map(is_private_ecr, (workload.image, *addition.images))):
        yield from ECR_ENDPOINTS
    # Secrets Manager and Parameter Store call KMS, so that tasks need no endpoint of KMS (its guide, "kms:ViaService").
    secrets = [secret.arn for secret in (*workload.secrets.values(), *addition.secrets.values())]
    secrets += [*addition.credentials, workload.credentials or ""]
    yield from (arn.split(":")[2] for arn in secrets if arn)
    for action in (*_permissions(workload), *addition.actions):
        yield from endpoints_for(action)


def _permissions(workload: Workload) -> Iterator[str]:
    """The actions that the catalog allows a workload, without `*`."""
    for statement in (*workload.access.statements, *workload.granted):
        if statement.effect == "Allow":
            yield from (action for action in statement.actions if action != "*")


def endpoints_for(action: str) -> tuple[str, ...]:
    """The endpoints that an action requires, which may have wildcards. Ambiguous actions have none."""
    return tuple(
        endpoint for endpoint, actions in _BY_ACTION.items() if any(_overlap(action, other) for other in actions)
    )


def _overlap(one: str, other: str) -> bool:
    """Whether two actions, one of which may have IAM's wildcards, have an action in common."""
    one, other = one.lower(), other.lower()
    return fnmatchcase(one, other) or fnmatchcase(other, one)
