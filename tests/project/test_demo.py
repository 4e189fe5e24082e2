"""`make demo`: the stand-ins for what a catalog names as existing, refusals, messages, and whole runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from catalog.diagnostics import CatalogError
from catalog.load import load
from tests.conftest import ROOT
from tests.emulator.terraform import find_terraform
from tests.support.catalogs import loaded
from tests.support.verify import MESHES
from tools.demo import impossible, progress, run, stand_ins

KEY = "arn:aws:kms:us-west-2:123456789012:key/0a1b2c3d-1111-2222-3333-444455556666"
CERTIFICATE = "arn:aws:acm:us-west-2:123456789012:certificate/11111111-2222-3333-4444-555555555555"
SECRET = "arn:aws:secretsmanager:us-west-2:123456789012:secret:db-AbCdEf"
EVERYTHING = f"""
[security]
kms_key = "{KEY}"
[ingress.public]
allow = ["0.0.0.0/0"]
certificate = "{CERTIFICATE}"
zone_id = "Z0123456789ABCDEF"
domain = "shop.example.com"
[external.database]
host = "db.example.com"
port = 5432
protocol = "tcp"
security_group = "sg-0123456789abcdef0"
[services.web]
image = "r.io/web:1"
port = 80
public = true
calls = ["database"]
secrets.PASSWORD = {{ arn = "{SECRET}", key = "password", kms = "{KEY}" }}
access = {{ s3_read = ["documents/public"], sqs_send = ["work"], kms_decrypt = ["{KEY}"] }}
"""
"""A catalog with one of each thing that most catalogs name as existing."""
pytestmark = pytest.mark.usefixtures("in_tmp_path")


def _stand_ins(snippet: str) -> list[str]:
    return [str(each) for each in stand_ins.collect(loaded(snippet))]


def _impossible(snippet: str) -> list[str]:
    return [str(problem) for problem in impossible.problems(loaded(snippet))]


def test_each_existing_resource_has_one_stand_in_with_its_line() -> None:
    assert _stand_ins(EVERYTHING) == [
        "security group sg-0123456789abcdef0 (services.toml:12)",
        "hosted zone Z0123456789ABCDEF (services.toml:6)",
        f"certificate {CERTIFICATE} (services.toml:5)",
        f"KMS key {KEY} (services.toml:2)",
        f"secret {SECRET} (services.toml:18)",
        "bucket documents (services.toml:19)",
        "queue work (services.toml:19)",
    ]


def test_a_joined_network_cluster_and_load_balancer_have_stand_ins() -> None:
    found = stand_ins.collect(load(ROOT / "examples" / "joining.toml"))

    assert [each.kind for each in found] == [
        "VPC", "subnet", "subnet", "security group", "cluster", "namespace", "listener"
    ]  # fmt: skip


def test_a_queue_that_is_named_by_name_and_by_arn_has_one_stand_in_for_each_region() -> None:
    here, there = (f"arn:aws:sqs:{region}:123456789012:work" for region in ("us-west-2", "eu-west-1"))

    assert _stand_ins(
        f"""
        [services.web]
        image = "r.io/web:1"
        access = {{ sqs_send = ["work"], sqs_consume = ["{here}", "{there}"] }}
        """
    ) == ["queue work (services.toml:3)", "queue work in eu-west-1 (services.toml:3)"]


def test_strings_of_containers_and_settings_of_the_provider_have_no_stand_in() -> None:
    assert not _stand_ins(
        f"""
        [aws]
        assume_role = "arn:aws:iam::123456789012:role/deploy"
        [services.state]
        image = "r.io/state:1"
        command = ["{KEY}"]
        environment = {{ KEY = "{KEY}" }}
        """
    )


def test_a_service_whose_name_is_the_name_of_a_table_has_stand_ins_too() -> None:
    assert _stand_ins(f'[services.state]\nimage = "r.io/state:1"\nsecrets.A = "{SECRET}"') == [
        f"secret {SECRET} (services.toml:3)"
    ]


def test_a_secret_has_the_keys_that_all_deployments_read() -> None:
    catalog = loaded(
        f"""
        [services.web]
        image = "r.io/web:1"
        secrets.A = {{ arn = "{SECRET}", key = "a" }}
        [environments.dev]
        [environments.prod.services.web.secrets.B]
        arn = "{SECRET}"
        key = "b"
        """
    )
    [secret] = stand_ins.collect(catalog)

    assert secret.create.keywords == {"keys": ["a", "b"]}  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("hosts", "zone"),
    [
        (["app.example.com"], "example.com"),
        (["example.com"], "example.com"),
        (["dev.app.example.com", "app.example.com"], "example.com"),
        (["a.app.example.com", "b.app.example.com"], "app.example.com"),
        (["*.example.com", "API.example.com"], "example.com"),
    ],
)
def test_a_hosted_zone_contains_all_hosts_of_its_ingresses(hosts: list[str], zone: str) -> None:
    assert stand_ins.zone_of(hosts) == zone


def test_a_region_that_the_emulated_aws_lacks_is_refused_with_its_line() -> None:
    assert _impossible('[catalog]\nname = "shop"\nregion = "xx-north-9"') == [
        'services.toml:3: catalog.region: the demo has no region "xx-north-9". Write another one, such as "us-west-2", '
        "in a copy of the catalog for the demo."
    ]


def test_a_zone_that_the_emulated_aws_lacks_is_refused_with_its_line() -> None:
    [problem] = _impossible('[network]\nzones = ["us-west-2a", "us-west-2e"]')

    assert problem.startswith("services.toml:2: network.zones: the demo has no zone us-west-2e. Use some of us-west-2a")


def test_an_arn_in_a_region_that_the_emulated_aws_lacks_is_refused_with_its_line() -> None:
    [problem] = _impossible(
        '[services.web]\nimage = "r.io/web:1"\nsecrets.A = "arn:aws:ssm:xx-north-9:123456789012:parameter/a"'
    )

    assert problem == (
        'services.toml:3: services.web.secrets.A.arn: the demo has no region "xx-north-9". Remove or replace this line '
        "in a copy of the catalog for the demo."
    )


def test_an_id_in_overrides_that_the_demo_cannot_create_is_refused_with_its_line() -> None:
    [problem] = _impossible('[overrides."aws_vpc.main_network"]\nipv4_ipam_pool_id = "lt-0123456789abcdef0"')

    assert problem == (
        'services.toml:2: overrides."aws_vpc.main_network".ipv4_ipam_pool_id: the demo can\'t create '
        '"lt-0123456789abcdef0". Remove or replace this line in a copy of the catalog for the demo.'
    )


def test_a_stand_in_that_the_emulated_aws_refuses_is_an_error_with_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise ValueError("not\nsupported")

    monkeypatch.setattr(stand_ins.existing, "queue", refuse)
    with pytest.raises(CatalogError) as refused:
        stand_ins.create(loaded('[services.web]\nimage = "r.io/web:1"\naccess = { sqs_send = ["work"] }'))

    assert str(refused.value) == (
        "services.toml:3: services.web.access.sqs_send[0]: the demo can't create the queue work: not supported. Remove "
        "or replace this line in a copy of the catalog for the demo."
    )


def test_settings_that_the_emulated_aws_cannot_honor_are_ignored_with_their_lines() -> None:
    changed, ignored = run.for_demo(
        loaded(
            """
            [aws]
            profile = "work"
            accounts = ["210987654321"]
            [security]
            deletion_protection = true
            [state.s3]
            bucket = "states"
            region = "us-west-2"
            """
        )
    )
    [deployment] = changed.deployments

    assert ignored == [
        "aws.profile (services.toml:2)",
        "aws.accounts (services.toml:3)",
        "security.deletion_protection (services.toml:5)",
        "state.s3 (services.toml:6)",
    ]
    assert deployment.catalog.aws.profile is None
    assert not deployment.catalog.security.deletion_protection
    assert list(deployment.catalog.state) == ["local"]


def test_only_distinct_errors_are_shown_of_what_terraform_prints() -> None:
    lines = [
        "aws_lb.main: Creating...\n",
        "\n",
        "Warning: Argument is deprecated\n",
        "  with aws_lb.main\n",
        "Error: creating Listener\n",
        "  with aws_lb_listener.a\n",
        "\n",
        "Error: creating Listener\n",
        "  with aws_lb_listener.a\n",
        "\n",
        "Error: reading Zone\n",
    ]

    assert progress.errors(lines) == ["Error: creating Listener\n  with aws_lb_listener.a", "Error: reading Zone"]


def test_the_message_for_a_stalled_command_names_the_resources_that_it_worked_on() -> None:
    names = [f"aws_lb.{letter}" for letter in "abcdefg"]

    assert progress.stalled("apply", names, seconds=181) == (
        "The demo stopped terraform apply, which made no progress for 181 seconds while it worked on aws_lb.a, "
        "aws_lb.b, aws_lb.c, aws_lb.d, aws_lb.e and 2 more. The emulated AWS probably lacks something that Terraform "
        "waits for."
    )


def _demo(catalog: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.demo"],
        env=os.environ | {"CATALOG_FILE": catalog, "PYTHONPATH": str(ROOT)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_a_wrong_catalog_ends_the_demo_with_its_errors_alone() -> None:
    Path("wrong.toml").write_text('[catalog]\nname = "shop"\nregion = "us-west-2"\n[mesh]\nkind = "nonee"\n')
    done = _demo("wrong.toml")

    assert done.returncode == (2 if find_terraform() else 3)
    assert "Traceback" not in done.stderr
    assert not done.stdout


WAITING = """#!/bin/sh
echo $$ > "$PIDS"
sleep 600
"""


@pytest.mark.parametrize(
    ("number", "name"),
    [(signal.SIGTERM, "SIGTERM"), pytest.param(signal.SIGINT, "Ctrl-C", marks=pytest.mark.slow)],
)
@pytest.mark.usefixtures("signals")
def test_a_signal_ends_the_demo_with_one_line_and_no_process_is_left(
    number: signal.Signals, name: str, tmp_path: Path
) -> None:
    terraform, pids = tmp_path / "bin" / "terraform", tmp_path / "pids"
    terraform.parent.mkdir()
    terraform.write_text(WAITING)
    terraform.chmod(0o755)
    demo = subprocess.Popen(
        [sys.executable, "-m", "tools.demo"],
        env=os.environ
        | {"CATALOG_FILE": str(ROOT / "examples" / "batch.toml"), "PYTHONPATH": str(ROOT), "PIDS": str(pids)}
        | {"PATH": f"{terraform.parent}:{os.environ['PATH']}"},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while not (pids.exists() and pids.read_text()) and demo.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.05)

    os.killpg(demo.pid, number)  # Node gets it too
    _, errors = demo.communicate(timeout=600)

    assert (demo.returncode, errors) == (
        128 + number,
        f"\nStopped by {name}. The emulated AWS and everything in it are gone.\n",
    )
    groups = {demo.pid, int(pids.read_text())}
    while groups & _running_groups():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _running_groups() -> set[int]:
    """The process groups of all processes that haven't ended."""
    listed = subprocess.run(["ps", "-eo", "pgid=,stat="], capture_output=True, text=True, check=True).stdout
    return {int(group) for group, state in map(str.split, listed.splitlines()) if not state.startswith("Z")}


