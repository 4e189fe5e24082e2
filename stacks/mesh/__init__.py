"""The meshes, by the word that chooses one. Nothing else in `stacks` knows which there are."""

from __future__ import annotations

from stacks.mesh.app_mesh import AppMesh

MESHES: dict[str, type] = {"app-mesh": AppMesh}
