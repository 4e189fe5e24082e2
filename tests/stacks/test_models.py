"""Model artifacts and persistent volumes: download before the start, shared folders, and access to them."""

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


def test_a_service_starts_after_the_download_and_mounts_its_model_read_only(tmp_path: Path) -> None:
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
def test_the_loader_succeeds_only_if_it_downloads_a_file(fetched: str, status: int, tmp_path: Path) -> None:
    """Runs the container's command in a shell, with a fake `aws`."""
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


def test_a_task_has_storage_for_its_model(tmp_path: Path) -> None:
    [output] = catalog_output(MODELS, tmp_path).values()
    tasks = resources(output, "aws_ecs_task_definition")

    assert tasks["embedding"]["ephemeral_storage"] == {"size_in_gib": 40}
    assert "ephemeral_storage" not in tasks["llm"]


def test_a_task_can_read_only_its_own_model(tmp_path: Path) -> None:
    [output] = catalog_output(MODELS, tmp_path).values()

    get, list_ = statements(output, "embedding_task")

    assert (get["Action"], get["Resource"]) == (["s3:GetObject"], ["arn:aws:s3:::weights/bge/*"])
    assert (list_["Action"], list_["Resource"]) == (["s3:ListBucket"], ["arn:aws:s3:::weights"])
    assert list_["Condition"] == {"StringLike": {"s3:prefix": ["bge", "bge/*"]}}


def test_shared_folders_are_encrypted_and_open_to_their_service_only(tmp_path: Path) -> None:
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


