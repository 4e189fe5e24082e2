"""A version's own way through VPC Lattice: the rule by which it gets what it matches."""

from __future__ import annotations

from typing import Any

from cdktf_cdktf_provider_aws.vpclattice_listener_rule import (
    VpclatticeListenerRuleActionForwardTargetGroups,
    VpclatticeListenerRuleMatchHttpMatchHeaderMatches,
    VpclatticeListenerRuleMatchHttpMatchHeaderMatchesMatch,
)

from catalog.model import Service
from catalog.priorities import match_priority
from stacks.part import Ref


def match_rule(version: Service, *, service: Ref, listener: Ref, group: Ref) -> dict[str, Any]:
    """The arguments of a listener rule that sends a version what it matches, whatever its weight."""
    assert version.match is not None and version.version is not None
    headers = [
        VpclatticeListenerRuleMatchHttpMatchHeaderMatches(
            name=name,
            case_sensitive=True,
            match=VpclatticeListenerRuleMatchHttpMatchHeaderMatchesMatch(exact=value),
        )
        for name, value in sorted(version.match.headers.items())
    ]
    path = {"path_match": {"case_sensitive": True, "match": {"prefix": version.match.path}}}
    target = VpclatticeListenerRuleActionForwardTargetGroups(target_group_identifier=group.id, weight=100)
    return {
        # At least three characters, and not `rule-` in front (VPC Lattice API reference, CreateRule.name).
        "name": f"to-{version.version}",
        "service_identifier": service.id,
        "listener_identifier": listener.listener_id,
        "priority": match_priority(version),
        "match": {
            "http_match": {
                **({"header_matches": headers} if headers else {}),
                **(path if version.match.path != "/" else {}),
            }
        },
        "action": {"forward": {"target_groups": [target]}},
    }
