"""One copy of the AWS provider for all stacks: unpacked it takes 700 MB, and Terraform puts one into every folder."""

from __future__ import annotations

import os
from pathlib import Path

_VARIABLE = "TF_PLUGIN_CACHE_DIR"
_CACHE = Path(".terraform") / "plugin-cache"


def share() -> None:
    """Give Terraform a plugin cache in the current folder, unless the user has one (Terraform, "Provider Plugin
    Cache"). Two inits at a time must not use it; here they follow each other."""
    if _VARIABLE in os.environ or "plugin_cache_dir" in _configuration():
        return
    _CACHE.mkdir(parents=True, exist_ok=True)
    os.environ[_VARIABLE] = str(_CACHE.absolute())


def _configuration() -> str:
    """What the user's own configuration of Terraform says, if there is any."""
    file = Path(os.environ.get("TF_CLI_CONFIG_FILE") or Path.home() / ".terraformrc")
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
