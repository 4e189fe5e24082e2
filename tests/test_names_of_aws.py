"""Every name in the output keeps to AWS's own model of it, in catalogs with names as long as they may be too."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader

from catalog.model.network import KINDS
from tests.catalogs import of_kind
from tests.conftest import ROOT
from tests.synth import catalog_output

SHAPES = {
    ("aws_appmesh_mesh", "name"): ("appmesh", "ResourceName"),
    ("aws_appmesh_route", "name"): ("appmesh", "ResourceName"),
    ("aws_appmesh_virtual_gateway", "name"): ("appmesh", "ResourceName"),
    ("aws_appmesh_virtual_node", "name"): ("appmesh", "ResourceName"),
    ("aws_appmesh_virtual_router", "name"): ("appmesh", "ResourceName"),
    ("aws_appmesh_virtual_service", "name"): ("appmesh", "ServiceName"),
    ("aws_autoscaling_group", "name"): ("autoscaling", "XmlStringMaxLen255"),
    ("aws_appautoscaling_policy", "name"): ("application-autoscaling", "PolicyName"),
    ("aws_appautoscaling_scheduled_action", "name"): ("application-autoscaling", "ScheduledActionName"),
    ("aws_cloudwatch_log_group", "name"): ("logs", "LogGroupName"),
    ("aws_cloudwatch_metric_alarm", "alarm_name"): ("cloudwatch", "AlarmName"),
    ("aws_efs_file_system", "creation_token"): ("efs", "CreationToken"),
    ("aws_iam_instance_profile", "name"): ("iam", "instanceProfileNameType"),
    ("aws_iam_role", "name"): ("iam", "roleNameType"),
    ("aws_iam_role_policy", "name"): ("iam", "policyNameType"),
    ("aws_launch_template", "name"): ("ec2", "LaunchTemplateName"),
    ("aws_lb", "name"): ("elbv2", "LoadBalancerName"),
    ("aws_lb_target_group", "name"): ("elbv2", "TargetGroupName"),
    ("aws_service_discovery_service", "name"): ("servicediscovery", "ServiceName"),
    ("aws_vpclattice_listener", "name"): ("vpc-lattice", "ListenerName"),
    ("aws_vpclattice_listener_rule", "name"): ("vpc-lattice", "RuleName"),
    ("aws_vpclattice_service", "name"): ("vpc-lattice", "ServiceName"),
    ("aws_vpclattice_service_network", "name"): ("vpc-lattice", "ServiceNetworkName"),
    ("aws_vpclattice_target_group", "name"): ("vpc-lattice", "TargetGroupName"),
}
"""What botocore knows of the arguments of resources."""
_ECS_NAME = r"[A-Za-z0-9_-]{1,255}"
PATTERNS = {
    ("aws_ecs_capacity_provider", "name"): rf"(?!aws|ecs|fargate){_ECS_NAME}",
    ("aws_ecs_cluster", "name"): _ECS_NAME,
    ("aws_ecs_service", "name"): _ECS_NAME,
    ("aws_ecs_task_definition", "family"): _ECS_NAME,
    ("aws_lb", "name"): r"(?!internal-)[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?",
    ("aws_lb_target_group", "name"): r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?",
    ("aws_s3_bucket", "bucket"): r"(?:[a-z0-9-]|\$\{[^}]*\}){3,63}",
    ("aws_security_group", "description"): r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}",
    ("aws_security_group", "name"): r"(?!sg-)[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}",
    ("aws_vpc_security_group_egress_rule", "description"): r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}",
    ("aws_vpc_security_group_ingress_rule", "description"): r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}",
}
"""What only the API references say: ECS (CreateService and its like), ELBv2 (CreateLoadBalancer, CreateTargetGroup),
EC2 (CreateSecurityGroup), S3 user guide ("Bucket naming rules")."""

_ID, _SERVICE, _CALLER, _VERSION = "d" * 24, "s" * 40, "c" * 40, "v" * 12
LONGEST = f"""
[catalog]
name = "{_ID}"
region = "us-gov-west-1"
[mesh]
kind = "none"
[ingress.{"i" * 40}]
allow = ["10.0.0.0/8"]
logs = {{}}
[capacity.{"p" * 40}]
instance_types = ["m7i.large"]
max = 2
[services.{_SERVICE}]
image = "r.io/s:1"
port = 80
public = true
scale = {{ min = 1, max = 2, cpu_percent = 50 }}
volumes.{"f" * 40} = {{ path = "/files", kind = "efs" }}
[services.{_CALLER}]
image = "r.io/c:1"
port = 80
calls = ["{_SERVICE}"]
capacity = "{"p" * 40}"
"""
VERSIONED = f"""
[[services.{_CALLER}.versions]]
name = "{_VERSION}"
weight = 10
match = {{ path = "/v" }}
"""


@cache
def _shapes(service: str) -> dict[str, Any]:
    shapes: dict[str, Any] = Loader().load_service_model(service, "service-2")["shapes"]
    return shapes


def _python(pattern: str) -> str:
    """A pattern of AWS, whose names for sets of characters `re` does not know: those stand for all but control
    characters."""
    return r"[^\x00-\x1f]*" if re.search(r"\\[pu]", pattern) else pattern


def _wrong(output: dict[str, Any]) -> list[str]:
    """Every name that is not as AWS wants it."""
    wrong: list[str] = []
    for type_, resources in output["resource"].items():
        for address, arguments in resources.items():
            for argument, value in arguments.items():
                if not isinstance(value, str) or (value.startswith("${") and value.endswith("}")):
                    continue
                key = (type_, argument)
                shape = _shapes(SHAPES[key][0])[SHAPES[key][1]] if key in SHAPES else {}
                fits = shape.get("min", 0) <= len(value) <= shape.get("max", len(value))
                fits &= re.fullmatch(_python(shape.get("pattern", r"(?s).*")), value) is not None
                fits &= re.fullmatch(PATTERNS.get(key, r"(?s).*"), value) is not None
                if not fits:
                    wrong.append(f"{type_}.{address}.{argument} = {value}")
    return wrong


@pytest.mark.parametrize("kind", KINDS)
def test_names_as_long_as_they_may_be_are_names_to_aws(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "longest.toml"
    file.write_text(LONGEST)
    file.write_text(of_kind(file, kind))
    toml = file.read_text()
    outputs = catalog_output(toml + VERSIONED, tmp_path / "versioned")
    assert [wrong for output in outputs.values() for wrong in _wrong(output)] == []


MEETING = """
[catalog]
name = "shop"
region = "us-west-2"
[mesh]
kind = "none"
[ingress.tasks]
allow = ["10.0.0.0/8"]
[ingress.network]
allow = ["10.0.0.0/8"]
[services.x]
image = "r.io/x:1"
port = 80
calls = ["y", "from-y", "x-from-y"]
public.ingress = "tasks"
scale = { min = 1, max = 2, cpu_percent = 50 }
[services.y]
image = "r.io/y:1"
port = 81
calls = ["from-y"]
public.ingress = "network"
[services.from-y]
image = "r.io/y:1"
port = 82
[services.x-from-y]
image = "r.io/y:1"
port = 83
"""
SUFFIXES = ("task", "execution", "from", "to")


@pytest.mark.parametrize("kind", KINDS)
def test_names_that_look_like_suffixes_meet_nothing(kind: str, tmp_path: Path) -> None:
    """A second use of an address would be an error."""
    file = tmp_path / "meeting.toml"
    file.write_text(MEETING)
    toml = of_kind(file, kind)
    versions = "".join(f'[[services.x.versions]]\nname = "{name}"\nweight = 10\n' for name in SUFFIXES)
    outputs = catalog_output(toml + versions, tmp_path / "versioned")
    (output,) = outputs.values()
    services = output["resource"]["aws_ecs_service"].values()
    assert len({service["name"] for service in services}) == len(services) >= 4


@pytest.mark.parametrize(
    "file", [*sorted((ROOT / "examples").glob("*.toml")), *sorted((ROOT / "tests/more_catalogs").glob("*.toml"))],
    ids=lambda file: file.stem,
)  # fmt: skip
def test_names_of_examples_are_names_to_aws(file: Path, tmp_path: Path) -> None:
    outputs = catalog_output(file, tmp_path)
    assert [wrong for output in outputs.values() for wrong in _wrong(output)] == []
