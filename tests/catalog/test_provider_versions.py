"""The guarantees of a version constraint about the provider that Terraform selects."""

from __future__ import annotations

import pytest

from catalog.analysis.provider_versions import provider_at_least


@pytest.mark.parametrize(
    "constraint",
    [
        ">= 6.34, < 7",
        "< 7, >= 6.34",
        ">=6.34",
        ">= 6.34.0",
        "~> 6.34",
        "~> 6.40.1",
        "6.34",
        "= 6.34.2",
        "> 6.34",
        ">= 7",
        ">= 6.100",
    ],
)
def test_a_constraint_that_excludes_all_older_versions_guarantees_a_version(constraint: str) -> None:
    assert provider_at_least(constraint, "6.34")


@pytest.mark.parametrize(
    "constraint",
    [
        ">= 5.100, < 7",
        ">= 6.25, < 7",
        "~> 6.33",
        "~> 6.0",
        "> 6.33",
        "6.4",
        ">= 6",
        "< 7",
        "<= 6.34",
        "!= 6.40",
        ">= 6.3, != 6.33",
    ],
)
def test_a_constraint_that_allows_one_older_version_guarantees_nothing(constraint: str) -> None:
    assert not provider_at_least(constraint, "6.34")


def test_zeros_at_the_end_of_a_version_do_not_count() -> None:
    assert provider_at_least(">= 6", "6.0.0") and provider_at_least(">= 6.34.0", "6.34")
