"""Where a service may go outside the catalog: the rules of its security group that let traffic out."""

from __future__ import annotations

from typing import Any

from catalog import names
from catalog.endpoints import gateways_of, has_way_out
from catalog.model import Deployment, External, Workload
from stacks.endpoints import Endpoints
from stacks.network import Network
from stacks.part import Ref
from stacks.subnets import ANYWHERE


def egress_rules(
    workload: Workload,
    *,
    deployment: Deployment,
    network: Network,
    endpoints: Endpoints,
) -> dict[str, dict[str, Any]]:
    """The arguments of each rule, by its address.

    An address names the target and not the reason, because AWS refuses a second rule with the same target and port
    (EC2 API reference, InvalidPermission.Duplicate): what two externals share is one rule, and stays when one goes.
    """
    if deployment.catalog.network.egress == "any":
        return {
            names.let_out(workload.key, "anywhere_all"): {
                "ip_protocol": "-1",
                "cidr_ipv4": ANYWHERE,
                "description": "Anywhere",
            }
        }
    rules: dict[str, dict[str, Any]] = {}
    for (target, port), reasons in _open_to(workload, deployment=deployment).items():
        rules[names.let_out(workload.key, _word(target, port))] = tcp(port, to=", ".join(reasons), **_argument(target))
    if not has_way_out(deployment):
        gateways = gateways_of(workload, deployment=deployment)
        rules |= _to_endpoints(
            workload, gateways={name: network.gateways[name] for name in gateways}, endpoints=endpoints
        )
    return rules


def _open_to(workload: Workload, *, deployment: Deployment) -> dict[tuple[str, int], list[str]]:
    """What lies outside the catalog, by target and port, with the names under which the service knows it."""
    targets: dict[tuple[str, int], list[str]] = {}
    if has_way_out(deployment):
        targets[ANYWHERE, 443] = ["AWS"]
    for name, external in deployment.externals_of(workload).items():
        for target in _targets(external):
            targets.setdefault((target, external.port), []).append(name)
    return targets


def _targets(external: External) -> tuple[str, ...]:
    known = (*([external.security_group] if external.security_group else []), *external.cidrs)
    return known or (ANYWHERE,)


def _to_endpoints(workload: Workload, *, gateways: dict[str, Ref], endpoints: Endpoints) -> dict[str, dict[str, Any]]:
    rules = {
        names.let_out(workload.key, f"{name}_gateway"): tcp(
            443, to=f"{name} endpoint", prefix_list_id=gateway.prefix_list_id
        )
        for name, gateway in gateways.items()
    }
    if endpoints.security_group:
        rules[names.let_out(workload.key, "vpc_endpoints")] = tcp(
            443, to="VPC endpoints", referenced_security_group_id=endpoints.security_group.id
        )
    return rules


def _word(target: str, port: int) -> str:
    return f"{'anywhere' if target == ANYWHERE else names.cidr_word(target)}_{port}"


def _argument(target: str) -> dict[str, str]:
    return {"referenced_security_group_id" if target.startswith("sg-") else "cidr_ipv4": target}


def tcp(port: int, last_port: int | None = None, /, *, to: str, **target: str) -> dict[str, Any]:
    """The arguments of a rule that lets TCP out to a port, or to all from there up to `last_port`."""
    return {
        "ip_protocol": "tcp",
        "from_port": port,
        "to_port": last_port or port,
        "description": names.shortened(f"To {to}", 255),
        **target,
    }
