"""The frame of the rules: what they can be about, where their findings go, and who runs them."""

from catalog.frame.place import Place
from catalog.frame.rules import Rules
from catalog.frame.subjects import Container, ServiceWorkload, Siblings, Version, containers_of

__all__ = ["Container", "Place", "Rules", "ServiceWorkload", "Siblings", "Version", "containers_of"]
