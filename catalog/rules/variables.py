"""Variables, operators and blanks in texts and commands, which only a shell or another tool replaces or splits."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from catalog import names
from catalog.diagnostics import Finding, command_line, listed, toml_key, toml_value
from catalog.frame import Container, Place
from catalog.rules import rule
from catalog.rules.secrets import arn_like, named_like_secret

_VARIABLE = re.compile(
    r"(?<![$\\])\$(?:\{(?P<braced>[A-Za-z_]\w*)(?P<or>:?[-+?](?P<default>[^{}]*))?\}"
    r"|\((?P<argument>[A-Z_][A-Z0-9_]*)\)|(?P<plain>[A-Za-z_]\w*))"
)
"""`${NAME}` and `$NAME` (Compose file reference, "Interpolation"), `$(NAME)` (Kubernetes, "Define dependent environment
variables")."""
SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh", "ksh", "busybox", "envsubst", "pwsh"})
SCRIPT_OPTIONS = ("-c", "-e", "-r", "--eval", "--exec", "--command")
"""Options whose value is a program's text, in which a dollar sign can have another meaning."""
_IN_SHELL = "Run it in a shell: sh, -c and the whole command as one string."
_OPERATORS = frozenset({"||", "&&", "|", ";"})
_OPTION_AND_VALUE = re.compile(r"--?[A-Za-z][\w-]*\s+\S")
_PROGRAM_AND_ARGUMENTS = re.compile(r"[a-z0-9_./-]+\s+\S")
_WORD = re.compile(r"[\w@%+=:,./${}-]+")


def injected_addresses(at: Place) -> dict[str, str]:
    """The placeholders of callees' addresses, by the variables that the workload has for them."""
    workload, parts = at.workload, ("url", "host", "port")
    by_name = {names.variable(callee, part): f"{callee}.{part}" for callee in workload.calls for part in parts}
    return {name: address for name, address in by_name.items() if name not in workload.secrets}


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
    injected = injected_addresses(at)
    for name, value in container.environment.items():
        of_callee = next((each for each in _VARIABLE.finditer(value) if _name_of(each) in injected), None)
        if of_callee is not None:
            fix = f"Write {{{injected[_name_of(of_callee)]}}}."
            fact = f"{of_callee[0]} stays as it is, because ECS replaces no variables"
            yield at("environment", name).notice(f"{fact}. {fix}")
            continue
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
    if any(map(_is_shell, words)):
        return
    for key in ("entrypoint", "command"):
        before = ""
        for index, word in enumerate(getattr(container, key) or ()):
            # A text with blanks may be for a shell that is the image's ENTRYPOINT.
            is_script = before in SCRIPT_OPTIONS or re.search(r"\s", word)
            found = None if is_script else _first_in(word)
            if found is not None:
                advice = _IN_SHELL if _name_of(found) in injected_addresses(at) else _as_var(found)
                fix = _in_shell(words, container) or advice
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
        return _IN_SHELL
    return f"{line}, and remove command." if key == "entrypoint" and container.command is not None else f"{line}."


def _quoted(word: str) -> str:
    """A word for a shell that replaces its variables."""
    text = _VARIABLE.sub(lambda found: f"${{{found['argument']}}}" if found["argument"] else found[0], word)
    return text if _WORD.fullmatch(text) else '"' + re.sub(r'(["\\`])', r"\\\1", text) + '"'


@rule(Container)
def list_as_in_shell(container: Container, at: Place) -> Iterator[Finding]:
    """ECS runs the items of a list without a shell, each as one argument (ECS API reference,
    ContainerDefinition.command and HealthCheck.command)."""
    entrypoint, command = container.entrypoint or (), container.command or ()
    marker, *probe = container.health.command or ("",)
    lists: dict[tuple[str, ...], tuple[str, ...]] = {("entrypoint",): entrypoint, ("command",): command}
    if any(_is_shell(word) for word in (*entrypoint, *command)):
        lists.clear()
    if marker == "CMD" and not any(map(_is_shell, probe)):
        lists["health", "command"] = tuple(probe)
    for path, words in lists.items():
        if found := _as_in_shell(words, is_probe=len(path) > 1):
            fact, fix = found
            line = f"{path[-1]} = {toml_value(fix)}"
            yield at(*path).notice(f"{fact} Write {line}." if len(line) < 300 else f"{fact} Split it into a list.")


def _is_shell(word: str) -> bool:
    return word.rpartition("/")[2] in SHELLS


def _as_in_shell(words: tuple[str, ...], *, is_probe: bool) -> tuple[str, str | tuple[str, ...]] | None:
    """A fact about an item that only a shell would understand, and the value to write instead."""
    operator = next((word for word in words[1:] if word in _OPERATORS), None)
    if operator is not None and not words[0].startswith("-") and "-exec" not in words:
        text = " ".join(word if word in _OPERATORS else shlex.quote(word) for word in words)
        fact = f'"{operator}" is an argument of {words[0]}, because no shell runs a list.'
        return fact, text if is_probe else ("sh", "-c", text)
    for word in words:
        is_whole = len(words) == 1 and _PROGRAM_AND_ARGUMENTS.match(word)
        if not is_whole and not _is_option(word):
            continue
        parts = [
            part for each in words for part in (command_line(each) if each == word or _is_option(each) else (each,))
        ]
        if parts[:2] == ["sh", "-c"] and not is_probe:
            continue  # it may be for a shell that is the image's ENTRYPOINT
        shown = word if len(word) <= 60 else f"{word[:59]}…"
        fact = f"{toml_value(shown)} is one argument, because no shell splits the items of a list."
        return fact, word if is_probe and parts[:2] == ["sh", "-c"] else tuple(parts)
    return None


def _is_option(word: str) -> bool:
    return _OPTION_AND_VALUE.match(word) is not None
