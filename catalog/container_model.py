"""What a container definition may hold, by AWS's own model of its API.

`python -m catalog.container_model` writes it anew from the botocore that is installed; reading it takes none.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("container_definition.json")
_Shape = dict[str, Any]


@functools.cache
def container_definition() -> _Shape:
    """The shape of a container definition: types, members, which of them are required, and the words of enums."""
    shape: _Shape = json.loads(FILE.read_text())
    return shape


def current_model() -> str:
    """The same, as text, from the botocore that is installed."""
    import botocore.session  # type: ignore[import-untyped]  # only here: nobody who runs the app needs it

    service = botocore.session.get_session().get_service_model("ecs")
    return json.dumps(_trimmed(service.shape_for("ContainerDefinition")), indent=1, sort_keys=True) + "\n"


def _trimmed(shape: Any) -> _Shape:
    if shape.type_name == "structure":
        members = {name: _trimmed(member) for name, member in shape.members.items()}
        return {"type": "structure", "members": members, "required": sorted(shape.required_members)}
    if shape.type_name == "list":
        return {"type": "list", "member": _trimmed(shape.member)}
    if shape.type_name == "map":
        return {"type": "map", "value": _trimmed(shape.value)}
    return {"type": shape.type_name, **({"enum": sorted(shape.enum)} if getattr(shape, "enum", None) else {})}


if __name__ == "__main__":
    FILE.write_text(current_model())
