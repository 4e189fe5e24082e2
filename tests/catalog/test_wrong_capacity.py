"""Messages about EC2 capacity: line, place, fact and advice.

In a snippet, `#^` below a line is the message about that line, and `#|` continues it.
"""

from __future__ import annotations

import pytest

from catalog.load import load
from tests.support.catalogs import loaded, notices_of, pointed_out, problems_of

pytestmark = pytest.mark.usefixtures("in_tmp_path")


WRONG = {
    "an unknown capacity": r"""
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2

        [services.web]
        image = "r.io/web:1"
        capacity = "pol"
        #^ services.web.capacity: unknown capacity "pol"; did you mean "pool"?
    """,
    "a capacity that doesn't exist": r"""
        [services.web]
        image = "r.io/web:1"
        capacity = "gpu"
        #^ services.web.capacity: unknown capacity "gpu". Add [capacity.gpu], or use "fargate".
    """,
    "GPUs on Fargate": r"""
        [services.web]
        image = "r.io/web:1"
        gpus = 1
        #^ services.web.gpus: isn't supported on Fargate. Add capacity.gpu = { instance_types = ["g5.xlarge"], max = 1 }
        #| at the top of the file, and write capacity = "gpu" here.
    """,
    "shared memory on Fargate": r"""
        [services.web]
        image = "r.io/web:1"
        shared_memory_mib = 1024
        #^ services.web.shared_memory_mib: isn't supported on Fargate. Add capacity.instances = { instance_types =
        #| ["m7i.large"], max = 1 } at the top of the file, and write capacity = "instances" here.
    """,
    "GPUs and a size of instances, without the capacity": r"""
        [capacity.gpu]
        instance_types = ["g5.xlarge"]
        max = 2
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2
        [services.web]
        image = "r.io/web:1"
        gpus = 1
        #^ services.web.gpus: isn't supported on Fargate. Write capacity = "gpu".
        cpu = 3500
        memory = 14000
        shared_memory_mib = 1024
        #^ services.web.shared_memory_mib: isn't supported on Fargate. Write capacity = "gpu".
        [services.other]
        image = "r.io/other:1"
        shared_memory_mib = 1024
        #^ services.other.shared_memory_mib: isn't supported on Fargate. Set capacity to the name of a [capacity], or
        #| remove it.
        memory = 14000
        #^ services.other.memory: Fargate doesn't support cpu = 512 with memory = 14000 (other). Use cpu = 2048 and
        #| memory = 14336, or memory = 4096.
    """,
    "GPUs with two capacities that have them": r"""
        [capacity.small]
        instance_types = ["g5.xlarge"]
        max = 2
        [capacity.large]
        instance_types = ["g5.12xlarge"]
        max = 2
        [services.web]
        image = "r.io/web:1"
        gpus = 1
        #^ services.web.gpus: isn't supported on Fargate. Set capacity to the name of a [capacity] with GPUs, or remove
        #| it.
    """,
    "GPUs in an existing cluster": r"""
        [cluster]
        arn = "arn:aws:ecs:us-west-2:123456789012:cluster/shared"
        [services.web]
        image = "r.io/web:1"
        gpus = 1
        #^ services.web.gpus: isn't supported on Fargate. Remove it.
    """,
    "a capacity without instance types": r"""
        [capacity.pool]
        instance_types = []
        #^ capacity.pool.instance_types: is empty. Add at least one.
        max = 0
        #^ capacity.pool.max: 0 is out of range. Write at least 1.

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
    """,
    "a capacity without max": r"""
        [capacity.pool]
        #^ capacity.pool: required key "max" is missing. Add it.
        instance_types = ["m7i.large"]

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
    """,
    "a disk smaller than the image": r"""
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2
        disk_gib = 20
        #^ capacity.pool.disk_gib: 20 is out of range. Write at least 30.

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
    """,
    "reserved prefixes": r"""
        [catalog]
        name = "ecstasy"
        #^ catalog.name: "ecstasy" begins with "ecs", a prefix that AWS reserves, and names of capacity providers begin
        #| with it. Use another name.
        region = "us-west-2"

        [capacity.fargate-large]
        #^ capacity.fargate-large: "fargate-large" begins with "fargate", which AWS reserves. Use another name.
        instance_types = ["m7i.large"]
        max = 2

        [capacity.awsome]
        #^ capacity.awsome: "awsome" begins with "aws", which AWS reserves. Use another name.
        instance_types = ["m7i.large"]
        max = 2

        [capacity.fargate]
        #^ capacity.fargate: "fargate" is reserved by AWS. Write another name.
        instance_types = ["m7i.large"]
        max = 2
    """,
    "an unknown instance type": r"""
        [capacity.pool]
        instance_types = ["m7i.larg", "g5.xlarge2", "t2.micro", "m7i.large", "m7i.large"]
        #^ capacity.pool.instance_types[0]: instance type "m7i.larg" isn't supported; did you mean "m7i.large"?
        #^ capacity.pool.instance_types[1]: instance type "g5.xlarge2" isn't supported; did you mean "g5.xlarge"?
        #^ capacity.pool.instance_types[2]: instance type "t2.micro" isn't supported; did you mean "t3.micro"?
        #^ capacity.pool.instance_types[4]: "m7i.large" is listed twice. Remove one.
        max = 2

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
    """,
    "Inferentia and Trainium": r"""
        [capacity.pool]
        instance_types = ["inf1.xlarge", "inf2.48xlarge", "trn1n.32xlarge", "trn2", "m7i.large"]
        #^ capacity.pool.instance_types[0]: instances with Inferentia or Trainium, such as inf1.xlarge, aren't supported
        #| yet. Use a type with GPUs, such as "g5.xlarge".
        #^ capacity.pool.instance_types[1]: instances with Inferentia or Trainium, such as inf2.48xlarge, aren't
        #| supported yet. Use a type with GPUs, such as "g5.xlarge".
        #^ capacity.pool.instance_types[2]: instances with Inferentia or Trainium, such as trn1n.32xlarge, aren't
        #| supported yet. Use a type with GPUs, such as "g5.xlarge".
        #^ capacity.pool.instance_types[3]: instances with Inferentia or Trainium, such as trn2, aren't supported yet.
        #| Use a type with GPUs, such as "g5.xlarge".
        max = 2

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
    """,
    "accelerators and GPUs of sidecars": r"""
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"

        [services.web.sidecars.a]
        image = "r.io/a:1"

        [services.web.sidecars.a.container]
        resourceRequirements = [{ type = "GPU", value = "1" }]
        #^ services.web.sidecars.a.container.resourceRequirements: GPUs and accelerators of sidecars aren't supported
        #| yet. Remove it.
        linuxParameters = { sharedMemorySize = 64, swappiness = 10 }
        #^ services.web.sidecars.a.container.linuxParameters.swappiness: isn't supported on Amazon Linux 2023. Remove
        #| it.
    """,
    "types of two architectures": r"""
        [capacity.pool]
        instance_types = ["m7i.large", "m7g.large"]
        #^ capacity.pool.instance_types: m7i.large is x86_64 and m7g.large is arm64, but all instances start from one
        #| image. Use one [capacity] for each.
        max = 2

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
    """,
    "types with GPUs and without": r"""
        [capacity.pool]
        instance_types = ["m7i.large", "g5.xlarge"]
        #^ capacity.pool.instance_types: g5.xlarge has GPUs and m7i.large has none, but all instances start from one
        #| image. Use one [capacity] for each.
        max = 2

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
    """,
    "GPUs on arm64": r"""
        [capacity.pool]
        instance_types = ["g5g.xlarge"]
        #^ capacity.pool.instance_types: g5g.xlarge has GPUs and is arm64, for which AWS has no ECS-optimized image of
        #| Amazon Linux 2023. Use a type with x86_64, such as "g4dn.xlarge".
        max = 2

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
        architecture = "arm64"
        gpus = 1
    """,
    "a minimum above the maximum": r"""
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2
        min = 3
        #^ capacity.pool.min: min = 3 exceeds max = 2 (services.toml:3). Use at most 2, or a larger max.
        warm = 4
        #^ capacity.pool.warm: warm = 4 exceeds max = 2 (services.toml:3). Use at most 2, or a larger max.

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
    """,
    "a warm pool of Spot Instances": r"""
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2
        spot = true
        warm = 1
        #^ capacity.pool.warm: isn't supported for Spot Instances. Remove warm, or spot.

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
    """,
    "a zone that the network doesn't have": r"""
        [network]
        zones = ["us-west-2a", "us-west-2b"]

        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2
        zones = ["c", "us-west-2b", "b"]
        #^ capacity.pool.zones[0]: "c" isn't a zone of the network (services.toml:2). Use "a", "us-west-2a", "b" or
        #| "us-west-2b".
        #^ capacity.pool.zones[2]: "b" is listed twice. Remove one.

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
    """,
    "zones of an existing network": r"""
        [network]
        vpc_id = "vpc-0a1b2c3d"
        private_subnet_ids = ["subnet-0a1b2c3d"]

        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2
        zones = ["a"]
        #^ capacity.pool.zones: isn't supported for an existing network, whose zones aren't known. Remove it, or list
        #| fewer private_subnet_ids.

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
    """,
    "an architecture that differs from the instances'": r"""
        [capacity.pool]
        instance_types = ["m7g.large"]
        max = 2

        [services.web]
        #^ services.web.architecture: web is for "x86_64", but m7g.large (services.toml:2) is "arm64". Use architecture
        #| = "arm64", or another instance type.
        image = "r.io/web:1"
        capacity = "pool"
    """,
    "a task larger than the instance": r"""
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
        cpu = 4096
        #^ services.web.cpu: the task of web requires cpu = 4096, and m7i.large (services.toml:2) offers cpu = 2048,
        #| memory = 7321 and gpus = 0. Use less, or a larger instance type.
        memory = 8192
    """,
    "a task with more memory than tasks can use": r"""
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
        memory = 8192
        #^ services.web.memory: the task of web requires memory = 8192, and m7i.large (services.toml:2) offers cpu =
        #| 2048, memory = 7321 and gpus = 0. Use less, or a larger instance type.
    """,
    "a task with more GPUs than an instance": r"""
        [capacity.pool]
        instance_types = ["g4dn.12xlarge", "g5.xlarge"]
        max = 2

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
        gpus = 2
        #^ services.web.gpus: the task of web requires gpus = 2, and g5.xlarge (services.toml:2) offers cpu = 4096,
        #| memory = 14899 and gpus = 1. Use less, or a larger instance type.
    """,
    "GPUs on instances without GPUs": r"""
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
        gpus = 1
        #^ services.web.gpus: the task of web requires gpus = 1, and m7i.large (services.toml:2) offers cpu = 2048,
        #| memory = 7321 and gpus = 0. Use less, or a larger instance type.
    """,
    "sizes out of range": r"""
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
        cpu = 64
        #^ services.web.cpu: cpu = 64 is out of range. Use 128 to 196608 units; 1024 are one vCPU.
        memory = 128
        #^ services.web.memory: memory = 128 is too little. Use at least 256 MiB.
    """,
    "more shared memory than memory": r"""
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
        shared_memory_mib = 1024
        #^ services.web.shared_memory_mib: must be less than memory = 1024 (services.toml:5), which includes it. Use a
        #| smaller value, or more memory.
    """,
    "task storage on an instance": r"""
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
        storage = 50
        #^ services.web.storage: isn't supported on instances, whose tasks share a disk. Use capacity.pool.disk_gib
        #| instead.
    """,
    "more tasks than the instances fit": r"""
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2
        #^ capacity.pool.max: web (replicas = 4) and worker (replicas = 1) require 3 of m7i.large, each of which offers
        #| cpu = 2048, memory = 7321 and gpus = 0, for at most 2 tasks. Use max = 3 or more, or fewer replicas.

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
        replicas = 4

        [services.worker]
        image = "r.io/worker:1"
        capacity = "pool"
        memory = 4096
    """,
    "raw keys that tasks on instances don't support": r"""
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"

        [services.web.container]
        hostname = "web"
        #^ services.web.container.hostname: isn't supported for tasks with their own network interface. Remove it.
        resourceRequirements = [{ type = "GPU", value = "1" }]
        #^ services.web.container.resourceRequirements: is set by gpus, and other accelerators aren't supported yet.
        #| Write gpus = 1 beside container.
        linuxParameters = { sharedMemorySize = 64, tmpfs = [{ containerPath = "/x", size = 64 }] }
        #^ services.web.container.linuxParameters.sharedMemorySize: is set by another key. Set shared_memory_mib beside
        #| container instead.
        privileged = true
    """,
}


