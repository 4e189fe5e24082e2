"""Services in their own Terraform states: no resource is lost between them, and each state outputs the values that
others read."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from catalog.analysis.states import BASE, folder_of
from catalog.diagnostics import CatalogError
from catalog.load import Loaded, load
from catalog.meshes import RESOURCE_TYPES
from catalog.model import Deployment
from stacks.states.remote_state import read_from_base
from stacks.synthesize import synthesize
from tests.conftest import ROOT
from tests.support.catalogs import loaded, notices_of, of_kind, on_meshes, problems_of
from tests.support.synth import resources
from tests.support.terraform_text import references, texts

OTHERS = {"environments", "mutual", "smallest", "private", "existing_network", "gpu"}
"""Catalogs that add no resource type to those of the other catalogs here."""
CATALOGS = [
    file
    for folder in (".", "examples", "tests/more_catalogs")
    for file in sorted((ROOT / folder).glob("*.toml"))
    if file.stem not in (*OTHERS, "pyproject")
]
STATES = (BASE, "one", "two")
_REFERENCE = re.compile(r"(?<![\w.\"$-])((?:data\.)?(?:aws|terraform)_\w+\.[a-z][\w-]*)")
_SHARED = re.compile(r"data\.terraform_remote_state\.base\.outputs\.([\w-]+)")

Outputs = dict[str, dict[str, Any]]


pytestmark = pytest.mark.usefixtures("in_tmp_path")


def outputs_of(catalog: Loaded) -> Outputs:
    """The Terraform JSON of all states of a catalog's only deployment, by state."""
    [deployment] = catalog.deployments
    made = synthesize(catalog, outdir=Path.cwd() / "out")
    stacks = made.outdir / "stacks"
    prefix = f"{deployment.id}_"
    found = {folder.name.removeprefix(prefix): folder for folder in stacks.iterdir()}
    found[BASE] = found.pop(deployment.id)
    outputs = {state: json.loads((folder / "cdk.tf.json").read_text()) for state, folder in found.items()}
    held = [address for output in outputs.values() for address in managed(output)]
    assert sorted(set(held)) == sorted(held)
    assert len(held) == made.resources[deployment.id], "one of the states lost something"
    return outputs


def split(catalog: Loaded, deployment: Deployment) -> Loaded:
    """A single deployment whose services are distributed over three states."""
    states = {name: STATES[index % 3] for index, name in enumerate(deployment.services)}
    stacks = {name: None if state == BASE else state for name, state in states.items()}
    running = tuple(each.model_copy(update={"stack": stacks[each.key]}) for each in deployment.running)
    return replace(catalog, deployments=(replace(deployment, running=running),))


def addresses(output: dict[str, Any]) -> list[str]:
    return [
        f"{prefix}{type_}.{name}"
        for table, prefix in (("resource", ""), ("data", "data."))
        for type_, named in output.get(table, {}).items()
        for name in named
        if type_ != "terraform_remote_state"
    ]


def managed(output: dict[str, Any]) -> list[str]:
    return [address for address in addresses(output) if not address.startswith("data.")]


@pytest.mark.parametrize(("file", "kind"), on_meshes(CATALOGS))
def test_several_states_together_have_the_resources_of_a_single_state(file: Path, kind: str, tmp_path: Path) -> None:
    if (file.parent / "images").is_dir():
        (tmp_path / "images").symlink_to(file.parent / "images")
    Path(file.name).write_text(of_kind(file, kind))
    catalog = load(file.name)
    for deployment in catalog.deployments:
        parts = outputs_of(split(catalog, deployment))
        offered = parts[BASE].get("output", {}).keys()
        for state, part in parts.items():
            text = json.dumps({key: part.get(key, {}) for key in ("resource", "data", "output")})
            here = set(addresses(part))
            # Raises ValueError for an output that Terraform couldn't read.
            assert all(reference.root for said in texts(part) for reference in references(said))
            assert set(_SHARED.findall(text)) <= offered
            referred = {
                reference
                for expression in re.findall(r"(?<!\$)\$\{[^}]*\}", text)
                for reference in _REFERENCE.findall(expression)
                if not reference.startswith("data.terraform_remote_state")
            }
            assert referred <= here, f"{state} refers to what it does not hold"
            for each in (found for named in part.get("resource", {}).values() for found in named.values()):
                assert set(each.get("depends_on", [])) <= here
                triggers = each.get("lifecycle", {}).get("replace_triggered_by", [])
                assert {".".join(trigger.split(".")[:2]) for trigger in triggers} <= here


