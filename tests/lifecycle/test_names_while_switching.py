"""Callers that look up their callees once a second while the mesh changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import emulator
from tests.emulator import resolver
from tests.support.catalogs import once
from tests.support.trial import Trial

REGION = "us-west-2"
CATALOG = """
[catalog]
name = "shop"
region = "us-west-2"
[mesh]
kind = "{kind}"
{more}
[network]
nat = "none"
[services.chat]
image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/chat:1"
calls = ["llm"]
[services.llm]
image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/llm:1"
port = 8080
"""


@pytest.mark.parametrize("left", once(["none", "app-mesh"], on="app-mesh"))
def test_every_name_has_an_answer_while_the_mesh_becomes_vpc_lattice(left: str, aws: None, tmp_path: Path) -> None:
    emulator.reset()
    trial = Trial(tmp_path)
    trial.write(CATALOG.format(kind=left, more=""))
    trial.planned()
    trial.apply_planned()
    migrate_from = 'migrate_from = "app-mesh"' if left == "app-mesh" else ""
    trial.write(CATALOG.format(kind="vpc-lattice", more=migrate_from))
    trial.planned()

    with resolver.watching(region=REGION) as watch:
        watch.elapse(10)
        trial.apply_planned()
        watch.elapse(1000)

    # The old tasks of chat ask for the name in Cloud Map until their rollout ends, and then the new ones for AWS's.
    [generated] = {host for _, host in watch.asked} - {"llm.shop.internal"}
    assert generated.endswith(".vpc-lattice-svcs.us-west-2.on.aws")
    assert watch.asked == {("shop-chat", "llm.shop.internal"): 130, ("shop-chat", generated): 1000}
    assert watch.unanswered == {}
    # The old tasks may connect to the new ones of llm until they have gone.
    rollouts = [index for index, call in enumerate(watch.served) if call == "ecs:UpdateService"]
    assert len(rollouts) == 2 and rollouts[-1] < watch.served.index("ec2:RevokeSecurityGroupIngress")
