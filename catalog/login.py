"""Which services stand behind a login."""

from __future__ import annotations

from catalog.model import Deployment, Service
from catalog.model.login import Login


def login_before(deployment: Deployment, service: Service) -> Login | None:
    """The login that requests to a service have to pass: its ingress's, unless it stays open."""
    ingress = deployment.catalog.ingress.get(deployment.ingress_of(service) or "")
    return ingress.login if ingress and service.public and service.public.login else None
