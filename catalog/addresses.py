"""Where callees are found: what `{callee.host}`, `{callee.port}` and `{callee.url}` stand for."""

from __future__ import annotations

from dataclasses import dataclass

from catalog.meshes import mesh_of
from catalog.model import Deployment

_SCHEMES = {"tcp": "tcp", "https": "https"}


@dataclass(frozen=True, kw_only=True)
class Address:
    """A host, the port it listens on, and how it is spoken to."""

    host: str
    port: int
    scheme: str

    @property
    def url(self) -> str:
        default = {"http": 80, "https": 443}.get(self.scheme)
        return f"{self.scheme}://{self.host}" + ("" if self.port == default else f":{self.port}")


def address(deployment: Deployment, name: str) -> Address:
    """The address of a service with a port, or of an external, as its callers use it."""
    if name in deployment.catalog.external:
        external = deployment.catalog.external[name]
        return Address(host=external.host, port=external.port, scheme=_SCHEMES.get(external.protocol, "http"))
    service = deployment.services[name]
    assert service.port is not None
    generated = mesh_of(deployment).generated_host(deployment, service)
    if generated is not None:
        return Address(host=generated, port=service.port, scheme="https")
    return Address(host=deployment.host_of(name), port=service.port, scheme=_SCHEMES.get(service.protocol, "http"))
