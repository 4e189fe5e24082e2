"""A catalog with several Terraform states on the emulated AWS, through the driver that `make` calls."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from catalog.load import load
from stacks.synthesize import synthesize
from tests import emulator
from tests.conftest import ROOT
from tests.emulator import provider

CATALOG = """
[catalog]
name = "trial"
region = "us-west-2"
[network]
zones = ["us-west-2a"]
nat = "none"
flow_logs = false
[mesh]
kind = "{kind}"
{mesh}
{state}
[defaults]
image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/team/app:1"
[services.web]
{calls}
{web}
[services.llm]
port = 80
scale = {{ min = 1, max = 2, cpu_percent = 60 }}
{llm}
"""
S3 = """
[state.s3]
bucket = "states"
region = "us-west-2"
use_path_style = true
skip_credentials_validation = true
skip_requesting_account_id = true
"""


class States:
    """A folder with one catalog, written again and again, and what the driver says of it."""

    def __init__(self, folder: Path, *, kind: str, state: str, signed: bool = False) -> None:
        """`signed`: calls are admitted by IAM, as VPC Lattice can."""
        self._folder = folder
        self._says = {"kind": kind, "state": state, "mesh": 'auth = "iam"' if signed else ""}
        self._calls = 'calls = ["llm"]' + ("\nsign_requests = true" if signed else "")
        place = provider.plugin_dir()
        self._environment = emulator.environment() | {
            "PYTHONPATH": str(ROOT),
            "TF_CLI_ARGS": "-no-color",
            "TF_CLI_ARGS_init": f"-no-color -plugin-dir={place}" if place else "-no-color",
            # Without these, an answer of the emulator that a test waits for in vain is asked for again for minutes.
            "AWS_MAX_ATTEMPTS": "3",
            # One stack at a time, as all use one provider (tests/emulator/provider.py).
            "JOBS": "1",
        }

    def switch(self, kind: str) -> None:
        """Another mesh, from the next time it is written on."""
        self._says["kind"] = kind

    def write(self, *, web: str = "", llm: str = "", leaves: str = "") -> None:
        """Synthesize the catalog with more keys of its services, or without what one that leaves says."""
        file = self._folder / "services.toml"
        calls = "" if leaves else self._calls
        text = CATALOG.format(**self._says, calls=calls, web=web, llm=llm).replace(leaves, "")
        file.write_text(text, encoding="utf-8")
        synthesize(load(file), outdir=self._folder / "cdktf.out")

    def deploy(self, command: str, *arguments: str) -> str:
        """The driver's output. Raises AssertionError if it fails."""
        asked = [sys.executable, "-m", "deploy", command, *arguments]
        if command in ("apply", "destroy"):
            asked += ["--", "-auto-approve"]
        environment = self._environment | provider.QUICK | provider.attach(self._environment)
        done = subprocess.run(asked, cwd=self._folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def planned(self) -> dict[str, str]:
        """The rows of the table that `plan` prints, by stack."""
        table = self.deploy("plan").partition("=== all plans\n")[2]
        rows = (line.split("  ", 1) for line in table.strip().splitlines())
        return {stack: said.strip() for stack, said in rows}


def walk(states: States) -> None:
    """A base and two stacks are applied; one service moves to another stack and one to the base, and neither is
    touched; one leaves; and all is destroyed."""
    states.write(web='stack = "front"', llm='stack = "rag"')
    states.deploy("apply")
    assert states.planned() == dict.fromkeys(("trial", "trial_rag", "trial_front"), "no changes")
    before = running()

    states.write(web='move_from_stack = "front"', llm='stack = "models"\nmove_from_stack = "rag"')
    said = states.deploy("apply")
    counted = [(int(imported or 0), int(destroyed)) for imported, destroyed in _APPLIED.findall(said)]
    assert sum(imported for imported, _ in counted) > 10
    assert sum(destroyed for _, destroyed in counted) == 0
    assert running() == before

    states.write(llm='stack = "models"')
    assert set(states.planned().values()) == {"no changes"}

    # The security group of what leaves is in the base, and deleted after its tasks.
    states.write(leaves=_LLM)
    states.deploy("apply")
    assert [arn.rpartition("-")[2] for arn in running()] == ["web"]

    states.deploy("destroy")
    assert {kind: left for kind, left in emulator.leftovers().items() if kind != "bucket"} == {}


_APPLIED = re.compile(r"Apply complete! Resources: (?:(\d+) imported, )?\d+ added, \d+ changed, (\d+) destroyed")
_LLM = CATALOG[CATALOG.index("[services.llm]") :].format(llm="")


def running() -> dict[str, object]:
    """When each ECS service was made, by its ARN: what is destroyed and made again is younger."""
    ecs = emulator.client("ecs", region="us-west-2")
    arns = ecs.list_services(cluster="trial")["serviceArns"]
    services = ecs.describe_services(cluster="trial", services=arns)["services"] if arns else []
    return {each["serviceArn"]: each["createdAt"] for each in services if each["status"] == "ACTIVE"}
