"""The driver behind `make plan`, `make apply` and `make destroy`, with a terraform that only records its calls."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from deploy.failures import credentials_advice, init_advice
from tests.support.fake_terraform import Project
from tests.support.in_process import run_without_reader

MEETING = """#!/bin/sh
test "$1" = plan || exit 0
running="$PWD/../running"
mkdir -p "$running" && touch "$running/$$"
tries=0
until test -e "$running.met" || test $((tries += 1)) -gt 1200; do
  test "$(ls "$running" | wc -l)" -gt 1 && touch "$running.met"
  sleep 0.05
done
ls "$running" | wc -l >> "$CALLS"
rm "$running/$$"
"""
"""A terraform whose first plan waits for the second to start, and that records how many run."""
CHAIN = {"shop-a": ["shop-b"], "shop-b": ["shop-c"], "shop-c": [], "shop-d": []}


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(folder=tmp_path)


@pytest.fixture
def chain(project: Project) -> Project:
    project.write_output(CHAIN)
    return project


@pytest.fixture
def environments(project: Project) -> Project:
    project.add_environments("dev", "prod", "prod-eu")
    project.write_output({"shop-dev": [], "shop-prod": [], "shop-prod-eu": [], "shop-prod_search": ["shop-prod"]})
    return project


def visited(project: Project, command: str) -> list[str]:
    return [call.partition(":")[0] for call in project.calls() if call.partition(": ")[2].split()[0] == command]


def test_a_stack_is_applied_after_those_it_depends_on(chain: Project) -> None:
    assert chain.started("apply").returncode == 0
    assert visited(chain, "apply") == ["shop-c", "shop-d", "shop-b", "shop-a"]


def test_all_stacks_are_initialized_one_by_one_and_then_planned(chain: Project) -> None:
    assert chain.deploy("plan", JOBS="1").returncode == 0
    assert visited(chain, "init") == visited(chain, "plan") == ["shop-c", "shop-d", "shop-b", "shop-a"]


def test_plans_run_concurrently_but_at_most_jobs(chain: Project) -> None:
    (chain.folder / "bin" / "terraform").write_text(MEETING)
    assert chain.deploy("plan", JOBS="2").returncode == 0
    assert chain.calls()
    most = max(map(int, chain.calls()))
    assert most == 2


@pytest.mark.parametrize("jobs", ["0", "-1", "two", "²", "1.5"])
def test_jobs_must_be_a_positive_integer(chain: Project, jobs: str) -> None:
    done = chain.deploy("plan", JOBS=jobs)
    assert done.returncode == 2
    assert done.stderr == f"Error: JOBS={jobs} must be a positive integer. Set JOBS=2, for example, or unset it.\n"
    assert visited(chain, "plan") == []


@pytest.mark.parametrize("place", ["argument", "next argument", "variable"])
def test_several_stacks_never_write_the_same_plan_file(chain: Project, place: str) -> None:
    arguments = {"argument": ["--", "-out=/tmp/p"], "next argument": ["--", "-out", "/tmp/p"], "variable": []}[place]
    variables = {"TF_CLI_ARGS_plan": "-out=/tmp/p"} if place == "variable" else {}
    done = chain.deploy("plan", *arguments, **variables)
    assert done.returncode == 2
    assert done.stderr.startswith("Error: -out=/tmp/p: 4 stacks would write the same file. ")
    assert chain.calls() == []


def test_each_stack_may_keep_its_plan_in_its_own_folder(chain: Project) -> None:
    assert chain.deploy("plan", "--", "-out", "kept").returncode == 0
    assert "shop-a: plan -input=false -out kept" in chain.calls()


def test_destroy_goes_the_other_way(chain: Project) -> None:
    assert chain.deploy("destroy").returncode == 0
    assert visited(chain, "destroy") == ["shop-a", "shop-b", "shop-d", "shop-c"]


def test_every_stack_is_initialized_right_before_its_turn(project: Project) -> None:
    project.write_output({"shop": []})
    project.deploy("plan", "--", "-target=aws_vpc.main", "-var", "a=b c", "--", "x")
    assert project.calls() == ["shop: init -input=false", "shop: plan -target=aws_vpc.main -var a=b c -- x"]


def test_a_heading_precedes_the_output_of_terraform(chain: Project) -> None:
    lines = [line for line in chain.deploy("plan").stdout.splitlines() if line]
    assert lines[1:] == [
        "=== shop-c: terraform plan (1 of 4)",
        "terraform says: plan shop-c",
        "=== shop-d: terraform plan (2 of 4)",
        "terraform says: plan shop-d",
        "=== shop-b: terraform plan (3 of 4)",
        "terraform says: plan shop-b",
        "=== shop-a: terraform plan (4 of 4)",
        "terraform says: plan shop-a",
        "=== all plans",
        *(f"{stack}  no changes" for stack in ("shop-c", "shop-d", "shop-b", "shop-a")),
    ]


def test_cdktf_outdir_selects_the_output_folder(project: Project) -> None:
    project.write_output({"shop": []}, outdir="elsewhere/out")
    assert project.deploy("plan", CDKTF_OUTDIR="elsewhere/out").returncode == 0
    assert visited(project, "plan") == ["shop"]


def test_terraform_selects_another_binary(project: Project) -> None:
    project.write_output({"shop": []})
    (project.folder / "bin" / "terraform").rename(project.folder / "tofu")
    assert project.deploy("plan", TERRAFORM="./tofu").returncode == 0
    assert visited(project, "plan") == ["shop"]


# Environments


def test_an_environment_has_its_own_stacks_and_no_others(environments: Project) -> None:
    assert environments.deploy("apply", "--env", "prod").returncode == 0
    assert visited(environments, "apply") == ["shop-prod", "shop-prod_search"]


def test_an_environment_may_start_with_the_name_of_another(environments: Project) -> None:
    assert environments.deploy("apply", "--env", "prod-eu").returncode == 0
    assert visited(environments, "apply") == ["shop-prod-eu"]


def test_all_environments_are_applied_unless_one_is_selected(environments: Project) -> None:
    environments.deploy("apply")
    assert visited(environments, "apply") == ["shop-dev", "shop-prod", "shop-prod-eu", "shop-prod_search"]


def test_the_environment_of_synth_is_the_default(environments: Project) -> None:
    environments.deploy("apply", CATALOG_ENVIRONMENT="dev")
    assert visited(environments, "apply") == ["shop-dev"]


def test_an_error_in_another_environment_does_not_stop_this_one(environments: Project) -> None:
    with (environments.folder / "services.toml").open("a") as catalog:
        catalog.write('[environments.broken]\nservices.web.replicas = "many"\n')
    assert environments.deploy("plan", "--env", "prod").returncode == 0


def test_an_unknown_environment_is_an_error_that_lists_the_environments(environments: Project) -> None:
    done = environments.deploy("plan", "--env", "prd")
    assert done.returncode == 2
    assert 'environment "prd" doesn\'t exist. Use one of dev, prod, prod-eu.' in done.stderr
    assert environments.calls() == []


def test_selecting_an_environment_requires_environments_in_the_catalog(chain: Project) -> None:
    done = chain.deploy("plan", "--env", "prod")
    assert done.returncode == 2
    assert 'environment "prod" doesn\'t exist. Add [environments]' in done.stderr


def test_an_environment_that_synth_left_out_is_an_error(environments: Project) -> None:
    environments.add_environments("test")
    done = environments.deploy("destroy", "--env", "test")
    assert done.returncode == 2
    assert "Run make synth" in done.stderr


# Stacks beside their base


@pytest.fixture
def states(project: Project) -> Project:
    project.write_output({"shop": [], "shop_front": ["shop", "shop_rag"], "shop_rag": ["shop"]})
    for name, reads in (("shop", ()), ("shop_front", ("shared_a", "shared_b")), ("shop_rag", ("shared_a",))):
        values = [f"${{data.terraform_remote_state.base.outputs.{read}}}" for read in reads]
        output = {"resource": {"aws_ecs_service": {name: {"wants": values}}}}
        (project.stack(name) / "cdk.tf.json").write_text(json.dumps(output))
    return project


def test_a_stack_that_requires_missing_outputs_is_not_planned_and_the_table_has_the_reason(states: Project) -> None:
    (states.stack("shop") / "outputs.json").write_text('{"shared_a": {}}')
    done = states.deploy("plan")
    assert done.returncode == 0
    assert sorted(visited(states, "plan")) == ["shop", "shop_rag"]
    assert done.stdout.splitlines()[-3:] == [
        "shop        no changes",
        "shop_rag    no changes",
        "shop_front  not planned: requires 1 new output of shop. Apply it first.",
    ]


def test_before_the_base_is_applied_only_it_is_planned(states: Project) -> None:
    done = states.deploy("plan")
    assert visited(states, "plan") == ["shop"]
    assert "shop_rag    not planned: shop isn't applied yet. Apply it first." in done.stdout


def test_a_stack_that_waits_for_its_base_counts_as_changed_in_the_exit_status(states: Project) -> None:
    (states.stack("shop") / "outputs.json").write_text('{"shared_b": {}}')
    assert states.deploy("plan", "--stack", "rag").returncode == 0
    assert states.deploy("plan", "--stack", "rag", "--", "-detailed-exitcode").returncode == 2
    assert visited(states, "plan") == []


def test_other_stacks_are_planned_if_one_cannot_be_initialized(states: Project) -> None:
    (states.stack("shop") / "outputs.json").write_text('{"shared_a": {}, "shared_b": {}}')
    done = states.deploy("plan", STATUS_init_shop_rag="7")
    assert done.returncode == 7
    assert sorted(visited(states, "plan")) == ["shop", "shop_front"]
    assert done.stdout.splitlines()[-2] == "shop_rag    not planned: terraform init failed"


def test_no_stack_is_planned_if_its_base_cannot_be_initialized(states: Project) -> None:
    done = states.deploy("plan", STATUS_init_shop="7")
    assert done.returncode == 7
    assert visited(states, "plan") == []
    assert done.stdout.splitlines()[-2] == "shop_rag    not planned: terraform init of shop failed"


def test_the_table_counts_moved_resources(states: Project) -> None:
    moves = "# aws_vpc.a has moved to aws_vpc.b\n# aws_eip.b\n# (moved from aws_eip.a)\n"
    moves += "Plan: 0 to add, 1 to change, 0 to destroy."
    (states.folder / "bin" / "terraform").write_text(
        f'#!/bin/sh\ntest "$1" = output && echo "{{}}"\ntest "$1" = plan && echo "{moves}"\nexit 0\n'
    )
    assert "\nshop        1 changed, 2 moved\n" in states.deploy("plan").stdout


def test_one_stack_is_planned_alone(states: Project) -> None:
    (states.stack("shop") / "outputs.json").write_text('{"shared_a": {}}')
    assert states.deploy("plan", "--stack", "rag").returncode == 0
    assert visited(states, "plan") == ["shop_rag"]


def test_an_unknown_stack_is_an_error_that_lists_the_stacks(states: Project) -> None:
    done = states.deploy("plan", "--stack", "rga")
    assert done.returncode == 2
    assert done.stderr == 'Error: stack "rga" doesn\'t exist in the last synth. Use one of base, front, rag.\n'


def test_only_services_that_left_the_catalog_are_deleted_before_the_base_changes(states: Project) -> None:
    held = ["aws_ecs_service.shop_rag", "data.x.y", "aws_ecs_service.old", "aws_appmesh_route.shop_rag"]
    (states.stack("shop_rag") / "addresses").write_text("\n".join(held) + "\n")
    assert states.deploy("apply", "--", "-auto-approve").returncode == 0
    assert [call for call in states.calls() if " apply" in call] == [
        "shop_rag: apply -target=aws_ecs_service.old -auto-approve",
        "shop: apply -auto-approve",
        "shop_rag: apply -auto-approve",
        "shop_front: apply -auto-approve",
    ]


def test_a_base_deletes_resources_after_other_stacks_are_applied(states: Project) -> None:
    (states.stack("shop") / "addresses").write_text("aws_ecs_service.shop\naws_ecs_cluster.old\n")
    output = {
        "resource": {"aws_ecs_service": {"shop": {}}},
        "data": {"aws_region": {"here": {}}},
        "moved": [{"from": "aws_vpc.a", "to": "aws_vpc.b"}],
    }
    (states.stack("shop") / "cdk.tf.json").write_text(json.dumps(output))
    kept = [f"-target={each}" for each in ("aws_ecs_service.shop", "aws_vpc.a", "data.aws_region.here")]

    states.deploy("apply", "--", "-auto-approve")
    # Without users: all other states are empty.
    assert [call for call in states.calls() if call.startswith("shop: apply")] == ["shop: apply -auto-approve"]

    (states.folder / "calls").unlink()
    (states.stack("shop_rag") / "addresses").write_text("aws_ecs_service.shop_rag\n")
    done = states.deploy("apply", "--", "-auto-approve")
    assert [call for call in states.calls() if " apply" in call] == [
        " ".join(["shop: apply", *kept, "-auto-approve"]),
        "shop_rag: apply -auto-approve",
        "shop_front: apply -auto-approve",
        "shop: apply -auto-approve",
    ]
    assert "=== shop: terraform apply without deletions (1 of 4)" in done.stdout
    assert "=== shop: terraform apply of deletions (4 of 4)" in done.stdout


def test_deletions_of_a_base_wait_for_stacks_that_are_not_selected(states: Project) -> None:
    (states.stack("shop") / "addresses").write_text("aws_ecs_service.shop\naws_ecs_cluster.old\n")
    (states.stack("shop_rag") / "addresses").write_text("aws_ecs_service.shop_rag\n")
    done = states.deploy("apply", "--stack", "base")
    assert [call for call in states.calls() if " apply" in call] == ["shop: apply -target=aws_ecs_service.shop"]
    assert "shop: aws_ecs_cluster.old and other deletions wait until shop_rag is applied." in done.stdout


def test_other_resources_that_left_are_deleted_after_their_users_are_updated(states: Project) -> None:
    (states.stack("shop_rag") / "addresses").write_text("aws_ecs_service.shop_rag\naws_appmesh_route.shop_rag\n")
    states.deploy("apply")
    assert visited(states, "apply") == ["shop", "shop_rag", "shop_front"]


def test_removed_and_moved_resources_are_not_deleted(states: Project) -> None:
    (states.stack("shop_rag") / "addresses").write_text("aws_ecs_service.handed\naws_ecs_service.renamed\n")
    output = {"removed": [{"from": "aws_ecs_service.handed"}], "moved": [{"from": "aws_ecs_service.renamed"}]}
    (states.stack("shop_rag") / "cdk.tf.json").write_text(json.dumps(output))
    states.deploy("apply")
    assert visited(states, "apply") == ["shop", "shop_rag", "shop_front"]


def test_stacks_are_destroyed_before_their_base_and_only_those_that_were_applied(states: Project) -> None:
    (states.stack("shop_rag") / "addresses").write_text("aws_ecs_service.shop_rag\n")
    done = states.deploy("destroy")
    assert done.returncode == 0
    assert visited(states, "destroy") == ["shop_rag", "shop"]
    assert "=== shop_front: nothing to destroy" in done.stdout


def test_a_base_in_use_is_not_destroyed_alone(states: Project) -> None:
    (states.stack("shop_rag") / "addresses").write_text("aws_ecs_service.shop_rag\n")
    done = states.deploy("destroy", "--stack", "base")
    assert done.returncode == 2
    assert done.stderr == "Error: shop is used by shop_rag. Destroy shop_rag first, or all stacks together.\n"
    assert visited(states, "destroy") == []


def test_a_state_that_cannot_be_read_is_an_error(states: Project) -> None:
    (states.stack("shop_rag") / "unreadable").touch()
    for command in ("apply", "destroy"):
        done = states.deploy(command)
        assert done.returncode == 2
        assert done.stderr == "Error: shop_rag: its state can't be read; nothing was changed.\nAccessDenied\n"
        assert visited(states, command) == []


def test_a_resource_that_moved_to_another_stack_is_never_deleted(states: Project) -> None:
    (states.stack("shop_rag") / "addresses").write_text("aws_ecs_service.shop_front\n")
    done = states.deploy("apply")
    assert done.returncode == 2
    assert 'Write move_from_stack = "rag"' in done.stderr
    assert visited(states, "apply") == []


def test_a_base_is_not_applied_before_an_unselected_stack_with_deletions(states: Project) -> None:
    (states.stack("shop_rag") / "addresses").write_text("aws_ecs_service.old\n")
    done = states.deploy("apply", "--stack", "base")
    assert done.returncode == 2
    assert done.stderr == "Error: shop_rag has resources that left the catalog and use shop. Apply shop_rag too.\n"
    assert visited(states, "apply") == []


@pytest.mark.parametrize("place", ["argument", "variable"])
def test_apply_does_not_destroy(states: Project, place: str) -> None:
    arguments = ["--", "--destroy"] if place == "argument" else []
    variables = {"TF_CLI_ARGS_apply": "-destroy"} if place == "variable" else {}
    done = states.deploy("apply", *arguments, **variables)
    assert done.returncode == 2
    assert "Use make destroy" in done.stderr
    assert states.calls() == []


@pytest.mark.parametrize(
    ("arguments", "whole"),
    [
        (["-auto-approve"], True),
        (["-lock-timeout", "5m"], True),
        (["-var", "a=b", "-parallelism=4"], True),
        (["--target=aws_vpc.main"], False),
        (["-target", "aws_vpc.main"], False),
        (["kept-plan"], False),
        (["-auto-approve", "kept-plan"], False),
    ],
)
def test_only_a_whole_apply_starts_with_deletions(states: Project, arguments: list[str], whole: bool) -> None:
    (states.stack("shop_rag") / "addresses").write_text("aws_ecs_service.old\n")
    states.deploy("apply", "--", *arguments)
    assert visited(states, "apply") == [*(["shop_rag"] if whole else []), "shop", "shop_rag", "shop_front"]


# Local states


@pytest.fixture
def local(project: Project) -> Path:
    """The state of a project's one stack."""
    project.write_output({"shop": []})
    output = {"terraform": {"backend": {"local": {"path": "../../../state/shop/base.tfstate"}}}}
    (project.stack("shop") / "cdk.tf.json").write_text(json.dumps(output))
    state = project.folder / "state" / "shop" / "base.tfstate"
    state.parent.mkdir(parents=True)
    return state


