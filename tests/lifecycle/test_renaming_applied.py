"""Renamed services on the emulated AWS: Terraform moves their resources, and the next plan has no changes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from catalog.meshes import MESHES
from stacks.mesh import MESHES as MADE
from tests import emulator
from tests.support.catalogs import once
from tests.support.trial import Trial
from tests.support.verify import MESHES as VERIFY

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
[defaults]
image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/team/app:1"
[services.job]
calls = ["web"]
[services.web]
{of_web}
port = 80
protocol = "http2"
calls = ["llm"]
tags = {{ team = "web" }}
scale = {{ max = 3, cpu_percent = 60, schedule = [{{ name = "night", cron = "0 20 * * ? *", min = 1 }}] }}
[services.llm]
{of_llm}
port = 8080
protocol = "http2"
volumes.cache = {{ path = "/cache", kind = "efs" }}
[[services.llm.versions]]
name = "next"
weight = 10
match = {{ headers = {{ x-version = "next" }} }}
"""
CARRYING = [kind for kind in MADE if MESHES[kind].parity["versions"].supported]


def _catalog(kind: str, *, keys: dict[str, str], said: str) -> str:
    """The catalog with new keys for services, each with its old key in this form."""
    text = CATALOG.format(kind=kind, **{f"of_{old}": f'{said} = "{old}"' if said else "" for old in keys})
    for old, key in keys.items():
        text = re.sub(rf'services\.{old}\b|calls = \["{old}"\]', lambda found: found[0].replace(old, key), text)  # noqa: B023
    return text


@pytest.mark.parametrize("kind", once(CARRYING, on="vpc-lattice"))
def test_a_renamed_service_is_moved_without_replacing_its_resources(aws: None, kind: str, tmp_path: Path) -> None:
    emulator.reset()
    trial = Trial(tmp_path)
    keys = {"web": "front", "llm": "model"}
    trial.write(_catalog(kind, keys={each: each for each in keys}, said=""))
    trial.workspace.apply()
    before = trial.state()

    deployment = trial.write(_catalog(kind, keys=keys, said="renamed_from"))
    planned = trial.planned()
    moved = trial.moved
    trial.apply_planned()
    after = trial.state()

    # Callers get a new environment variable with the same address, and so a new revision.
    assert planned == {
        f"{type_}.{caller}": actions
        for caller in ("front", "job")
        for type_, actions in {"aws_ecs_task_definition": ["delete", "create"], "aws_ecs_service": ["update"]}.items()
    }
    assert {address for address in before if re.search(r"[._](web|llm)(_|$)", address)} == set(moved)
    assert {moved.get(address, address) for address in before} == set(after)
    assert {address: each["id"] for address, each in before.items() if "task_def" not in address} == {
        old: after[moved.get(old, old)]["id"] for old in before if "task_def" not in old
    }
    VERIFY[kind].assert_reaches(deployment)
    assert not trial.workspace.plan()

    trial.write(_catalog(kind, keys=keys, said="aws_name"))
    assert not trial.workspace.plan()
