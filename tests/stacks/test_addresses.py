"""Resource addresses are in users' states: the changes that may alter them, and those that must not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from catalog.model import Deployment
from stacks.part import Part
from tests.conftest import ROOT
from tests.support.outputs import ShippedOutputs
from tests.support.synth import Stack, catalog_output, deployment, synthesized


def _by_address(output: dict[str, Any]) -> dict[str, Any]:
    return {f"{type_}.{name}": body for type_, named in output["resource"].items() for name, body in named.items()}


@pytest.fixture(scope="module")
def chatqna(shipped: ShippedOutputs) -> dict[str, Any]:
    return _by_address(shipped(ROOT / "services.toml").folders["chatqna"])


def test_a_tenth_service_without_callers_changes_no_existing_resource(chatqna: dict[str, Any], tmp_path: Path) -> None:
    text = (ROOT / "services.toml").read_text()
    text += '\n[services.audit]\nimage = "public.ecr.aws/nginx/nginx:1.27"\nport = 8080\ncalls = ["llm"]\n'

    grown = _by_address(catalog_output(text, tmp_path)["chatqna"])

    added = grown.keys() - chatqna.keys()
    changed = {address for address, body in chatqna.items() if grown.get(address) != body}
    assert changed == set()
    assert {address.partition(".")[2].partition("_")[0] for address in added} == {"audit", "llm"}
    assert {address for address in added if ".llm" in address} == {"aws_vpc_security_group_ingress_rule.llm_from_audit"}


def test_removing_a_service_without_callers_changes_no_other_resource(chatqna: dict[str, Any], tmp_path: Path) -> None:
    text = (ROOT / "services.toml").read_text().replace("[services.reranking]", "[services.unused]", 1)
    with_unused = re.sub(r'"reranking", |^RERANK.*\n', "", text, flags=re.M)
    without = re.sub(r"\[services\.unused\].*?(?=\n\[)", "", with_unused, flags=re.S)

    before = _by_address(catalog_output(with_unused, tmp_path / "with")["chatqna"])
    after = _by_address(catalog_output(without, tmp_path / "without")["chatqna"])

    assert before.keys() - after.keys()
    assert all(".unused" in address for address in before.keys() - after.keys())
    assert {address for address, body in after.items() if before.get(address) != body} == set()


def test_addresses_have_the_key_of_their_service_or_a_word_that_cannot_be_a_key(
    chatqna: dict[str, Any],
) -> None:
    services = {"backend", "dataprep", "embedding", "llm", "nginx", "redis", "reranking", "retriever", "ui"}

    for address in chatqna:
        name = address.partition(".")[2]
        assert name in services or "_" in name, address
        assert not re.search(r"[0-9a-f]{8}$", name), f"{address} ends in a hash"


def test_another_zone_renumbers_no_address(tmp_path: Path) -> None:
    def subnets(zones: str) -> dict[str, Any]:
        text = (ROOT / "services.toml").read_text() + f"\n[network]\nzones = {zones}\n"
        output = catalog_output(text, tmp_path / re.sub(r"\W", "", zones))["chatqna"]
        return {name: subnet["cidr_block"] for name, subnet in output["resource"]["aws_subnet"].items()}

    assert subnets("2").items() < subnets("3").items()
    two = subnets('["us-west-2a", "us-west-2c"]')
    assert two.items() < subnets('["us-west-2c", "us-west-2b", "us-west-2a"]').items()


def test_two_resources_cannot_have_the_same_address() -> None:
    from cdktf_cdktf_provider_aws.vpc import Vpc

    class Twice(Part):
        def __init__(self, scope: Stack, *, deployment: Deployment) -> None:
            super().__init__(scope, "twice", deployment=deployment)
            self.add(Vpc, "main_network", cidr_block="10.0.0.0/16")
            self.add(Vpc, "main_network", cidr_block="10.1.0.0/16")

    with pytest.raises(ValueError, match="two resources claim the address"):
        synthesized(lambda stack: Twice(stack, deployment=deployment()))


def test_an_unknown_attribute_of_a_type_is_an_error() -> None:
    from cdktf_cdktf_provider_aws.vpc import Vpc

    class Wrong(Part):
        def __init__(self, scope: Stack, *, deployment: Deployment) -> None:
            super().__init__(scope, "wrong", deployment=deployment)
            vpc = self.add(Vpc, "main_network", cidr_block="10.0.0.0/16")
            assert vpc.id == "${aws_vpc.main_network.id}"
            vpc.idd  # noqa: B018

    with pytest.raises(AttributeError, match="has no attribute 'idd'"):
        synthesized(lambda stack: Wrong(stack, deployment=deployment()))
