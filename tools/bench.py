"""Measure synthesis as users run it: whole processes, generated catalogs, new output folders.

    python -m tools.bench [--runs N] [--strict] [--states | --costs]

Prints the medians, the cost of the same catalogs with the plain import of the AWS bindings (CATALOG_PLAIN_BINDINGS=1,
in alternate runs), the cost of only checking the largest catalog, and whether each budget is kept. Quote CPU seconds:
the user and system time of Python and its two node processes, which varies less than wall time on a busy machine. The
ratio to the plain import varies least. All runs of a catalog must write the same bytes.
"""

import argparse
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from catalog.meshes import MESHES

ROOT = Path(__file__).resolve().parent.parent
CHECK = "check"  # `python -m catalog check`: no synthesis
SIZES = (1, 10, 100)
LARGE = 1000  # not with the plain import, whose extra cost is the same at every size
CASES = [
    *((services, "fast") for services in (*SIZES, LARGE)),
    *((services, "plain") for services in SIZES),
    (LARGE, CHECK),
]

# The first mesh is the one with the most resources.
CATALOG = f"""
[catalog]
name = "bench"
region = "us-west-2"

[network]
zones = ["us-west-2a", "us-west-2b"]

[mesh]
kind = "{next(iter(MESHES))}"
"""

SERVICE = """
[services.svc-{number}]
image = "public.ecr.aws/nginx/nginx:1.27"
port = 8080
calls = [{calls}]
"""


@dataclass(frozen=True)
class Run:
    cpu: float  # seconds
    wall: float  # seconds
    largest: float  # MB, peak of the largest process
    together: float  # MB, sampled peak of the sum of all processes; 0 without /proc
    resources: int
    digest: str  # of all files written


def catalog(services: int) -> str:
    """A chain: each service calls the next one."""
    calls = [f'"svc-{number + 1}"' for number in range(services - 1)] + [""]
    return CATALOG + "".join(SERVICE.format(number=number, calls=callee) for number, callee in enumerate(calls))


@dataclass(frozen=True)
class Budget:
    """A limit for a median. Exceeding it fails the run only with --strict, because busy machines are slower."""

    what: str
    most: float
    measured: float

    def __str__(self) -> str:
        kept = "kept  " if self.kept else "BROKEN"
        return f"{kept}  {self.what}: {self.measured:.3g}, at most {self.most:g}"

    @property
    def kept(self) -> bool:
        return self.measured <= self.most


def budgets(medians: dict[tuple[int, str], dict[str, float]]) -> list[Budget]:
    one, hundred, large = (medians[services, "fast"] for services in (1, 100, LARGE))
    each, each_of_hundred = large["cpu"] / LARGE, hundred["cpu"] / 100
    return [
        Budget("1 service, CPU against plain import", 0.10, one["cpu"] / medians[1, "plain"]["cpu"]),
        Budget("1 service, CPU s", 1.5, one["cpu"]),
        Budget("100 services, CPU s", 6, hundred["cpu"]),
        Budget("100 services, MB of the largest process", 200, hundred["largest"]),
        Budget(f"{LARGE} services, CPU s", 45, large["cpu"]),
        Budget(f"{LARGE} services, CPU of each against each of 100", 1.25, each / each_of_hundred),
        Budget(f"{LARGE} services only read and checked, CPU s", 1, medians[LARGE, CHECK]["cpu"]),
    ]


def measure(*, program: Path, services: int, bindings: str) -> Run:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        source, out = Path(folder, "services.toml"), Path(folder, "out")
        source.write_text(catalog(services))
        environment = {
            **os.environ,
            "CATALOG_FILE": str(source),
            "CDKTF_OUTDIR": str(out),
            "CATALOG_PLAIN_BINDINGS": "1" if bindings == "plain" else "0",
        }
        # Many containers set it. pip compiles the bindings, but Python would compile the app itself in each run.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        with Path(folder, "messages").open("w+") as messages:
            started = time.perf_counter()
            command = [sys.executable, program]
            if bindings == CHECK:
                command = [sys.executable, "-m", "catalog", "check", source]
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=messages, stderr=messages)
            status, usage, together = watch(process)
            wall = time.perf_counter() - started
            if status != 0:
                messages.seek(0)
                sys.exit(f"{' '.join(map(str, command))} exited with {status}:\n{messages.read()}")
        output = {str(path.relative_to(out)): path.read_bytes() for path in sorted(out.rglob("*")) if path.is_file()}
        return Run(
            cpu=usage.ru_utime + usage.ru_stime,
            wall=wall,
            # Kilobytes on Linux, bytes on macOS (getrusage(2)).
            largest=usage.ru_maxrss / (1024**2 if sys.platform == "darwin" else 1024),
            together=together,
            resources=sum(count_resources(text) for name, text in output.items() if name.endswith("cdk.tf.json")),
            digest=hashlib.sha256(repr(output).encode()).hexdigest(),
        )


