"""Quotas of an account, with the numbers."""

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
        if notice.level == "warning" and ' the quota "' in notice.message
    ]


_HUB = "[services.hub]\nimage = 'r.io/hub:1'\nport = 80\n"
_INGRESS = "[ingress.public]\nallow = ['10.0.0.0/8']\n"
_POOLS = "".join(f"[capacity.p{n}]\ninstance_types = ['m7i.large']\nmax = 1\n" for n in range(19))
_ON_POOLS = "".join(f"[services.s{n}]\nimage = 'r.io/s:1'\ncapacity = 'p{n}'\n" for n in range(19))
BEYOND = {
    "callers": (
        _HUB + _services(61, "calls = ['hub']"),
        "services.hub: 61 ingress rules, one for each caller, exceed the quota "
        '"Inbound or outbound rules per security group", '
        "which is 60 by default. Ask AWS for a higher quota first, or call it from fewer services, or through a "
        "gateway.",
    ),
    "callees": (
        _services(61, "port = 80") + f"[services.all]\nimage = 'r.io/a:1'\ncalls = {[f's{n}' for n in range(61)]}\n",
        "services.all.calls: 62 egress rules, one for each callee, exceed the quota "
        '"Inbound or outbound rules per security '
        'group", which is 60 by default. Ask AWS for a higher quota first, or call fewer services, or write '
        'network.egress = "any".',
    ),
    "roles": (
        _services(501),
        'services: 1,002 roles, two for each service and version exceed the quota "Roles in an AWS account", which is'
        " 1,000 by default. Ask AWS for a higher quota first, or use another account.",
    ),
    "interfaces": (
        _services(6, "replicas = 900"),
        'services: 5,400 interfaces, one for each task, exceed the quota "Network interfaces per Region", which is '
        "5,000 by default. Ask AWS for a higher quota first, or run fewer tasks.",
    ),
    "services behind a load balancer": (
        _INGRESS + _services(61, "port = 80", "public = { path = '/s$', priority = 1$ }"),
        "ingress.public: 61 egress rules, one for each service behind it, exceed the quota "
        '"Inbound or '
        'outbound rules per security group", which is 60 by default. Ask AWS for a higher quota first, or add another'
        " [ingress] for some of them.",
    ),
    "tasks behind a load balancer": (
        _INGRESS + _services(2, "port = 80", "public.path = '/s$'", "replicas = 501"),
        'ingress.public: 1,002 targets, one for each task behind it, exceed the quota "Targets per Application Load '
        'Balancer", which is 1,000 by default. Ask AWS for a higher quota first, or run fewer tasks.',
    ),
    "users of a file system": (
        _services(61, "volumes.a = { path = '/a', kind = 'efs' }"),
        'services: 61 ingress rules of the file system, one for each service, exceed the quota "Inbound or outbound '
        'rules per security group", which is 60 by default. Ask AWS for a higher quota first, or split the '
        "catalog in two.",
    ),
    "instances in Cloud Map": (
        _services(1, "port = 80", "replicas = 900", "[[services.s0.versions]]", "name = 'v'", "replicas = 101"),
        'services.s0: 1,001 instances, one for each task, exceed the quota "Service instances", which is 1,000 and '
        "fixed. Run fewer tasks.",
    ),
    "capacities": (
        _POOLS + _ON_POOLS,
        'capacity: 21 providers, Fargate\'s two included exceed the quota "Capacity providers per cluster", which is '
        "20 and fixed. List several instance_types in one [capacity].",
    ),
}


@pytest.mark.parametrize(("toml", "warning"), BEYOND.values(), ids=BEYOND)
def test_a_quota_that_is_exceeded_is_a_warning_with_the_number(toml: str, warning: str) -> None:
    assert _warnings(toml) == [warning]


def _vcpus(toml: str) -> list[str]:
    return [f"{each.level} {each.place}: {each.message}" for each in loaded(toml).notices if "vCPUs" in each.message]