def test_a_different_model_has_a_different_folder(tmp_path: Path) -> None:
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
    "a model that exceeds the storage": """
        [services.llm]
        image = "r.io/llm:1"
        storage = 30
        model = { source = "s3://weights/llama", size_gib = 40 }
        #^ services.llm.model.size_gib: 40 GiB and the images exceed 30 GiB of storage. Use storage = 50.
    """,
    "a model that exceeds the largest storage": """
        [services.llm]
        image = "r.io/llm:1"
        model = { source = "s3://weights/llama", size_gib = 400 }
        #^ services.llm.model.size_gib: 400 GiB and the images exceed 200 GiB of storage. Use cache = "efs".
    """,
    "a model that exceeds the disk of an instance": """
        [capacity.gpu]
        instance_types = ["g5.xlarge"]
        max = 1
        [services.llm]
        image = "r.io/llm:1"
        capacity = "gpu"
        deploy = { min = 0, max = 100 }
        gpus = 1
        model = { source = "s3://weights/llama", size_gib = 400 }
        #^ services.llm.model.size_gib: an instance of capacity.gpu has the artifacts of 1 task of llm and the images on
        #| its disk, twice during a rollout: 820 GiB exceed its 100 GiB (services.toml:1). Use disk_gib = 820 or more
        #| there, or cache = "efs".
    """,
    "a disk without room for the old model beside the new one": """
        [capacity.gpu]
        instance_types = ["g5.xlarge"]
        max = 2
        disk_gib = 100
        [services.llm]
        image = "r.io/llm:1"
        capacity = "gpu"
        gpus = 1
        model = { source = "s3://weights/llama", size_gib = 41 }
        #^ services.llm.model.size_gib: an instance of capacity.gpu has the artifacts of 1 task of llm and the images on
        #| its disk, twice during a rollout: 102 GiB exceed its 100 GiB (services.toml:4). Use disk_gib = 102 or more
        #| there, or cache = "efs".
    """,
    "a disk without room for the models of all tasks that fit": """
        [capacity.gpu]
        instance_types = ["g5.xlarge", "g5.12xlarge"]
        max = 4
        disk_gib = 200
        [services.llm]
        image = "r.io/llm:1"
        capacity = "gpu"
        gpus = 1
        replicas = 2
        model = { source = "s3://weights/llama", size_gib = 40 }
        #^ services.llm.model.size_gib: an instance of capacity.gpu has the artifacts of 2 tasks of llm and 1 task of
        #| tei and the images on its disk, twice during a rollout: 240 GiB exceed its 200 GiB (services.toml:4). Use
        #| disk_gib = 240 or more there, or cache = "efs".
        [services.tei]
        image = "r.io/tei:1"
        capacity = "gpu"
        gpus = 1
        model = { source = "s3://weights/bge", size_gib = 30 }
    """,
    "an invalid source": """
        [services.llm]
        image = "r.io/llm:1"
        model = { source = "weights/llama" }
        #^ services.llm.model.source: "weights/llama" is not a folder in S3. Write one like "s3://bucket/folder".
    """,
    "a volume at the path of the model": """
        [services.llm]
        image = "r.io/llm:1"
        model = { source = "s3://weights/llama" }
        #^ services.llm.model: "/models" is also the path of volume own (services.toml:5). Use another path.
        volumes.own = { path = "/models" }
    """,
    "a volume named model": """
        [services.llm]
        image = "r.io/llm:1"
        model = { source = "s3://weights/llama" }
        volumes.model = { path = "/own" }
        #^ services.llm.volumes.model: "model" is also the volume of the model (services.toml:3). Use another name.
    """,
    "a loader image that tasks can't pull": """
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
def test_an_error_about_models_has_its_line_and_advice(mistake: str) -> None:
    assert problems_of(WRONG[mistake]) == pointed_out(WRONG[mistake])


def test_an_unknown_size_and_start_time_are_notices() -> None:
    said = notices_of("""
        [services.llm]
        image = "r.io/llm:1"
        model = { source = "s3://weights/llama" }
    """)

    assert [line.partition(". ")[2] for line in said] == [
        "Set health.grace to the time that takes, so that rollouts wait for it.",
        "Add size_gib, the size of the artifacts in GiB, so that the task has enough.",
    ]


@pytest.mark.parametrize(
    ("user", "own", "expected"),
    [
        (None, None, (1000, 1000)),
        ("999:998", None, (999, 998)),
        ("999", None, (999, 999)),
        ("0:0", None, (1000, 1000)),
        ("root", None, (1000, 1000)),
        ("postgres", "70:70", (70, 70)),
        ("999", "1001:0", (1001, 0)),
    ],
)
def test_files_belong_to_the_user_of_the_volume_or_of_the_service(
    user: str | None, own: str | None, expected: tuple[int, int], tmp_path: Path
) -> None:
    keys = f'user = "{user}"\n' if user else ""
    volume = f'user = "{own}", ' if own else ""
    snippet = f'[services.db]\nimage = "r.io/db:1"\n{keys}volumes.data = {{ {volume}path = "/data", kind = "efs" }}\n'
    [output] = catalog_output(complete(snippet), tmp_path).values()

    point = resources(output, "aws_efs_access_point")["db_data"]
    created = point["root_directory"]["creation_info"]
    assert point["posix_user"] == {"uid": expected[0], "gid": expected[1]}
    assert (created["owner_uid"], created["owner_gid"]) == expected


NOTICED = {
    "a named user": """
        [services.db]
        image = "r.io/db:1"
        user = "postgres"
        deploy = { min = 0, max = 100 }
        volumes.data = { path = "/data", kind = "efs" }
        #^ services.db.volumes.data: warning: files belong to 1000:1000, because EFS requires numeric IDs and user is
        #| "postgres" (services.toml:3). Add user = "uid:gid" to this volume, with the IDs of that user in the image.
    """,
    "a rollout that overlaps": """
        [services.db]
        image = "r.io/db:1"
        volumes.data = { path = "/data", kind = "efs" }
        #^ services.db.volumes.data: notice: a rollout starts the new task while the old one still uses this folder, and
        #| fails if the program locks its files, as databases do. Write deploy = { min = 0, max = 100 } beside volumes
        #| to stop the old task first, or deploy = { min = 100, max = 200 } if both can use it.
    """,
    "a volume of a profile": """
        [profiles.app]
        image = "r.io/app:1"
        deploy = { min = 100, max = 200 }
        volumes.data = { path = "/data", kind = "efs" }
        #^ profiles.app.volumes.data: notice: services don't share this volume: api uses /api/data and worker uses
        #| /worker/data
        [services.api]
        profile = "app"
        [services.worker]
        profile = "app"
    """,
    "a scratch volume of another user": """
        [services.web]
        image = "r.io/web:1"
        user = "1000:1000"
        volumes.tmp = { path = "/tmp" }
        #^ services.web.volumes.tmp: notice: Fargate mounts it as root with mode 0755, so that user "1000:1000"
        #| (services.toml:3) can't write to it. Add VOLUME "/tmp" to the Dockerfile of the image, after a chown of that
        #| folder to the user.
        [services.web.sidecars.a]
        image = "r.io/a:1"
        user = "app"
        volumes.tmp = "/shared"
        #^ services.web.sidecars.a.volumes.tmp: notice: Fargate mounts it as root with mode 0755, so that user "app"
        #| (services.toml:10) can't write to it. Add VOLUME "/shared" to the Dockerfile of the image, after a chown of
        #| that folder to the user.
    """,
}


@pytest.mark.parametrize("snippet", NOTICED.values(), ids=NOTICED)
def test_a_notice_about_volumes_has_its_line_and_advice(snippet: str) -> None:
    assert notices_of(snippet) == pointed_out(snippet)


VOLUMES = """
    [services.db]
    image = "r.io/db:1"
    deploy = {{ min = 0, max = 100 }}
    volumes.data = {{ path = "/data", kind = "efs"{db} }}

    [services.web]
    image = "r.io/web:1"
    deploy = {{ min = 0, max = 100 }}
    volumes.cache = {{ path = "/cache", kind = "efs"{web} }}
