"""Every mistake about EC2 capacity is told with its line, its place, what is wrong and what to do.

Below the line that is wrong stands what is said of it, behind `#^`; `#|` goes on with it.
"""

from __future__ import annotations

import pytest

from tests.support.catalogs import notices_of, pointed_out, problems_of

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
    "a capacity that is nowhere": r"""
        [services.web]
        image = "r.io/web:1"
        capacity = "gpu"
        #^ services.web.capacity: unknown capacity "gpu"; add [capacity.gpu], or write "fargate"
    """,
    "GPUs on Fargate": r"""
        [services.web]
        image = "r.io/web:1"
        gpus = 1
        #^ services.web.gpus: Fargate has no GPUs; write the name of a [capacity] as capacity, or remove it
        shared_memory_mib = 1024
        #^ services.web.shared_memory_mib: Fargate cannot size shared memory; write the name of a [capacity] as
        #| capacity, or remove it
    """,
    "a capacity without instance types": r"""
        [capacity.pool]
        instance_types = []
        #^ capacity.pool.instance_types: is empty; add at least one
        max = 0
        #^ capacity.pool.max: 0 is out of range; write at least 1

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
    """,
    "a capacity without its most": r"""
        [capacity.pool]
        #^ capacity.pool: required key "max" is missing; add it
        instance_types = ["m7i.large"]

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
    """,
    "a disk smaller than its image": r"""
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2
        disk_gib = 20
        #^ capacity.pool.disk_gib: 20 is out of range; write at least 30

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
    """,
    "names that AWS keeps": r"""
        [catalog]
        name = "ecstasy"
        #^ catalog.name: "ecstasy" begins with "ecs", and so would the names of capacity providers, where AWS keeps
        #| that for itself; write another name
        region = "us-west-2"

        [capacity.fargate-large]
        #^ capacity.fargate-large: "fargate-large" begins with "fargate", which AWS keeps for itself; write another
        #| name
        instance_types = ["m7i.large"]
        max = 2

        [capacity.awsome]
        #^ capacity.awsome: "awsome" begins with "aws", which AWS keeps for itself; write another name
        instance_types = ["m7i.large"]
        max = 2

        [capacity.fargate]
        #^ capacity.fargate: "fargate" is reserved by AWS. Write another name.
        instance_types = ["m7i.large"]
        max = 2
    """,
    "an unknown instance type": r"""
        [capacity.pool]
        instance_types = ["m7i.larg", "g5.xlarge2", "inf2.xlarge", "m7i.large", "m7i.large"]
        #^ capacity.pool.instance_types[0]: no instance type "m7i.larg" is known that can run tasks; did you mean
        #| "m7i.large"?
        #^ capacity.pool.instance_types[1]: no instance type "g5.xlarge2" is known that can run tasks; did you mean
        #| "g5.xlarge"?
        #^ capacity.pool.instance_types[2]: no instance type "inf2.xlarge" is known that can run tasks; write one like
        #| "g5.xlarge"
        #^ capacity.pool.instance_types[4]: "m7i.large" is listed twice; remove one
        max = 2

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
    """,
    "types of two architectures": r"""
        [capacity.pool]
        instance_types = ["m7i.large", "m7g.large"]
        #^ capacity.pool.instance_types: m7i.large is x86_64 and m7g.large is arm64, but all start from one image;
        #| make a [capacity] of each
        max = 2

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
    """,
    "types with GPUs and without": r"""
        [capacity.pool]
        instance_types = ["m7i.large", "g5.xlarge"]
        #^ capacity.pool.instance_types: g5.xlarge has GPUs and m7i.large has none, but all start from one image; make
        #| a [capacity] of each
        max = 2

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
    """,
    "GPUs on arm64": r"""
        [capacity.pool]
        instance_types = ["g5g.xlarge"]
        #^ capacity.pool.instance_types: g5g.xlarge has GPUs and is arm64, for which AWS makes no ECS-optimized image
        #| (Amazon Linux 2023); write a type with x86_64, as in g4dn.xlarge
        max = 2

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
        architecture = "arm64"
        gpus = 1
    """,
    "more at least than at most": r"""
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2
        min = 3
        #^ capacity.pool.min: min = 3 is more than max = 2 (services.toml:3); raise max, or write less
        warm = 4
        #^ capacity.pool.warm: warm = 4 is more than max = 2 (services.toml:3); raise max, or write less

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
    """,
    "Spot instances that stand by": r"""
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2
        spot = true
        warm = 1
        #^ capacity.pool.warm: AWS keeps no Spot instances warm; remove it, or spot

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
    """,
    "a zone that the network lacks": r"""
        [network]
        zones = ["us-west-2a", "us-west-2b"]

        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2
        zones = ["c", "us-west-2b", "b"]
        #^ capacity.pool.zones[0]: "c" is not a zone of the network (services.toml:2); write "a", "us-west-2a", "b" or
        #| "us-west-2b"
        #^ capacity.pool.zones[2]: "b" is listed twice; remove one

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
    """,
    "zones of a network that exists": r"""
        [network]
        vpc_id = "vpc-0a1b2c3d"
        private_subnet_ids = ["subnet-0a1b2c3d"]

        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2
        zones = ["a"]
        #^ capacity.pool.zones: of a network that exists the zones are not known; remove it, or list fewer
        #| private_subnet_ids

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
    """,
    "another architecture than the instances have": r"""
        [capacity.pool]
        instance_types = ["m7g.large"]
        max = 2

        [services.web]
        #^ services.web.architecture: web is for "x86_64", but m7g.large (services.toml:2) is "arm64"; write that
        #| here, or another type there
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
        #^ services.web.cpu: a task of web takes cpu = 4096, and m7i.large (services.toml:2) has room for cpu = 2048,
        #| memory = 7321 and gpus = 0; write less, or a larger type
        memory = 8192
    """,
    "a task with more memory than is left": r"""
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
        memory = 8192
        #^ services.web.memory: a task of web takes memory = 8192, and m7i.large (services.toml:2) has room for cpu =
        #| 2048, memory = 7321 and gpus = 0; write less, or a larger type
    """,
    "a task with more GPUs than an instance": r"""
        [capacity.pool]
        instance_types = ["g4dn.12xlarge", "g5.xlarge"]
        max = 2

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
        gpus = 2
        #^ services.web.gpus: a task of web takes gpus = 2, and g5.xlarge (services.toml:2) has room for cpu = 4096,
        #| memory = 14899 and gpus = 1; write less, or a larger type
    """,
    "GPUs on instances without": r"""
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
        gpus = 1
        #^ services.web.gpus: a task of web takes gpus = 1, and m7i.large (services.toml:2) has room for cpu = 2048,
        #| memory = 7321 and gpus = 0; write less, or a larger type
    """,
    "sizes out of range": r"""
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
        cpu = 64
        #^ services.web.cpu: cpu = 64 is out of range; write 128 to 196608 units, 1024 for one vCPU
        memory = 128
        #^ services.web.memory: memory = 128 is too little; write at least 256 MiB
    """,
    "more shared memory than memory": r"""
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
        shared_memory_mib = 1024
        #^ services.web.shared_memory_mib: shared memory comes out of memory = 1024 (services.toml:5); write less,
        #| or more there
    """,
    "a disk of its own on an instance": r"""
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
        storage = 50
        #^ services.web.storage: tasks on instances share their disk; remove it, and write capacity.pool.disk_gib
    """,
    "more tasks than instances hold": r"""
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2
        #^ capacity.pool.max: web (replicas = 4) and worker (replicas = 1) need 3 of m7i.large, which has room for cpu
        #| = 2048, memory = 7321 and gpus = 0, and for 2 tasks in all; write max = 3 or more, or fewer replicas

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"
        replicas = 4

        [services.worker]
        image = "r.io/worker:1"
        capacity = "pool"
        memory = 4096
    """,
    "what a task on an instance cannot have": r"""
        [capacity.pool]
        instance_types = ["m7i.large"]
        max = 2

        [services.web]
        image = "r.io/web:1"
        capacity = "pool"

        [services.web.container]
        hostname = "web"
        #^ services.web.container.hostname: a task with its own network interface does not support it; remove it
        resourceRequirements = [{ type = "GPU", value = "1" }]
        #^ services.web.container.resourceRequirements: the catalog has a key of its own for this; write gpus beside
        #| container
        linuxParameters = { sharedMemorySize = 64, tmpfs = [{ containerPath = "/x", size = 64 }] }
        #^ services.web.container.linuxParameters.sharedMemorySize: the catalog has a key of its own for this; write
        #| shared_memory_mib beside container
        privileged = true
    """,
}


