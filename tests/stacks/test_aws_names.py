"""Every name in the output is valid by AWS's own model, in catalogs with names of maximum length too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore.loaders import Loader

from catalog.model.network import KINDS
from tests.conftest import ROOT
from tests.support.catalogs import of_kind
from tests.support.outputs import ShippedOutputs
from tests.support.synth import catalog_output

SHAPES = {
    ("aws_acm_certificate", "domain_name"): ("acm", "DomainNameString"),
    ("aws_appmesh_gateway_route", "name"): ("appmesh", "ResourceName"),
    ("aws_cloudwatch_metric_alarm", "alarm_description"): ("cloudwatch", "AlarmDescription"),
    ("aws_efs_access_point", "path"): ("efs", "Path"),
    ("aws_kms_alias", "name"): ("kms", "AliasNameType"),
    ("aws_kms_key", "description"): ("kms", "DescriptionType"),
    ("aws_route53_record", "name"): ("route53", "DNSName"),
    ("aws_route53_zone", "name"): ("route53", "DNSName"),
    ("aws_service_discovery_http_namespace", "name"): ("servicediscovery", "NamespaceNameHttp"),
    ("aws_service_discovery_private_dns_namespace", "name"): ("servicediscovery", "NamespaceNamePrivate"),
    ("aws_vpclattice_service", "custom_domain_name"): ("vpc-lattice", "ServiceCustomDomainName"),
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
"""botocore's model of the resources' arguments."""
_ECS_NAME = r"[A-Za-z0-9_-]{1,255}"
PATTERNS = {
    ("aws_ecs_capacity_provider", "name"): rf"(?!aws|ecs|fargate){_ECS_NAME}",
    ("aws_ecs_cluster", "name"): _ECS_NAME,
    ("aws_ecs_service", "dns_name"): r"[a-z0-9_.][a-z0-9_.-]{0,126}",
    ("aws_ecs_service", "discovery_name"): r"[a-z0-9_][a-z0-9_-]{0,63}",
    ("aws_ecs_service", "name"): _ECS_NAME,
    ("aws_ecs_task_definition", "container"): _ECS_NAME,
    ("aws_ecs_task_definition", "family"): _ECS_NAME,
    ("aws_ecs_task_definition", "port"): r"[a-z0-9_][a-z0-9_-]{0,63}",
    ("aws_ecs_task_definition", "volume"): _ECS_NAME,
    ("aws_lb", "name"): r"(?!internal-)[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?",
    ("aws_lb_target_group", "name"): r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,30}[A-Za-z0-9])?",
    ("aws_s3_bucket", "bucket"): r"(?:[a-z0-9-]|\$\{[^}]*\}){3,63}",
    ("aws_security_group", "description"): r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}",
    ("aws_security_group", "name"): r"(?!sg-)[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}",
    ("aws_vpc_security_group_egress_rule", "description"): r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}",
    ("aws_vpc_security_group_ingress_rule", "description"): r"[A-Za-z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}",
}
"""Limits that only the API references have: ECS (CreateService, ServiceConnectService, PortMapping and the like), ELBv2
(CreateLoadBalancer, CreateTargetGroup), EC2 (CreateSecurityGroup), S3 user guide ("Bucket naming rules")."""

NO_NAMES = {
    ("aws_appautoscaling_target", "service_namespace"),
    ("aws_vpc_endpoint", "service_name"),
}
"""Arguments that are called like a name and have a value that AWS defines."""
_LIKE_A_NAME = re.compile(r"(^|_)(name|family|bucket|description|creation_token|alias|path|title)$")

_ID, _SERVICE, _CALLER, _VERSION = "d" * 24, "s" * 40, "c" * 40, "v" * 12


def _tags(count: int, *, of: str = "k") -> str:
    """The maximum number of tags, each of maximum length."""
    return "\n".join(f'{of}{n:02}{"-" * 125} = "{"ä" * 256}"' for n in range(count))


LONGEST = f"""
[catalog]
name = "{_ID}"
region = "us-gov-west-1"
[catalog.tags]
{_tags(24)}
[mesh]
kind = "none"
tracing = true
[cluster]
exec = true
[security]
kms_key = true
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
logs.router.options = {{ Name = "null" }}
model = {{ source = "s3://models/{"m" * 100}", mount = "/m", cache = "efs" }}
sidecars.{"b" * 40} = {{ image = "r.io/b:1" }}
[services.{_SERVICE}.tags]
{_tags(24, of="s")}
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
    """A pattern of AWS for `re`, which doesn't support AWS's character classes: all of them become "any character but
    control characters"."""
    return r"[^\x00-\x1f]*" if re.search(r"\\[pu]", pattern) else pattern


