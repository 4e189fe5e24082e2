"""Placeholders in the forms of other tools: `make synth` doesn't replace them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog import names
from catalog.diagnostics import Finding, toml_value
from catalog.frame import Container, Place, containers_of
from catalog.model import Workload
from catalog.rules import rule
from catalog.rules.variables import SCRIPT_OPTIONS, SHELLS, injected_addresses

_OTHER_FORM = re.compile(
    r"(?<![$%\\])(?P<sign>[$%]?)(?<!\{)(?P<open>\{{1,2})(?P<blank>[ \t]{0,8})"
    r"(?P<name>[A-Za-z][\w.-]*)[ \t]{0,8}(?P<close>\}{1,2})"
)
"""`${x}` and `%{x}` (Terraform), `{{ x }}` (Helm, Jinja), `{x}`. Reading changes `{{x}}` to `{x}}` if `x`
is a placeholder."""


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
    injected = injected_addresses(at)
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
            is_reported = name.startswith("var.") or name in injected_addresses(at)
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
    has_shell = any(word.rpartition("/")[2] in SHELLS for words in commands.values() for word in words or ())
    for path, words in {**commands, ("health", "command"): container.health.command}.items():
        before = ""
        for index, word in enumerate(words or ()):
            is_program = has_shell or path[0] == "health" or before in SCRIPT_OPTIONS or " " in word
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
