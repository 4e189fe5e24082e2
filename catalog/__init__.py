"""Reads, validates and analyzes a catalog. Doesn't import cdktf."""
