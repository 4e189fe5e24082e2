"""Security requirements on every output, for every catalog and mesh: no open access, no unencrypted data, and no
permission without a reason."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from catalog.meshes import MESHES
from catalog.model import Deployment
from catalog.reports.reference import all_permissions, managed
from tests.conftest import ROOT
from tests.stacks.test_contract import CATALOGS
from tests.support.catalogs import REFUSED
from tests.support.outputs import ShippedOutputs
from tests.support.synth import resources

MORE = sorted(file.relative_to(ROOT).as_posix() for file in (ROOT / "tests" / "more_catalogs").glob("*.toml"))
Check = Callable[[Deployment, dict[str, Any]], Iterator[str]]
_ACTIONS = {action for right in all_permissions() for action in right.actions}
_EVERYWHERE = {action for right in all_permissions() if right.everywhere for action in right.actions}
_IN_KEY_POLICY = {action for right in all_permissions() if "key's policy" in right.holder for action in right.actions}
MODERN_TLS = ("ELBSecurityPolicy-TLS13-1-2-",)


def _cases() -> Iterator[Any]:
    for catalog in CATALOGS:
        for kind in MESHES:
            if (Path(catalog).stem, kind) not in REFUSED:
                yield pytest.param(catalog, kind, id=f"{Path(catalog).stem}-{kind}")
    for catalog in MORE:
        kind = next(kind for kind in MESHES if (Path(catalog).stem, kind) not in REFUSED)
        yield pytest.param(catalog, kind, id=f"{Path(catalog).stem}-{kind}")


@pytest.mark.parametrize(("catalog", "kind"), [*_cases()])
def test_an_output_has_no_open_access_and_no_unencrypted_data(shipped: ShippedOutputs, catalog: str, kind: str) -> None:
    for deployment, output in shipped(ROOT / catalog, kind).bases:
        faults = {check.__name__: [*check(deployment, output)] for check in CHECKS}
        assert not any(faults.values()), {name: found for name, found in faults.items() if found}


def policies(output: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement of every policy in an output, with the address of its resource."""
    for type_, named in output["resource"].items():
        for name, body in named.items():
            for key in ("policy", "assume_role_policy"):
                if isinstance(body.get(key), str):
                    document = json.loads(body[key])
                    yield from ((f"{type_}.{name}", statement) for statement in document["Statement"])


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def every_action_has_a_reason(deployment: Deployment, output: dict[str, Any]) -> Iterator[str]:
    written = {
        action
        for service in deployment.workloads.values()
        for statement in service.access.statements
        for action in statement.actions
    }
    for address, statement in policies(output):
        yield from (f"{address}: {action}" for action in {*_listed(statement["Action"])} - _ACTIONS - written)


def every_right_on_everything_has_a_reason(deployment: Deployment, output: dict[str, Any]) -> Iterator[str]:
    for address, statement in policies(output):
        # In a key policy, "*" is the key.
        allowed = _EVERYWHERE | (_IN_KEY_POLICY if address.startswith("aws_kms_key.") else set())
        if "*" in _listed(statement.get("Resource", [])):
            yield from (f"{address}: {action}" for action in {*_listed(statement["Action"])} - allowed)


def nobody_is_let_in_by_a_star(deployment: Deployment, output: dict[str, Any]) -> Iterator[str]:
    for address, statement in policies(output):
        principal = statement.get("Principal", {})
        everyone = principal == "*" or "*" in [each for value in principal.values() for each in _listed(value)]
        if everyone and statement["Effect"] == "Allow":
            yield address


def policies_of_aws_have_a_reason(deployment: Deployment, output: dict[str, Any]) -> Iterator[str]:
    for name, body in resources(output, "aws_iam_role_policy_attachment").items():
        if body["policy_arn"].partition(":iam::aws:policy/")[2] not in managed():
            yield name


def listeners_speak_modern_tls(deployment: Deployment, output: dict[str, Any]) -> Iterator[str]:
    for name, body in resources(output, "aws_lb_listener").items():
        if body["protocol"] in ("HTTPS", "TLS") and not body["ssl_policy"].startswith(MODERN_TLS):
            yield name
        ingress = next((each for each in deployment.catalog.ingress if f"main_ingress_{each}_" in f"{name}_"), "")
        certified = ingress and deployment.catalog.ingress[ingress].certificate
        if certified and body["protocol"] == "HTTP" and body["default_action"][0]["type"] != "redirect":
            yield f"{name} serves plain HTTP"


