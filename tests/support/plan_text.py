"""Read the changes of a plan from the output of `terraform plan`.

`terraform show -json` reports the same, but takes a second of CPU time more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

_HEADING = re.compile(
    r"^ +# (?P<address>\S+)(?: \(deposed object \w+\))? (?:(?:is tainted, so )?(?:must|will) be |will no longer be )"
    r"(?P<what>created|updated in-place|replaced|destroyed|managed by Terraform)",
    re.M,
)
_SYMBOL = re.compile(r"^ *([-+/]+|\~) resource ", re.M)
_MOVED = re.compile(r"^  # (\S+) has moved to (\S+)$|^  # (\S+) .*\n(?:  # \(.*\n)*?  # \(moved from (\S+)\)$", re.M)
_COUNTS = re.compile(r"^Plan: (?:\d+ to import, )?(\d+) to add, (\d+) to change, (\d+) to destroy", re.M)
_ACTIONS = {
    "created": ["create"],
    "updated in-place": ["update"],
    "destroyed": ["delete"],
    "managed by Terraform": ["forget"],
}
_REPLACED = {"-/+": ["delete", "create"], "+/-": ["create", "delete"]}


@dataclass(frozen=True, kw_only=True)
class Planned:
    """A plan: actions by address, as in its JSON, and the new addresses of what moves, by the old."""

    changes: dict[str, list[str]] = field(default_factory=dict)
    moved: dict[str, str] = field(default_factory=dict)


def planned(said: str) -> Planned:
    """Raises AssertionError where Terraform counts other changes than are found here."""
    found: list[tuple[str, list[str]]] = []
    for heading in _HEADING.finditer(said):
        actions = _ACTIONS.get(heading["what"])
        if actions is None:
            symbol = _SYMBOL.search(said, heading.end())
            assert symbol, heading[0]
            actions = _REPLACED[symbol[1]]
        found.append((heading["address"], actions))
    counted = _COUNTS.search(said)
    done = [action for _, actions in found for action in actions]
    assert tuple(map(int, counted.groups() if counted else (0, 0, 0))) == tuple(
        map(done.count, ("create", "update", "delete"))
    ), said
    moved = {old or was: new or address for old, new, address, was in _MOVED.findall(said)}
    return Planned(changes=dict(found), moved=moved)
