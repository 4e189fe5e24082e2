"""What an account may have of AWS, with the numbers."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from catalog.model.network import KINDS
from catalog.rules.counts import rules_in, rules_out
from catalog.rules.quotas import QUOTAS
from tests.conftest import ROOT
from tests.support.catalogs import REFUSED, loaded, problems_of
from tests.support.outputs import ShippedOutputs
from tests.support.synth import resources

pytestmark = pytest.mark.usefixtures("in_tmp_path")


def _services(count: int, *keys: str) -> str:
    """`$` in a key is the number of the service."""
    own = "\n".join(keys)
    return "".join(f"[services.s{n}]\nimage = 'r.io/s:1'\n" + own.replace("$", str(n)) + "\n" for n in range(count))


def _warnings(toml: str, *, kind: str = "none") -> list[str]:
    return [
        f"{notice.place}: {notice.message}"
        for notice in loaded(toml, kind=kind).notices
        if notice.level == "warning" and '" AWS has ' in notice.message
    ]


_HUB = "[services.hub]\nimage = 'r.io/hub:1'\nport = 80\n"
_WAY_IN = "[ingress.public]\nallow = ['10.0.0.0/8']\n"
_POOLS = "".join(f"[capacity.p{n}]\ninstance_types = ['m7i.large']\nmax = 1\n" for n in range(19))
_ON_POOLS = "".join(f"[services.s{n}]\nimage = 'r.io/s:1'\ncapacity = 'p{n}'\n" for n in range(19))
BEYOND = {
    "callers": (
        _HUB + _services(61, "calls = ['hub']"),
        'services.hub: 61 ingress rules, one for each caller: of "Inbound or outbound rules per security group" '
        "AWS has 60 by default; have AWS raise it first, or let fewer services call it, or a gateway in front of it",
    ),
    "callees": (
        _services(61, "port = 80") + f"[services.all]\nimage = 'r.io/a:1'\ncalls = {[f's{n}' for n in range(61)]}\n",
        'services.all.calls: 62 egress rules, one for each callee: of "Inbound or outbound rules per security group" '
        'AWS has 60 by default; have AWS raise it first, or call fewer, or write network.egress = "any"',
    ),
    "roles": (
        _services(501),
        'services: 1,002 roles, two for each service and version: of "Roles in an AWS account" AWS has 1,000 by '
        "default; have AWS raise it first, or use another account",
    ),
    "interfaces": (
        _services(6, "replicas = 900"),
        'services: 5,400 interfaces, one for each task: of "Network interfaces per Region" AWS has 5,000 by default; '
        "have AWS raise it first, or run fewer tasks",
    ),
    "services behind a load balancer": (
        _WAY_IN + _services(61, "port = 80", "public = { path = '/s$', priority = 1$ }"),
        'ingress.public: 61 egress rules, one for each service behind it: of "Inbound or outbound rules '
        'per security group" AWS has 60 by default; have AWS raise it first, or add another [ingress] for some of them',
    ),
    "tasks behind a load balancer": (
        _WAY_IN + _services(2, "port = 80", "public.path = '/s$'", "replicas = 501"),
        'ingress.public: 1,002 targets, one for each task behind it: of "Targets per Application Load Balancer" AWS '
        "has 1,000 by default; have AWS raise it first, or run fewer tasks",
    ),
    "users of a file system": (
        _services(61, "volumes.a = { path = '/a', kind = 'efs' }"),
        'services: 61 ingress rules of the file system, one for each service: of "Inbound or outbound rules per '
        'security group" AWS has 60 by default; have AWS raise it first, or make two catalogs of it',
    ),
    "instances in Cloud Map": (
        _services(1, "port = 80", "replicas = 900", "[[services.s0.versions]]", "name = 'v'", "replicas = 101"),
        'services.s0: 1,001 instances, one for each task: of "Service instances" AWS has 1,000 and raises it for '
        "nobody; run fewer tasks",
    ),
    "capacities": (
        _POOLS + _ON_POOLS,
        'capacity: 21 providers, Fargate\'s two included: of "Capacity providers per cluster" AWS has 20 and raises '
        "it for nobody; name several instance_types in one [capacity]",
    ),
}


@pytest.mark.parametrize(("toml", "warning"), BEYOND.values(), ids=BEYOND)
def test_what_is_beyond_a_quota_is_said_with_the_number(toml: str, warning: str) -> None:
    assert _warnings(toml) == [warning]


def test_what_a_mesh_listens_for_takes_no_rule_of_each_caller() -> None:
    assert _warnings(_HUB + _services(61, "calls = ['hub']"), kind="vpc-lattice") == []


def test_environments_of_one_account_share_its_quotas() -> None:
    environments = "".join(f"[environments.e{n}]\n" for n in range(3))
    elsewhere = "".join(f"[environments.e{n}]\naws.accounts = ['{10**11 + n}']\n" for n in range(3))
    network = "[network]\nnat = 'per-zone'\n"
    assert _warnings(network + environments) == [
        'environments.e2: its region and those beside it take 6: of "Elastic IP addresses per Region" AWS has 5 by '
        "default; have AWS raise it first, or give environments accounts of their own"
    ]
    assert _warnings(network + elsewhere) == []


def test_up_to_a_quota_nothing_is_said() -> None:
    assert _warnings(_HUB + _services(60, "calls = ['hub']")) == []


def _by_group(output: dict[str, Any], type_: str) -> Counter[str]:
    """How many rules each group has in the output, as AWS counts them (VPC guide, "AWS-managed prefix list weight")."""
    rules: Counter[str] = Counter()
    for rule in resources(output, type_).values():
        of_the_mesh = "aws_ec2_managed_prefix_list.main_mesh" in str(rule.get("prefix_list_id"))
        rules[rule["security_group_id"]] += 10 if of_the_mesh else 1
    return rules


@pytest.mark.parametrize(
    ("name", "kind"),
    [(name, kind) for name in ("everything", "models", "signed") for kind in KINDS if (name, kind) not in REFUSED],
)
def test_rules_are_counted_as_they_are_written(shipped: ShippedOutputs, name: str, kind: str) -> None:
    [(deployment, output)] = shipped(ROOT / f"tests/more_catalogs/{name}.toml", kind).bases
    for direction, count in (("ingress", rules_in), ("egress", rules_out)):
        made = _by_group(output, f"aws_vpc_security_group_{direction}_rule")
        counted = {f"${{aws_security_group.{place[1]}.id}}": number for place, _, number in count(deployment)}
        assert {group: made[group] for group in counted} == counted, direction


def test_every_quota_has_its_page() -> None:
    assert all(quota.source and quota.limit and quota.fix for quota in QUOTAS)


@pytest.mark.parametrize(("count", "refused"), [(123, False), (124, True)])
def test_a_role_has_room_for_so_many_signed_callees(count: int, refused: bool) -> None:
    callees = [f"s{n}" for n in range(count)]
    toml = (
        "[mesh]\nkind = 'vpc-lattice'\nauth = 'iam'\n"
        + _services(count, "port = 80", "sign_requests = true")
        + f"[services.all]\nimage = 'r.io/a:1'\nsign_requests = true\ncalls = {callees}\n"
    )
    if not refused:
        loaded(toml)
        return
    assert [problem.partition(": ")[2] for problem in problems_of(toml)] == [
        "services.all.calls: 124 callees are more than its role has room for, IAM takes 10,240 characters: with its "
        "access about 123; split it, or leave out mesh.auth"
    ]