_FARGATE = 'the quota "Fargate On-Demand vCPU resource count" (L-3032A538), which is 6'
_G = 'the quota "Running On-Demand G and VT instances" (L-DB2E81BA), which is 0'
_SPOT = 'the quota "All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests" (L-34B43A08), which is 5'
_BIG = ("cpu = 2048", "memory = 4096")
_NEXT = ("[[services.s0.versions]]", "name = 'v'")
VCPUS = {
    "tasks on Fargate": (_services(4, *_BIG), {"services": (8, _FARGATE)}),
    "scaled tasks and versions": (
        _services(1, "port = 80", "scale = { max = 12, cpu_percent = 50 }", *_NEXT),
        {"services": (12, _FARGATE)},
    ),
    "as many as a new account has": (
        _services(3, *_BIG) + "[services.spot]\nimage = 'r.io/s:1'\ncapacity = 'fargate-spot'\n",
        {},
    ),
    "instances of several classes": (
        "[capacity.a]\ninstance_types = ['g5.xlarge', 'g6.2xlarge']\nmax = 2\n"
        "[capacity.b]\ninstance_types = ['g4dn.xlarge']\nmax = 1\n"
        "[capacity.c]\ninstance_types = ['m7i.large']\nmax = 2\n"
        "[capacity.d]\ninstance_types = ['r7i.xlarge']\nmax = 2\nspot = true\n"
        + "".join(f"[services.{n}]\nimage = 'r.io/s:1'\ncapacity = '{n}'\n" for n in "abcd"),
        {"capacity.a.max": (20, _G), "capacity.d.max": (8, _SPOT)},
    ),
    "P5 on Spot, which has a quota of its own, and P6, whose quota isn't known": (
        "[capacity.a]\ninstance_types = ['p5.4xlarge', 'p6-b200.48xlarge']\nmax = 1\nspot = true\n"
        "[services.a]\nimage = 'r.io/s:1'\ncapacity = 'a'\n",
        {"capacity.a.max": (16, 'the quota "All P5 Spot Instance Requests" (L-C4BD4855), which is 0')},
    ),
}


@pytest.mark.parametrize(("toml", "expected"), VCPUS.values(), ids=VCPUS)
def test_each_quota_of_vcpus_that_a_new_account_lacks_is_one_notice(
    toml: str, expected: dict[str, tuple[int, str]]
) -> None:
    ask = "in a new account. Check the quota of your account, and ask AWS for a higher one before the first apply."
    assert _vcpus(toml) == [
        f"notice {place}: up to {count} vCPUs count against {quota} {ask}" for place, (count, quota) in expected.items()
    ]


def test_vpc_lattice_requires_no_rule_for_each_caller() -> None:
    assert _warnings(_HUB + _services(61, "calls = ['hub']"), kind="vpc-lattice") == []


def test_environments_of_one_account_share_its_quotas() -> None:
    environments = "".join(f"[environments.e{n}]\n" for n in range(3))
    elsewhere = "".join(f"[environments.e{n}]\naws.accounts = ['{10**11 + n}']\n" for n in range(3))
    network = "[network]\nnat = 'per-zone'\n"
    assert _warnings(network + environments) == [
        'environments.e2: the environments of its account and region require 6, and the quota "Elastic IP addresses '
        'per Region" is 5 by default. Ask AWS for a higher quota first, or use an account for each environment.'
    ]
    assert _warnings(network + elsewhere) == []


def test_use_within_a_quota_has_no_warning() -> None:
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
def test_counted_rules_equal_the_rules_in_the_output(shipped: ShippedOutputs, name: str, kind: str) -> None:
    [(deployment, output)] = shipped(ROOT / f"tests/more_catalogs/{name}.toml", kind).bases
    for direction, count in (("ingress", rules_in), ("egress", rules_out)):
        made = _by_group(output, f"aws_vpc_security_group_{direction}_rule")
        counted = {f"${{aws_security_group.{place[1]}.id}}": number for place, _, number in count(deployment)}
        assert {group: made[group] for group in counted} == counted, direction


def test_every_quota_has_an_aws_page() -> None:
    assert all(quota.source and quota.limit and quota.fix for quota in QUOTAS)


@pytest.mark.parametrize(("count", "refused"), [(123, False), (124, True)])
def test_a_role_allows_a_limited_number_of_signed_callees(count: int, refused: bool) -> None:
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
        "services.all.calls: 124 callees exceed the size of a role policy: IAM allows 10,240 characters, beside its "
        "access about 123 callees. Split the service, or remove mesh.auth."
    ]