@pytest.mark.parametrize("command", ["plan", "apply", "destroy"])
def test_an_empty_state_with_a_backup_is_an_error(project: Project, local: Path, command: str) -> None:
    local.write_text("\n")
    local.with_name("base.tfstate.backup").write_text("{}")
    done = project.deploy(command)
    assert done.returncode == 2
    assert done.stderr.startswith(
        "Error: shop: state/shop/base.tfstate is empty but base.tfstate.backup isn't, which happens if "
    )
    assert project.calls() == []


def test_an_empty_state_of_another_environment_does_not_stop_this_one(environments: Project) -> None:
    output = {"terraform": {"backend": {"local": {"path": "terraform.tfstate"}}}}
    for stack, text in (("shop-dev", ""), ("shop-prod_search", "{}")):
        (environments.stack(stack) / "cdk.tf.json").write_text(json.dumps(output))
        (environments.stack(stack) / "terraform.tfstate").write_text(text)
        (environments.stack(stack) / "terraform.tfstate.backup").write_text("{}")
    assert environments.deploy("apply", "--env", "prod").returncode == 0
    assert environments.deploy("apply", "--env", "dev").returncode == 2
    (environments.stack("shop-prod_search") / "terraform.tfstate").write_text("")
    assert environments.deploy("apply", "--env", "prod", "--stack", "base").returncode == 2


