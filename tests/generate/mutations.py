"""Changes that make a valid catalog wrong or unusual: to its tree, and to its bytes."""

from __future__ import annotations

import copy
import datetime
from collections.abc import Callable
from random import Random
from typing import Any

from tests.generate.example import Place, at, places

Tree = dict[str, Any]

TEXTS = (
    *("${aws_vpc.x.id}", "$${a}", "$$${a}", "%{ if true }a%{ endif }", "%%{a}", "${", "%{", "${%{", "$", "$$", "%%%{"),
    *("TfToken[TOKEN.0]", "${TfToken[TOKEN.0]}", "$TfToken[Map.1]", "#{TfToken[a.1]}", "Tf%{if true}%{endif}Token["),
    *('"', "\\", '\\"', "\\n", "'''", '"""', "a\nb", "a\r\nb", "\t", " a ", "<a&b>", "//", "/* a */", "# a", "\\u0000"),
    *("\u202eabc\u202c", "e\u0301\u0323", "\U0001f469\u200d\U0001f52c", "\u0130\u0131", "\ufeff", "\u2028", "\u00a0"),
    *("\x1b[31m", "\x7f", "\x85", "\x01", "\U0010ffff", "\ufffe", "ﬀ", "Ω"),
    *("{", "}", "{}", "{{", "{a}", "$(a)", "`a`", "{ var.x }", "null", "~", "${{a}}"),
)
"""Any string that isn't a placeholder: it must be unchanged in the output."""