@pytest.mark.parametrize("snippet", WRONG.values(), ids=WRONG)
def test_every_mistake_is_pointed_out(snippet: str) -> None:
    assert problems_of(snippet) == pointed_out(snippet)


def test_a_capacity_without_services_is_no_mistake_but_said() -> None:
    assert notices_of('[capacity.pool]\ninstance_types = ["m7i.large"]\nmax = 1\n') == [
        "services.toml:1: capacity.pool: notice: no service runs on it; "
        'write capacity = "pool" in one, or, after an apply without, remove it'
    ]


def test_gpus_that_nobody_asks_for_are_said() -> None:
    snippet = """
        [capacity.gpu]
        instance_types = ["g5.xlarge"]
        max = 2
        [services.llm]
        image = "r.io/llm:1"
        capacity = "gpu"
    """
    assert notices_of(snippet) == [
        "services.toml:2: capacity.gpu.instance_types: notice: the GPUs are there for nobody: llm without gpus; "
        "write gpus = 1 there, or types that have none"
    ]


def test_storage_that_defaults_name_for_all_is_fargate_s_alone() -> None:
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


def test_what_fargate_alone_forbids_is_possible_on_an_instance() -> None:
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


def test_a_task_on_spot_instances_has_two_minutes_to_stop() -> None:
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
        "services.toml:8: services.web.stop_timeout: notice: an instance of capacity.pool may be gone 120 seconds "
        "after AWS asks for it back (spot, services.toml:4), whatever is said here; "
        'write "2m" or less, or do without spot'
    ]
