"""A catalog in several files of one folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from catalog.diagnostics import CatalogError
from catalog.load import load

PLATFORM = """
[catalog]
name = "shop"
region = "us-west-2"
[mesh]
kind = "none"
[environments.dev]
[environments.prod]
"""
RAG = """
[services.llm]
image = "llm:1"
port = 80

[environments.prod.services.llm]
replicas = 3
"""
FRONT = """
[services.web]
image = "web:1"
calls = ["llm"]

[environments.prod.services.web]
replicas = 2
"""


def written(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.toml").write_text(text)
    return folder


def problems(folder: Path) -> list[str]:
    with pytest.raises(CatalogError) as refused:
        load(folder)
    return [str(problem).replace(f"{folder}/", "").replace(str(folder), "FOLDER") for problem in refused.value.problems]


def test_its_files_together_are_one_catalog(tmp_path: Path) -> None:
    loaded = load(written(tmp_path, platform=PLATFORM, rag=RAG, front=FRONT))

    dev, prod = loaded.deployments
    assert list(dev.services) == ["llm", "web"]
    assert [prod.services[name].replicas for name in ("llm", "web")] == [3, 2]
    assert dev.services["llm"].replicas == 1


def test_a_problem_names_the_file_that_has_it(tmp_path: Path) -> None:
    written(tmp_path, platform=PLATFORM, rag=RAG.replace("80", '"eighty"'), front=FRONT.replace('["llm"]', '"llm"'))

    assert problems(tmp_path) == [
        'front.toml:4: services.web.calls: must be a list, not a string. Write calls = ["llm"].',
        "rag.toml:4: services.llm.port: must be an integer, not a string. Write an integer.",
    ]

    written(tmp_path, platform=PLATFORM, rag=RAG, front=FRONT.replace('["llm"]', '["lmm"]'))

    assert problems(tmp_path) == [
        'front.toml:4: services.web.calls[0]: unknown service "lmm"; did you mean "llm"?',
    ]


def test_files_that_are_no_toml_are_all_named(tmp_path: Path) -> None:
    written(tmp_path, platform="[catalog", rag="= 1")

    assert [line.partition(": ")[0] for line in problems(tmp_path)] == ["platform.toml:1", "rag.toml:1"]


@pytest.mark.parametrize(
    ("text", "place", "first"),
    [
        ("[mesh]\nstrict = true\n", "rag.toml:1: mesh", "platform.toml:5"),
        ('[services.web]\ncpu = 256\n[services.a]\nimage = "a:1"\n', "rag.toml:1: services.web", "front.toml:2"),
        (
            "[environments.prod.services.web]\ncpu = 256\n",
            "rag.toml:1: environments.prod.services.web",
            "front.toml:6",
        ),
        ("services = 1\n", "rag.toml:1: services", "front.toml:2"),
    ],
)
def test_a_table_stands_in_one_file(tmp_path: Path, text: str, place: str, first: str) -> None:
    written(tmp_path, platform=PLATFORM, front=FRONT.replace('calls = ["llm"]', ""), rag=text)

    assert problems(tmp_path) == [
        f"{place}: is also in {tmp_path}/{first}, and a table must be in one file. Move both into one file.".replace(
            f"{tmp_path}/", ""
        )
    ]


def test_what_no_file_says_is_missed_of_the_folder(tmp_path: Path) -> None:
    written(
        tmp_path, platform=PLATFORM.replace('[mesh]\nkind = "none"', ""), front=FRONT.replace('calls = ["llm"]', "")
    )

    assert any(line.startswith('FOLDER: required key "mesh" is missing') for line in problems(tmp_path))


def test_an_empty_folder_is_none(tmp_path: Path) -> None:
    assert problems(tmp_path) == [
        "FOLDER: contains no TOML file. Add services.toml, or set CATALOG_FILE to another path."
    ]


def test_a_file_with_another_suffix_is_not_silently_ignored(tmp_path: Path) -> None:
    written(tmp_path, platform=PLATFORM, rag=RAG)
    (tmp_path / "front.TOML").write_text(FRONT)

    assert problems(tmp_path) == [
        "front.TOML: isn't read, because its name doesn't end in .toml. Rename it to front.toml, or remove it."
    ]

    (tmp_path / "front.TOML").write_text('llm = "llm:2"')
    written(tmp_path, platform=PLATFORM.replace("region", 'images = "./front.TOML"\nregion'))
    assert load(tmp_path).deployments[0].services["llm"].image == "llm:2"


def test_a_folder_that_cannot_be_listed_is_no_empty_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert problems(tmp_path) == ["FOLDER: can't be read: Permission denied. Make it readable."]


def test_a_file_that_is_called_nearly_like_one_of_them_is_read(tmp_path: Path) -> None:
    platform = PLATFORM.replace("region", 'images = "images-{environment}.toml"\nregion')
    written(tmp_path, platform=platform, rag=RAG)
    for environment in ("dev", "prod"):
        (tmp_path / f"images-{environment}.toml").write_text(f'llm = "llm:{environment}"\n')
    (tmp_path / "images-extra.toml").write_text('[services.extra]\nimage = "extra:1"\n')
    (tmp_path / ".hidden.toml").write_text('[services.hidden]\nimage = "hidden:1"\n')

    assert [list(each.services) for each in load(tmp_path).deployments] == [["extra", "llm"]] * 2


def test_machine_written_images_may_lie_among_its_files(tmp_path: Path) -> None:
    platform = PLATFORM.replace("region", 'images = "images-{environment}.toml"\nregion')
    written(tmp_path, platform=platform, rag=RAG)
    for environment in ("dev", "prod"):
        (tmp_path / f"images-{environment}.toml").write_text(f'llm = "llm:{environment}"\n')

    assert [each.services["llm"].image for each in load(tmp_path).deployments] == ["llm:dev", "llm:prod"]