def test_shared_resources_stay_in_the_base_and_the_service_s_own_move_with_it() -> None:
    outputs = outputs_of(loaded(TEAMS))

    assert set(resources(outputs["rag"], "aws_ecs_service")) == {"llm"}
    assert set(outputs["rag"]["resource"]) <= {type_ for type_, row in RESOURCE_TYPES.items() if row.moves_with_service}
    assert set(resources(outputs[BASE], "aws_security_group")) >= {"web", "llm"}
    assert set(resources(outputs[BASE], "aws_ecs_service")) == {"web"}
    assert set(outputs["rag"]["output"]["services"]["value"]) == {"llm"}
    assert set(outputs[BASE]["output"]["services"]["value"]) == {"web"}


TEAMS = """
[services.web]
image = "r.io/web:1"
calls = ["llm"]
[services.llm]
image = "r.io/llm:1"
port = 80
stack = "rag"
"""


@pytest.mark.parametrize(
    ("state", "read"),
    [
        ("", {"backend": "local", "config": {"path": "../../../state/shop/base.tfstate"}}),
        (
            '[state.s3]\nbucket = "b"\nassume_role = { role_arn = "arn:aws:iam::123456789012:role/x" }',
            {
                "backend": "s3",
                "config": {
                    "bucket": "b",
                    "key": "shop/base.tfstate",
                    "use_lockfile": True,
                    "assume_role": {"role_arn": "arn:aws:iam::123456789012:role/x"},
                },
            },
        ),
        (
            '[state.http]\naddress = "https://tf.example.com/{stack}"',
            {"backend": "http", "config": {"address": "https://tf.example.com/base"}},
        ),
        (
            '[state.cloud]\norganization = "o"\nworkspaces = { project = "p" }',
            {"backend": "remote", "config": {"organization": "o", "workspaces": {"name": "shop_base"}}},
        ),
    ],
)
def test_a_state_reads_its_base_with_the_backend_arguments(state: str, read: dict[str, Any]) -> None:
    outputs = outputs_of(loaded(TEAMS + state))

    assert outputs["rag"]["data"]["terraform_remote_state"] == {"base": read}
    assert "terraform_remote_state" not in outputs[BASE].get("data", {})


def test_every_state_has_its_own_backend_key() -> None:
    outputs = outputs_of(loaded(TEAMS + '[state.s3]\nbucket = "b"\nkey = "x/{stack}"'))

    assert [outputs[state]["terraform"]["backend"]["s3"]["key"] for state in (BASE, "rag")] == ["x/base", "x/rag"]


@pytest.mark.parametrize(
    ("snippet", "message"),
    [
        (
            TEAMS + '[state.s3]\nbucket = "b"\nkey = "k"',
            "state.s3.key: base and rag would share one state. Remove key, or add {stack} to its value.",
        ),
        (
            TEAMS + '[state.http]\naddress = "https://tf.example.com"',
            "state.http.address: base and rag would share one state. Remove address, or add {stack} to its value.",
        ),
        (
            TEAMS + '[state.cloud]\norganization = "o"\nworkspaces = { tags = ["a-{stack}"] }',
            "state.cloud.workspaces: requires name, as other states read the base in that workspace. Add name = "
            '"shop-{stack}".',
        ),
        (
            TEAMS + "[state.cloud]",
            'state.cloud: requires organization, as other states read the base. Add organization = "acme", your '
            "organization.",
        ),
        (
            TEAMS + '[state.s3]\nbucket = "b"\nkey = "k"\nworkspace_key_prefix = "{stack}"',
            "state.s3.key: base and rag would share one state. Remove key, or add {stack} to its value.",
        ),
        (
            TEAMS + '[state.local]\npath = "{stack}/../k"',
            "state.local.path: base and rag would share one state. Remove path, or add {stack} to its value.",
        ),
        (
            TEAMS.replace('"rag"', '"base"'),
            'services.llm.stack: "base" is the state of shared resources. Remove stack to keep the service in that '
            "state.",
        ),
        (
            '[catalog]\nname = "shop"\nregion = "us-west-2"\nstacks = ["rag", "rag"]\n' + TEAMS,
            'catalog.stacks[1]: "rag" is listed twice. Remove one.',
        ),
        (
            TEAMS + 'move_from_stack = "rag"',
            'services.llm.move_from_stack: llm is already in "rag". Write the state that it comes from, or remove '
            "move_from_stack.",
        ),
    ],
)
def test_an_invalid_state_setup_is_an_error(snippet: str, message: str) -> None:
    [found] = problems_of(snippet)
    assert found.partition(": ")[2] == message


