"""Variables of Docker Compose, Kubernetes and shells in texts, which nothing replaces."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog.diagnostics import Finding, listed, toml_key, toml_value
from catalog.frame import Container, Place
from catalog.rules import rule
from catalog.rules.secrets import arn_like, named_like_secret

_VARIABLE = re.compile(
    r"(?<![$\\])\$(?:\{(?P<braced>[A-Za-z_]\w*)(?P<or>:?[-+?](?P<default>[^{}]*))?\}"
    r"|\((?P<argument>[A-Z_][A-Z0-9_]*)\)|(?P<plain>[A-Za-z_]\w*))"
)
"""`${NAME}` and `$NAME` (Compose file reference, "Interpolation"), `$(NAME)` (Kubernetes, "Define dependent environment
variables")."""
_SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh", "ksh", "busybox", "envsubst", "pwsh"})
_SCRIPT_OPTIONS = ("-c", "-e", "-r", "--eval", "--exec", "--command")
"""Options whose value is a program's text, in which a dollar sign can have another meaning."""
_WORD = re.compile(r"[\w@%+=:,./${}-]+")


def _name_of(found: re.Match[str]) -> str:
    """The variable's name."""
    return found["braced"] or found["argument"] or found["plain"]


def _first_in(text: str) -> re.Match[str] | None:
    """The first variable in a text. Other programs have `$name` and `${name}` too: such a name isn't in capitals."""
    found = _VARIABLE.finditer(text)
    return next((each for each in found if each["or"] or (len(_name_of(each)) > 1 and _name_of(each).isupper())), None)


def _as_var(found: re.Match[str]) -> str:
    """Advice to use [vars]."""
    name = _name_of(found)
    value = toml_value(found["default"] or "value")
    return (
        f"Write the value itself, or write {{var.{name}}} and add {toml_key(name)} = {value} to [vars]. "
        "[environments.NAME.vars] can set another one."
    )


def _as_secret(name: str, at: Place) -> str:
    line = f"{toml_key(name)} = {arn_like(name, deployment=at.deployment)}"
    secrets = at("secrets")
    # TOML refuses a dotted key beside a table in braces.
    return f"add {line} to secrets ({secrets.location})" if secrets.is_set else f"write secrets.{line}"


def variable_in_image(image: str) -> str | None:
    """The message for an image with a variable, which no registry has; None for other images."""
    found = [*_VARIABLE.finditer(image)]
    if not found:
        return None
    if all(each["default"] for each in found):
        fix = f'Write "{_VARIABLE.sub(lambda each: each["default"], image)}".'
    else:
        of_vars = _VARIABLE.sub(lambda each: f"{{var.{_name_of(each)}}}", image)
        values = {_name_of(each): each["default"] or "1.0" for each in found}
        add = " and ".join(f"{name} = {toml_value(value)}" for name, value in values.items())
        fix = f'Write the image itself, or write "{of_vars}" and add {add} to [vars].'
    return f"{found[0][0]} stays as it is, because nothing replaces variables of Compose. {fix}"


@rule(Container)
def variable_in_environment(container: Container, at: Place) -> Iterator[Finding]:
    """ECS passes values to containers unchanged (ECS developer guide, "Pass individual environment variables")."""
    plain: dict[str, re.Match[str]] = {}
    for name, value in container.environment.items():
        found = _first_in(value)
        if found is None:
            continue
        if name in container.not_secret or not named_like_secret(_name_of(found)):
            plain[name] = found
        else:
            yield at("environment", name).notice(
                f"${_name_of(found)} stays as it is, because ECS replaces no variables. Keep the whole value in "
                f"Secrets Manager, remove it here, and {_as_secret(name, at)}."
            )
    for name, found in [*plain.items()][:1]:
        others = [other for other in plain if other != name]
        too = f", as do the variables in {listed(others)}" if others else ""
        yield at("environment", name).notice(
            f"{found[0]} stays as it is{too}, because ECS replaces no variables. {_as_var(found)}"
        )


@rule(Container)
def variable_without_shell(container: Container, at: Place) -> Iterator[Finding]:
    """Only a shell replaces variables in a command (ECS API reference, ContainerDefinition.command)."""
    words = (*(container.entrypoint or ()), *(container.command or ()))
    if any(word.rpartition("/")[2] in _SHELLS for word in words):
        return
    for key in ("entrypoint", "command"):
        before = ""
        for index, word in enumerate(getattr(container, key) or ()):
            # A text with blanks may be for a shell that is the image's ENTRYPOINT.
            is_script = before in _SCRIPT_OPTIONS or re.search(r"\s", word)
            found = None if is_script else _first_in(word)
            if found is not None:
                fix = _in_shell(words, container) or _as_var(found)
                yield at(key, index).notice(f"{found[0]} stays as it is, because no shell runs this command. {fix}")
                return
            before = word


def _in_shell(words: tuple[str, ...], container: Container) -> str | None:
    """Advice to run a command in a shell; None if the command has arguments only."""
    if words[0].startswith("-"):
        return None
    text = "exec " + " ".join(map(_quoted, words))
    key = "command" if container.entrypoint is None else "entrypoint"
    line = f"Write {key} = {toml_value(('sh', '-c', text))}"
    if len(line) > 200:
        return "Run it in a shell: sh, -c and the whole command as one string."
    return f"{line}, and remove command." if key == "entrypoint" and container.command is not None else f"{line}."


def _quoted(word: str) -> str:
    """A word for a shell that replaces its variables."""
    text = _VARIABLE.sub(lambda found: f"${{{found['argument']}}}" if found["argument"] else found[0], word)
    return text if _WORD.fullmatch(text) else '"' + re.sub(r'(["\\`])', r"\\\1", text) + '"'
