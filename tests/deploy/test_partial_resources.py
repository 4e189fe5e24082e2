"""The advice of `make apply` on resources that were only partly created."""

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
elif test "$1" != init && test "$1" != state; then exit {status}
fi
"""


def errors_of(project: Project, *resources: dict[str, object], command: str = "apply", status: int = 1) -> str:
    state = json.dumps({"values": {"root_module": {"resources": resources}}} if resources else {})
    (project.folder / "bin" / "terraform").write_text(FAKE.format(state=state, status=status))
    return project.deploy(command).stderr


@pytest.fixture
def project(tmp_path: Path) -> Project:
    project = Project(folder=tmp_path)
    project.write_output({"shop": []})
    return project


def test_a_failed_apply_explains_how_to_replace_partly_created_resources(project: Project) -> None:
    assert errors_of(project, ROLE, GROUP) == (
        "\nshop: aws_security_group.llm was only partly created. Run make apply again. If it reports that one "
        "already exists, destroy the partly created resources, then run make apply again:\n"
        "  cd cdktf.out/stacks/shop && terraform destroy -target=aws_security_group.llm\n"
        "Error: shop: terraform apply exited with status 1 in cdktf.out/stacks/shop.\n"
    )


def test_there_is_no_advice_without_partly_created_resources_or_without_a_failure(project: Project) -> None:
    for resources in ([], [ROLE]):
        assert (
            errors_of(project, *resources)
            == "Error: shop: terraform apply exited with status 1 in cdktf.out/stacks/shop.\n"
        )
    assert errors_of(project, GROUP, status=0) == ""
    assert "partly created" not in errors_of(project, GROUP, command="plan")
