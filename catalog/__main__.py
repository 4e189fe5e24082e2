"""`python -m catalog`: check and explain a catalog without synthesizing it, and write what is made from the model."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence

from catalog.diagnostics import USER_ERROR, CatalogError, Problem, did_you_mean, listed, plural
from catalog.load import Loaded, load
from catalog.reports.explain import explanation

_MADE = {
    "schema": ("catalog.reports.schema", "schema_text"),
    "reference": ("catalog.reports.reference", "catalog_page"),
    "meshes": ("catalog.reports.reference", "meshes_page"),
    "permissions": ("catalog.reports.reference", "permissions_page"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if options.command == "check":
        return check(options.file)
    if options.command == "explain":
        return explain(options.name, file=options.file, environment=options.environment)
    # Only here: the schema takes a while to make, and a check needs none of it.
    module, function = _MADE[options.command]
    made: str = getattr(importlib.import_module(module), function)()
    # As bytes: a terminal or a pipe in another encoding must not change what lies in the repository.
    sys.stdout.buffer.write(made.encode())
    return 0


def check(file: str) -> int:
    """Read a catalog and say what is wrong with it, or how much it holds."""
    try:
        loaded = load(file, environment=os.environ.get("CATALOG_ENVIRONMENT") or None)
    except CatalogError as error:
        print(error, file=sys.stderr)
        return USER_ERROR
    for notice in loaded.notices:
        print(notice, file=sys.stderr)
    print(f"{file}: OK, {_size(loaded)}")
    return 0


def explain(name: str, *, file: str, environment: str | None) -> int:
    """Say where time is counted on every way to a service, in each deployment that has it."""
    try:
        loaded = load(file, environment=environment)
        services = {each.id: each.services[name] for each in loaded.deployments if name in each.services}
        if not services:
            raise CatalogError([Problem(file=file, line=0, place="", message=_unknown(name, loaded))])
    except CatalogError as error:
        print(error, file=sys.stderr)
        return USER_ERROR
    having = [each for each in loaded.deployments if each.id in services]
    texts = [explanation(each, services[each.id], report=loaded.reports[each.id]) for each in having]
    print("\n".join(texts), end="")
    return 0


def _unknown(name: str, loaded: Loaded) -> str:
    if any(name in each.catalog.external for each in loaded.deployments):
        return f'"{name}" lies outside the catalog, and its timers with it; name a service'
    known = sorted({service for each in loaded.deployments for service in each.services})
    close = did_you_mean(name, known)
    return f'there is no service "{name}"; ' + (f'did you mean "{close}"?' if close else f"name one of {listed(known)}")


def _size(loaded: Loaded) -> str:
    services = [service for deployment in loaded.deployments for service in deployment.services.values()]
    calls = sum(len(service.calls) for service in services)
    counts = ((len(loaded.deployments), "deployment"), (len(services), "service"), (calls, "call"))
    return ", ".join(f"{count} {plural(word, count)}" for count, word in counts)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m catalog", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    checked = commands.add_parser("check", help="say every problem of a catalog; CATALOG_ENVIRONMENT narrows it to one")
    default = os.environ.get("CATALOG_FILE") or "services.toml"
    checked.add_argument("file", nargs="?", default=default, help=f"the catalog (default: {default})")
    explained = commands.add_parser("explain", help="print every timer on each path from the outside to a service")
    explained.add_argument("name", help="the service")
    explained.add_argument("--file", default=default, help=f"the catalog (default: {default})")
    chosen = os.environ.get("CATALOG_ENVIRONMENT") or None
    explained.add_argument("--environment", default=chosen, help="only this environment of the catalog")
    commands.add_parser("schema", help="print services.schema.json")
    commands.add_parser("reference", help="print docs/catalog.md")
    commands.add_parser("meshes", help="print docs/meshes.md")
    commands.add_parser("permissions", help="print docs/permissions.md")
    return parser


if __name__ == "__main__":
    sys.exit(main())