KEYS = (
    *("__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "length", "//", "$ref", "$jsii.byref"),
    *("count", "for_each", "lifecycle", "self", "id", "a.b", "a b", "", "é", "1", "null", "true", "${a}", "$jsii.map"),
)
"""Names with a meaning in a program between the catalog and the output."""

VALUES: tuple[Any, ...] = (
    *(0, 1, -1, True, False, 1.5, -0.0, 1e-9, 1e308, 2**31, 2**63, 10**30, float("inf"), float("-inf"), float("nan")),
    *(
        "",
        "x",
        " ",
        "none",
        "0",
        "1",
        "-1s",
        "999999h",
        "0s",
        "1e3",
        "٣",
        "10.0.0.0/8",
        "0.0.0.0/0",
        "10.0.0.0/33",
        "::/0",
    ),
    *(
        "{nobody.url}",
        "{var.x}",
        "{var.}",
        "{environment}",
        "{account}",
        "{region}",
        "{llm.host}",
        "{{var.x}",
        "{{environment}}",
        "../x",
    ),
    *("a" * 41, "a" * 256, "a" * 70_000, "a-" * 30, "-a", "A", "a--b", "aws", "internal", "sg-0", "arn:aws:iam::1:x"),
    *("arn:aws:s3:::a\nb", "arn:aws:sqs:us-west-2:123456789012:\x00", "arn:aws:iam::123456789012:role/" + "a" * 3000),
    *([], [[]], [{}], ["x", "x"], [1, "a"], ["x"] * 300, {}, {"a": 1}, {"": ""}, {"a": {"a": {"a": []}}}),
    *(datetime.date(2026, 11, 22), datetime.time(7, 32), datetime.datetime(2026, 11, 22, 7, 32, tzinfo=datetime.UTC)),
    *TEXTS,
    *KEYS,
)


def _other(tree: Tree, place: Place, random: Random) -> None:
    at(tree, place[:-1])[place[-1]] = copy.deepcopy(random.choice(VALUES))


def _from_elsewhere(tree: Tree, place: Place, random: Random) -> None:
    value = copy.deepcopy(at(tree, random.choice(places(tree))))
    at(tree, place[:-1])[place[-1]] = value


def _without(tree: Tree, place: Place, random: Random) -> None:
    del at(tree, place[:-1])[place[-1]]


def _renamed(tree: Tree, place: Place, random: Random) -> None:
    table = at(tree, place[:-1])
    if isinstance(table, dict):
        table[_name(random)] = table.pop(place[-1])
    else:
        table *= 2


def _copied(tree: Tree, place: Place, random: Random) -> None:
    """Copy an entry under a second name, such as a second service."""
    table, value = at(tree, place[:-1]), copy.deepcopy(at(tree, place))
    if isinstance(table, dict):
        table[f"{place[-1]}{random.choice(['2', '-2', '_2', 'X', '-', '-' + 'long' * 9])}"] = value
    else:
        table.insert(0, value)


def _moved(tree: Tree, place: Place, random: Random) -> None:
    """Copy a key of one table to another, where it may be valid too."""
    tables = [each for each in places(tree) if isinstance(at(tree, each), dict)]
    if not tables:
        return
    into = at(tree, random.choice(tables))
    into[str(place[-1])] = copy.deepcopy(at(tree, place))


def _added(tree: Tree, place: Place, random: Random) -> None:
    value = at(tree, place)
    if isinstance(value, dict):
        value[_name(random)] = copy.deepcopy(random.choice(VALUES))
    elif isinstance(value, list):
        value.insert(random.randint(0, len(value)), copy.deepcopy(random.choice(VALUES)))
    else:
        _other(tree, place, random)


def _more_text(tree: Tree, place: Place, random: Random) -> None:
    value = at(tree, place)
    if isinstance(value, str):
        cut = random.randint(0, len(value))
        at(tree, place[:-1])[place[-1]] = value[:cut] + random.choice(TEXTS) + value[cut:]
    elif isinstance(value, int | float) and not isinstance(value, bool):
        at(tree, place[:-1])[place[-1]] = random.choice(
            [value + 1, value - 1, -value, value * 1000, float(value), str(value)]
        )
    else:
        _added(tree, place, random)


def _nested(tree: Tree, place: Place, random: Random) -> None:
    value = at(tree, place)
    for _ in range(random.choice([1, 1, 2, 20, 60])):
        value = [value] if random.random() < 0.5 else {"a": value}
    at(tree, place[:-1])[place[-1]] = value


def _name(random: Random) -> str:
    return random.choice([*KEYS, *TEXTS, "extra", "web", "image", "b" * 41, "b" * 300, "x-" + "é"])


IN_TREE: tuple[Callable[[Tree, Place, Random], None], ...] = (
    *(_other, _from_elsewhere, _without, _renamed, _copied, _moved, _added, _more_text, _nested),
)


def _inserted(raw: bytes, random: Random) -> bytes:
    pieces = [b"\x00", b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xef\xbb\xbf", b"\r", b"\x1b[2J", b"\xe2\x80\xae", b'"']
    pieces += [
        b"[",
        b"]",
        b"{",
        b"=",
        b".",
        b"#",
        b"\n",
        b"[[services]]\n",
        b"'''",
        b'"""',
        b"\\",
        b"9" * 5000,
        b"[a]\n" * 2,
    ]
    pieces += [
        b"[services.web]\n",
        b"services.x.image = 1\n",
        b"a.b.c.d = {e.f = 1}\n",
        b"'a b'.\"c\" = 1\n",
        b"x = +inf\n",
    ]
    cut = _a_place(raw, random)
    return raw[:cut] + random.choice(pieces) + raw[cut:]


def _cut_out(raw: bytes, random: Random) -> bytes:
    start = _a_place(raw, random)
    return raw[:start] + raw[start + random.choice([1, 1, 5, 80, len(raw)]) :]


def _doubled(raw: bytes, random: Random) -> bytes:
    start = _a_place(raw, random)
    end = start + random.choice([1, 10, 200, len(raw)])
    return raw[:end] + raw[start:]


def _flipped(raw: bytes, random: Random) -> bytes:
    changed = bytearray(raw)
    for _ in range(random.choice([1, 1, 3])):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def _lines_shuffled(raw: bytes, random: Random) -> bytes:
    lines = raw.split(b"\n")
    one, other = random.randrange(len(lines)), random.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def _line_ends(raw: bytes, random: Random) -> bytes:
    return raw.replace(b"\n", random.choice([b"\r\n", b"\r", b"\n\r", b"\x0b\n", b"\xe2\x80\xa8"]))


def _other_encoding(raw: bytes, random: Random) -> bytes:
    text = raw.decode(errors="replace")
    return text.encode(random.choice(["utf-8-sig", "utf-16", "utf-32", "latin-1", "utf-7"]), errors="replace")


def _a_place(raw: bytes, random: Random) -> int:
    """An offset anywhere, or at the beginning of a line, where a change has more effect."""
    if random.random() < 0.5:
        return random.randint(0, len(raw))
    return raw.find(b"\n", random.randint(0, len(raw))) + 1


IN_BYTES: tuple[Callable[[bytes, Random], bytes], ...] = (
    *(_inserted, _cut_out, _doubled, _flipped, _lines_shuffled, _line_ends, _other_encoding),
)
