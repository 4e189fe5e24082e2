"""The driver behind `make plan`, `make apply` and `make destroy`, with a terraform that only writes down its calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fake_terraform import Project

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
    project.write_output({"shop-dev": [], "shop-prod": [], "shop-prod-eu": [], "shop-prod-search": ["shop-prod"]})
    return project


def visited(project: Project, command: str) -> list[str]:
    return [call.partition(":")[0] for call in project.calls() if call.partition(": ")[2].split()[0] == command]


@pytest.mark.parametrize("command", ["plan", "apply"])
def test_a_stack_comes_after_those_it_depends_on(chain: Project, command: str) -> None:
    assert chain.deploy(command).returncode == 0
    assert visited(chain, command) == ["shop-c", "shop-d", "shop-b", "shop-a"]


def test_destroy_goes_the_other_way(chain: Project) -> None:
    assert chain.deploy("destroy").returncode == 0
    assert visited(chain, "destroy") == ["shop-a", "shop-b", "shop-d", "shop-c"]


def test_every_stack_is_initialized_right_before_its_turn(project: Project) -> None:
    project.write_output({"shop": []})
    project.deploy("plan", "--", "-target=aws_vpc.main", "-var", "a=b c", "--", "x")
    assert project.calls() == ["shop: init -input=false", "shop: plan -target=aws_vpc.main -var a=b c -- x"]


def test_a_heading_stands_before_what_terraform_says(chain: Project) -> None:
    lines = [line for line in chain.deploy("plan").stdout.splitlines() if line]
    assert lines[:4] == [
        "=== shop-c: terraform plan (1 of 4)",
        "terraform says: init shop-c",
        "terraform says: plan shop-c",
        "=== shop-d: terraform plan (2 of 4)",
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
    assert visited(environments, "apply") == ["shop-prod", "shop-prod-search"]


def test_an_environment_whose_name_begins_with_anothers_is_its_own(environments: Project) -> None:
    assert environments.deploy("apply", "--env", "prod-eu").returncode == 0
    assert visited(environments, "apply") == ["shop-prod-eu"]


def test_without_one_all_environments_have_their_turn(environments: Project) -> None:
    environments.deploy("plan")
    assert visited(environments, "plan") == ["shop-dev", "shop-prod", "shop-prod-eu", "shop-prod-search"]


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


# The provider lock


def test_one_lock_beside_the_catalog_serves_all_stacks_and_takes_what_they_add(project: Project) -> None:
    project.write_output({"shop-a": [], "shop-b": []})
    kept = project.folder / "terraform.lock.hcl"
    kept.write_text("old")

    project.deploy("plan", FAKE_LOCK_shop_a="new")

    # Each stack's init and plan, in this order.
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


# How it ends


@pytest.mark.parametrize("command", ["init", "apply"])
def test_the_first_failure_ends_it_with_its_status(chain: Project, command: str) -> None:
    done = chain.deploy("apply", **{f"STATUS_{command}_shop_d": "7"})
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
    assert visited(chain, "plan") == ["shop-c", "shop-d", "shop-b", "shop-a"]


def test_a_failure_among_planned_changes_is_one(chain: Project) -> None:
    done = chain.deploy("plan", "--", "-detailed-exitcode", STATUS_plan_shop_c="2", STATUS_plan_shop_d="1")
    assert done.returncode == 1
    assert visited(chain, "plan") == ["shop-c", "shop-d"]


def test_a_status_of_two_is_a_failure_where_nobody_asked_for_it(chain: Project) -> None:
    assert chain.deploy("plan", STATUS_plan_shop_c="2").returncode == 2
    assert visited(chain, "plan") == ["shop-c"]


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