@pytest.mark.parametrize("snippet", WRONG.values(), ids=WRONG)
def test_an_error_about_capacity_has_its_line_and_advice(snippet: str) -> None:
    assert problems_of(snippet) == pointed_out(snippet)


def test_a_capacity_without_services_is_a_notice() -> None:
    assert notices_of('[capacity.pool]\ninstance_types = ["m7i.large"]\nmax = 1\n') == [
        "services.toml:1: capacity.pool: notice: no service uses it. "
        'Write capacity = "pool" in a service, or remove it after an apply without such a service.'
    ]


_GPU = 'capacity.gpu = { instance_types = ["g5.xlarge"], max = 1 }\n'


def test_the_advice_for_gpus_on_fargate_works() -> None:
    web = '[services.web]\nimage = "r.io/web:1"\ngpus = 1\ncpu = 2048\nmemory = 8192\n'
    [problem] = problems_of(web)
    assert _GPU.strip() in problem
    assert not [notice for notice in notices_of(f'{_GPU}{web}capacity = "gpu"') if "rollout" not in notice]
    pool = '[capacity.pool]\ninstance_types = ["m7i.large"]\nmax = 1\n[services.b]\nimage = "b:1"\ncapacity = "pool"\n'
    assert [_GPU.strip() in each for each in problems_of(web + pool)] == [True]
    loaded(f'{_GPU}{web}capacity = "gpu"\n{pool}')


