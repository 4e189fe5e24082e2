"""The driver behind `make plan`, `make apply` and `make destroy`, with a terraform that only writes down its calls."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml

from tests.support.fake_terraform import Project

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
"""A terraform whose first plan waits for the second to begin, and that writes down how many run."""
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


def test_plans_run_side_by_side_but_never_more_than_asked_for(chain: Project) -> None:
    (chain.folder / "bin" / "terraform").write_text(MEETING)
    assert chain.deploy("plan", JOBS="2").returncode == 0
    assert chain.calls()
    most = max(map(int, chain.calls()))
    assert most == 2


@pytest.mark.parametrize("jobs", ["0", "-1", "two", "²", "1.5"])
def test_what_is_no_number_of_plans_is_refused(chain: Project, jobs: str) -> None:
    done = chain.deploy("plan", JOBS=jobs)
    assert done.returncode == 2
    assert done.stderr == f"JOBS={jobs} is not a number of plans; write a whole number from 1, or leave it out\n"
    assert visited(chain, "plan") == []


@pytest.mark.parametrize("place", ["argument", "next argument", "variable"])
def test_several_stacks_do_not_write_one_plan_file(chain: Project, place: str) -> None:
    arguments = {"argument": ["--", "-out=/tmp/p"], "next argument": ["--", "-out", "/tmp/p"], "variable": []}[place]
    variables = {"TF_CLI_ARGS_plan": "-out=/tmp/p"} if place == "variable" else {}
    done = chain.deploy("plan", *arguments, **variables)
    assert done.returncode == 2
    assert done.stderr.startswith("-out=/tmp/p: 4 stacks would write this one file; ")
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


def test_a_heading_stands_before_what_terraform_says(chain: Project) -> None:
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


def test_an_output_folder_may_lie_elsewhere(project: Project) -> None:
    project.write_output({"shop": []}, outdir="elsewhere/out")
    assert project.deploy("plan", CDKTF_OUTDIR="elsewhere/out").returncode == 0
    assert visited(project, "plan") == ["shop"]


def test_another_binary_can_be_named(project: Project) -> None:
    project.write_output({"shop": []})
    (project.folder / "bin" / "terraform").rename(project.folder / "tofu")
    assert project.deploy("plan", TERRAFORM="./tofu").returncode == 0
    assert visited(project, "plan") == ["shop"]


# Environments


def test_an_environment_has_its_own_stacks_and_no_others(environments: Project) -> None:
    assert environments.deploy("apply", "--env", "prod").returncode == 0
    assert visited(environments, "apply") == ["shop-prod", "shop-prod_search"]


def test_an_environment_whose_name_begins_with_anothers_is_its_own(environments: Project) -> None:
    assert environments.deploy("apply", "--env", "prod-eu").returncode == 0
    assert visited(environments, "apply") == ["shop-prod-eu"]


def test_without_one_all_environments_have_their_turn(environments: Project) -> None:
    environments.deploy("apply")
    assert visited(environments, "apply") == ["shop-dev", "shop-prod", "shop-prod-eu", "shop-prod_search"]


def test_the_environment_that_synth_was_narrowed_to_is_the_default(environments: Project) -> None:
    environments.deploy("apply", CATALOG_ENVIRONMENT="dev")
    assert visited(environments, "apply") == ["shop-dev"]


def test_a_mistake_in_another_environment_does_not_stop_this_one(environments: Project) -> None:
    with (environments.folder / "services.toml").open("a") as catalog:
        catalog.write('[environments.broken]\nservices.web.replicas = "many"\n')
    assert environments.deploy("plan", "--env", "prod").returncode == 0


def test_an_unknown_environment_is_answered_with_those_there_are(environments: Project) -> None:
    done = environments.deploy("plan", "--env", "prd")
    assert done.returncode == 2
    assert 'there is no environment "prd"; ask for one of dev, prod, prod-eu' in done.stderr
    assert environments.calls() == []


def test_a_catalog_without_environments_has_none_to_choose(chain: Project) -> None:
    done = chain.deploy("plan", "--env", "prod")
    assert done.returncode == 2
    assert 'there is no environment "prod", as the catalog has none' in done.stderr


def test_an_environment_that_synth_left_out_is_not_taken_for_an_empty_one(environments: Project) -> None:
    environments.add_environments("test")
    done = environments.deploy("destroy", "--env", "test")
    assert done.returncode == 2
    assert "run make synth" in done.stderr


# Stacks beside their base


@pytest.fixture
def states(project: Project) -> Project:
    project.write_output({"shop": [], "shop_front": ["shop", "shop_rag"], "shop_rag": ["shop"]})
    for name, reads in (("shop", ()), ("shop_front", ("shared_a", "shared_b")), ("shop_rag", ("shared_a",))):
        values = [f"${{data.terraform_remote_state.base.outputs.{read}}}" for read in reads]
        output = {"resource": {"aws_ecs_service": {name: {"wants": values}}}}
        (project.stack(name) / "cdk.tf.json").write_text(json.dumps(output))
    return project


def test_a_stack_whose_base_lacks_what_it_reads_is_not_planned_and_the_table_says_why(states: Project) -> None:
    (states.stack("shop") / "outputs.json").write_text('{"shared_a": {}}')
    done = states.deploy("plan")
    assert done.returncode == 0
    assert sorted(visited(states, "plan")) == ["shop", "shop_rag"]
    assert done.stdout.splitlines()[-3:] == [
        "shop        no changes",
        "shop_rag    no changes",
        "shop_front  not planned: shop has to be applied first, for 1 new output",
    ]


def test_before_the_base_is_applied_only_it_is_planned(states: Project) -> None:
    done = states.deploy("plan")
    assert visited(states, "plan") == ["shop"]
    assert "shop_rag    not planned: shop is not applied yet; apply that first" in done.stdout


def test_with_changes_told_by_status_a_stack_that_waits_for_its_base_is_one_with_changes(states: Project) -> None:
    (states.stack("shop") / "outputs.json").write_text('{"shared_b": {}}')
    assert states.deploy("plan", "--stack", "rag").returncode == 0
    assert states.deploy("plan", "--stack", "rag", "--", "-detailed-exitcode").returncode == 2
    assert visited(states, "plan") == []


def test_a_stack_that_cannot_be_initialized_leaves_the_others_their_plans(states: Project) -> None:
    (states.stack("shop") / "outputs.json").write_text('{"shared_a": {}, "shared_b": {}}')
    done = states.deploy("plan", STATUS_init_shop_rag="7")
    assert done.returncode == 7
    assert sorted(visited(states, "plan")) == ["shop", "shop_front"]
    assert done.stdout.splitlines()[-2] == "shop_rag    not planned: terraform init failed"


def test_where_a_base_cannot_be_initialized_nothing_that_reads_it_is_planned(states: Project) -> None:
    done = states.deploy("plan", STATUS_init_shop="7")
    assert done.returncode == 7
    assert visited(states, "plan") == []
    assert done.stdout.splitlines()[-2] == "shop_rag    not planned: terraform init of shop failed"


def test_the_table_counts_what_only_moves(states: Project) -> None:
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


def test_an_unknown_stack_is_answered_with_those_there_are(states: Project) -> None:
    done = states.deploy("plan", "--stack", "rga")
    assert done.returncode == 2
    assert done.stderr == 'the last synth wrote no stack "rga"; name one of base, front, rag\n'


def test_a_service_that_leaves_a_stack_goes_before_the_base_changes_and_nothing_else(states: Project) -> None:
    held = ["aws_ecs_service.shop_rag", "data.x.y", "aws_ecs_service.old", "aws_appmesh_route.shop_rag"]
    (states.stack("shop_rag") / "addresses").write_text("\n".join(held) + "\n")
    assert states.deploy("apply", "--", "-auto-approve").returncode == 0
    assert [call for call in states.calls() if " apply" in call] == [
        "shop_rag: apply -target=aws_ecs_service.old -auto-approve",
        "shop: apply -auto-approve",
        "shop_rag: apply -auto-approve",
        "shop_front: apply -auto-approve",
    ]


def test_what_a_base_deletes_goes_when_the_stacks_have_let_go_of_it(states: Project) -> None:
    (states.stack("shop") / "addresses").write_text("aws_ecs_service.shop\naws_ecs_cluster.old\n")
    output = {
        "resource": {"aws_ecs_service": {"shop": {}}},
        "data": {"aws_region": {"here": {}}},
        "moved": [{"from": "aws_vpc.a", "to": "aws_vpc.b"}],
    }
    (states.stack("shop") / "cdk.tf.json").write_text(json.dumps(output))
    kept = [f"-target={each}" for each in ("aws_ecs_service.shop", "aws_vpc.a", "data.aws_region.here")]

    states.deploy("apply", "--", "-auto-approve")
    # Nobody uses it: no other state holds anything.
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
    assert "=== shop: terraform apply without what it deletes (1 of 4)" in done.stdout
    assert "=== shop: terraform apply of what it deletes (4 of 4)" in done.stdout


def test_what_a_base_deletes_waits_for_stacks_that_were_not_asked_for(states: Project) -> None:
    (states.stack("shop") / "addresses").write_text("aws_ecs_service.shop\naws_ecs_cluster.old\n")
    (states.stack("shop_rag") / "addresses").write_text("aws_ecs_service.shop_rag\n")
    done = states.deploy("apply", "--stack", "base")
    assert [call for call in states.calls() if " apply" in call] == ["shop: apply -target=aws_ecs_service.shop"]
    assert "shop: aws_ecs_cluster.old and what else it deletes waits" in done.stdout


def test_what_leaves_a_stack_without_its_service_is_deleted_after_that_was_updated(states: Project) -> None:
    (states.stack("shop_rag") / "addresses").write_text("aws_ecs_service.shop_rag\naws_appmesh_route.shop_rag\n")
    states.deploy("apply")
    assert visited(states, "apply") == ["shop", "shop_rag", "shop_front"]


def test_what_a_stack_hands_over_or_calls_otherwise_now_does_not_leave(states: Project) -> None:
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


def test_a_base_that_carries_a_stack_is_not_destroyed_alone(states: Project) -> None:
    (states.stack("shop_rag") / "addresses").write_text("aws_ecs_service.shop_rag\n")
    done = states.deploy("destroy", "--stack", "base")
    assert done.returncode == 2
    assert done.stderr == "shop still carries shop_rag; destroy that first, or all of them together\n"
    assert visited(states, "destroy") == []


def test_a_state_that_cannot_be_read_is_not_taken_for_an_empty_one(states: Project) -> None:
    (states.stack("shop_rag") / "unreadable").touch()
    for command in ("apply", "destroy"):
        done = states.deploy(command)
        assert done.returncode == 2
        assert done.stderr == "shop_rag: its state cannot be read, so nothing is done\nAccessDenied\n"
        assert visited(states, command) == []


def test_what_another_stack_configures_is_never_deleted_to_be_made_there(states: Project) -> None:
    (states.stack("shop_rag") / "addresses").write_text("aws_ecs_service.shop_front\n")
    done = states.deploy("apply")
    assert done.returncode == 2
    assert 'Write move_from_stack = "rag"' in done.stderr
    assert visited(states, "apply") == []


def test_a_base_is_not_applied_before_what_leaves_a_stack_that_was_not_asked_for(states: Project) -> None:
    (states.stack("shop_rag") / "addresses").write_text("aws_ecs_service.old\n")
    done = states.deploy("apply", "--stack", "base")
    assert done.returncode == 2
    assert done.stderr == "shop_rag holds what has left the catalog and uses shop; apply shop_rag too\n"
    assert visited(states, "apply") == []


@pytest.mark.parametrize("place", ["argument", "variable"])
def test_apply_does_not_destroy(states: Project, place: str) -> None:
    arguments = ["--", "--destroy"] if place == "argument" else []
    variables = {"TF_CLI_ARGS_apply": "-destroy"} if place == "variable" else {}
    done = states.deploy("apply", *arguments, **variables)
    assert done.returncode == 2
    assert "use make destroy" in done.stderr
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
def test_only_a_whole_apply_begins_with_what_leaves(states: Project, arguments: list[str], whole: bool) -> None:
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
def test_a_state_that_is_empty_beside_a_backup_is_not_taken_for_none(
    project: Project, local: Path, command: str
) -> None:
    local.write_text("\n")
    local.with_name("base.tfstate.backup").write_text("{}")
    done = project.deploy(command)
    assert done.returncode == 2
    assert done.stderr.startswith(
        "shop: state/shop/base.tfstate is empty and base.tfstate.backup beside it is not, as where terraform was killed"
    )
    assert project.calls() == []


def test_what_another_environment_lost_does_not_stop_this_one(environments: Project) -> None:
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
def test_any_other_state_is_terraforms_business(
    project: Project, local: Path, state: str | None, backup: str | None
) -> None:
    for file, text in ((local, state), (local.with_name("base.tfstate.backup"), backup)):
        if text is not None:
            file.write_text(text)
    assert project.deploy("apply").returncode == 0
    assert visited(project, "apply") == ["shop"]


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


def test_atlantis_plans_what_teams_write_into_files_of_their_own(states: Project) -> None:
    (states.folder / "catalog").mkdir()
    (states.folder / "services.toml").rename(states.folder / "catalog" / "all.toml")
    written = yaml.safe_load(states.deploy("atlantis", CATALOG_FILE="catalog").stdout)
    assert written["projects"][0]["autoplan"]["when_modified"] == ["../../../catalog/*.toml"]


# The provider lock


def test_one_lock_beside_the_catalog_serves_all_stacks_and_takes_what_they_add(project: Project) -> None:
    project.write_output({"shop-a": [], "shop-b": []})
    kept = project.folder / "terraform.lock.hcl"
    kept.write_text("old")

    project.deploy("apply", FAKE_LOCK_shop_a="new")

    # Each stack's init and apply, in this order.
    assert [line.partition(": ")[2] for line in project.locks()] == ["old", "new", "new", "new"]
    assert kept.read_text() == "new\n"


def test_the_first_init_makes_the_lock_even_where_the_catalog_lies_elsewhere(project: Project) -> None:
    project.write_output({"shop": []})
    (project.folder / "catalogs").mkdir()
    (project.folder / "services.toml").rename(project.folder / "catalogs" / "services.toml")

    project.deploy("plan", CATALOG_FILE="catalogs/services.toml", FAKE_LOCK_shop="new")

    assert (project.folder / "catalogs" / "terraform.lock.hcl").read_text() == "new\n"


def test_without_the_lock_terraform_chooses_again(project: Project) -> None:
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


# How it ends


@pytest.mark.parametrize("command", ["init", "apply"])
def test_the_first_failure_ends_it_with_its_status(chain: Project, command: str) -> None:
    done = chain.started("apply", **{f"STATUS_{command}_shop_d": "7"})
    assert done.returncode == 7
    assert done.stderr == (
        f"shop-d: terraform {command} ended with 7 in cdktf.out/stacks/shop-d; not reached: shop-b, shop-a\n"
    )
    assert visited(chain, "apply") == (["shop-c"] if command == "init" else ["shop-c", "shop-d"])


@pytest.mark.parametrize("place", ["argument", "variable"])
def test_planned_changes_told_by_status_are_no_failure(chain: Project, place: str) -> None:
    arguments = ["--", "-detailed-exitcode"] if place == "argument" else []
    variables = {"TF_CLI_ARGS_plan": "-detailed-exitcode"} if place == "variable" else {}
    done = chain.deploy("plan", *arguments, STATUS_plan_shop_c="2", **variables)
    assert done.returncode == 2
    assert done.stderr == ""
    assert sorted(visited(chain, "plan")) == ["shop-a", "shop-b", "shop-c", "shop-d"]


def test_a_failure_among_planned_changes_is_one(chain: Project) -> None:
    done = chain.deploy("plan", "--", "-detailed-exitcode", STATUS_plan_shop_c="2", STATUS_plan_shop_d="1")
    assert done.returncode == 1
    assert done.stderr == "shop-d: terraform plan ended with 1\n"
    assert "shop-d  failed with 1" in done.stdout
    assert sorted(visited(chain, "plan")) == ["shop-a", "shop-b", "shop-c", "shop-d"]


def test_a_status_of_two_is_a_failure_where_nobody_asked_for_it(chain: Project) -> None:
    done = chain.deploy("plan", STATUS_plan_shop_c="2")
    assert done.returncode == 2
    assert "shop-c: terraform plan ended with 2" in done.stderr


def test_a_missing_terraform_is_named_with_the_cure(chain: Project) -> None:
    (chain.folder / "bin" / "terraform").unlink()
    done = chain.deploy("plan", PATH=str(chain.folder / "bin"))
    assert done.returncode == 3
    assert done.stderr == "terraform is not on the PATH; install 1.10 or newer\n"


def test_before_the_first_synth_it_is_asked_for(project: Project) -> None:
    done = project.deploy("plan")
    assert done.returncode == 2
    assert done.stderr == "there is no cdktf.out/manifest.json; run make synth first\n"


def test_arguments_for_terraform_stand_behind_two_hyphens(chain: Project) -> None:
    done = chain.deploy("plan", "-target=aws_vpc.main")
    assert done.returncode == 2
    assert chain.calls() == []