def test_a_moved_service_is_imported_in_the_new_state_and_removed_from_the_old() -> None:
    outputs = outputs_of(loaded(MOVING))

    forgotten = {block["from"]: block["lifecycle"] for block in outputs[BASE]["removed"]}
    imported = {block["to"]: block["id"] for block in outputs["rag"]["import"]}
    moved = [address for address in addresses(outputs["rag"]) if not address.startswith("data.")]
    assert forgotten == {address: {"destroy": False} for address in moved}
    assert imported == {
        "aws_appautoscaling_policy.llm_cpu": "ecs/service/shop/shop-llm/ecs:service:DesiredCount/cpu",
        "aws_appautoscaling_target.llm": "ecs/service/shop/shop-llm/ecs:service:DesiredCount",
        "aws_cloudwatch_log_group.llm": "/ecs/shop/llm",
        "aws_ecs_service.llm": "shop/shop-llm",
        "aws_ecs_task_definition.llm": "${data.aws_ecs_task_definition.llm.arn}",
        "aws_iam_role.llm_execution": "shop-llm-execution",
        "aws_iam_role.llm_task": "shop-llm-task",
        "aws_iam_role_policy.llm_execution": "shop-llm-execution:shop-llm-execution",
    }
    # Resources that the provider can't import are created again with the same arguments.
    assert set(moved) - imported.keys() == {"aws_appautoscaling_scheduled_action.llm_night"}


MOVING = """
[services.llm]
image = "r.io/llm:1"
port = 80
stack = "rag"
move_from_stack = "base"
[services.llm.scale]
min = 1
max = 3
cpu_percent = 60
schedule = [{ name = "night", cron = "0 20 * * ? *", min = 2 }]
"""


def test_a_service_can_move_back_and_the_old_state_is_written_until_then() -> None:
    outputs = outputs_of(loaded(TEAMS.replace("stack =", "move_from_stack =")))

    assert {block["from"] for block in outputs["rag"]["removed"]} >= {"aws_ecs_service.llm"}
    assert "resource" not in outputs["rag"]
    assert "aws_ecs_service.llm" in {block["to"] for block in outputs[BASE]["import"]}


def test_a_state_without_services_is_written_empty_so_that_terraform_can_empty_it(tmp_path: Path) -> None:
    outputs_of(loaded(TEAMS))
    outputs = outputs_of(loaded(TEAMS.replace('stack = "rag"', "")))

    assert "resource" not in outputs["rag"]
    assert outputs["rag"]["output"] == {"services": {"value": {}}}
    assert outputs["rag"]["terraform"]["backend"]["local"]["path"].endswith("rag.tfstate")
    manifest = json.loads(Path("out/manifest.json").read_text())
    assert manifest["stacks"]["shop_rag"]["dependencies"] == ["shop"]


def test_an_old_folder_with_the_state_of_the_base_is_never_emptied() -> None:
    outputs_of(loaded(TEAMS + '[state.local]\npath = "shop-{stack}"'))
    stacks = synthesize(
        loaded(TEAMS.replace('stack = "rag"', "") + '[state.local]\npath = "shop"'), outdir=Path.cwd() / "out"
    )

    assert stacks.folders == ("shop",)
    assert stacks.emptied == ()


@pytest.mark.parametrize("folder", ["shop_rag (copy)", "shop_", "shop_rag.bak", "shop_Rag"])
def test_a_folder_that_matches_no_stack_name_is_left_alone(folder: str) -> None:
    stray = Path("out/stacks") / folder
    stray.mkdir(parents=True)
    (stray / "cdk.tf.json").write_text("{}")

    assert synthesize(loaded(TEAMS), outdir=Path.cwd() / "out").folders == ("shop", "shop_rag")


