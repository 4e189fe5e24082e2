"""`security.kms_key`: the resources it encrypts, the principals that can use it, and the keys that are errors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from catalog.endpoints import interface_endpoints
from catalog.load import load
from tests.conftest import ROOT
from tests.support.catalogs import loaded, notices_of, pointed_out, problems_of
from tests.support.synth import catalog_output, resources, statements

KEY = "arn:aws:kms:us-west-2:123456789012:key/1111"
GIVEN = f"""
    [security]
    kms_key = "{KEY}"
"""


pytestmark = pytest.mark.usefixtures("in_tmp_path")


@pytest.fixture(scope="module")
def hardened(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    file = ROOT / "tests" / "more_catalogs" / "hardened.toml"
    return catalog_output(file, tmp_path_factory.mktemp("hardened"))["hardened"]


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    file = ROOT / "tests" / "more_catalogs" / "encrypted.toml"
    return catalog_output(file, tmp_path_factory.mktemp("encrypted"))["encrypted"]


def test_every_resource_that_supports_a_key_has_it(hardened: dict[str, Any]) -> None:
    key = "${aws_kms_key.main_key.arn}"
    groups = resources(hardened, "aws_cloudwatch_log_group")
    assert {"main_exec", "main_flow_logs", "web"} <= set(groups)
    assert {group["kms_key_id"] for group in groups.values()} == {key}
    assert resources(hardened, "aws_efs_file_system")["main_files"]["kms_key_id"] == key
    [disk] = resources(hardened, "aws_launch_template")["main_capacity_gpu"]["block_device_mappings"]
    assert (disk["ebs"]["encrypted"], disk["ebs"]["kms_key_id"]) == ("true", key)
    cluster = resources(hardened, "aws_ecs_cluster")["main_cluster"]["configuration"]
    assert cluster["managed_storage_configuration"] == {"fargate_ephemeral_storage_kms_key_id": key}
    sessions = cluster["execute_command_configuration"]
    assert (sessions["kms_key_id"], sessions["log_configuration"]["cloud_watch_encryption_enabled"]) == (key, True)


def test_a_created_key_rotates_and_has_a_deletion_window_of_thirty_days(hardened: dict[str, Any]) -> None:
    key = resources(hardened, "aws_kms_key")["main_key"]
    assert (key["enable_key_rotation"], key["deletion_window_in_days"]) == (True, 30)
    assert resources(hardened, "aws_kms_alias")["main_key"]["name"] == "alias/hardened"


def test_a_key_policy_admits_the_services_that_encrypt_for_this_deployment_only(hardened: dict[str, Any]) -> None:
    policy = json.loads(resources(hardened, "aws_kms_key")["main_key"]["policy"])
    said = {each["Sid"]: each for each in policy["Statement"]}
    assert list(said) == ["Account", "Logs", "TaskStorage", "TaskStorageGrants", "Disks", "DiskGrants"]
    assert said["Logs"]["Principal"] == {"Service": "logs.us-west-2.amazonaws.com"}
    [condition] = said["Logs"]["Condition"].values()
    groups = condition["kms:EncryptionContext:aws:logs:arn"]
    account = "arn:aws:logs:us-west-2:123456789012:log-group:"
    assert groups[0] == f"{account}/ecs/hardened/*"
    assert groups[-1] == f"{account}/aws/ecs/containerinsights/hardened/*"
    assert said["TaskStorage"]["Condition"] == {
        "StringEquals": {
            "kms:EncryptionContext:aws:ecs:clusterAccount": "123456789012",
            "kms:EncryptionContext:aws:ecs:clusterName": "hardened",
        }
    }
    assert said["TaskStorageGrants"]["Condition"]["ForAllValues:StringEquals"] == {"kms:GrantOperations": ["Decrypt"]}
    assert said["Disks"]["Principal"]["AWS"].endswith("/AWSServiceRoleForAutoScaling")
    assert said["DiskGrants"]["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    names = [group["name"] for group in resources(hardened, "aws_cloudwatch_log_group").values()]
    assert all(name.startswith("/ecs/hardened/") for name in names)


def test_a_task_role_can_decrypt_only_if_ecs_exec_is_enabled(hardened: dict[str, Any]) -> None:
    decrypting = {
        role
        for role in resources(hardened, "aws_iam_role_policy")
        for statement in statements(hardened, role)
        if "kms:Decrypt" in statement["Action"]
    }
    assert decrypting == {"console_task"}


def test_certificates_are_encrypted_with_an_existing_key(encrypted: dict[str, Any]) -> None:
    key = "arn:aws:kms:us-west-2:123456789012:key/11111111-2222-3333-4444-555555555555"
    assert not resources(encrypted, "aws_kms_key")
    configuration = resources(encrypted, "aws_ecs_service")["llm"]["service_connect_configuration"]
    assert configuration["service"][0]["tls"]["kms_key"] == key
    [statement] = statements(encrypted, "main_mesh")
    assert statement["Resource"] == [key] and "kms:GenerateDataKeyPair" in statement["Action"]
    assert "aws_iam_role_policy.main_mesh" in resources(encrypted, "aws_ecs_service")["llm"]["depends_on"]


def test_without_a_key_no_resource_has_a_key_argument(tmp_path: Path) -> None:
    [deployment] = load(ROOT / "examples" / "mutual.toml").deployments
    output = catalog_output(ROOT / "examples" / "mutual.toml", tmp_path)[deployment.id]
    assert "kms" not in json.dumps(output)
    assert "prevent_destroy" not in json.dumps(output) and "deletion_protection" not in json.dumps(output)


def test_ecs_exec_without_internet_access_reaches_its_key_through_an_endpoint() -> None:
    shell = "\n    [network]\n    nat = 'none'\n    [cluster]\n    exec = true\n"
    image = "\n    [services.web]\n    image = '123456789012.dkr.ecr.us-west-2.amazonaws.com/web:1'\n"
    [without] = loaded(shell + image).deployments
    [with_key] = loaded(GIVEN + shell + image).deployments
    assert {*interface_endpoints(with_key)} - {*interface_endpoints(without)} == {"kms"}


@pytest.mark.parametrize(
    "snippet",
    [
        """
        [security]
        kms_key = "alias/mine"
        #^ security.kms_key: expected true, for a key made for this deployment, or the ARN of one, as in
        #| "arn:aws:kms:…"
        """,
        """
        [security]
        kms_key = "arn:aws:kms:us-west-2:123456789012:alias/mine"
        #^ security.kms_key: must be the ARN of a key. Write one with ":key/" after the account.
        """,
        """
        [security]
        kms_key = "arn:aws:kms:eu-west-1:123456789012:key/1111"
        #^ security.kms_key: is in "eu-west-1", and resources in us-west-2 can't use it. Write the ARN of a key in
        #| us-west-2.
        """,
        """
        [security]
        kms_key = "arn:aws:kms:us-west-2:123456789012:key/mrk-1111"
        #^ security.kms_key: is a multi-Region key, which Fargate doesn't support for the storage of tasks. Write the
        #| ARN of a single-Region key, or true.
        """,
    ],
)
def test_an_unusable_key_is_an_error(snippet: str) -> None:
    assert problems_of(snippet) == pointed_out(snippet)


def test_a_key_for_disks_requires_a_role_that_a_new_account_lacks() -> None:
    capacity = "\n    [capacity.gpu]\n    instance_types = ['g5.xlarge']\n    max = 1\n"
    made = "\n    [security]\n    kms_key = true\n"
    on_it = "\n    [services.llm]\n    image = 'r.io/llm:1'\n    capacity = 'gpu'\n"
    assert not [line for line in notices_of(made) if "kms_key" in line]
    [said] = [line for line in notices_of(made + capacity + on_it) if "kms_key" in line]
    assert "aws iam create-service-linked-role --aws-service-name autoscaling.amazonaws.com" in said


def test_false_equals_the_default() -> None:
    [deployment] = loaded("\n    [security]\n    kms_key = false\n").deployments
    assert deployment.catalog.security.kms_key is None


def test_protection_can_be_set_for_each_environment(tmp_path: Path) -> None:
    catalog = """
        [catalog]
        name = "shop"
        region = "us-west-2"
        [mesh]
        kind = "none"
        [ingress.public]
        allow = ["203.0.113.0/24"]
        logs = true
        [services.web]
        image = "r.io/web:1"
        port = 80
        public = true
        volumes = { data = { path = "/data", kind = "efs" } }
        [environments.dev]
        [environments.prod.security]
        deletion_protection = true
        kms_key = true
    """
    made = catalog_output(catalog, tmp_path)
    kept = {
        id_: sorted(
            f"{type_}.{name}"
            for type_, named in output["resource"].items()
            for name, body in named.items()
            if (body.get("lifecycle") or {}).get("prevent_destroy")
        )
        for id_, output in made.items()
    }
    assert kept == {
        "shop-dev": [],
        "shop-prod": [
            "aws_ecs_cluster.main_cluster",
            "aws_efs_file_system.main_files",
            "aws_kms_key.main_key",
            "aws_lb.main_ingress_public",
            "aws_s3_bucket.main_ingress_public",
        ],
    }
    assert resources(made["shop-prod"], "aws_lb")["main_ingress_public"]["enable_deletion_protection"] is True
    assert "enable_deletion_protection" not in resources(made["shop-dev"], "aws_lb")["main_ingress_public"]
