"""Documents with a size limit in AWS: the rules never estimate less than the size in the output."""

from __future__ import annotations

import bisect
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from catalog.diagnostics import CatalogError
from catalog.model import Deployment
from catalog.model.network import KINDS
from catalog.names import partition
from catalog.task.document_sizes import (
    definition_length,
    execution_policy_length,
    task_policy_length,
    trust_policy_length,
)
from tests.support.catalogs import MORE, loaded, on_meshes, problems_of
from tests.support.outputs import ShippedOutputs
from tests.support.synth import catalog_output, resources

pytestmark = pytest.mark.usefixtures("in_tmp_path")


_ACCOUNT = "1" * 12
_SAID = re.compile(r"\$\{([^{}]*)\}")


ARNS = {
    "aws_acm_certificate": ("acm", "certificate/11111111-2222-3333-4444-555555555555"),
    "aws_appmesh_virtual_node": ("appmesh", f"mesh/{'d' * 24}/virtualNode/{{}}"),
    "aws_cloudwatch_log_group": ("logs", "log-group:{}"),
    "aws_efs_access_point": ("elasticfilesystem", "access-point/fsap-0123456789abcdef0"),
    "aws_efs_file_system": ("elasticfilesystem", "file-system/fs-0123456789abcdef0"),
    "aws_iam_role": ("iam", "role/{}"),
    "aws_kms_key": ("kms", "key/11111111-2222-3333-4444-555555555555"),
    "aws_s3_bucket": ("s3", "{}"),
    "aws_vpclattice_service": ("vpc-lattice", "service/svc-0123456789abcdef0"),
}
"""Service and resource parts of the ARNs in policies."""


def _applied(text: str, output: dict[str, Any]) -> str:
    """A string of the output with every reference at the length that AWS gives it: names as they are written, ids and
    ARNs at the length of their kind."""

    region = output["provider"]["aws"][0]["region"]

    def value(found: re.Match[str]) -> str:
        expression = found[1]
        if expression.endswith(".dns_entry[0].domain_name"):
            return "h" * 40 + f"-0123456789abcdef0.7d67968.vpc-lattice-svcs.{region}.on.aws"
        if expression.endswith(".account_id"):
            return _ACCOUNT
        type_, _, rest = expression.partition(".")
        address, _, attribute = rest.partition(".")
        name = str(resources(output, type_).get(address, {}).get("name", "n" * 40))
        if attribute != "arn":
            return name if attribute == "name" else "i" * 22
        service, resource = ARNS[type_]
        where = "" if service == "iam" else region
        return f"arn:{partition(region)}:{service}:{where}:{_ACCOUNT}:{resource.format(name)}"

    for _ in range(3):
        text = _SAID.sub(value, text)
    return text


def _compact(text: str, output: dict[str, Any]) -> str:
    return json.dumps(json.loads(_applied(text, output)), separators=(",", ":"), ensure_ascii=False)


def _definition(arguments: dict[str, Any], output: dict[str, Any]) -> int:
    """The task definition as AWS stores it: everything but tags, in one JSON document."""
    kept = {
        key: value for key, value in arguments.items() if key not in ("lifecycle", "depends_on", "tags", "provider")
    }
    kept["container_definitions"] = json.loads(_applied(kept["container_definitions"], output))
    whole = json.dumps(kept, separators=(",", ":"), ensure_ascii=False)
    return len(_applied(whole, output).encode())


def _check(deployment: Deployment, output: dict[str, Any]) -> None:
    for name, workload in deployment.workloads.items():
        definition = resources(output, "aws_ecs_task_definition").get(name)
        if definition is not None:
            assert _definition(definition, output) <= definition_length(deployment, workload), name
        policies = resources(output, "aws_iam_role_policy")
        signs = deployment.catalog.mesh.auth == "iam"
        if f"{name}_task" in policies and not signs:
            real = len(_compact(policies[f"{name}_task"]["policy"], output))
            assert real <= task_policy_length(deployment, workload), name
        real = len(_compact(policies[f"{name}_execution"]["policy"], output)) if f"{name}_execution" in policies else 0
        assert real <= execution_policy_length(deployment, workload), name
    _within(output, accounts=deployment.catalog.aws.accounts)