def test_without_earlier_output_the_catalog_can_name_the_states_to_empty() -> None:
    outputs = outputs_of(loaded('[catalog]\nname = "shop"\nregion = "us-west-2"\nstacks = ["old"]\n'))

    assert outputs["old"]["output"] == {"services": {"value": {}}}


def test_states_are_applied_callees_first_if_possible() -> None:
    outputs_of(loaded(CIRCLE))
    stacks = json.loads(Path("out/manifest.json").read_text())["stacks"]

    assert {name: sorted(entry["dependencies"]) for name, entry in stacks.items()} == {
        "shop": [],
        "shop_a": ["shop"],
        "shop_b": ["shop", "shop_a"],
        "shop_front": ["shop", "shop_a"],
    }


CIRCLE = """
[services.web]
image = "r.io/web:1"
calls = ["one"]
stack = "front"
[services.one]
image = "r.io/one:1"
port = 80
calls = ["two"]
stack = "a"
[services.two]
image = "r.io/two:1"
port = 80
calls = ["one"]
stack = "b"
"""


def test_a_service_that_starts_before_its_callee_in_a_later_state_gets_a_notice() -> None:
    found = notices_of(TEAMS, kind="service-connect")

    assert any(
        "warning: web and llm are in states of which some are applied later, so web starts first" in each
        for each in found
    )


def test_an_override_applies_in_any_state_and_can_refer_to_the_base() -> None:
    override = '[overrides."aws_ecs_service.llm"]\ntags = { vpc = "${aws_vpc.main_network.id}", own = "$${x}" }\n'
    service = resources(outputs_of(loaded(TEAMS + override))["rag"], "aws_ecs_service")["llm"]

    assert service["tags"] == {
        "vpc": "${data.terraform_remote_state.base.outputs.shared_aws_vpc_main_network_id}",
        "own": "$${x}",
    }


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("https://${aws_vpc.main_network.id}/${ aws_vpc.main_network.id }", "https://${BASE}/${BASE}"),
        ("{ aws_vpc.main_network.id } %%{ if aws_vpc.main_network.id }", None),
        ("$${aws_vpc.main_network.id}", None),
        ("${upper(aws_iam_role.llm_task.name)} of aws_iam_role.llm_task", None),
        ('${format("of ${aws_vpc.main_network.id}", 1)}', '${format("of ${BASE}", 1)}'),
    ],
)
def test_whole_references_are_read_from_the_base_and_other_strings_stay(written: str, read: str | None) -> None:
    override = f"[overrides.\"aws_ecs_service.llm\"]\ntags = {{ x = '{written}' }}\n"
    service = resources(outputs_of(loaded(TEAMS + override))["rag"], "aws_ecs_service")["llm"]

    base = "data.terraform_remote_state.base.outputs.shared_aws_vpc_main_network_id"
    assert service["tags"]["x"] == (read or written).replace("BASE", base)


@pytest.mark.parametrize(
    ("expression", "used"),
    [
        ('%{ if aws_vpc.main_network.id == "" }a%{ endif }', "aws_vpc.main_network.id"),
        ("${upper(aws_vpc.main_network.id)} ${aws_vpc.main_network.id}", "aws_vpc.main_network.id"),
        ("${jsonencode(aws_vpc.main_network)}", "aws_vpc.main_network"),
        ("${upper(aws_ecs_cluster.main_cluster.name)}", "aws_ecs_cluster.main_cluster.name"),
    ],
)
def test_an_expression_across_states_is_an_error_with_its_line(expression: str, used: str) -> None:
    override = f"[overrides.\"aws_ecs_service.llm\"]\ntags.x = 1\ntags.y = ['{expression}']\n"
    line = len((TEAMS + override).strip().splitlines())

    with pytest.raises(CatalogError) as refused:
        outputs_of(loaded(TEAMS + override))
    whole = used if used.count(".") > 1 else f"{used}.id"
    assert str(refused.value) == (
        f'services.toml:{line}: overrides."aws_ecs_service.llm".tags.y[0]: an expression in state rag can\'t use '
        f'{used} in state base. Write only a whole reference, "${{{whole}}}", or keep both resources in one stack.'
    )