def balancers_drop_invalid_headers(deployment: Deployment, output: dict[str, Any]) -> Iterator[str]:
    for name, body in resources(output, "aws_lb").items():
        if body["load_balancer_type"] == "application" and body.get("drop_invalid_header_fields") is not True:
            yield name


def instances_keep_their_credentials(deployment: Deployment, output: dict[str, Any]) -> Iterator[str]:
    for name, body in resources(output, "aws_launch_template").items():
        metadata = body["metadata_options"]
        if (metadata["http_tokens"], metadata["http_put_response_hop_limit"]) != ("required", 1):
            yield name
        if any(each["ebs"]["encrypted"] != "true" for each in body["block_device_mappings"]):
            yield f"{name}: its disk"


def nothing_has_a_public_address(deployment: Deployment, output: dict[str, Any]) -> Iterator[str]:
    for name, body in resources(output, "aws_ecs_service").items():
        if body["network_configuration"]["assign_public_ip"] is not False:
            yield name
    for name, body in resources(output, "aws_subnet").items():
        if body["map_public_ip_on_launch"] is not False:
            yield name


def networks_of_ours_are_closed_and_watched(deployment: Deployment, output: dict[str, Any]) -> Iterator[str]:
    if not resources(output, "aws_vpc"):
        return
    [group] = resources(output, "aws_default_security_group").values()
    if group.get("ingress") or group.get("egress"):
        yield "the default group"
    if deployment.catalog.network.flow_logs and not resources(output, "aws_flow_log"):
        yield "no flow logs"


def logs_end(deployment: Deployment, output: dict[str, Any]) -> Iterator[str]:
    for name, body in resources(output, "aws_cloudwatch_log_group").items():
        if not body.get("retention_in_days"):
            yield name


def buckets_are_closed(deployment: Deployment, output: dict[str, Any]) -> Iterator[str]:
    for name in resources(output, "aws_s3_bucket"):
        closed = resources(output, "aws_s3_bucket_public_access_block")[name]
        if not all(closed[key] for key in closed if key.startswith(("block_", "ignore_", "restrict_"))):
            yield name
        statements = json.loads(resources(output, "aws_s3_bucket_policy")[name]["policy"])["Statement"]
        if not any(each["Effect"] == "Deny" and "aws:SecureTransport" in str(each["Condition"]) for each in statements):
            yield f"{name}: accepts requests without TLS"
        if name not in resources(output, "aws_s3_bucket_server_side_encryption_configuration"):
            yield f"{name}: unencrypted"


def file_systems_are_encrypted_and_closed(deployment: Deployment, output: dict[str, Any]) -> Iterator[str]:
    for name, body in resources(output, "aws_efs_file_system").items():
        if body["encrypted"] is not True or name not in resources(output, "aws_efs_file_system_policy"):
            yield name
    for name, body in resources(output, "aws_ecs_task_definition").items():
        for volume in body.get("volume", ()):
            files = volume.get("efs_volume_configuration")
            if files and (files["transit_encryption"], files["authorization_config"]["iam"]) != ("ENABLED", "ENABLED"):
                yield name


def file_systems_with_volumes_are_backed_up(deployment: Deployment, output: dict[str, Any]) -> Iterator[str]:
    volumes = [volume for each in deployment.workloads.values() for volume in each.volumes.values()]
    policies = [body["file_system_id"] for body in resources(output, "aws_efs_backup_policy").values()]
    for name in resources(output, "aws_efs_file_system"):
        if any(each.kind == "efs" for each in volumes) and f"${{aws_efs_file_system.{name}.id}}" not in policies:
            yield name


def the_world_gets_in_where_the_catalog_says_so(deployment: Deployment, output: dict[str, Any]) -> Iterator[str]:
    for name, body in resources(output, "aws_vpc_security_group_ingress_rule").items():
        if body.get("cidr_ipv4") == "0.0.0.0/0" and not name.startswith("main_ingress_"):
            yield name


CHECKS: tuple[Check, ...] = (
    every_action_has_a_reason,
    every_right_on_everything_has_a_reason,
    nobody_is_let_in_by_a_star,
    policies_of_aws_have_a_reason,
    listeners_speak_modern_tls,
    balancers_drop_invalid_headers,
    instances_keep_their_credentials,
    nothing_has_a_public_address,
    networks_of_ours_are_closed_and_watched,
    logs_end,
    buckets_are_closed,
    file_systems_are_encrypted_and_closed,
    file_systems_with_volumes_are_backed_up,
    the_world_gets_in_where_the_catalog_says_so,
)
