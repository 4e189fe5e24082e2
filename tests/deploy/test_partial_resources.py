"""What `make apply` says of resources that AWS made only in part."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.fake_terraform import Project

GROUP = {"address": "aws_security_group.llm", "tainted": True}
ROLE = {"address": "aws_iam_role.llm"}
FAKE = """#!/bin/sh
if test "$1" = show; then cat <<'END'
{state}
END
elif test "$1" != init; then exit {status}
fi
"""


def said(project: Project, *resources: dict[str, object], command: str = "apply", status: int = 1) -> str:
    state = json.dumps({"values": {"root_module": {"resources": resources}}} if resources else {})
    (project.folder / "bin" / "terraform").write_text(FAKE.format(state=state, status=status))
    return project.deploy(command).stderr


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(folder=tmp_path)
    project.write_output({"shop": []})
    return project


def test_a_failed_apply_says_how_what_is_half_made_is_made_anew(project: Project) -> None:
    assert said(project, ROLE, GROUP) == (
        "\nshop: AWS made a part of aws_security_group.llm before something failed. Apply again first. If it then says "
        "that one exists already, destroy what is half made, and apply once more:\n"
        "  cd cdktf.out/stacks/shop && terraform destroy -target=aws_security_group.llm\n"
        "shop: terraform apply ended with 1 in cdktf.out/stacks/shop\n"
    )


def test_it_is_silent_where_nothing_is_half_made_or_nothing_failed(project: Project) -> None:
    for resources in ([], [ROLE]):
        assert said(project, *resources) == "shop: terraform apply ended with 1 in cdktf.out/stacks/shop\n"
    assert said(project, GROUP, status=0) == ""
    assert "half made" not in said(project, GROUP, command="plan")
