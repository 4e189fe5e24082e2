"""Rules that types can't express, about catalogs of valid form, one module for each topic."""

from catalog.frame import Rules

rule = Rules()
"""Registers a rule for all meshes."""
