"""Nearest words for a typo, also among very many words."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

import pytest

from catalog.diagnostics import CatalogError, did_you_mean
from tests.support.catalogs import loaded

MANY = [f"service-{n}" for n in range(1000)]


@pytest.mark.parametrize("slip", ["service-1o", "servic-10", "sservice-10", "sevrice-10"])
def test_a_slip_is_found_among_few_words(slip: str) -> None:
    assert did_you_mean(slip, ["backend", "service-10", "web"]) == "service-10"


@pytest.mark.parametrize("slip", ["serviec-77", "srvice-77", "servicee-77", "zervice-77"])
def test_a_slip_is_found_among_very_many(slip: str) -> None:
    assert did_you_mean(slip, MANY) == "service-77"


def test_what_resembles_nothing_has_no_suggestion() -> None:
    assert did_you_mean("xyzzy", MANY) is None
    assert did_you_mean("xyzzy", MANY[:5]) is None


def test_none_of_a_thousand_misspelt_callees_is_compared_with_each_of_a_thousand_services(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("many"))
    own = 'image = "r.io/a:1"\nport = 80\n'
    toml = "".join(f'[services.{name}]\n{own}calls = ["sevrice-{n + 1}"]\n' for n, name in enumerate(MANY[:-1]))
    toml += f"[services.{MANY[-1]}]\n{own}"
    compared: list[int] = []
    closest = difflib.get_close_matches

    def compare(word: str, known: Sequence[str], **how: Any) -> list[str]:
        compared.append(len(known))
        return closest(word, known, **how)

    monkeypatch.setattr(difflib, "get_close_matches", compare)
    with pytest.raises(CatalogError) as refused:
        loaded(toml)
    assert len(refused.value.problems) == 999
    assert all("did you mean" in problem.message for problem in refused.value.problems)
    # Comparing each with all took three seconds.
    assert sum(compared) < 1000
