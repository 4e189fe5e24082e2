"""Reads, checks and analyses a catalog. Imports nothing of cdktf."""