def test_an_expression_within_one_state_is_passed_to_terraform() -> None:
    override = '[overrides."aws_ecs_cluster.main_cluster"]\ntags = { x = "${upper(aws_vpc.main_network.id)}" }\n'
    cluster = resources(outputs_of(loaded(TEAMS + override))[BASE], "aws_ecs_cluster")["main_cluster"]

    assert cluster["tags"]["x"] == "${upper(aws_vpc.main_network.id)}"


def test_an_override_that_reads_another_stack_is_an_error() -> None:
    override = '[overrides."aws_ecs_cluster.main_cluster"]\ntags = { x = "${aws_ecs_service.llm.name}" }\n'

    with pytest.raises(
        CatalogError, match=r'main_cluster"\.tags\.x: a resource in state base can\'t read aws_ecs_service'
    ):
        outputs_of(loaded(TEAMS + override))


def test_an_override_in_a_stack_can_depend_on_the_base() -> None:
    override = (
        '[overrides."aws_ecs_service.llm"]\ndepends_on = ["aws_ecs_cluster.main_cluster", "aws_iam_role.llm_task"]\n'
    )

    service = resources(outputs_of(loaded(TEAMS + override))["rag"], "aws_ecs_service")["llm"]
    assert service["depends_on"] == ["aws_iam_role.llm_task"]


@pytest.mark.parametrize(
    "wrong", ['depends_on = "x"', "depends_on = [{}]", 'lifecycle = ["x"]', "lifecycle.replace_triggered_by = 1"]
)
def test_a_depends_on_that_is_not_a_list_of_addresses_is_left_to_terraform(wrong: str) -> None:
    outputs_of(loaded(TEAMS + f'[overrides."aws_ecs_service.llm"]\n{wrong}\n'))


@pytest.mark.parametrize(
    ("override", "message"),
    [
        (
            '[overrides."aws_ecs_cluster.main_cluster"]\ndepends_on = ["aws_ecs_service.llm"]\n',
            r"a resource in state base can't depend on aws_ecs_service\.llm in state rag\. Remove the reference",
        ),
        (
            '[overrides."aws_ecs_service.llm"]\nlifecycle = { replace_triggered_by = ["aws_vpc.main_network.id"] }\n',
            r"a resource in state rag can't be replaced with aws_vpc\.main_network in state base",
        ),
        (
            '[overrides."aws_ecs_service.llm"]\ntags = { x = "${aws_vpc.main_network}" }\n',
            r"a resource in state rag can't read all of aws_vpc\.main_network in state base",
        ),
    ],
)
def test_an_override_against_the_order_of_states_is_an_error(override: str, message: str) -> None:
    with pytest.raises(CatalogError, match=message):
        outputs_of(loaded(TEAMS + override))


def test_a_string_that_looks_like_a_reference_stays_a_string() -> None:
    text = TEAMS + 'environment = { A = "${aws_vpc.main_network.id}", B = "aws_vpc.main_network.id" }\n'
    outputs = outputs_of(loaded(text))

    definition = resources(outputs["rag"], "aws_ecs_task_definition")["llm"]["container_definitions"]
    assert "$${aws_vpc.main_network.id}" in definition
    assert "shared_aws_vpc_main_network_id" not in outputs[BASE]["output"]


@pytest.mark.parametrize(
    ("where", "home"), [(BASE, "rag"), ("rag", "front")], ids=["base to a stack", "one stack to another"]
)
def test_a_reference_that_no_apply_order_can_satisfy_is_an_internal_error(where: str, home: str) -> None:
    outputs: Outputs = {BASE: {}, "rag": {}, "front": {}}
    outputs[where] = {"resource": {"aws_x": {"y": {"z": "${aws_iam_role.a.arn}"}}}}

    with pytest.raises(ValueError, match=f"state {where} can't read aws_iam_role.a.arn in state {home}"):
        read_from_base(outputs, states={"aws_iam_role.a": home}, backend=("local", {}))


def test_the_folder_of_a_state_is_named_after_environment_and_stack() -> None:
    assert [folder_of("shop-prod", state) for state in (BASE, "rag")] == ["shop-prod", "shop-prod_rag"]