UNUSED = """
[capacity.gpu]
instance_types = ["g5.xlarge"]
max = 2
{cost}
[services.llm]
image = "r.io/llm:1"
{base}
[environments.dev]
{dev}
[environments.prod]
services.llm = {{ capacity = "gpu", gpus = 1 }}
"""


def test_capacity_that_another_environment_uses_is_a_notice_only_if_it_costs_money() -> None:
    assert notices_of(UNUSED.format(cost="", base="", dev="")) == []
    costly = UNUSED.format(cost="min = 1", base="", dev="")
    assert notices_of(costly) == [
        "services.toml:4: capacity.gpu.min: notice: no service uses these instances in dev, and they cost money. Write "
        "capacity.gpu.min = 0 in [environments.dev]."
    ]
    assert notices_of(UNUSED.format(cost="min = 1", base="", dev="capacity.gpu.min = 0")) == []
    assert notices_of(UNUSED.format(cost="min = 1", base='capacity = "gpu"\ngpus = 1', dev="")) == []
    [warm] = notices_of(UNUSED.format(cost="warm = 1", base="", dev=""))
    assert "Write capacity.gpu.warm = 0 in [environments.dev]." in warm
    assert [str(notice) for notice in load("services.toml", environment="dev").notices] == [warm]


def test_capacity_that_no_environment_uses_is_one_notice() -> None:
    unused = (
        '[capacity.pool]\ninstance_types = ["m7i.large"]\nmin = 1\nmax = 1\n[environments.dev]\n[environments.prod]\n'
    )
    [notice] = notices_of(unused)
    assert 'Write capacity = "pool" in a service' in notice


