"""Which traffic of a task passes by its proxy, because the proxy could only break it."""

from __future__ import annotations

from catalog.files import NFS, shared_folders
from catalog.model import Deployment, External, Service

SERVER_SPEAKS_FIRST = frozenset({21, 22, 25, 110, 143, 465, 587, 1433, 2525, 3306, 4222})
"""FTP, SSH, SMTP, POP3, IMAP, SQL Server, MySQL, NATS. On a connection that the proxy knows as TCP it waits for the
client's first bytes to tell whether they are TLS; a client that waits for the server's greeting then waits forever.
Source: AWS App Mesh User Guide, "App Mesh connectivity troubleshooting" (MySQL, SMTP, SQL Server); the others greet
first by their protocols."""

AWS_APIS = 443
"""The proxy tells TCP destinations apart by port alone, so one on 443 would take in every call to AWS
(aws/aws-app-mesh-roadmap issues 195 and 82)."""

ALWAYS_IGNORED = frozenset({22})
"""ECS wants the list of ignored ports filled, and its examples put SSH there, which is never redirected anyway."""


def bypasses_proxy(external: External) -> bool:
    """Whether calls to an external go past the caller's proxy, straight to where they are meant for.

    With https the service itself does TLS, which the proxy can only carry as TCP: one destination for a whole port
    (aws/aws-app-mesh-roadmap issues 79, 138 and 195). Security groups hold either way.
    """
    if external.protocol == "https":
        return True
    return external.protocol == "tcp" and (external.port in SERVER_SPEAKS_FIRST or external.port == AWS_APIS)


def proxied_externals(deployment: Deployment) -> dict[str, External]:
    """The externals that proxies must know, by name: those which some service calls through its proxy."""
    return {
        name: external
        for name, external in sorted(deployment.catalog.external.items())
        if deployment.callers_of(name) and not bypasses_proxy(external)
    }


def ignored_ports(deployment: Deployment, service: Service) -> tuple[int, ...]:
    """The ports on which whatever a service sends goes past its proxy, to any destination."""
    bypassing = {e.port for e in deployment.externals_of(service).values() if bypasses_proxy(e)}
    if shared_folders(service):
        # Mounted before the proxy runs (App Mesh User Guide, "App Mesh connectivity troubleshooting").
        bypassing.add(NFS)
    return tuple(sorted(ALWAYS_IGNORED | bypassing))