@pytest.mark.parametrize(("state", "backup"), [(None, None), (None, "{}"), ("", None), ("", ""), ("{}", "{}")])
def test_any_other_state_is_left_to_terraform(
    project: Project, local: Path, state: str | None, backup: str | None
) -> None:
    for file, text in ((local, state), (local.with_name("base.tfstate.backup"), backup)):
        if text is not None:
            file.write_text(text)
    assert project.deploy("apply").returncode == 0
    assert visited(project, "apply") == ["shop"]


# States of a deployment that the catalog has no more


def write_state(project: Project, name: str, *services: str) -> None:
    file = project.folder / "state" / name / "base.tfstate"
    file.parent.mkdir(parents=True, exist_ok=True)
    resources = [{"mode": "managed", "type": "aws_ecs_service", "name": service} for service in services]
    file.write_text(json.dumps({"version": 4, "resources": resources}))


NOTICE = (
    "state/shop/base.tfstate: notice: has 1 resource of shop, which isn't in this catalog any more; make apply would "
    "create all of it again as shop-dev and shop-prod. To delete shop first, run make destroy with the former "
    "catalog.name and environments. To replace it, run mkdir -p state/shop-dev && mv state/shop/* state/shop-dev "
    "(or to state/shop-prod).\n"
)


def test_a_plan_ends_with_a_notice_of_the_state_from_before_the_environments(project: Project) -> None:
    write_state(project, "shop", "web")
    project.add_environments("dev", "prod")
    project.write_output({"shop-dev": [], "shop-prod": []})
    for arguments in (["plan"], ["plan", "--env", "dev"]):
        done = project.deploy(*arguments)
        assert (done.returncode, done.stderr) == (0, f"\n{NOTICE}")
    assert project.deploy("apply").stderr == ""  # synth has printed it, and apply ends too late


