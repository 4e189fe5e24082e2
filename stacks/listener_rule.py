"""What a load balancer's rule says: which requests it takes, and where it sends them."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.lb_listener_rule import (
    LbListenerRuleAction,
    LbListenerRuleActionForward,
    LbListenerRuleActionForwardTargetGroup,
    LbListenerRuleCondition,
    LbListenerRuleConditionHostHeader,
    LbListenerRuleConditionHttpHeader,
    LbListenerRuleConditionPathPattern,
)

from catalog.model import Service
from catalog.model.match import Match
from catalog.model.service import Public
from stacks.part import Ref


def conditions(public: Public, match: Match | None = None) -> list[LbListenerRuleCondition]:
    """What a request must meet to be a service's, or one of its versions'."""
    # A prefix ends where a segment does: /api takes /api and /api/x, not /apiary.
    paths = ["/*"] if public.path == "/" else [public.path, f"{public.path}/*"]
    if match is not None and match.path not in ("/", public.path):
        paths = [f"{match.path}*"]
    found = [LbListenerRuleCondition(path_pattern=LbListenerRuleConditionPathPattern(values=paths))]
    if public.host:
        host = LbListenerRuleConditionHostHeader(values=[public.host])
        found.append(LbListenerRuleCondition(host_header=host))
    for name, value in sorted(match.headers.items()) if match is not None else ():
        header = LbListenerRuleConditionHttpHeader(http_header_name=name, values=[_literal(value)])
        found.append(LbListenerRuleCondition(http_header=header))
    return found


def _literal(value: str) -> str:
    """A header's value without what a load balancer takes for a wildcard (ELBv2 API reference,
    HttpHeaderConditionConfig)."""
    return value.replace("\\", "\\\\").replace("*", "\\*").replace("?", "\\?")


def forward_to(service: Service, groups: list[tuple[Ref, int]], order: int | None = None) -> LbListenerRuleAction:
    """To the one group, or to several by their weights; where a browser stays with a task, with its version first."""
    if len(groups) == 1:
        return LbListenerRuleAction(type="forward", target_group_arn=groups[0][0].arn, order=order)
    targets = [LbListenerRuleActionForwardTargetGroup(arn=group.arn, weight=weight) for group, weight in groups]
    sticky = service.public.sticky if service.public else None
    stays = {"enabled": True, "duration": int(sticky)} if sticky else None
    forward = LbListenerRuleActionForward(target_group=targets, stickiness=stays)
    return LbListenerRuleAction(type="forward", forward=forward, order=order)
