"""Refuse regions, zones and ids that the demo can't create."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog.diagnostics import Finding, Problem
from catalog.load import Loaded
from catalog.model import Deployment
from tests.emulator import existing
from tools.demo.looked_up import ARN, looked_up, strings

_OTHER_ID = re.compile(r"(eipalloc|eni|fs|fsap|igw|lt|nat|pcx|pl|rtb|tgw|vpce)-[0-9a-f]{8,17}")
"""Ids that Terraform looks up, and that only overrides can name."""
REPLACE = "Remove or replace this line in a copy of the catalog for the demo."


def problems(loaded: Loaded) -> list[Problem]:
    """Everything in the catalog that the demo can't create, with file and line."""
    found: dict[Problem, None] = {}
    for deployment in loaded.deployments:
        for finding in _findings(deployment):
            found[loaded.reports[deployment.id].problem(finding)] = None
    return list(found)


def _findings(deployment: Deployment) -> Iterator[Finding]:
    known, wanted = existing.zones(deployment.region), deployment.catalog.network.zones
    if not known:
        advice = 'Write another one, such as "us-west-2", in a copy of the catalog for the demo.'
        yield Finding(place=("catalog", "region"), message=f'the demo has no region "{deployment.region}". {advice}')
    elif isinstance(wanted, tuple) and (missing := sorted(set(wanted) - set(known))):
        advice = f"Use some of {', '.join(known)}, or a number, in a copy of the catalog for the demo."
        yield Finding(place=("network", "zones"), message=f"the demo has no zone {', '.join(missing)}. {advice}")
    for place, value in looked_up(deployment.catalog):
        region = value.split(":")[3] if ARN.fullmatch(value) else ""
        if region not in ("", deployment.region) and not existing.zones(region):
            yield Finding(place=place, message=f'the demo has no region "{region}". {REPLACE}')
    for place, value in strings(deployment.catalog.overrides, ("overrides",)):
        if _OTHER_ID.fullmatch(value):
            yield Finding(place=place, message=f'the demo can\'t create "{value}". {REPLACE}')
