"""AWS App Mesh: an Envoy proxy in every task, and for every service the resources that tell the proxies about it."""

from stacks.mesh.app_mesh.forget import forget
from stacks.mesh.app_mesh.gateway import VirtualGateway
from stacks.mesh.app_mesh.mesh import AppMesh

__all__ = ["AppMesh", "VirtualGateway", "forget"]
