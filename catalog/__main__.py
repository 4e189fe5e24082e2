"""`python -m catalog`: check, explain or draw a catalog, and print the generated pages."""

from __future__ import annotations

import argparse
import importlib
import os
import shlex
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from catalog import run_command
from catalog.diagnostics import USER_ERROR, CatalogError, Problem, did_you_mean, listed, plural
from catalog.load import Loaded, load
from catalog.reports.explain import explanations
from catalog.reports.graph import Graph, graph_of, mermaid, svg

_GENERATED = {
    "schema": ("catalog.reports.schema", "schema_text"),
    "reference": ("catalog.reports.reference", "catalog_page"),
    "meshes": ("catalog.reports.reference", "meshes_page"),
    "permissions": ("catalog.reports.reference", "permissions_page"),
}


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    if options.command in _GENERATED:
        # Imported only here: building the schema takes a while.
        module, function = _GENERATED[options.command]
        text: str = getattr(importlib.import_module(module), function)()
        # As bytes: the encoding of a terminal or a pipe must not change the files in the repository.
        sys.stdout.buffer.write(text.encode())
        return 0
    try:
        loaded = load(options.file, environment=options.environment or None)
        if options.command == "explain":
            print(explain(options.name, loaded, file=options.file), end="")
        elif options.command == "graph":
            print(graph(loaded, picture=options.svg), end="")
        else:
            for notice in loaded.notices:
                print(notice, file=sys.stderr)
            unchecked = any(each.catalog.overrides for each in loaded.deployments)
            more = ". make synth also checks the addresses in [overrides]" if unchecked else ""
            print(f"{options.file}: valid: {_size(loaded)}{more}")
    except CatalogError as error:
        print(error, file=sys.stderr)
        return USER_ERROR
    return 0


def explain(name: str | None, loaded: Loaded, *, file: str) -> str:
    """Every timer on each call path to a service, in each deployment that has it. Raises CatalogError for an unknown
    service."""
    having = [each for each in loaded.deployments if name in each.services]
    if name is None or not having:
        raise CatalogError([Problem(file=file, line=0, place="", message=_unknown(name, loaded))])
    return explanations(name, having, reports=loaded.reports)


def graph(loaded: Loaded, *, picture: str | None) -> str:
    """The call graph of each deployment in Mermaid, and one for deployments with equal graphs. With `picture`, writes
    that SVG file instead and returns a line that confirms it. Raises CatalogError if the file can't be written."""
    graphs = _distinct([graph_of(deployment) for deployment in loaded.deployments])
    if not picture:
        return "\n".join(map(mermaid, graphs))
    if not picture.lower().endswith(".svg"):
        message = f"the picture is an SVG file. Write SVG={shlex.quote(str(Path(picture).with_suffix('.svg')))}."
        raise CatalogError([Problem(file=picture, line=0, place="", message=message)])
    try:
        Path(picture).write_text(svg(graphs), encoding="utf-8")
    except OSError as error:
        message = f"can't be written: {error.strerror}. Write to another file: SVG=graph.svg."
        raise CatalogError([Problem(file=picture, line=0, place="", message=message)]) from None
    return f"Wrote {picture}\n"


def _distinct(graphs: Sequence[Graph]) -> list[Graph]:
    """Graphs without those that equal another one, whose title has the titles of all."""
    titles: dict[str, list[str]] = {}
    for each in graphs:
        titles.setdefault(repr((each.nodes, each.edges)), []).append(each.title)
    by_title = {each.title: each for each in graphs}
    return [replace(by_title[equal[0]], title=listed(equal, most=len(equal))) for equal in titles.values()]


def _unknown(name: str | None, loaded: Loaded) -> str:
    known = sorted({service for each in loaded.deployments for service in each.services})
    if name is None:
        return f"no service is named. Set SERVICE to one of {listed(known, most=len(known))}."
    if any(name in each.catalog.external for each in loaded.deployments):
        return f'"{name}" is external to the catalog: its timers are unknown. Name a service.'
    if close := did_you_mean(name, known):
        return f'service "{name}" doesn\'t exist; did you mean "{close}"?'
    return f'service "{name}" doesn\'t exist. Name one of {listed(known, most=len(known))}.'


def _size(loaded: Loaded) -> str:
    services = [service for deployment in loaded.deployments for service in deployment.services.values()]
    calls = sum(len(service.calls) for service in services)
    counts = ((len(loaded.deployments), "deployment"), (len(services), "service"), (calls, "call"))
    return ", ".join(f"{count} {plural(word, count)}" for count, word in counts)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m catalog", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    file = os.environ.get("CATALOG_FILE") or "services.toml"
    environment = os.environ.get("CATALOG_ENVIRONMENT") or None

    def add(name: str, *, purpose: str) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=purpose)
        command.add_argument("--environment", default=environment, help="read only this environment of the catalog")
        return command

    check = add("check", purpose="print every error, warning and notice")
    check.add_argument("file", nargs="?", default=file, help=f"the catalog: a file or a folder (default: {file})")
    explain = add("explain", purpose="print every timer on each call path to a service")
    explain.add_argument("name", nargs="?", help="the service")
    graph = add("graph", purpose="print the call graph as a Mermaid flowchart")
    graph.add_argument("--svg", metavar="FILE", help="write the call graph to this SVG file instead")
    for each in (explain, graph):
        each.add_argument("--file", default=file, help=f"the catalog: a file or a folder (default: {file})")
    commands.add_parser("schema", help="print services.schema.json")
    commands.add_parser("reference", help="print docs/catalog.md")
    commands.add_parser("meshes", help="print docs/meshes.md")
    commands.add_parser("permissions", help="print docs/permissions.md")
    return parser


if __name__ == "__main__":
    sys.exit(run_command(main))
