"""Variables of Docker Compose, Kubernetes and shells, and placeholders in other tools' forms: nothing replaces them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog import names
from catalog.diagnostics import Finding, listed, toml_key, toml_value
from catalog.frame import Container, Place, containers_of
from catalog.model import Workload
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
_IN_SHELL = "Run it in a shell: sh, -c and the whole command as one string."
_WORD = re.compile(r"[\w@%+=:,./${}-]+")
_OTHER_FORM = re.compile(
    r"(?<![$%\\])(?P<sign>[$%]?)(?<!\{)(?P<open>\{{1,2})(?P<blank>[ \t]{0,8})"
    r"(?P<name>[A-Za-z][\w.-]*)[ \t]{0,8}(?P<close>\}{1,2})"
)
"""`${x}` and `%{x}` (Terraform), `{{ x }}` (Helm, Jinja), `{x}`. Reading changes `{{x}}` to `{x}}` if `x`
is a placeholder."""


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
    injected = _injected(at)
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
    if any(word.rpartition("/")[2] in _SHELLS for word in words):
        return
    for key in ("entrypoint", "command"):
        before = ""
        for index, word in enumerate(getattr(container, key) or ()):
            # A text with blanks may be for a shell that is the image's ENTRYPOINT.
            is_script = before in _SCRIPT_OPTIONS or re.search(r"\s", word)
            found = None if is_script else _first_in(word)
            if found is not None:
                advice = _IN_SHELL if _name_of(found) in _injected(at) else _as_var(found)
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


def _injected(at: Place) -> dict[str, str]:
    """The placeholders of callees' addresses, by the variables that the workload has for them."""
    workload, parts = at.workload, ("url", "host", "port")
    by_name = {names.variable(callee, part): f"{callee}.{part}" for callee in workload.calls for part in parts}
    return {name: address for name, address in by_name.items() if name not in workload.secrets}


def _meant(name: str, at: Place) -> str | None:
    """The placeholder that a name means: one that the workload can use, or that requires a callee in calls."""
    deployment, callee = at.deployment, name.partition(".")[0]
    general = {"region", "account", *(f"var.{each}" for each in deployment.catalog.vars)}
    if name in general or (name == "environment" and deployment.environment is not None):
        return name
    if name.partition(".")[2] in ("url", "host", "port"):
        service = deployment.services.get(callee)
        has_address = callee in deployment.catalog.external or (service is not None and service.port is not None)
        return name if has_address or callee in at.workload.calls else None
    injected = _injected(at)
    return injected.get(name) or (injected.get(name.upper()) if name.islower() else None)


def _other_forms(text: str, at: Place, *, is_program: bool = False) -> Iterator[tuple[str, str]]:
    """Placeholders in another form, as the catalog has them, and in the right one. Programs replace some themselves."""
    for found in _OTHER_FORM.finditer(text):
        name, sign, braces = found["name"], found["sign"], found["open"] + found["close"]
        meant = _meant(name, at)
        if meant is None or braces == "{{}":
            continue
        if sign == "$":
            # Other messages are about ${var.x} and ${LLM_URL}.
            is_reported = name.startswith("var.") or name in _injected(at)
            if is_reported or (is_program and "." not in name):
                continue
        if braces == "{}" and not sign:
            # {{x} in the catalog is the literal text {x}.
            is_literal = meant == name and not found["blank"]
            if is_program or is_literal:
                continue
        was_doubled = braces == "{}}" and not sign and meant == name
        yield ("{" + found[0] if was_doubled else found[0]), meant


@rule(Workload)
def placeholder_in_another_form(workload: Workload, at: Place) -> Iterator[Finding]:
    """Only `{x}` is a placeholder, and an address only in `environment` and the options of a log router."""
    router = workload.logs.router
    for container, place in containers_of(workload, at):
        for name, text in container.environment.items():
            yield from _in_value(text, place("environment", name))
        yield from _in_commands(container, place)
    for name, text in router.options.items() if router is not None else ():
        # Fluent Bit has variables: ${NAME}.
        yield from _in_value(text, at("logs", "router", "options", name), is_program=True)


def _in_value(text: str, at: Place, *, is_program: bool = False) -> Iterator[Finding]:
    for written, meant in [*_other_forms(text, at, is_program=is_program)][:1]:
        callee = meant.partition(".")[0] if meant.endswith((".url", ".host", ".port")) else ""
        calls = at.workload.calls
        is_known = not callee or meant.startswith("var.") or callee in (*calls, str(at.path[1]))
        add = "" if is_known else f" Set calls = {toml_value((*calls, callee))}."
        yield at.notice(f"{written} isn't a placeholder, and stays text. Write {{{meant}}}.{add}")


def _in_commands(container: Container, at: Place) -> Iterator[Finding]:
    commands: dict[tuple[str, ...], tuple[str, ...] | None] = {
        ("entrypoint",): container.entrypoint,
        ("command",): container.command,
    }
    has_shell = any(word.rpartition("/")[2] in _SHELLS for words in commands.values() for word in words or ())
    for path, words in {**commands, ("health", "command"): container.health.command}.items():
        before = ""
        for index, word in enumerate(words or ()):
            is_program = has_shell or path[0] == "health" or before in _SCRIPT_OPTIONS or " " in word
            before = word
            for written, meant in [*_other_forms(word, at, is_program=is_program)][:1]:
                place = at(*path) if path[0] == "health" else at(*path, index)
                if not meant.endswith((".url", ".host", ".port")) or meant.startswith("var."):
                    yield place.notice(f"{written} isn't a placeholder, and stays text. Write {{{meant}}}.")
                    continue
                callee, _, part = meant.partition(".")
                variable = names.variable(callee, part)
                is_set = variable in at.workload.environment and at.path == ("services", at.path[1])
                fix = (
                    f"Read {variable} in a shell."
                    if is_set
                    else f"Set a variable to {{{meant}}} in environment, and read that variable in a shell."
                )
                yield place.notice(f"{written} isn't replaced here. {fix}")
