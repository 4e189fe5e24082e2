"""[overrides."ADDRESS"]: the one place where a catalog speaks Terraform's own language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalog.problems import Finding, did_you_mean
from stacks.part import Ref


class UnknownAddress(Exception):
    """Overrides for what is not there. Holds a finding for each."""

    def __init__(self, findings: list[Finding]) -> None:
        super().__init__("; ".join(finding.message for finding in findings))
        self.findings = findings


def apply_overrides(elements: Mapping[str, Ref], overrides: Mapping[str, Mapping[str, Any]]) -> None:
    """Lay raw attributes over resources: tables merge, the rest replaces. Raises UnknownAddress, for all at once."""
    unknown = [_finding(address, sorted(elements)) for address in sorted(overrides) if address not in elements]
    if unknown:
        raise UnknownAddress(unknown)
    for address, attributes in sorted(overrides.items()):
        for key, value in sorted(attributes.items()):
            # One attribute at a time and never a dotted path: cdktf would split keys that hold dots.
            elements[address].element.add_override(key, _plain(value))


def _finding(address: str, known: list[str]) -> Finding:
    close = did_you_mean(address, known)
    same_type = [other for other in known if other.partition(".")[0] == address.partition(".")[0]]
    cure = (
        f'did you mean "{close}"?'
        if close
        else f"there {'are ' + ', '.join(same_type) if same_type else 'is none of this type'}"
    )
    return Finding(place=("overrides", address), message=f"no resource has this address; {cure}")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