"""


@pytest.mark.parametrize(
    ("db", "web", "enabled"),
    [("", "", True), ("", ", backup = false", True), (", backup = false", ", backup = false", False)],
)
def test_the_file_system_is_backed_up_unless_no_volume_asks_for_it(
    db: str, web: str, enabled: bool, tmp_path: Path
) -> None:
    [output] = catalog_output(complete(VOLUMES.format(db=db, web=web)), tmp_path).values()
    policies = resources(output, "aws_efs_backup_policy")
    assert set(policies) == ({"main_files"} if enabled else set())
    for policy in policies.values():
        assert policy["backup_policy"] == {"status": "ENABLED"}
        assert policy["file_system_id"] == "${aws_efs_file_system.main_files.id}"


def test_a_file_system_with_downloaded_models_alone_has_no_backups(tmp_path: Path) -> None:
    snippet = """
        [services.llm]
        image = "r.io/llm:1"
        model = { source = "s3://models/llm", cache = "efs", size_gib = 4 }
    """
    [output] = catalog_output(complete(snippet), tmp_path).values()
    assert set(resources(output, "aws_efs_file_system")) == {"main_files"}
    assert not resources(output, "aws_efs_backup_policy")


def test_backup_false_beside_a_volume_with_backups_is_a_notice() -> None:
    assert notices_of(VOLUMES.format(db="", web=", backup = false")) == [
        "services.toml:9: services.web.volumes.cache.backup: notice: has no effect, because AWS backs up the whole "
        "file system for another volume (services.toml:4). Remove backup here, or add backup = false there too."
    ]
    assert notices_of(VOLUMES.format(db=", backup = false", web=", backup = false")) == []


def test_backups_of_scratch_volumes_are_an_error() -> None:
    snippet = """
        [services.web]
        image = "r.io/web:1"
        volumes.tmp = { path = "/tmp", backup = true }
        #^ services.web.volumes.tmp.backup: isn't supported for kind = "scratch". Remove backup.
    """
    assert problems_of(snippet) == pointed_out(snippet)
