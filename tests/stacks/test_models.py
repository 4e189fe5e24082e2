"""Models and folders: fetched before the service starts, kept where several tasks see them, open to nobody else."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.catalogs import complete, notices_of, pointed_out, problems_of
from tests.support.synth import catalog_output, containers, resources, statements

MODELS = ROOT / "tests" / "more_catalogs" / "models.toml"


pytestmark = pytest.mark.usefixtures("in_tmp_path")


def test_a_service_starts_when_its_weights_are_there_and_cannot_change_them(tmp_path: Path) -> None:
    [output] = catalog_output(MODELS, tmp_path).values()

    found = containers(output, "embedding")

    assert found["embedding"]["dependsOn"] == [{"containerName": "model_loader", "condition": "SUCCESS"}]
    assert found["embedding"]["mountPoints"] == [{"sourceVolume": "model", "containerPath": "/data", "readOnly": True}]
    loader = found["model_loader"]
    variables = {each["name"]: each["value"] for each in loader["environment"]}
    assert variables == {"AWS_REGION": "us-west-2", "SOURCE": "s3://weights/bge", "TARGET": "/data"}
    assert loader["essential"] is False
    assert loader["mountPoints"] == [{"sourceVolume": "model", "containerPath": "/data", "readOnly": False}]


@pytest.mark.parametrize(("fetched", "status"), [("weights", 0), ("", 1)])
def test_the_loader_ends_well_only_where_something_was_fetched(fetched: str, status: int, tmp_path: Path) -> None:
    """The container's own words, run by a shell, with another program in place of AWS's."""
    [output] = catalog_output(MODELS, tmp_path / "synthesized").values()
    loader = containers(output, "embedding")["model_loader"]
    aws = tmp_path / "aws"
    aws.write_text(
        f'#!/bin/sh\ntest "$1 $2 $3" = "s3 sync s3://a b/c" && test -z "{fetched}" || touch "$4/{fetched}"\n'
    )
    aws.chmod(0o755)
    target = tmp_path / "some folder"
    target.mkdir()

    ran = subprocess.run(
        [*loader["entryPoint"], *loader["command"]],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "SOURCE": "s3://a b/c", "TARGET": str(target)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == status, ran.stderr
    assert ("nothing lies in s3://a b/c" in ran.stderr) == (status != 0)


def test_a_task_has_storage_for_its_weights(tmp_path: Path) -> None:
    [output] = catalog_output(MODELS, tmp_path).values()
    tasks = resources(output, "aws_ecs_task_definition")

    assert tasks["embedding"]["ephemeral_storage"] == {"size_in_gib": 40}
    assert "ephemeral_storage" not in tasks["llm"]


def test_a_task_reads_its_own_weights_only(tmp_path: Path) -> None:
    [output] = catalog_output(MODELS, tmp_path).values()

    get, list_ = statements(output, "embedding_task")

    assert (get["Action"], get["Resource"]) == (["s3:GetObject"], ["arn:aws:s3:::weights/bge/*"])
    assert (list_["Action"], list_["Resource"]) == (["s3:ListBucket"], ["arn:aws:s3:::weights"])
    assert list_["Condition"] == {"StringLike": {"s3:prefix": ["bge", "bge/*"]}}


def test_shared_folders_are_encrypted_and_opened_to_their_service_alone(tmp_path: Path) -> None:
    [output] = catalog_output(MODELS, tmp_path).values()

    assert resources(output, "aws_efs_file_system")["main_files"]["encrypted"] is True
    policy = json.loads(resources(output, "aws_efs_file_system_policy")["main_files"]["policy"])
    assert [each["Effect"] for each in policy["Statement"]] == ["Deny"]
    for target in resources(output, "aws_efs_mount_target").values():
        assert target["depends_on"] == ["aws_efs_file_system_policy.main_files"]
        assert target["lifecycle"] == {"create_before_destroy": True}
    points = resources(output, "aws_efs_access_point")
    assert set(points) == {"llm_cache", "llm_model"}
    assert points["llm_cache"]["tags"]["team"] == "models"
    assert points["llm_cache"]["root_directory"]["path"] == "/llm/cache"
    volumes = {each["name"]: each for each in resources(output, "aws_ecs_task_definition")["llm"]["volume"]}
    for name in ("cache", "model"):
        configuration = volumes[name]["efs_volume_configuration"]
        assert configuration["transit_encryption"] == "ENABLED"
        assert configuration["authorization_config"] == {
            "access_point_id": f"${{aws_efs_access_point.llm_{name}.id}}",
            "iam": "ENABLED",
        }
    [mount] = [each for each in statements(output, "llm_task") if "elasticfilesystem:ClientMount" in each["Action"]]
    assert mount["Condition"]["StringEquals"]["elasticfilesystem:AccessPointArn"] == [
        "${aws_efs_access_point.llm_cache.arn}",
        "${aws_efs_access_point.llm_model.arn}",
    ]
    assert set(resources(output, "aws_efs_mount_target")) == {"main_files_a", "main_files_b"}
    rules = resources(output, "aws_vpc_security_group_ingress_rule")
    assert [name for name in rules if name.startswith("main_files_from_")] == ["main_files_from_llm"]
    waits = resources(output, "aws_ecs_service")["llm"]["depends_on"]
    assert {"aws_efs_mount_target.main_files_a", "aws_vpc_security_group_egress_rule.llm_to_main_files"} < set(waits)


def test_another_model_has_another_folder(tmp_path: Path) -> None:
    def folder(source: str) -> str:
        snippet = f'[services.llm]\nimage = "r.io/llm:1"\nmodel = {{ source = "{source}", cache = "efs" }}\n'
        [output] = catalog_output(complete(snippet), tmp_path / source[-1]).values()
        path: str = resources(output, "aws_efs_access_point")["llm_model"]["root_directory"]["path"]
        return path

    assert folder("s3://weights/a") != folder("s3://weights/b")


def test_without_shared_folders_there_is_no_file_system(tmp_path: Path) -> None:
    [output] = catalog_output(complete('[services.web]\nimage = "r.io/web:1"\n'), tmp_path).values()

    assert not [type_ for type_ in output["resource"] if type_.startswith("aws_efs_")]


WRONG = {
    "weights that do not fit": """
        [services.llm]
        image = "r.io/llm:1"
        storage = 30
        model = { source = "s3://weights/llama", size_gib = 40 }
        #^ services.llm.model.size_gib: 40 GiB do not fit beside the images into 30 GiB of storage; write storage = 50
    """,
    "weights that fit into no task": """
        [services.llm]
        image = "r.io/llm:1"
        model = { source = "s3://weights/llama", size_gib = 400 }
        #^ services.llm.model.size_gib: 400 GiB do not fit beside the images into 200 GiB of storage; write
        #| cache = "efs"
    """,
    "weights that do not fit on an instance": """
        [capacity.gpu]
        instance_types = ["g5.xlarge"]
        max = 1
        [services.llm]
        image = "r.io/llm:1"
        capacity = "gpu"
        deploy = { min = 0, max = 100 }
        gpus = 1
        model = { source = "s3://weights/llama", size_gib = 400 }
        #^ services.llm.model.size_gib: 400 GiB do not fit beside the images on a disk of 100 GiB (services.toml:1);
        #| write disk_gib = 410 or more there, or cache = "efs"
    """,
    "a source that is none": """
        [services.llm]
        image = "r.io/llm:1"
        model = { source = "weights/llama" }
        #^ services.llm.model.source: "weights/llama" is not a folder in S3; write one like "s3://bucket/folder"
    """,
    "a volume where the model is": """
        [services.llm]
        image = "r.io/llm:1"
        model = { source = "s3://weights/llama" }
        #^ services.llm.model: "/models" is already the path of volume own (services.toml:5); write another
        volumes.own = { path = "/models" }
    """,
    "a volume called model": """
        [services.llm]
        image = "r.io/llm:1"
        model = { source = "s3://weights/llama" }
        volumes.model = { path = "/own" }
        #^ services.llm.volumes.model: "model" is the volume of the model (services.toml:3); write another name
    """,
    "a loader out of reach": """
        [network]
        nat = "none"
        [services.llm]
        image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/llm:1"
        model = { source = "s3://weights/llama" }
        #^ services.llm.model: "public.ecr.aws/aws-cli/aws-cli:2.34.56" isn't in a private ECR repository, and with nat
        #| = "none" (services.toml:2) tasks reach only private ECR repositories in us-west-2. Set a copy of it in
        #| [images], or write nat = "single".
    """,
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_mistake_about_models_is_told_with_its_line(mistake: str) -> None:
    assert problems_of(WRONG[mistake]) == pointed_out(WRONG[mistake])


def test_what_nobody_said_about_a_start_is_asked_for() -> None:
    said = notices_of("""
        [services.llm]
        image = "r.io/llm:1"
        model = { source = "s3://weights/llama" }
    """)

    assert [line.partition("; ")[2] for line in said] == [
        "write size_gib, how many GiB the weights take, and there is room for them",
        "write health.grace, which rollouts wait for",
    ]
