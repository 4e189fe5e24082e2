"""Turns a file into deployments, step by step; `catalog.load` calls the steps in their order."""