def watch(process: subprocess.Popen):
    """Wait for a process. Returns its exit status, the resource usage of it and its children, and their peak memory."""
    together = 0.0
    while True:
        # jsii waits for the node process that it starts, and that one for its child, so wait4 counts both.
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            # Otherwise Popen would wait for the process again and warn.
            process.returncode = os.waitstatus_to_exitcode(status)
            return process.returncode, usage, together
        together = max(together, sum(resident(pid) for pid in family(process.pid)))
        time.sleep(0.02)


def family(pid: int) -> list[int]:
    """A process and its descendants."""
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        children = [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:  # the process has ended, or this isn't Linux
        children = []
    return [pid, *(member for child in children for member in family(child))]


def resident(pid: int) -> float:
    """The resident memory of a process in MB. It includes pages that processes share."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


def count_resources(text: bytes) -> int:
    return sum(len(named) for named in json.loads(text).get("resource", {}).values())


COLUMNS = ("cpu", "wall", "largest", "together")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description="Measures synthesis.")
    parser.add_argument("--runs", type=int, default=3, help="how often each case runs (default: 3)")
    parser.add_argument("--program", type=Path, default=ROOT / "main.py", help="what to measure (default: main.py)")
    parser.add_argument("--strict", action="store_true", help="exit with 1 if a budget is broken")
    parser.add_argument("--states", action="store_true", help="measure Terraform's plans of one state and of thirteen")
    parser.add_argument("--costs", action="store_true", help="print what AWS bills for the shipped catalog instead")
    arguments = parser.parse_args()
    if arguments.costs:
        from tools import costs

        print(costs.table(costs.found_on(MESHES)))
        return
    if arguments.states:
        # Imported only here: it imports the emulator, and Linux counts a new process as large as its parent.
        from tools import bench_states

        bench_states.measure()
        return

    # Fill jsii's package cache and its index first: they are part of the installation, not of a run.
    measure(program=arguments.program, services=1, bindings="fast")

    runs: dict[tuple[int, str], list[Run]] = {case: [] for case in CASES}
    for number in range(arguments.runs):
        for services, bindings in CASES:  # alternating, so that a busy minute affects all cases
            print(f"run {number + 1} of {arguments.runs}: {services}, {bindings} …", file=sys.stderr)
            run = measure(program=arguments.program, services=services, bindings=bindings)
            runs[services, bindings].append(run)
    medians = {
        case: {column: statistics.median(getattr(run, column) for run in measured) for column in COLUMNS}
        for case, measured in runs.items()
    }

    print(f"Python {sys.version.split()[0]}, {os.cpu_count()} cores, medians of {arguments.runs}")
    print("services  resources  import   CPU s  wall s  largest MB  together MB    CPU against plain")
    for (services, bindings), median in medians.items():
        plain = medians.get((services, "plain"))
        against = f"{median['cpu'] / plain['cpu']:.3f}" if plain and bindings == "fast" else ""
        print(
            f"{services:8}  {runs[services, bindings][0].resources:9}  {bindings:6}  {median['cpu']:6.2f}"
            f"  {median['wall']:6.2f}  {median['largest']:10.0f}  {median['together']:11.0f}    {against}"
        )
    print()
    promised = budgets(medians)
    print(*promised, sep="\n")

    for services in {services for services, _ in CASES}:
        synthesized = [runs[case] for case in CASES if case[0] == services and case[1] != CHECK]
        if len({run.digest for measured in synthesized for run in measured}) > 1:
            sys.exit(f"Runs of the catalog with {services} services wrote different bytes.")
    if arguments.strict and not all(budget.kept for budget in promised):
        sys.exit(1)


if __name__ == "__main__":
    main()
