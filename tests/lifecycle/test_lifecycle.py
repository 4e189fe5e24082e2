"""The shipped catalogs with real Terraform on the emulated AWS: applied, verified, planned again, destroyed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog import names
from catalog.analysis.load_balancers import names_without_record
from catalog.load import load
from catalog.model import Deployment
from stacks.synthesize import synthesize
from tests import emulator
from tests.conftest import ROOT
from tests.emulator.terraform import Workspace, workspace
from tests.support.catalogs import PLAIN
from tests.support.verify import MESHES

CATALOGS = ["services.toml", "examples/smallest.toml", "examples/mutual.toml"]
SLOW = [
    "examples/environments.toml",
    *(f"tests/more_catalogs/{name}.toml" for name in ("everything", "encrypted", "signed", "models")),
]
"""Two environments in one account, and for each mesh a catalog with nearly all its features."""
NIGHTLY = [
    *(f"examples/{name}.toml" for name in ("app-mesh", "batch", "canary", "chatqna-gpu", "private")),
    *(f"tests/more_catalogs/{name}.toml" for name in ("beside", "gpu")),
]
"""The other catalogs, which tests/lifecycle/test_validate.py plans."""
_MESSAGES = 'Service Authorization Reference, "Actions defined by Amazon Message Gateway Service"'
_X_RAY = 'Service Authorization Reference, "Actions defined by AWS X-Ray": what writes and samples knows no resource'
WITHOUT_RESOURCE_LEVEL = {
    **dict.fromkeys(
        (f"ssmmessages:{verb}{channel}Channel" for verb in ("Create", "Open") for channel in ("Control", "Data")),
        _MESSAGES,
    ),
    **dict.fromkeys(
        (
            "xray:GetSamplingRules",
            "xray:GetSamplingStatisticSummaries",
            "xray:GetSamplingTargets",
            "xray:PutTelemetryRecords",
            "xray:PutTraceSegments",
        ),
        _X_RAY,
    ),
    "logs:DescribeLogGroups": 'CloudWatch Logs user guide, "Overview of managing access": it lists',
}
"""Actions that AWS supports only for all resources, each with its source."""
CERTIFICATE = "arn:aws:acm:us-west-2:123456789012:certificate/11111111-2222-3333-4444-555555555555"

pytestmark = pytest.mark.parametrize(
    "applied",
    # One after the other on one worker (--dist loadfile): the tests of a catalog share what was applied.
    [
        *CATALOGS,
        *(pytest.param(catalog, marks=pytest.mark.slow) for catalog in SLOW),
        *(pytest.param(catalog, marks=pytest.mark.nightly) for catalog in NIGHTLY),
    ],
    indirect=True,
    scope="module",
)


class Applied:
    """An applied catalog: its deployments, and the Terraform workspace of each."""

    def __init__(self, deployments: tuple[Deployment, ...], workspaces: dict[str, Workspace]) -> None:
        self.deployments = deployments
        self.workspaces = workspaces


@pytest.fixture(scope="module")
def applied(request: pytest.FixtureRequest, aws: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Applied]:
    emulator.reset()
    folder = tmp_path_factory.mktemp(Path(request.param).stem)
    loaded = load(_with_a_certificate_that_exists(ROOT / request.param, folder))
    outdir = synthesize(loaded, outdir=folder / "out").outdir
    workspaces = {}
    for deployment in loaded.deployments:
        workspaces[deployment.id] = here = workspace(outdir / "stacks" / deployment.id, folder / "run")
        here.init()
        here.apply()
    yield Applied(loaded.deployments, workspaces)
    emulator.reset()


def _with_a_certificate_that_exists(catalog: Path, folder: Path) -> Path:
    """The catalog itself, or, if it names a certificate, a copy with a certificate of the emulated account."""
    text = catalog.read_text(encoding="utf-8")
    if CERTIFICATE not in text:
        return catalog
    acm = emulator.client("acm", region="us-west-2")
    arn = acm.request_certificate(DomainName="app.example.com")["CertificateArn"]
    copy = folder / catalog.name
    copy.write_text(text.replace(CERTIFICATE, arn), encoding="utf-8")
    return copy


def test_a_second_plan_has_no_changes(applied: Applied) -> None:
    for deployment, here in applied.workspaces.items():
        code, output = here.run_code("plan", "-detailed-exitcode", allowed=(0, 2))
        assert code == 0, f"{deployment}:\n{output}"


def test_every_service_runs_the_configured_number_of_tasks(applied: Applied) -> None:
    for deployment in applied.deployments:
        ecs = emulator.client("ecs", region=deployment.region)
        for service in deployment.workloads.values():
            name = names.owned(deployment.id, service.name)
            (described,) = ecs.describe_services(cluster=deployment.id, services=[name])["services"]
            assert (described["status"], described["runningCount"]) == ("ACTIVE", service.first_tasks)


def test_the_mesh_in_aws_matches_the_catalog(applied: Applied) -> None:
    for deployment in applied.deployments:
        MESHES[deployment.catalog.mesh.kind].assert_reaches(deployment)


def test_only_the_callers_of_a_task_can_reach_it(applied: Applied) -> None:
    for deployment in applied.deployments:
        ec2 = emulator.client("ec2", region=deployment.region)
        outputs = applied.workspaces[deployment.id].output()["services"]
        group_of = {name: outputs[name]["security_group_id"] for name in deployment.services}
        by_group = {group: name for name, group in group_of.items()}
        for service in deployment.services.values():
            rules = ec2.describe_security_group_rules(
                Filters=[{"Name": "group-id", "Values": [group_of[service.name]]}]
            )["SecurityGroupRules"]
            rules = [rule for rule in rules if not rule["IsEgress"]]
            groups = [r["ReferencedGroupInfo"]["GroupId"] for r in rules if "ReferencedGroupInfo" in r]
            lists = [r["PrefixListId"] for r in rules if "PrefixListId" in r]
            inbound = sorted(by_group.get(g, "load balancer") for g in groups) + ["prefix list"] * len(lists)
            expected = MESHES[deployment.catalog.mesh.kind].connecting(service, deployment)
            assert sorted(inbound) == sorted([*expected, *(["load balancer"] if service.public else [])])


def test_a_task_has_permissions_only_for_resources_that_the_catalog_names(applied: Applied) -> None:
    iam = emulator.client("iam")
    for deployment in applied.deployments:
        for service in deployment.workloads.values():
            role = names.role(deployment.id, service.name, "task")
            written = [*service.access.statements, *service.granted]
            asked = {resource for statement in written for resource in statement.resources}
            for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
                document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
                for statement in document["Statement"]:
                    open_ = [each for each in statement["Resource"] if each == "*" and each not in asked]
                    without = {*statement["Action"]} - WITHOUT_RESOURCE_LEVEL.keys()
                    assert not open_ or not without, f"{role}: {statement}"
                    assert statement["Effect"] == "Deny" or "*" not in statement["Action"]


def test_file_systems_with_volumes_are_backed_up(applied: Applied) -> None:
    for deployment in applied.deployments:
        volumes = [volume for each in deployment.workloads.values() for volume in each.volumes.values()]
        if any(volume.kind == "efs" for volume in volumes):
            assert f"{deployment.id}-files" not in emulator.without_backups(region=deployment.region)


def test_outputs_have_the_values_that_other_configurations_need(applied: Applied) -> None:
    for deployment in applied.deployments:
        output = applied.workspaces[deployment.id].output()
        named = {"service_mesh_name"} if deployment.catalog.mesh.kind != PLAIN else set()
        awaited = any(names_without_record(deployment, ingress) for ingress in deployment.catalog.ingress)
        assert set(output) - named - ({"load_balancers"} if awaited else set()) == {
            "vpc_id", "subnets", "ecs_cluster_name", "namespace", "public_urls", "services",
        }  # fmt: skip
        assert output["ecs_cluster_name"] == deployment.id
        assert all(output[name].startswith(deployment.id) for name in named)
        assert set(output["services"]) == set(deployment.workloads)
        assert all(url.startswith("http") for url in output["public_urls"].values())
        assert set(output["public_urls"]) == {s.name for s in deployment.services.values() if s.public}


def test_destroying_one_deployment_keeps_the_others_and_destroying_all_leaves_nothing(
    applied: Applied,
) -> None:
    remaining = dict(applied.workspaces)
    for deployment in applied.deployments:
        remaining.pop(deployment.id).destroy()
        for other, here in remaining.items():
            assert here.plan() is False, f"destroying {deployment.id} changed the plan of {other}"

    left = emulator.leftovers()
    left.pop("certificate", None)  # no deployment that existed before
    assert left == {}
