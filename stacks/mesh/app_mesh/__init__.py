"""AWS App Mesh: an Envoy proxy in every task, and for every service the resources that tell the proxies about it."""

from stacks.mesh.app_mesh.gateway import VirtualGateway
from stacks.mesh.app_mesh.left_in_state import left_in_state
from stacks.mesh.app_mesh.mesh import AppMesh

__all__ = ["AppMesh", "VirtualGateway", "left_in_state"]