def test_gpus_that_no_service_uses_are_a_notice() -> None:
    snippet = """
        [capacity.gpu]
        instance_types = ["g5.xlarge"]
        max = 2
        [services.llm]
        image = "r.io/llm:1"
        capacity = "gpu"
    """
    assert notices_of(snippet) == [
        "services.toml:2: capacity.gpu.instance_types: notice: no service uses the GPUs of these instances. "
        "Write gpus = 1 in llm, or use types without GPUs."
    ]


def test_storage_from_defaults_applies_to_fargate_only() -> None:
    snippet = """
        [defaults]
        storage = 50
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2
        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
    """
    assert notices_of(snippet) == []


def test_instances_allow_values_that_fargate_does_not() -> None:
    snippet = """
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2
        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
        cpu = 300
        memory = 700
        stop_timeout = "10m"
        container.privileged = true
        container.startTimeout = 300
        container.linuxParameters = { capabilities = { add = ["NET_ADMIN"] } }
    """
    assert notices_of(snippet) == []


def test_a_stop_timeout_above_two_minutes_on_spot_is_a_notice() -> None:
    snippet = """
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2
        spot = true
        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
        stop_timeout = "5m"
    """
    assert notices_of(snippet) == [
        "services.toml:8: services.web.stop_timeout: notice: exceeds the 120 seconds after which AWS reclaims a Spot "
        "Instance of capacity.pool (services.toml:4). "
        'Use "2m" or less, or remove spot.'
    ]
