"""One provider lock for all stacks, kept beside the catalog, where git sees it.

Terraform looks for `.terraform.lock.hcl` in the folder it runs in, but synth owns those folders, and may delete them.
"""

from __future__ import annotations

from pathlib import Path

KEPT_AS = "terraform.lock.hcl"
TERRAFORMS_NAME = ".terraform.lock.hcl"


def put_into(folder: Path, *, kept: Path) -> None:
    """Before init: the stack's lock is the kept one, or none. So deleting the kept one upgrades the provider."""
    if kept.exists():
        (folder / TERRAFORMS_NAME).write_bytes(kept.read_bytes())
    else:
        (folder / TERRAFORMS_NAME).unlink(missing_ok=True)


def take_from(folder: Path, *, kept: Path) -> None:
    """After init: what terraform added (a provider, hashes for this machine) is kept for the next stack and for git."""
    written = folder / TERRAFORMS_NAME
    if written.exists() and not (kept.exists() and kept.read_bytes() == written.read_bytes()):
        kept.write_bytes(written.read_bytes())