def test_the_command_in_the_notice_moves_the_state(project: Project) -> None:
    write_state(project, "shop", "web")
    (project.folder / "state" / "shop-dev").mkdir()  # a plan creates it
    project.add_environments("dev")
    project.write_output({"shop-dev": []})
    notice = project.deploy("plan").stderr
    subprocess.run(notice.partition("To replace it, run ")[2].strip(".\n"), shell=True, check=True, cwd=project.folder)
    assert (project.folder / "state" / "shop-dev" / "base.tfstate").exists()
    assert project.deploy("plan").stderr == ""


@pytest.mark.parametrize(
    ("states", "names"),
    [
        ({"store": ["web", "api"]}, ["store"]),  # catalog.name was store
        ({"store": ["job"]}, []),  # another catalog
        ({"store": ["web", "a", "b", "c"]}, []),
        ({"store": ["web"], "shop": ["web"]}, []),  # the deployment has a state of its own
        ({"store": []}, []),  # destroyed
        ({}, []),
    ],
)
def test_a_state_of_the_same_services_under_another_name_is_a_notice(
    project: Project, states: dict[str, list[str]], names: list[str]
) -> None:
    for name, services in states.items():
        write_state(project, name, *services)
    project.write_output({"shop": []})
    assert re.findall(r"^state/(\w+)/base\.tfstate: notice: ", project.deploy("plan").stderr, re.M) == names


