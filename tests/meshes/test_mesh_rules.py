"""Every rule of a mesh runs."""

from __future__ import annotations

import importlib
import pkgutil

import catalog.meshes
from catalog.frame import Rules
from catalog.meshes import MESHES


def test_every_rule_of_a_mesh_is_among_the_rules_that_run() -> None:
    """A module's rules run only if the mesh's traits list them."""
    modules = [
        importlib.import_module(found.name)
        for found in pkgutil.walk_packages(catalog.meshes.__path__, f"{catalog.meshes.__name__}.")
    ]
    run = [rules for traits in MESHES.values() for rules in traits.rules]
    written = {
        f"{module.__name__}.{name}": value
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, Rules)
    }

    assert written
    assert {name for name, rules in written.items() if not any(rules is each for each in run)} == set()
