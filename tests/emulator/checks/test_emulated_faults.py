"""The emulator fails on demand, in the words of each service's protocol, and clients understand it."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from tests import emulator
from tests.emulator import faults, tokens
from tests.emulator.calls import Call

CALLS: dict[str, tuple[str, str, Callable[[Any], Any], str]] = {
    "ec2": ("ec2", "DescribeVpcs", lambda client: client.describe_vpcs(), "RequestLimitExceeded"),
    "query": ("iam", "ListRoles", lambda client: client.list_roles(), "Throttling"),
    "json": ("ecs", "ListClusters", lambda client: client.list_clusters(), "ThrottlingException"),
    "rest-json": ("appmesh", "ListMeshes", lambda client: client.list_meshes(), "TooManyRequestsException"),
    "rest-xml": ("route53", "ListHostedZones", lambda client: client.list_hosted_zones(), "Throttling"),
    "rest-xml, by host": ("s3", "ListBuckets", lambda client: client.list_buckets(), "SlowDown"),
    "rest-json, with parts": (
        "vpc-lattice",
        "ListTagsForResource",
        lambda client: client.list_tags_for_resource(
            resourceArn="arn:aws:vpc-lattice:us-east-1:123456789012:service/svc-0a1b2c3d4e5f60718"
        ),
        "ThrottlingException",
    ),
}
"""For each protocol a service, an operation, a call of it, and how the service throttles."""


@pytest.fixture(autouse=True)
def _running() -> None:
    emulator.start()
    emulator.reset()


@pytest.mark.parametrize("protocol", CALLS)
@pytest.mark.parametrize("kind", ["throttled", "failed", "unavailable"])
def test_the_nth_call_is_refused_as_the_service_refuses(protocol: str, kind: faults.Kind) -> None:
    service, operation, call, throttled = CALLS[protocol]
    client = emulator.client(service, attempts=1)
    with faults.during(faults.Plan(calls={(service, operation, 2): kind})) as plan:
        _without_fault(call, client)
        with pytest.raises(ClientError) as refused:
            call(client)
        _without_fault(call, client)

    code = {"throttled": throttled, "failed": "InternalFailure", "unavailable": "ServiceUnavailable"}[kind]
    assert refused.value.response["Error"]["Code"] == code
    assert plan.injected == [(service, operation, 2, kind)]


def _without_fault(call: Callable[[Any], Any], client: Any) -> None:
    try:
        call(client)
    except ClientError as error:
        assert "told to fail" not in str(error)


@pytest.mark.parametrize(("kind", "made"), [("dropped", 0), ("lost", 1)])
def test_a_connection_is_closed_before_or_after_the_call_was_done(kind: faults.Kind, made: int) -> None:
    ec2 = emulator.client("ec2", attempts=1)
    with (
        faults.during(faults.Plan(calls={("ec2", "AllocateAddress", 1): kind})),
        pytest.raises(ConnectionClosedError),
    ):
        ec2.allocate_address()

    assert len(ec2.describe_addresses()["Addresses"]) == made


def test_a_token_makes_a_repeated_call_harmless_and_another_one_does_not() -> None:
    ec2 = emulator.client("ec2", attempts=1)
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    made = [
        ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private", ClientToken=token)["NatGateway"][
            "NatGatewayId"
        ]
        for token in ("a", "a", "b")
    ]

    assert made[0] == made[1] != made[2]
    assert len(ec2.describe_nat_gateways()["NatGateways"]) == 2


def _answered(*, invocation: str, lost: bool = False, made: list[int]) -> bytes:
    """The response to a call of this invocation that creates one more resource."""

    def serve(_: Any, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        made.append(len(made))
        start_response("200 OK", [])
        return [b"thing %d" % made[-1]]

    call = Call(service="ec2", operation="CreateVpc", protocol="ec2", token=None, body=b"")
    environ = {"HTTP_AMZ_SDK_INVOCATION_ID": invocation}
    return b"".join(tokens.answer(serve, None, call, environ, lambda *_: None, lost=lost))


def test_an_attempt_after_a_broken_connection_gets_the_first_ones_answer() -> None:
    made: list[int] = []
    assert [_answered(invocation=name, made=made) for name in ("a", "a", "b", "a")] == [
        b"thing 0",
        b"thing 0",
        b"thing 1",
        b"thing 0",
    ]
    assert len(made) == 2


def test_a_retry_after_a_response_that_a_fault_lost_is_a_new_call() -> None:
    made: list[int] = []
    _answered(invocation="c", lost=True, made=made)
    _answered(invocation="c", made=made)
    assert len(made) == 2


def test_calls_that_come_together_are_served_one_after_the_other_and_those_of_one_token_once() -> None:
    inside, served = [], []

    def serve(_: Any, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        inside.append(environ["name"])
        time.sleep(0.01)
        served.append(inside.copy())
        inside.remove(environ["name"])
        start_response("200 OK", [])
        return [b"done"]

    def ask(name: str) -> bytes:
        call = Call(service="ec2", operation="CreateNatGateway", protocol="ec2", token=f"of {name}", body=b"")
        return b"".join(tokens.answer(serve, None, call, {"name": name}, lambda *_: None))

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(ask, "aabbccdd"))

    assert answers == [b"done"] * 8
    assert sorted(served) == [["a"], ["b"], ["c"], ["d"]]


def test_what_load_balancers_are_asked_twice_they_do_once_unless_it_is_gone() -> None:
    elb = emulator.client("elbv2", attempts=1)
    vpc = emulator.client("ec2", attempts=1).describe_vpcs()["Vpcs"][0]["VpcId"]

    def make(port: int) -> str:
        groups = elb.create_target_group(Name="web", Protocol="HTTP", Port=port, VpcId=vpc)["TargetGroups"]
        return str(groups[0]["TargetGroupArn"])

    first = make(80)
    assert make(80) == first
    with pytest.raises(elb.exceptions.DuplicateTargetGroupNameException):
        make(81)
    elb.delete_target_group(TargetGroupArn=first)
    assert make(80) != first


def test_a_seed_chooses_the_same_faults_in_any_order_of_calls_and_their_number_is_limited() -> None:
    def storm(order: list[str]) -> list[tuple[str, str, int, faults.Kind]]:
        plan = faults.Plan(seed=3, chance=0.3, kinds=("throttled", "failed"), at_most=1000)
        with faults.during(plan):
            for protocol in order:
                service, _, call, _ = CALLS[protocol]
                with suppress(ClientError):
                    call(emulator.client(service, attempts=1))
        return sorted(plan.injected)

    one, another = storm(["ec2", "json"] * 10), storm(["json"] * 10 + ["ec2"] * 10)
    assert one == another and 2 < len(one) < 15

    passing = faults.Plan(seed=3, chance=1, kinds=("failed",), at_most=2)
    with faults.during(passing):
        for _ in range(4):
            _told_to_fail()
    assert len(passing.injected) == 2


def _told_to_fail() -> None:
    try:
        emulator.client("ecs", attempts=1).list_clusters()
    except ClientError as error:
        assert "told to fail" in str(error)