def test_local_states_are_not_read_if_the_catalog_configures_another_place(project: Project) -> None:
    write_state(project, "store", "web")
    with (project.folder / "services.toml").open("a") as catalog:
        catalog.write('[state.s3]\nbucket = "states"\nregion = "us-west-2"\n')
    project.write_output({"shop": []})
    assert project.deploy("plan").stderr == ""


def test_a_state_that_cannot_be_read_is_no_notice(project: Project) -> None:
    write_state(project, "store")
    for text in ("", "[]", '{"resources": [1]}', "\udcff"):
        (project.folder / "state" / "store" / "base.tfstate").write_bytes(text.encode(errors="surrogateescape"))
        project.write_output({"shop": []}) if not project.stack("shop").exists() else None
        assert project.deploy("plan").stderr == ""


def test_a_stack_of_a_catalog_without_stacks_is_an_error(project: Project) -> None:
    project.write_output({"shop": []})
    done = project.deploy("plan", "--stack", "rag")
    assert done.returncode == 2
    assert done.stderr == ('Error: stack "rag" doesn\'t exist: no service of this catalog has a stack. Remove STACK.\n')


# Atlantis


def test_atlantis_has_a_project_for_each_stack_after_those_it_depends_on(states: Project) -> None:
    file = states.folder / "services.toml"
    file.write_text(file.read_text().replace("[catalog]", '[catalog]\nimages = "images/{environment}.toml"'))

    done = states.deploy("atlantis")

    assert done.returncode == 0
    written = yaml.safe_load(done.stdout)
    assert written["version"] == 3
    assert [(each["name"], each["execution_order_group"]) for each in written["projects"]] == [
        ("shop", 0),
        ("shop_rag", 1),
        ("shop_front", 2),
    ]
    for project in written["projects"]:
        folder = states.folder / project["dir"]
        assert folder == states.stack(project["name"])
        patterns = [os.path.normpath(folder / pattern) for pattern in project["autoplan"]["when_modified"]]
        assert patterns == [str(states.folder / "services.toml"), str(states.folder / "images" / "*.toml")]


