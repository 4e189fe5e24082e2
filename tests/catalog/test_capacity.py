"""Packing of tasks on instances: tasks per instance, number of instances, and capacity for a rollout."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.synth import deployment  # isort: skip
from catalog.analysis.instance_types import (
    FILE,
    InstanceCapacity,
    TaskSize,
    capacity_of,
    instance_types,
    instances_needed,
)
from catalog.analysis.packing import placement
from tests.support.catalogs import loaded, notices_of, problems_of
from tools import aws_data

MIB_OF = {"g5.xlarge": 14899, "g4dn.12xlarge": 181606, "t3.micro": 691, "m7g.large": 7321, "p4d.24xlarge": 1090918}
"""Memory of an instance that tasks can use, in MiB."""

CASES: list[tuple[str, TaskSize, int, int | None, int | None]] = [
    # Instance type, task, count; how many fit on one, how many instances they need (None if none fits).
    ("g5.xlarge", TaskSize(cpu=4096, memory=14899, gpus=1), 1, 1, 1),
    ("g5.xlarge", TaskSize(cpu=4096, memory=14900, gpus=1), 1, 0, None),  # a MiB more than the agent registers
    ("g5.xlarge", TaskSize(cpu=4097, memory=8192, gpus=1), 1, 0, None),
    ("g5.xlarge", TaskSize(cpu=1024, memory=2048, gpus=1), 3, 1, 3),  # one GPU, one task
    ("g5.xlarge", TaskSize(cpu=1024, memory=2048, gpus=2), 1, 0, None),
    ("g5.xlarge", TaskSize(cpu=256, memory=512), 4, 3, 2),  # four network interfaces, one its own
    ("g4dn.xlarge", TaskSize(cpu=1024, memory=4096), 3, 2, 2),  # three of them
    ("g4dn.12xlarge", TaskSize(cpu=8192, memory=32768, gpus=1), 5, 4, 2),
    ("g4dn.12xlarge", TaskSize(cpu=8192, memory=65536, gpus=1), 4, 2, 2),  # memory for two of its four GPUs
    ("g6.xlarge", TaskSize(cpu=3072, memory=14336, gpus=1), 2, 1, 2),
    ("g6e.xlarge", TaskSize(cpu=4096, memory=28672, gpus=1), 1, 1, 1),
    ("p4d.24xlarge", TaskSize(cpu=12288, memory=131072, gpus=1), 8, 8, 1),
    ("p4d.24xlarge", TaskSize(cpu=12288, memory=131072, gpus=1), 9, 8, 2),
    ("p5.48xlarge", TaskSize(cpu=196608, memory=1048576, gpus=8), 2, 1, 2),
    ("t3.micro", TaskSize(cpu=512, memory=512), 3, 1, 3),
    ("t3.micro", TaskSize(cpu=256, memory=1024), 1, 0, None),  # all that it has by name
    ("m7g.large", TaskSize(cpu=512, memory=1024), 5, 2, 3),  # two, by its network interfaces
    ("m7i.4xlarge", TaskSize(cpu=2048, memory=4096), 16, 7, 3),
    ("c7g.4xlarge", TaskSize(cpu=4096, memory=4096), 8, 4, 2),
]


@pytest.mark.parametrize(("type_", "size", "count", "fit", "needed"), CASES)
def test_tasks_fit_as_their_size_and_the_type_allow(
    type_: str, size: TaskSize, count: int, fit: int, needed: int | None
) -> None:
    capacity = capacity_of(instance_types()[type_])

    assert capacity.holds(size) == fit
    assert bool(capacity.lacks(size)) == (fit == 0)
    if fit:
        assert instances_needed([(size, count)], capacity) == needed


@pytest.mark.parametrize(("type_", "memory"), MIB_OF.items())
def test_tasks_get_less_memory_than_an_instance_has(type_: str, memory: int) -> None:
    described = instance_types()[type_]
    assert capacity_of(described).memory == memory < described.memory


def test_small_tasks_use_the_rest_of_large_ones() -> None:
    capacity = InstanceCapacity(cpu=4096, memory=16000, gpus=1, tasks=3)
    large, small = TaskSize(cpu=2048, memory=12000, gpus=1), TaskSize(cpu=1024, memory=2000)

    assert instances_needed([(small, 4), (large, 2)], capacity) == 2
    assert instances_needed([(small, 5), (large, 2)], capacity) == 3


def test_a_partly_filled_instance_fits_more_tasks() -> None:
    capacity = InstanceCapacity(cpu=4096, memory=10000, gpus=0, tasks=10)
    large, middle, small = (TaskSize(cpu=10, memory=memory) for memory in (6000, 2000, 1000))

    assert instances_needed([(large, 2), (middle, 3), (small, 2)], capacity) == 2
    assert instances_needed([(large, 2), (middle, 3), (small, 3)], capacity) == 3


def test_no_tasks_need_no_instances() -> None:
    assert instances_needed([], InstanceCapacity(cpu=1, memory=1, gpus=0, tasks=1)) == 0


def test_the_type_with_the_least_capacity_decides() -> None:
    described = deployment(
        capacity={"gpu": {"instance_types": ["g4dn.12xlarge", "g5.xlarge"], "max": 9}},
        services={"llm": gpu_service(replicas=4)},
    )
    placed = placement(described, "gpu")
    assert placed is not None
    assert (placed.type_name, placed.needed, placed.beside) == ("g5.xlarge", 4, {"llm": 5})


def gpu_service(**keys: Any) -> dict[str, Any]:
    return {"image": "llm:1", "capacity": "gpu", "cpu": 2048, "memory": 8192, "gpus": 1, **keys}


@pytest.mark.parametrize(
    ("most", "replicas", "percentages"),
    [
        (1, 1, (0, 100)),
        (2, 1, (100, 200)),
        (3, 3, (66, 100)),
        (4, 3, (100, 200)),
        (1, 0, (100, 200)),
    ],
)
def test_a_rollout_without_spare_capacity_stops_a_task_first(
    most: int, replicas: int, percentages: tuple[int, int]
) -> None:
    described = deployment(
        capacity={"gpu": {"instance_types": ["g5.xlarge"], "max": most}},
        services={"llm": gpu_service(replicas=replicas)},
    )
    deploy = described.services["llm"].deploy
    assert (deploy.min, deploy.max) == percentages


def test_other_services_reduce_the_capacity_for_a_rollout() -> None:
    def deploy_of(most: int) -> tuple[int, int]:
        described = deployment(
            capacity={"gpu": {"instance_types": ["g5.xlarge"], "max": most}},
            services={"llm": gpu_service(), "reranking": gpu_service()},
        )
        return described.services["llm"].deploy.min, described.services["llm"].deploy.max

    assert deploy_of(2) == (0, 100)
    assert deploy_of(3) == (100, 200)


def test_deploy_of_the_catalog_does_not_change() -> None:
    described = deployment(
        capacity={"gpu": {"instance_types": ["g5.xlarge"], "max": 1}},
        services={"llm": gpu_service(deploy={"min": 0, "max": 200}), "other": {"image": "x:1"}},
    )
    assert (described.services["llm"].deploy.min, described.services["llm"].deploy.max) == (0, 200)
    assert (described.services["other"].deploy.min, described.services["other"].deploy.max) == (100, 200)


FULL = """
[capacity.gpu]
instance_types = ["g5.xlarge"]
max = {most}
[services.llm]
image = "r.io/llm:1"
capacity = "gpu"
cpu = 4096
memory = 14000
gpus = 1
{deploy}
"""


def test_a_rollout_that_stops_first_is_one_notice_unless_deploy_is_set(in_tmp_path: None) -> None:
    [notice] = notices_of(FULL.format(most=1, deploy=""))
    assert notice == (
        "services.toml:6: services.llm.capacity: notice: the one g5.xlarge of max (services.toml:3) can't run a new "
        "task of llm beside the old one, so a rollout stops tasks first (min = 0, max = 100) and interrupts the "
        "service. Use capacity.gpu.max = 2 to run both, or deploy = { min = 0, max = 100 } to confirm."
    )
    assert notices_of(FULL.format(most=1, deploy="deploy = { min = 0, max = 100 }")) == []
    assert notices_of(FULL.format(most=2, deploy="")) == []


def test_a_rollout_that_cannot_finish_is_an_error(in_tmp_path: None) -> None:
    [problem] = problems_of(FULL.format(most=1, deploy="deploy = { min = 100, max = 200 }"))
    assert problem == (
        "services.toml:10: services.llm.deploy: the one g5.xlarge of max (services.toml:3) can't run a new task of "
        "llm beside the old one, and min = 100 allows none to stop, so that no rollout can finish. Use "
        "capacity.gpu.max = 2 to run both, or deploy = { min = 0, max = 100 } to stop the old task first."
    )


def test_deploy_wait_of_the_defaults_keeps_the_computed_percentages(in_tmp_path: None) -> None:
    text = "[defaults]\ndeploy = { wait = false }\n" + FULL.format(most=1, deploy="")
    [described] = loaded(text).deployments
    assert (described.services["llm"].deploy.min, described.services["llm"].deploy.wait) == (0, False)


def test_a_hundred_services_share_one_capacity() -> None:
    services = {f"s{n}": {"image": "x:1", "capacity": "pool", "memory": 1024 + n, "replicas": 7} for n in range(100)}
    described = deployment(capacity={"pool": {"instance_types": ["m7i.4xlarge"], "max": 1000}}, services=services)
    placed = placement(described, "pool")
    assert placed is not None and placed.needed == 100


def test_the_table_matches_the_installed_description() -> None:
    assert FILE.read_text() == aws_data.instance_types(), "python -m tools.aws_data writes it anew"


def test_the_table_has_common_families_and_only_supported_ones() -> None:
    families = {name.partition(".")[0] for name in json.loads(FILE.read_text())}
    assert families >= {"t3", "t3a", "t4g", "m5", "m6i", "m6g", "m7i", "m7g", "c5", "c6i", "c6g", "c7i", "c7g"}
    assert families >= {"r5", "r6i", "r6g", "r7i", "r7g", "g4dn", "g5", "g5g", "g6", "g6e", "p4d", "p5"}
    assert not families & {"a1", "inf2", "trn1", "mac2", "t2", "m4", "g4ad", "g6f", "f2", "vt1"}


def test_the_app_does_not_import_moto(root: Path) -> None:
    program = "import sys, catalog.analysis.instance_types as i; i.instance_types(); sys.exit('moto' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=root, check=False).returncode == 0


def test_autoscaling_beyond_the_instances_is_a_notice_with_the_number_required(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = notices_of("""
        [capacity.gpu]
        instance_types = ["g5.xlarge"]
        max = 3
        [ingress.public]
        allow = ["10.0.0.0/8"]
        [services.llm]
        image = "r.io/llm:1"
        port = 80
        public = true
        capacity = "gpu"
        gpus = 1
        timeout = "1m"
        cpu = 2048
        memory = 8192
        deploy = { min = 0, max = 100 }
        scale = { max = 6, cpu_percent = 60 }
        versions = [{ name = "next", weight = 5, scale = { max = 2, cpu_percent = 60 } }]
    """)

    assert said == [
        "services.toml:3: capacity.gpu.max: notice: all tasks require 8 instances of g5.xlarge when llm and version "
        "next of llm reach their maximum, and tasks that don't fit wait. Use max = 8, or a smaller scale.max."
    ]


def test_a_scaled_service_that_fills_its_instances_stops_a_task_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    [deployment_] = loaded("""
        [capacity.gpu]
        instance_types = ["g5.xlarge"]
        max = 2
        [services.llm]
        image = "r.io/llm:1"
        port = 80
        capacity = "gpu"
        gpus = 1
        cpu = 2048
        memory = 8192
        scale = { min = 0, max = 3, metric = { namespace = "Own", name = "waiting", target = 2 } }
    """).deployments

    deploy = deployment_.services["llm"].deploy
    assert (deploy.min, deploy.max) == (0, 100)
