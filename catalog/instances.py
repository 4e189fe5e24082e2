"""Instance types of EC2: how much each holds, by EC2's own description of them.

`python -m catalog.instances` writes the table anew from the description that the installed moto ships (its copy of what
EC2 answers to DescribeInstanceTypes in us-east-1); reading it takes none.
"""

from __future__ import annotations

import functools
import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("instance_types.json")


@dataclass(frozen=True, kw_only=True)
class InstanceType:
    """What an instance type has."""

    name: str
    vcpu: int
    memory: int
    """MiB, before the kernel has taken its part."""
    gpus: int
    architecture: str
    interfaces: int
    """Network interfaces, its own included."""


@functools.cache
def instance_types() -> dict[str, InstanceType]:
    """Every instance type that can run tasks here, by name."""
    return {
        name: InstanceType(
            name=name, vcpu=vcpu, memory=memory, gpus=gpus, architecture=architecture, interfaces=interfaces
        )
        for name, (vcpu, memory, gpus, architecture, interfaces) in json.loads(FILE.read_text()).items()
    }


def current_table() -> str:
    """The table, as text, from the description that is installed."""
    import moto.ec2  # type: ignore[import-untyped,unused-ignore]  # only here: nobody who runs the app needs it

    source = Path(moto.ec2.__file__).with_name("resources") / "instance_types.json.gz"
    described = json.loads(gzip.decompress(source.read_bytes()))
    rows = [f" {json.dumps(name)}: {json.dumps(_row(each))}" for name, each in sorted(described.items()) if _fits(each)]
    return "{\n" + ",\n".join(rows) + "\n}\n"


def _fits(described: dict[str, Any]) -> bool:
    """Whether the ECS-optimized image of Amazon Linux 2023 runs there, and knows how to share what the type has: no
    hardware of the Xen hypervisor or none at all, no accelerators but whole NVIDIA GPUs, and none of the first Graviton
    (Amazon Linux 2023 User Guide, "System requirements")."""
    gpus = described.get("GpuInfo", {}).get("Gpus", [])
    return (
        described.get("Hypervisor") == "nitro"
        and not described["BareMetal"]
        and not described["InstanceType"].startswith("a1.")
        and not any(
            f"{kind}Info" in described for kind in ("Fpga", "InferenceAccelerator", "MediaAccelerator", "Neuron")
        )
        and all(gpu["Manufacturer"] == "NVIDIA" and gpu.get("GpuPartitionSize", 1) == 1 for gpu in gpus)
    )


def _row(described: dict[str, Any]) -> list[Any]:
    return [
        described["VCpuInfo"]["DefaultVCpus"],
        described["MemoryInfo"]["SizeInMiB"],
        sum(gpu["Count"] for gpu in described.get("GpuInfo", {}).get("Gpus", [])),
        "arm64" if "arm64" in described["ProcessorInfo"]["SupportedArchitectures"] else "x86_64",
        described["NetworkInfo"]["MaximumNetworkInterfaces"],
    ]


if __name__ == "__main__":
    FILE.write_text(current_table())
