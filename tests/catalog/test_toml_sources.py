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
    assert _refused("nowhere.toml") == ["nowhere.toml: doesn't exist. Create it, or set CATALOG_FILE to another path."]


def test_a_folder_without_files_is_no_catalog() -> None:
    Path("folder").mkdir()
    assert _refused("folder") == [
        "folder: contains no TOML file. Add services.toml, or set CATALOG_FILE to another path."
    ]


def test_a_file_in_a_file_is_no_file() -> None:
    Path("services.toml").write_text("")
    assert _refused("services.toml/other.toml") == [
        "services.toml/other.toml: can't be read: Not a directory. Make it readable."
    ]


def test_a_number_that_python_cannot_read_has_its_line() -> None:
    Path("services.toml").write_text(f"[catalog]\n\nname = {'9' * 5000}\n")
    assert _refused() == ["services.toml:3: has a number with thousands of digits. Write a shorter number."]


def test_a_word_that_fills_pages_is_cut() -> None:
    Path("services.toml").write_text(f'[services.{"a" * 5000}]\nimage = "{"x" * 5000}:y z"\n')
    assert all(len(line) < 600 and "a" * 120 not in line[400:] for line in _refused())


def test_an_empty_file_lacks_what_is_required() -> None:
    Path("services.toml").write_text("")
    assert _refused() == [
        'services.toml:1: required key "catalog" is missing. Add [catalog] with name and region.',
        'services.toml:1: required key "mesh" is missing. Add [mesh] with a kind.',
        'services.toml:1: required key "services" is missing. Add [services.NAME] with an image.',
    ]


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        ("[catalog\n", "1: not TOML: the name of a table ends with ]. Write [catalog]."),
        ('[catalog]\nname = "shop\n', "2: not TOML: a string isn't closed on its line. Add the missing quote."),
        ("[catalog]\nname = shop\n", '2: not TOML: a string requires quotes. Write name = "shop".'),
        ("[services.web]\nimage = r.io/web:1\n", '2: not TOML: a string requires quotes. Write image = "r.io/web:1".'),
        ("readonly_root = True\n", "1: not TOML: true and false are in lower case. Write readonly_root = true."),
        (
            '[services.web]\nimage: "r.io/web:1"\n',
            '2: not TOML: a key is followed by =, not by a colon. Write image = "r.io/web:1".',
        ),
        ("[services.web]\nport: 80\n", "2: not TOML: a key is followed by =, not by a colon. Write port = 80."),
        (
            "[services.web]\n\n[services.web]\n",
            "3: not TOML: [services.web] is in the file twice. Put the keys of both tables below one of them.",
        ),
        ("a = 1\na = 2\n", "2: not TOML: a is set twice in the same table. Remove one of the lines."),
        ("a = [1,\n2,\n", "2: not TOML: invalid value. Fix this line first; later lines aren't checked until then."),
    ],
)
def test_a_syntax_error_has_its_line_and_advice(toml: str, problem: str) -> None:
    Path("services.toml").write_text(toml)
    assert _refused() == [f"services.toml:{problem}"]


def test_bytes_that_are_not_utf_8_say_where() -> None:
    Path("services.toml").write_bytes(b'[catalog]\nname = "caf\xe9"\n')
    assert _refused() == ["services.toml:2: isn't UTF-8. Save the file as UTF-8."]


def test_endless_nesting_is_refused() -> None:
    Path("services.toml").write_text("a = " + "[" * 100_000)
    assert _refused() == ["services.toml: tables or lists are nested too deeply. Use fewer levels."]


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
    expected = f'services.toml:{line}: services.web.image: must be a string, not a number. Write image = "1".'
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
        'services.toml:1: environments: environment "test" doesn\'t exist. Use one of dev, prod.'
    ]
    Path("services.toml").write_text(complete(""))
    assert _refused(environment="test") == [
        'services.toml: environment "test" doesn\'t exist. Add [environments], or omit the environment.'
    ]


def test_one_wrong_environment_hides_no_mistake_of_the_others() -> None:
    assert problems_of("""
        [environments.Prod]

        [environments.dev.services.stub]
        replica = 2

        [services.stub]
        image = "r.io/stub:1"
    """) == [
        "services.toml:1: environments.Prod: is not a name. Use lower-case letters, digits and single hyphens, "
        "beginning with a letter.",
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


def test_an_invalid_image_is_an_error_in_the_images_file() -> None:
    Path("images.toml").write_text('# made by CI\nweb = "r.io/Web:2"\n')
    assert problems_of(_WITH_IMAGES) == [
        'images.toml:2: web: "r.io/Web:2" has capital letters in its name. Write "r.io/web:2".'
    ]


def test_an_image_of_an_unknown_service_is_an_error_in_the_images_file() -> None:
    Path("images.toml").write_text('wep = "r.io/web:2"\n')
    assert problems_of(_WITH_IMAGES) == ['images.toml:1: wep: unknown service; did you mean "web"?']


def test_a_missing_images_file_is_an_error_at_the_key_that_names_it() -> None:
    assert problems_of(_WITH_IMAGES) == [
        "services.toml:4: catalog.images: images.toml: doesn't exist. Create it, or remove this key."
    ]
