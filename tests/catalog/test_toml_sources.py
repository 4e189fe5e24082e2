"""Files that cannot be read say so in a line, and odd but right ones keep their line numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.diagnostics import CatalogError
from catalog.load import load
from tests.support.catalogs import complete, problems_of

pytestmark = pytest.mark.usefixtures("in_tmp_path")


def _refused(file: str = "services.toml", *, environment: str | None = None) -> list[str]:
    with pytest.raises(CatalogError) as refused:
        load(file, environment=environment)
    return str(refused.value).splitlines()


def test_a_missing_file_is_named() -> None:
    assert _refused("nowhere.toml") == [
        "nowhere.toml: there is no such file; create it, or name another with CATALOG_FILE=path"
    ]


def test_a_folder_without_files_is_no_catalog() -> None:
    Path("folder").mkdir()
    assert _refused("folder") == [
        "folder: holds no TOML file; put services.toml into it, or name another with CATALOG_FILE=path"
    ]


def test_a_file_in_a_file_is_no_file() -> None:
    Path("services.toml").write_text("")
    assert _refused("services.toml/other.toml") == [
        "services.toml/other.toml: cannot be read: Not a directory; make it readable"
    ]


def test_a_number_that_python_cannot_read_has_its_line() -> None:
    Path("services.toml").write_text(f"[catalog]\n\nname = {'9' * 5000}\n")
    assert _refused() == ["services.toml:3: holds a number of thousands of digits; write one that a computer can hold"]


def test_a_word_that_fills_pages_is_cut() -> None:
    Path("services.toml").write_text(f'[services.{"a" * 5000}]\nimage = "{"x" * 5000}:y z"\n')
    assert all(len(line) < 600 and "a" * 120 not in line[400:] for line in _refused())


def test_an_empty_file_lacks_what_is_required() -> None:
    Path("services.toml").write_text("")
    assert _refused() == [
        'services.toml:1: required key "catalog" is missing; add [catalog] with name and region',
        'services.toml:1: required key "mesh" is missing; add [mesh] with a kind',
        'services.toml:1: required key "services" is missing; add [services.NAME] with an image',
    ]


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        ("[catalog\n", "1: not TOML: Expected ']' at the end of a table declaration"),
        ('[catalog]\nname = "shop\n', "2: not TOML: Illegal character '\\n'"),
        ("[catalog]\nname = shop\n", "2: not TOML: Invalid value"),
        ("[services.web]\n\n[services.web]\n", "3: not TOML: Cannot declare ('services', 'web') twice"),
        ("a = 1\na = 2\n", "2: not TOML: Cannot overwrite a value"),
        ("a = [1,\n2,\n", "2: not TOML: Invalid value"),
    ],
)
def test_what_is_not_toml_says_where(toml: str, problem: str) -> None:
    Path("services.toml").write_text(toml)
    assert _refused() == [f"services.toml:{problem}; mend this line first, the rest is read after it"]


def test_bytes_that_are_not_utf_8_say_where() -> None:
    Path("services.toml").write_bytes(b'[catalog]\nname = "caf\xe9"\n')
    assert _refused() == ["services.toml:2: holds bytes that are not UTF-8; save the file as UTF-8"]


def test_endless_nesting_is_refused() -> None:
    Path("services.toml").write_text("a = " + "[" * 100_000)
    assert _refused() == ["services.toml: tables or lists are nested too deeply to be read; flatten them"]


WRONG = complete("""
    # Größe: groß

    [services.web]
    image = "r.io/web:1"
    replica = 2
""")
TOLD = ['services.toml:5: services.web.replica: unknown key; did you mean "replicas"?']


@pytest.mark.parametrize(
    "raw",
    [
        WRONG.encode(),
        b"\xef\xbb\xbf" + WRONG.encode(),
        WRONG.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + WRONG.replace("\n", "\r\n").encode(),
        WRONG.rstrip("\n").encode(),
    ],
    ids=["plain", "with a byte order mark", "with carriage returns", "with both", "without a last line end"],
)
def test_lines_are_counted_as_editors_count_them(raw: bytes) -> None:
    Path("services.toml").write_bytes(raw)
    assert _refused() == TOLD


@pytest.mark.parametrize(
    ("toml", "line"),
    [
        ("services.web.image = 1\n", 1),
        ("services = { web = { port = 80, image = 1 } }\n", 1),
        ('[services]\n"web".image = 1\n', 2),
        ("[services]\nweb = { image = 1 } # a remark\n", 2),
        ("[ services . 'web' ]\n\n  image  =  1\n", 3),
        ('[services.web]\nuser = """\na\nb\n"""\nimage = 1\n', 6),
    ],
)
def test_every_way_to_write_a_key_has_its_line(toml: str, line: int) -> None:
    Path("services.toml").write_text(toml + '[catalog]\nname = "shop"\nregion = "us-west-2"\n[mesh]\nkind = "none"\n')
    expected = f'services.toml:{line}: services.web.image: expected text, not a number; write "1" in quotes'
    assert expected in _refused()


def test_a_list_over_several_lines_names_the_line_of_the_item() -> None:
    assert problems_of("""
        [services.web]
        image = "r.io/web:1"
        calls = [
          "llm", # a remark
          # another
          "lmm",
        ]

        [services.llm]
        image = "r.io/llm:1"
        port = 80
    """) == ['services.toml:6: services.web.calls[1]: unknown service "lmm"; did you mean "llm"?']


def test_an_environment_that_is_not_there_is_said() -> None:
    Path("services.toml").write_text(complete("[environments.dev]\n[environments.prod]\n"))
    assert _refused(environment="test") == [
        'services.toml:1: environments: there is no environment "test"; ask for one of dev, prod'
    ]
    Path("services.toml").write_text(complete(""))
    assert _refused(environment="test") == [
        'services.toml: there is no environment "test", as the catalog has none; add [environments], or ask for none'
    ]


def test_one_wrong_environment_hides_no_mistake_of_the_others() -> None:
    assert problems_of("""
        [environments.Prod]

        [environments.dev.services.stub]
        replica = 2

        [services.stub]
        image = "r.io/stub:1"
    """) == [
        "services.toml:1: environments.Prod: is not a name; use lower-case letters, digits and single hyphens, "
        "beginning with a letter",
        'services.toml:4: environments.dev.services.stub.replica: unknown key; did you mean "replicas"?',
    ]


_WITH_IMAGES = """
    [catalog]
    name = "shop"
    region = "us-west-2"
    images = "images.toml"

    [services.web]
    image = "r.io/web:1"
"""


def test_a_wrong_image_is_told_in_the_images_file() -> None:
    Path("images.toml").write_text('# made by CI\nweb = "r.io/Web:2"\n')
    assert problems_of(_WITH_IMAGES) == [
        'images.toml:2: web: "r.io/Web:2" has capital letters in its name. Write "r.io/web:2".'
    ]


def test_an_image_of_nobody_is_told_in_the_images_file() -> None:
    Path("images.toml").write_text('wep = "r.io/web:2"\n')
    assert problems_of(_WITH_IMAGES) == ['images.toml:1: wep: unknown service; did you mean "web"?']


def test_an_images_file_that_is_missing_is_told_where_it_is_named() -> None:
    assert problems_of(_WITH_IMAGES) == [
        "services.toml:4: catalog.images: images.toml: there is no such file; create it, or remove this key"
    ]