def _nested(type_: str, arguments: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Names within a resource, each with the kind of thing that it names."""
    if type_ == "aws_ecs_task_definition":
        for container in json.loads(arguments["container_definitions"]):
            yield "container", container["name"]
            yield from (("port", port["name"]) for port in container.get("portMappings", ()))
        yield from (("volume", volume["name"]) for volume in arguments.get("volume", ()))
    if type_ == "aws_ecs_service":
        for endpoint in arguments.get("service_connect_configuration", {}).get("service", ()):
            yield "discovery_name", endpoint["discovery_name"]
            aliases = endpoint["client_alias"]
            yield from (
                ("dns_name", each["dns_name"]) for each in (aliases if isinstance(aliases, list) else [aliases])
            )
    if type_ == "aws_efs_access_point":
        yield "path", arguments["root_directory"]["path"]


def _named(output: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """Every string of every resource: the type, the address, the kind of string, and its value."""
    for type_, resources in output["resource"].items():
        for address, arguments in resources.items():
            texts = ((key, value) for key, value in arguments.items() if isinstance(value, str))
            for key, value in (*texts, *_nested(type_, arguments)):
                if not re.fullmatch(r"\$\{[^{}]*\}", value):
                    yield type_, address, key, value


def wrong_names(output: dict[str, Any]) -> list[str]:
    """Every name that AWS would reject."""
    wrong: list[str] = []
    for type_, address, argument, value in _named(output):
        key = (type_, argument)
        shape = _shapes(SHAPES[key][0])[SHAPES[key][1]] if key in SHAPES else {}
        fits = shape.get("min", 0) <= len(value) <= shape.get("max", len(value))
        fits &= re.fullmatch(_python(shape.get("pattern", r"(?s).*")), value) is not None
        fits &= re.fullmatch(PATTERNS.get(key, r"(?s).*"), value) is not None
        if not fits:
            wrong.append(f"{type_}.{address}.{argument} = {value}")
    return [*wrong, *_wrong_tags(output)]


def _wrong_tags(output: dict[str, Any]) -> Iterator[str]:
    """AWS allows 50 tags for a resource, those of the provider included, with keys of 128 characters and values of 256
    (ECS API reference, Tag; AWS General Reference, "Tagging AWS resources")."""
    defaults = output["provider"]["aws"][0].get("default_tags", [{}])
    shared = (defaults[0] if isinstance(defaults, list) else defaults).get("tags", {})
    for type_, resources in output["resource"].items():
        for address, arguments in resources.items():
            tags = {**shared, **arguments.get("tags", {})}
            if type_ == "aws_autoscaling_group":
                tags = {each["key"]: each["value"] for each in arguments["tag"]}
            if len(tags) > 50:
                yield f"{type_}.{address} has {len(tags)} tags"
            for key, value in tags.items():
                if not (1 <= len(key) <= 128 and len(value) <= 256) or key.startswith("aws:"):
                    yield f"{type_}.{address}.tags.{key} = {value}"


def unknown_names(output: dict[str, Any]) -> set[tuple[str, str]]:
    """Arguments that are called like a name and aren't in the tables above."""
    known = SHAPES.keys() | PATTERNS.keys() | NO_NAMES
    return {
        (type_, argument)
        for type_, _, argument, _ in _named(output)
        if _LIKE_A_NAME.search(argument) and (type_, argument) not in known
    }


@pytest.mark.parametrize("kind", KINDS)
def test_names_of_maximum_length_are_valid_in_aws(kind: str, tmp_path: Path) -> None:
    file = tmp_path / "longest.toml"
    file.write_text(LONGEST)
    file.write_text(of_kind(file, kind))
    toml = file.read_text()
    outputs = catalog_output(toml + VERSIONED, tmp_path / "versioned")
    assert [wrong for output in outputs.values() for wrong in wrong_names(output)] == []
    assert [unknown_names(output) for output in outputs.values()] == [set()]


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
def test_names_that_look_like_suffixes_do_not_collide(kind: str, tmp_path: Path) -> None:
    """A second use of an address is an error."""
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
def test_names_in_the_examples_are_valid_in_aws(shipped: ShippedOutputs, file: Path) -> None:
    outputs = shipped(file).folders
    assert [wrong for output in outputs.values() for wrong in wrong_names(output)] == []
    assert set().union(*map(unknown_names, outputs.values())) == set(), "a new type of resource: add it to the tables"