def _within(output: dict[str, Any], *, accounts: tuple[str, ...] = ()) -> None:
    """Every document keeps to AWS's limit for its kind."""
    for definition in resources(output, "aws_ecs_task_definition").values():
        assert _definition(definition, output) <= 64 * 1024
    by_role: dict[str, int] = {}
    for each in resources(output, "aws_iam_role_policy").values():
        by_role[each["role"]] = by_role.get(each["role"], 0) + len(_compact(each["policy"], output))
    assert max(by_role.values(), default=0) <= 10_240  # IAM User Guide, "IAM and AWS STS quotas"
    for role in resources(output, "aws_iam_role").values():
        length = len(_compact(role["assume_role_policy"], output))
        assert length <= 2048
        if "ecs-tasks" in role["assume_role_policy"]:
            assert length <= trust_policy_length(accounts)
    limits = {
        ("aws_vpclattice_auth_policy", "policy"): 10_000,  # VPC Lattice user guide, "Quotas": 10 kilobytes
        ("aws_kms_key", "policy"): 32_768,  # KMS developer guide, "Resource quotas"
        ("aws_efs_file_system_policy", "policy"): 20_000,  # EFS API reference, PutFileSystemPolicy
        ("aws_s3_bucket_policy", "policy"): 20_480,  # S3 user guide, "Bucket policies"
        ("aws_vpc_endpoint", "policy"): 20_480,  # VPC guide, "Amazon VPC quotas"
    }
    for (type_, key), limit in limits.items():
        for address, arguments in resources(output, type_).items():
            assert len(_applied(arguments.get(key, ""), output).encode()) <= limit, f"{type_}.{address}"


@pytest.mark.parametrize(("file", "kind"), on_meshes(MORE))
def test_documents_do_not_exceed_their_estimated_size(shipped: ShippedOutputs, file: Path, kind: str) -> None:
    for deployment, output in shipped(file, kind).bases:
        _check(deployment, output)


_ID = "d" * 24
_S = "s" * 36
HEAD = f"""
[catalog]
name = "{_ID}"
region = "us-gov-west-1"
"""


def _secret(n: int, *, length: int, partition: str = "aws-us-gov", region: str = "us-gov-west-1") -> str:
    arn = f"arn:{partition}:secretsmanager:{region}:123456789012:secret:{'s' * length}{n:03}-AbCdEf"
    return f'S{n} = "{arn}"'


def _buckets(count: int) -> list[str]:
    return [f"b{n:03}" + "x" * 56 for n in range(count)]


def _largest(kind: str, *, text: int) -> str:
    """A service with every key that makes a task definition and its policies long; `text` is for the environment."""
    callees = [f"c{n:02}" for n in range(20)]
    secrets = ", ".join(_secret(n, length=60) for n in range(20))
    own = f"""
image = "123456789012.dkr.ecr.us-gov-west-1.amazonaws.com/{"i" * 150}:1"
port = 80
cpu = 4096
memory = 8192
calls = {callees}
environment = {{ TEXT = '"{"x" * text}' }}
logs.router.options = {{ Name = "{"n" * 200}" }}
model = {{ source = "s3://models/{"m" * 300}", mount = "/m", cache = "efs" }}
health = {{ command = "true", grace = "5m" }}
secrets = {{ {secrets} }}
access.s3_read = {_buckets(8)}
access.task_protection = true
"""
    sidecars = [
        f"""
[services.{_S}.sidecars.{chr(97 + n) * 40}]
image = "r.io/{"i" * 200}:1"
command = ["sh", '{'"<&>' * 100}']
environment = {{ X = "{"é" * 400}" }}
"""
        for n in range(3)
    ]
    volumes = [
        f"""
[services.{_S}.volumes.{"v" * 39}{n}]
kind = "efs"
path = "/{"p" * 200}{n}"
"""
        for n in range(8)
    ]
    others = [
        f"""
[services.{name}]
image = "r.io/c:1"
port = {port}
protocol = "grpc"
"""
        for port, name in enumerate(callees, start=8001)
    ]
    mesh = f'[mesh]\nkind = "{kind}"\ntracing = true\n[cluster]\nexec = true\n[security]\nkms_key = true\n'
    return "".join([HEAD, mesh, f"[services.{_S}]", own, *sidecars, *volumes, *others])


@pytest.mark.parametrize("kind", KINDS)
def test_the_largest_accepted_task_definition_fits_the_limit(kind: str, tmp_path: Path) -> None:
    """One more character is an error."""
    (deployment,) = loaded(_largest(kind, text=0), kind=kind).deployments
    room = 64 * 1024 - definition_length(deployment, deployment.services[_S])
    with pytest.raises(CatalogError, match="task definition"):
        loaded(_largest(kind, text=room + 1), kind=kind)
    toml = _largest(kind, text=room)
    (deployment,) = loaded(toml, kind=kind).deployments
    (output,) = catalog_output(toml, tmp_path / "out").values()
    _check(deployment, output)
    definition = resources(output, "aws_ecs_task_definition")[_S]
    assert _definition(definition, output) > 52 * 1024, "the estimate leaves too much unused"


