"""What types cannot say: rules about catalogs whose form is right, one module for each topic."""

from catalog.frame import Rules

rule = Rules()
"""Registers a rule that holds whichever mesh is chosen."""
