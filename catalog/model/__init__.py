"""The catalog's model: frozen tables with the values as written, and the deployment built from them."""

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
