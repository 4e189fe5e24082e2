"""Write the catalog's AWS data: the shape of a container definition and the regions, from botocore, and the instance
types that can run tasks, from moto. The app itself doesn't require these packages.

`python -m tools.aws_data` writes the files in catalog/data/.
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import botocore.session  # type: ignore[import-untyped]
import moto.ec2  # type: ignore[import-untyped,unused-ignore]

from catalog.analysis.instance_types import FILE
from catalog.names import REGIONS_FILE
from catalog.task.addition import SHAPE_FILE


def container_definition() -> str:
    """The shape of a container definition, as JSON, from the installed botocore."""
    service = botocore.session.get_session().get_service_model("ecs")
    return json.dumps(_trimmed(service.shape_for("ContainerDefinition")), indent=1, sort_keys=True) + "\n"


def _trimmed(shape: Any) -> dict[str, Any]:
    if shape.type_name == "structure":
        members = {name: _trimmed(member) for name, member in shape.members.items()}
        return {"type": "structure", "members": members, "required": sorted(shape.required_members)}
    if shape.type_name == "list":
        return {"type": "list", "member": _trimmed(shape.member)}
    if shape.type_name == "map":
        return {"type": "map", "value": _trimmed(shape.value)}
    return {"type": shape.type_name, **({"enum": sorted(shape.enum)} if getattr(shape, "enum", None) else {})}


def regions() -> str:
    """The names of AWS's regions in all partitions, as JSON, from the installed botocore."""
    partitions = botocore.session.get_session().get_component("data_loader").load_data("partitions")["partitions"]
    names = sorted(name for each in partitions for name in each["regions"] if not name.endswith("-global"))
    return json.dumps(names, indent=1) + "\n"


def instance_types() -> str:
    """The table of instance types, as JSON, from the installed moto."""
    source = Path(moto.ec2.__file__).with_name("resources") / "instance_types.json.gz"
    described = json.loads(gzip.decompress(source.read_bytes()))
    rows = [f" {json.dumps(name)}: {json.dumps(_row(each))}" for name, each in sorted(described.items()) if _fits(each)]
    return "{\n" + ",\n".join(rows) + "\n}\n"


def _fits(described: dict[str, Any]) -> bool:
    """Whether the ECS-optimized AMI of Amazon Linux 2023 supports an instance type and all its devices. It doesn't
    support Xen, bare metal, first-generation Graviton, or accelerators other than whole NVIDIA GPUs (Amazon Linux 2023
    User Guide, "System requirements")."""
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
    SHAPE_FILE.write_text(container_definition())
    FILE.write_text(instance_types())
    REGIONS_FILE.write_text(regions())