def test_atlantis_watches_all_files_of_a_catalog_folder(states: Project) -> None:
    (states.folder / "catalog").mkdir()
    (states.folder / "services.toml").rename(states.folder / "catalog" / "all.toml")
    written = yaml.safe_load(states.deploy("atlantis", CATALOG_FILE="catalog").stdout)
    assert written["projects"][0]["autoplan"]["when_modified"] == ["../../../catalog/*.toml"]


# The provider lock


def test_all_stacks_share_and_extend_the_lock_in_the_folder_of_the_catalog(project: Project) -> None:
    project.write_output({"shop-a": [], "shop-b": []})
    kept = project.folder / "terraform.lock.hcl"
    kept.write_text("old")

    project.deploy("apply", FAKE_LOCK_shop_a="new")

    # Each stack's init and apply, in this order.
    assert [line.partition(": ")[2] for line in project.locks()] == ["old", "new", "new", "new"]
    assert kept.read_text() == "new\n"


def test_the_first_init_creates_the_lock_in_the_folder_of_the_catalog(project: Project) -> None:
    project.write_output({"shop": []})
    (project.folder / "catalogs").mkdir()
    (project.folder / "services.toml").rename(project.folder / "catalogs" / "services.toml")

    project.deploy("plan", CATALOG_FILE="catalogs/services.toml", FAKE_LOCK_shop="new")

    assert (project.folder / "catalogs" / "terraform.lock.hcl").read_text() == "new\n"


def test_without_the_lock_terraform_selects_versions_again(project: Project) -> None:
    project.write_output({"shop": []})
    (project.stack("shop") / ".terraform.lock.hcl").write_text("left over")
    project.deploy("plan")
    assert project.locks() == []


def test_a_lock_that_did_not_change_is_not_written(project: Project) -> None:
    project.write_output({"shop": []})
    kept = project.folder / "terraform.lock.hcl"
    kept.write_text("same\n")
    before = kept.stat().st_mtime_ns
    project.deploy("plan", FAKE_LOCK_shop="same")
    assert kept.stat().st_mtime_ns == before


