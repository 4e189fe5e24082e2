"""A catalog with several Terraform states on the emulated AWS, through the driver that `make` calls."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from catalog.load import load
from stacks.synthesize import synthesize
from tests import emulator
from tests.conftest import ROOT
from tests.emulator.terraform import plugin_dir

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
{state}
[defaults]
image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/team/app:1"
[services.web]
calls = ["llm"]
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

    def __init__(self, folder: Path, *, kind: str, state: str) -> None:
        self._folder = folder
        self._kind = kind
        self._state = state
        place = plugin_dir()
        self._environment = emulator.environment() | {
            "PYTHONPATH": str(ROOT),
            "TF_CLI_ARGS": "-no-color",
            "TF_CLI_ARGS_init": f"-no-color -plugin-dir={place}" if place else "-no-color",
            # Without these, an answer of the emulator that a test waits for in vain is asked for again for minutes.
            "AWS_MAX_ATTEMPTS": "3",
        }

    def write(self, *, web: str = "", llm: str = "", without: str = "") -> None:
        """Synthesize the catalog with more keys of its services, or without what a text holds."""
        file = self._folder / "services.toml"
        text = CATALOG.format(kind=self._kind, state=self._state, web=web, llm=llm)
        file.write_text(text.replace(without, ""), encoding="utf-8")
        synthesize(load(file), outdir=self._folder / "cdktf.out")

    def deploy(self, command: str, *arguments: str) -> str:
        """What the driver printed. Raises AssertionError where it fails."""
        asked = [sys.executable, "-m", "deploy", command, *arguments]
        if command in ("apply", "destroy"):
            asked += ["--", "-auto-approve"]
        environment = {k: v for k, v in os.environ.items() if k == "PATH"} | self._environment
        done = subprocess.run(asked, cwd=self._folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout

    def planned(self) -> dict[str, str]:
        """What `plan` says in its table, by stack."""
        table = self.deploy("plan").partition("=== all plans\n")[2]
        rows = (line.split("  ", 1) for line in table.strip().splitlines())
        return {stack: said.strip() for stack, said in rows}


UNCHANGED = "no changes"


def walk(states: States) -> None:
    """A base and two stacks are applied; a service moves between them and to the base without being touched; another
    leaves; and all is destroyed."""
    states.write(web='stack = "front"', llm='stack = "rag"')
    assert states.planned()["trial_rag"] == "not planned: trial is not applied yet; apply that first"
    states.deploy("apply")
    assert states.planned() == {"trial": UNCHANGED, "trial_rag": UNCHANGED, "trial_front": UNCHANGED}
    before = _running()

    states.write(web='stack_from = "front"', llm='stack = "models"\nstack_from = "rag"')
    said = states.planned()
    assert not any("destroyed" in each for each in said.values()), said
    assert "imported" in said["trial"] and "forgotten" in said["trial_rag"]
    states.deploy("apply")
    assert _running() == before

    states.write(llm='stack = "models"')
    assert set(states.planned().values()) == {UNCHANGED}

    # Its security group, in the base, is deleted after its tasks.
    states.write(without=_SERVICE_LLM)
    states.deploy("apply")
    assert set(states.planned().values()) == {UNCHANGED}
    assert len(_running()) == 1

    states.deploy("destroy")
    assert {kind: left for kind, left in emulator.leftovers().items() if kind != "s3 bucket"} == {}


_SERVICE_LLM = CATALOG[CATALOG.index("[services.llm]") :].format(llm="")


def _running() -> dict[str, object]:
    """When each ECS service was made, by its ARN: what is destroyed and made again is younger."""
    ecs = emulator.client("ecs", region="us-west-2")
    arns = ecs.list_services(cluster="trial")["serviceArns"]
    services = ecs.describe_services(cluster="trial", services=arns)["services"] if arns else []
    return {each["serviceArn"]: each["createdAt"] for each in services}