def test_a_service_that_only_its_load_balancer_reaches_is_not_looked_up() -> None:
    [deployment] = load(ROOT / "tests" / "more_catalogs" / "encrypted.toml").deployments

    assert MESHES["service-connect"].found(deployment.services["web"], deployment) == []


def test_the_table_of_addresses_has_no_timeout_and_no_tasks_in_words(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    [deployment] = load(ROOT / "tests" / "more_catalogs" / "encrypted.toml").deployments
    monkeypatch.setattr(MESHES["service-connect"], "found", lambda service, _: ["10.0.0.1"] * (service.name != "web"))

    run._print_table(deployment, {name: {"address": name} for name in deployment.services})

    assert [line.split() for line in capsys.readouterr().out.splitlines()[1:]] == [
        ["cache", "cache", "tcp", "-", "10.0.0.1"],
        ["llm", "llm", "http", "600", "s", "10.0.0.1"],
        ["rpc", "rpc", "grpc", "none", "10.0.0.1"],
        ["stream", "stream", "http2", "none", "10.0.0.1"],
        ["web", "web", "http", "none", "-"],
    ]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["everything", "joining"])
def test_the_demo_runs_a_catalog_that_names_existing_resources(name: str, terraform: None) -> None:
    """Most of the time passes in waiting: the provider waits 60 seconds for a load balancer."""
    if name == "everything":
        loaded(EVERYTHING)  # writes services.toml
    _runs("services.toml" if name == "everything" else str(ROOT / "examples" / "joining.toml"), deployments=1)


@pytest.mark.nightly
def test_the_demo_runs_an_assistant_in_two_environments(terraform: None) -> None:
    _runs(str(ROOT / "tests" / "lifecycle" / "assistant.toml"), deployments=2)


def _runs(catalog: str, *, deployments: int) -> None:
    done = _demo(catalog)

    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    for line in ("No changes. Your infrastructure matches the configuration.", "Left in the account: nothing"):
        assert done.stdout.count(line) == deployments
