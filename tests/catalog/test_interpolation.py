"""Placeholders that are replaced, and text that stays as it is."""

from __future__ import annotations

import pytest

from catalog.reading.interpolation import Unknown, addresses_in, fill

VALUES = {"region": "us-west-2", "environment": "prod", "account": "123456789012", "var.tag": "1.2"}


def _address(name: str) -> str:
    callee, _, what = name.partition(".")
    if callee != "llm":
        raise Unknown(f"no {callee}")
    return {"url": "http://llm:80", "host": "llm", "port": "80"}[what]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web:{var.tag}", "web:1.2"),
        ("{region}-{environment}-{account}", "us-west-2-prod-123456789012"),
        ("{region}{region}", "us-west-2us-west-2"),
        ("{{region}", "{region}"),
        ("{{region}}", "{region}}"),
        ("{{{region}", "{{region}"),
        ("{{var.nobody}", "{var.nobody}"),
        ("{ region }", "{ region }"),
        ("{Region}", "{Region}"),
        ("{}", "{}"),
        ('{"region": "x"}', '{"region": "x"}'),
        ("${region}", "${region}"),
        ("$${region}", "$${region}"),
        ("%{region}", "%{region}"),
        ("${HOME} and {region}", "${HOME} and us-west-2"),
        ("{llm.url}", "{llm.url}"),
        ("{region", "{region"),
        ("", ""),
    ],
)
def test_a_text_keeps_all_that_is_not_a_placeholder(text: str, expected: str) -> None:
    assert fill(text, VALUES) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{llm.url}/v1", "http://llm:80/v1"),
        ("{llm.host}:{llm.port}", "llm:80"),
        ("{{llm.url}", "{llm.url}"),
        ("${llm.url}", "${llm.url}"),
        ("{llm.name}", "{llm.name}"),
        ("{region} {llm.port}", "us-west-2 80"),
    ],
)
def test_an_environment_knows_the_addresses_of_callees(text: str, expected: str) -> None:
    assert fill(text, VALUES, address=_address) == expected


def test_an_unknown_variable_says_which_there_are() -> None:
    with pytest.raises(Unknown) as unknown:
        fill("{var.tga}", VALUES)
    assert (
        str(unknown.value)
        == "{var.tga} has no value. Add tga to [vars] (which has tag), or double only the opening brace for literal "
        "text: {{var.tga}."
    )


def test_the_address_function_refuses_an_address_that_does_not_exist() -> None:
    with pytest.raises(Unknown, match="no db"):
        fill("{db.host}", VALUES, address=_address)


def test_what_is_filled_in_is_not_read_again() -> None:
    assert fill("{var.a}", {"var.a": "{region}", "region": "us-west-2"}) == "{region}"


def test_addresses_are_found_where_they_stay_text() -> None:
    assert addresses_in("--url={llm.url} --port={db.port} ${x.url} {{y.url} {var.z}") == ["llm.url", "db.port"]
