"""What a catalog is: frozen tables, as written, and the deployment that is made of them."""

from catalog.model.deployment import Catalog, Deployment
from catalog.model.ingress import Ingress
from catalog.model.network import External, Network
from catalog.model.service import Service, ServiceKeys, Version
from catalog.model.types import UNLIMITED
from catalog.model.workload import Workload

__all__ = [
    "UNLIMITED",
    "Catalog",
    "Deployment",
    "External",
    "Ingress",
    "Network",
    "Service",
    "ServiceKeys",
    "Version",
    "Workload",
]