@pytest.mark.parametrize("own", ["variable", "configuration", "none"])
def test_several_stacks_share_one_copy_of_the_provider_unless_the_user_has_a_cache(project: Project, own: str) -> None:
    (project.folder / "bin" / "terraform").write_text('#!/bin/sh\necho "$1 $TF_PLUGIN_CACHE_DIR" >> "$CALLS"\n')
    project.write_output({"shop-a": [], "shop-b": []})
    configuration = project.folder / "terraformrc"
    configuration.write_text('plugin_cache_dir = "/mine"\n' if own == "configuration" else "")
    variables = {"TF_PLUGIN_CACHE_DIR": "/mine"} if own == "variable" else {}

    project.deploy("apply", TF_CLI_CONFIG_FILE=str(configuration), **variables)

    cache = {"variable": "/mine", "configuration": "", "none": str(project.folder / ".terraform" / "plugin-cache")}[own]
    assert {call.partition(" ")[2] for call in project.calls()} == {cache}


# Failures of the credentials

NO_CREDENTIALS = (
    "Error: Terraform found no AWS credentials. Run aws sso login, set AWS_PROFILE, or write profile in [aws]. "
    "`aws sts get-caller-identity` must work.\n"
)
WITHOUT_CREDENTIALS = r"""#!/bin/sh
test "$1" = plan || exit 0
printf '\033[31m│\033[0m Error: \033[1mNo valid credential sources found\033[0m\n' >&2
exit 1
"""


def test_missing_credentials_are_explained_after_what_terraform_prints(project: Project) -> None:
    project.write_output({"shop": []})
    (project.folder / "bin" / "terraform").write_text(WITHOUT_CREDENTIALS)
    done = project.started("plan")
    assert done.returncode == 1
    printed, _, explained = done.stderr.partition("\n")
    assert "No valid credential sources found" in printed
    assert explained == f"{NO_CREDENTIALS}Error: shop: terraform plan exited with status 1 in cdktf.out/stacks/shop.\n"


def test_missing_credentials_of_several_plans_are_explained_once(chain: Project) -> None:
    (chain.folder / "bin" / "terraform").write_text(WITHOUT_CREDENTIALS)
    done = chain.deploy("plan")
    assert done.returncode == 1
    assert done.stdout.count("No valid credential sources found") == 4
    assert done.stderr.count(NO_CREDENTIALS) == 1


@pytest.mark.parametrize(
    ("printed", "advice"),
    [
        (
            "failed to get shared config profile, nope",
            "Error: the AWS profile doesn't exist. Set AWS_PROFILE, ",
        ),
        (
            "Error: No valid credential sources found\n│ failed to read cached SSO\n│ token file, open",
            "Error: the AWS profile isn't logged in. Run aws sso login.",
        ),
        ("api error ExpiredToken: The security token", "Error: the AWS credentials have expired. Run aws sso login, "),
        (
            "InvalidClientTokenId: The security",
            "Error: AWS doesn't accept the credentials. Run aws sso login, ",
        ),
        ("Error: AWS account ID not allowed: 1", "Error: the AWS credentials are for an account that isn't in [aws] "),
    ],
)
def test_wrong_credentials_are_explained(printed: str, advice: str) -> None:
    assert (credentials_advice(printed) or "").startswith(advice)


def test_other_failures_of_terraform_are_left_to_it() -> None:
    assert credentials_advice("Error: creating ECS Service: InvalidParameterException") is None


def test_what_terraform_writes_to_stderr_is_passed_on_in_full(project: Project) -> None:
    project.write_output({"shop": []})
    line = "x" * 99 + "\n"
    script = f"#!{sys.executable}\nimport sys\nif sys.argv[1] == 'plan': sys.stderr.write({line!r} * 5000)\n"
    (project.folder / "bin" / "terraform").write_text(script)
    done = project.deploy("plan")
    assert (done.returncode, done.stderr) == (0, line * 5000)


# How it ends


@pytest.mark.parametrize("command", ["init", "apply"])
def test_the_first_failure_ends_the_run_with_its_status(chain: Project, command: str) -> None:
    done = chain.started("apply", **{f"STATUS_{command}_shop_d": "7"})
    assert done.returncode == 7
    assert done.stderr == (
        f"Error: shop-d: terraform {command} exited with status 7 in cdktf.out/stacks/shop-d. "
        "Not reached: shop-b, shop-a.\n"
    )
    assert visited(chain, "apply") == (["shop-c"] if command == "init" else ["shop-c", "shop-d"])


@pytest.mark.parametrize("place", ["argument", "variable"])
def test_planned_changes_in_the_exit_status_are_not_a_failure(chain: Project, place: str) -> None:
    arguments = ["--", "-detailed-exitcode"] if place == "argument" else []
    variables = {"TF_CLI_ARGS_plan": "-detailed-exitcode"} if place == "variable" else {}
    done = chain.deploy("plan", *arguments, STATUS_plan_shop_c="2", **variables)
    assert done.returncode == 2
    assert done.stderr == ""
    assert sorted(visited(chain, "plan")) == ["shop-a", "shop-b", "shop-c", "shop-d"]


