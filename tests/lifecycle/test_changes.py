"""Changes that AWS doesn't support in place: each is applied, and the next plan has no changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import emulator
from tests.support.catalogs import once
from tests.support.trial import Trial
from tests.support.verify import MESHES

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
[defaults]
image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/team/app:1"
[services.chat]
calls = ["llm"]
[services.llm]
{llm}
"""
TLS = 'tls = { authority = "arn:aws:acm-pca:us-west-2:123456789012:certificate-authority/0a1b" }'
CHANGES = {
    "vpc-lattice": [
        ("", "port = 80"),
        ("", "port = 81"),
        ("", 'port = 81\nprotocol = "http2"'),
        ("", 'port = 81\nprotocol = "grpc"'),
        ("tls = true", "port = 81"),
        ("", "port = 81"),
    ],
    "service-connect": [
        ("", "port = 80"),
        ("", 'port = 80\nprotocol = "http2"'),
        ("", 'port = 81\nprotocol = "tcp"'),
        (TLS, 'port = 81\nprotocol = "tcp"'),
        ("", "port = 80"),
    ],
    "none": [("", "port = 80"), ("", 'port = 81\nprotocol = "tcp"')],
}
"""For each mesh, the steps: the keys of [mesh] and of the callee."""


@pytest.mark.parametrize("kind", once(CHANGES, on="vpc-lattice"))
def test_a_change_that_aws_cannot_make_in_place_is_applied_in_one_apply(aws: None, kind: str, tmp_path: Path) -> None:
    emulator.reset()
    trial = Trial(tmp_path)
    for mesh, llm in CHANGES[kind]:
        deployment = trial.write(CATALOG.format(kind=kind, mesh=mesh, llm=llm))
        trial.workspace.apply()

        assert trial.planned() == {}, f"after {mesh} {llm}"
        MESHES[kind].assert_reaches(deployment)
    trial.workspace.destroy()
    assert emulator.leftovers() == {}
