"""The checker itself: what real catalogs make is clean, and what is broken on purpose is found."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from catalog.load import load
from tests.conftest import ROOT
from tests.support.catalogs import EXAMPLES, MORE, on_meshes
from tests.support.outputs import ShippedOutputs, outputs_of, wrong_outputs
from tests.support.provider_schema import problems_of

CASES = on_meshes((*EXAMPLES, *MORE))


@pytest.mark.parametrize(("file", "kind"), CASES)
def test_what_loads_is_what_the_provider_knows(terraform: None, shipped: ShippedOutputs, file: Path, kind: str) -> None:
    assert wrong_outputs(shipped(file, kind).states) == []


def test_what_several_states_say_to_each_other_is_there(terraform: None, tmp_path: Path) -> None:
    assert wrong_outputs(outputs_of(load(ROOT / "examples" / "teams"), tmp_path / "out")) == []


@pytest.fixture(scope="module")
def good(terraform: None, shipped: ShippedOutputs) -> dict[str, Any]:
    """The output of the shipped catalog, without a mesh."""
    [(_, output)] = shipped(ROOT / "services.toml", "none").bases
    assert problems_of(output) == []
    return output


LLM = "resource aws_ecs_service llm"
BROKEN: dict[str, tuple[str, Any, str]] = {
    "an unknown attribute": (f"{LLM} replicas", 1, "aws_ecs_service.llm.replicas: no such attribute or block"),
    "an unknown block": (f"{LLM} network", [{}], "aws_ecs_service.llm.network: no such attribute or block"),
    "an unknown type": ("resource aws_ecs_servise", {}, "resource aws_ecs_servise: no such type"),
    "an unknown table": ("resources", {}, "resources: no such block"),
    "an unknown attribute of the provider": ("provider aws", [{"regio": "x"}], "provider.aws.regio: no such"),
    "a name that is none": ("resource aws_vpc a.b", {}, "aws_vpc.a.b: not a name"),
    "a required attribute": (f"{LLM} name", None, "aws_ecs_service.llm.name: required, and not there"),
    "a required block": (
        "resource aws_lb_listener main_ingress_public default_action",
        [],
        "aws_lb_listener.main_ingress_public.default_action: 0 blocks, at least 1 are required",
    ),
    "too many blocks": (
        f"{LLM} deployment_circuit_breaker",
        [{"enable": True, "rollback": True}] * 2,
        "aws_ecs_service.llm.deployment_circuit_breaker: 2 blocks, at most 1 are allowed",
    ),
    "a required attribute in a block": (
        f"{LLM} deployment_circuit_breaker",
        {"enable": True},
        "aws_ecs_service.llm.deployment_circuit_breaker[0].rollback: required, and not there",
    ),
    "text for a block": (f"{LLM} timeouts", "10m", "aws_ecs_service.llm.timeouts: a block, not text"),
    "text for a number": (f"{LLM} desired_count", "two", "aws_ecs_service.llm.desired_count: 'two' is no number"),
    "a list for a number": (f"{LLM} desired_count", [1], "aws_ecs_service.llm.desired_count: [1] is no number"),
    "text for a truth": (f"{LLM} wait_for_steady_state", "yes", "wait_for_steady_state: 'yes' is no bool"),
    "a list for text": (f"{LLM} name", ["llm"], "aws_ecs_service.llm.name: ['llm'] is no string"),
    "a table for text": (f"{LLM} tags Name", {"a": "b"}, "aws_ecs_service.llm.tags.Name: {'a': 'b'} is no string"),
    "text for a map": (f"{LLM} tags", "x", "aws_ecs_service.llm.tags: 'x' is no map"),
    "text for a set": (
        f"{LLM} network_configuration subnets",
        "subnet-1",
        "network_configuration[0].subnets: 'subnet-1' is no set",
    ),
    "an object without all it wants": (
        "resource aws_default_security_group main_network ingress",
        [{"from_port": 1}],
        "aws_default_security_group.main_network.ingress[0].to_port: required, and not there",
    ),
    "what is only computed": ("resource aws_vpc main_network arn", "x", "aws_vpc.main_network.arn: computed"),
    "a reference to nothing": (
        f"{LLM} cluster",
        "${aws_ecs_cluster.mian.arn}",
        "aws_ecs_service.llm: aws_ecs_cluster.mian: no such address",
    ),
    "a reference within text": (f"{LLM} name", "a-${aws_vpc.x.id}", "aws_ecs_service.llm: aws_vpc.x: no such address"),
    "a reference within a call": (
        f"{LLM} name",
        '${join("-", ["${aws_vpc.x.id}"])}',
        "aws_ecs_service.llm: aws_vpc.x: no such address",
    ),
    "a reference to data that is not there": (
        f"{LLM} name",
        "${data.aws_region.here.name}",
        "aws_ecs_service.llm: data.aws_region.here: no such address",
    ),
    "an attribute that the type has not": (
        f"{LLM} cluster",
        "${aws_vpc.main_network.vpc_id}",
        "aws_ecs_service.llm: aws_vpc.main_network has no vpc_id",
    ),
    "an attribute of a block that has none such": (
        f"{LLM} name",
        "${aws_ecs_service.ui.network_configuration[0].subnet}",
        "aws_ecs_service.llm: aws_ecs_service.ui has no network_configuration.0.subnet",
    ),
    "a list where text is wanted": (
        f"{LLM} name",
        "${aws_lb.main_ingress_public.subnets}",
        "name: ${aws_lb.main_ingress_public.subnets} is ['set', 'string'], and string is wanted",
    ),
    "a postcondition on what is not there": (
        f"{LLM} lifecycle postcondition",
        [{"condition": "${self.revision == 1}", "error_message": "x"}],
        "aws_ecs_service.llm: self has no revision",
    ),
    "an unknown key of lifecycle": (f"{LLM} lifecycle destroy", False, "aws_ecs_service.llm.lifecycle.destroy: no"),
    "ignored changes of nothing": (
        f"{LLM} lifecycle ignore_changes",
        ["replicas"],
        "aws_ecs_service.llm: ignore_changes replicas: no such attribute",
    ),
    "a trigger that is not there": (
        f"{LLM} lifecycle replace_triggered_by",
        ["aws_vpc.x"],
        "aws_ecs_service.llm: replace_triggered_by aws_vpc.x: no such resource",
    ),
    "a dependency on nothing": (f"{LLM} depends_on", ["aws_vpc.x"], "aws_ecs_service.llm: depends_on aws_vpc.x: no"),
    "a circle": (
        "resource aws_ecs_cluster main_cluster depends_on",
        ["aws_ecs_service.llm"],
        "a circle: ",
    ),
    "a template that does not end": (f"{LLM} name", "${aws_vpc.x", "aws_ecs_service.llm: a template does not end"),
    "an output of nothing": ("output vpc_id value", "${aws_vpc.x.id}", "output: aws_vpc.x: no such address"),
    "what moves to nothing": ("moved", [{"from": "aws_vpc.a", "to": "aws_vpc.b"}], "moved to aws_vpc.b: no such"),
    "what is removed and there": ("removed", [{"from": "aws_ecs_service.llm"}], "removed aws_ecs_service.llm: still"),
}


@pytest.mark.parametrize(("way", "value", "problem"), BROKEN.values(), ids=BROKEN)
def test_what_is_broken_is_found(good: dict[str, Any], way: str, value: Any, problem: str) -> None:
    output = copy.deepcopy(good)
    *tables, last = way.split()
    table = output
    for key in tables:
        table = table.setdefault(key, {})
        table = table[0] if isinstance(table, list) else table
    table[last] = value

    found = problems_of(output)

    assert [each for each in found if problem in each], found


def test_text_that_only_looks_like_a_template_is_none(good: dict[str, Any]) -> None:
    output = copy.deepcopy(good)
    output["resource"]["aws_ecs_service"]["llm"]["tags"] = {"a": "$${aws_vpc.x.id} %%{ if", "b": "{}aws_vpc.x.id"}

    assert problems_of(output) == []


def test_outputs_that_the_base_does_not_offer_are_found(terraform: None, tmp_path: Path) -> None:
    [states] = outputs_of(load(ROOT / "examples" / "teams"), tmp_path / "out").values()
    del states["base"]["output"]["shared_aws_subnet_private_a_id"]

    found = [problem for output in states.values() for problem in problems_of(output, base=states["base"])]

    assert any("outputs.shared_aws_subnet_private_a_id: no such output there" in each for each in found)