@pytest.mark.parametrize("region", ["us-gov-west-1", "us-west-2", "cn-northwest-1"])
def test_the_largest_accepted_number_of_signed_callees_fits_the_role_limit(region: str, tmp_path: Path) -> None:
    def toml(count: int) -> str:
        callees = [f"{'s' * 36}{n:04}" for n in range(count)]
        return (
            f'[catalog]\nname = "{_ID}"\nregion = "{region}"\n[mesh]\nkind = "vpc-lattice"\nauth = "iam"\n'
            + "".join(f'[services.{name}]\nimage = "r.io/s:1"\nport = 80\n' for name in callees)
            + f'[services.all]\nimage = "r.io/a:1"\nsign_requests = true\ncalls = {callees}\n'
        )

    count = _most(toml, between=(90, 130))
    (output,) = catalog_output(toml(count), tmp_path / "out").values()
    length = len(_compact(resources(output, "aws_iam_role_policy")["all_task"]["policy"], output))
    assert 8_500 < length <= 10_240
    _within(output)


@pytest.mark.parametrize("stack", ["", 'stack = "apart"\n'])
def test_the_largest_accepted_number_of_callers_fits_the_auth_policy_limit(stack: str, tmp_path: Path) -> None:
    def toml(count: int) -> str:
        return (
            f'[catalog]\nname = "{_ID}"\nregion = "us-gov-west-1"\n[mesh]\nkind = "vpc-lattice"\nauth = "iam"\n'
            '[services.llm]\nimage = "r.io/s:1"\nport = 80\n'
            + "".join(
                f'[services.{"s" * 36}{n:04}]\nimage = "r.io/s:1"\nsign_requests = true\ncalls = ["llm"]\n{stack}'
                for n in range(count)
            )
        )

    count = _most(toml, between=(80, 95))
    output = next(iter(catalog_output(toml(count), tmp_path / "out").values()))
    (policy,) = resources(output, "aws_vpclattice_auth_policy").values()
    assert 8_500 < len(_applied(policy["policy"], output)) <= 10_000


def _most(toml: Callable[[int], str], *, between: tuple[int, int]) -> int:
    """The largest count with which a catalog loads."""
    least, most = between
    refused = bisect.bisect_left(range(least, most + 1), True, key=lambda count: _refused(toml(count)))
    assert 0 < refused <= most - least, "the bound is not between these"
    return least + refused - 1


def _refused(toml: str) -> bool:
    try:
        loaded(toml, kind="vpc-lattice")
    except CatalogError:
        return True
    return False


LONG = {
    "secrets": (
        '[services.web]\nimage = "r.io/web:1"\nsecrets = { '
        + ", ".join(_secret(n, length=100, partition="aws", region="us-west-2") for n in range(65))
        + " }\n",
        "services.toml:3: services.web.secrets: the policy of the execution role has 11,253 characters, and IAM "
        "allows at most 10,240. Keep several values in one secret, and write { arn, key } for each.",
    ),
    "accounts": (
        f"[aws]\naccounts = {[str(10**11 + n) for n in range(130)]}\n",
        "services.toml:2: aws.accounts: 130 accounts make a trust policy of 2,136 characters, and IAM allows at most "
        "2,048. Move the accounts of each environment to its [environments.NAME.aws].",
    ),
    "words of access": (
        f'[services.web]\nimage = "r.io/web:1"\naccess.s3_read = {_buckets(60)}\n',
        "services.toml:3: services.web.access: the policy of the task role has 13,576 characters, and IAM allows at "
        "most 10,240. Join statements, or use wildcards.",
    ),
    "a character that is none": (
        '[services.web]\nimage = "r.io/web:1"\n[[services.web.access.statements]]\nactions = ["s3:GetObject"]\n'
        'resources = ["arn:aws:s3:::b/日"]\n',
        'services.toml:5: services.web.access.statements[0].resources[0]: "日" isn\'t supported in IAM '
        "policies. Use Latin-1 characters, or a wildcard instead.",
    ),
}


@pytest.mark.parametrize(("toml", "expected"), LONG.values(), ids=LONG)
def test_a_document_over_the_limit_is_an_error_with_its_length(toml: str, expected: str) -> None:
    assert problems_of(toml) == [expected]