def test_a_failure_is_reported_among_planned_changes(chain: Project) -> None:
    done = chain.deploy("plan", "--", "-detailed-exitcode", STATUS_plan_shop_c="2", STATUS_plan_shop_d="1")
    assert done.returncode == 1
    assert done.stderr == "Error: shop-d: terraform plan exited with status 1.\n"
    assert "shop-d  failed with status 1" in done.stdout
    assert sorted(visited(chain, "plan")) == ["shop-a", "shop-b", "shop-c", "shop-d"]


def test_a_status_of_two_is_a_failure_without_detailed_exitcode(chain: Project) -> None:
    done = chain.deploy("plan", STATUS_plan_shop_c="2")
    assert done.returncode == 2
    assert "Error: shop-c: terraform plan exited with status 2." in done.stderr


def test_a_missing_terraform_is_an_error(chain: Project) -> None:
    (chain.folder / "bin" / "terraform").unlink()
    done = chain.deploy("plan", PATH=str(chain.folder / "bin"))
    assert done.returncode == 3
    assert (
        done.stderr
        == "Error: terraform isn't on the PATH. Install Terraform 1.10 or newer, or set TERRAFORM to its path.\n"
    )


def test_deploy_requires_a_synth(project: Project) -> None:
    done = project.deploy("plan")
    assert done.returncode == 2
    assert done.stderr == "Error: cdktf.out/manifest.json doesn't exist. Run make synth first.\n"


def test_arguments_for_terraform_follow_two_hyphens(chain: Project) -> None:
    done = chain.deploy("plan", "-target=aws_vpc.main")
    assert done.returncode == 2
    assert chain.calls() == []


# Failures of terraform init

NO_REGISTRY = "Could not retrieve the list of available versions: could not connect to registry.terraform.io"
INIT_FAILS = f"""#!/bin/sh
echo "│ Error: Failed to query available provider"
echo "│ packages"
echo "│ {NO_REGISTRY}"
exit 1
"""


@pytest.mark.parametrize(
    ("variables", "advice"),
    [
        (
            {},
            "Allow access to registry.terraform.io. Without access: Create ~/.terraformrc with a provider_installation",
        ),
        ({"TF_CLI_CONFIG_FILE": "/nowhere"}, "TF_CLI_CONFIG_FILE=/nowhere doesn't exist. Set it to an existing file, "),
        ({"TF_CLI_CONFIG_FILE": "services.toml"}, "Add a provider_installation block to services.toml (TF_CLI_CONFIG_"),
        (
            {"TF_PLUGIN_DIR": "/nowhere"},
            "TF_PLUGIN_DIR=/nowhere doesn't exist. Set TF_PLUGIN_DIR to a folder that has ",
        ),
        (
            {"TF_PLUGIN_DIR": "."},
            "TF_PLUGIN_DIR=. doesn't contain the required version. Set TF_PLUGIN_DIR to a folder ",
        ),
    ],
)
@pytest.mark.parametrize("stacks", [{"shop": []}, CHAIN])
def test_a_provider_that_cannot_be_downloaded_is_explained(
    project: Project, stacks: dict[str, list[str]], variables: dict[str, str], advice: str
) -> None:
    project.write_output(stacks)
    (project.folder / "bin" / "terraform").write_text(INIT_FAILS)
    done = project.deploy("plan", HOME=str(project.folder), **variables)
    assert done.returncode == 1
    assert NO_REGISTRY in done.stdout
    assert done.stderr.startswith(f"Error: Terraform couldn't download the AWS provider. {advice}")


def test_the_plugin_folder_is_passed_to_init(project: Project) -> None:
    project.write_output({"shop": []})
    project.deploy("plan", TF_PLUGIN_DIR="/plugins")
    assert project.calls() == ["shop: init -input=false -plugin-dir=/plugins", "shop: plan"]


def test_a_terraform_that_is_too_old_is_explained() -> None:
    advice = init_advice("│ Error: Unsupported Terraform Core version\n")
    assert advice == "Error: Terraform is too old. Install Terraform 1.10 or newer, or set TERRAFORM to its path."
    assert init_advice("Error: No valid credential sources found") is None


def test_a_reader_that_closes_the_pipe_gets_no_traceback_and_stops_the_run(chain: Project) -> None:
    done = run_without_reader(["-m", "deploy", "apply"], folder=chain.folder, environment=chain.environment)
    assert (done.returncode, done.stderr) == (141, "")
    assert visited(chain, "apply") == []
