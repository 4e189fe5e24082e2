"""References between tables: callees in `calls` and in placeholders, and tables of environments that change others.
Errors about those that don't exist."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence, Set

from catalog.diagnostics import (
    Finding,
    Path,
    Provenance,
    did_you_mean,
    plural,
    spelled,
    toml_key,
    toml_value,
)
from catalog.model.workload import TABLES
from catalog.reading.interpolation import Unknown, fill, names_in
from catalog.reading.layers import Layers, Report, Tree, tables_in, value_at

_CALLEES = ("services", "external")
_REQUIRED = {
    "services": ("an", "service", ("image", "profile")),
    "external": ("", "external", ("host",)),
    "capacity": ("", "capacity", ("instance_types",)),
    "ingress": ("", "ingress", ("allow", "listener_arn")),
}
"""The tables whose entries have required keys, one of which an entry must set: their article, and the entry's word."""


def unresolved(report: Report, values: Mapping[str, str], *, wrong: Set[Path]) -> Iterator[Finding]:
    """The placeholders without a value in environments and log routers of workloads. An address that depends on a value
    that is `wrong` isn't reported."""
    tree = report.layers.tree
    for key in TABLES:
        for name, workload in tables_in(tree.get(key)):
            versions = workload.get("versions")
            yield from _of_workload(report, workload, (key, name), values, wrong)
            for index, version in enumerate(versions if isinstance(versions, tuple) else ()):
                if isinstance(version, dict):
                    yield from _of_workload(report, version, (key, name, "versions", index), values, wrong)


def _of_workload(
    report: Report, workload: Tree, place: Path, values: Mapping[str, str], wrong: Set[Path]
) -> Iterator[Finding]:
    caller = place[:2]

    for at, text in _texts(workload, place):

        def address(placeholder: str, at: Path = at) -> str:
            callee = placeholder.partition(".")[0]
            reason = _of_removed(report, at, placeholder) or _why_unreachable(report.layers.tree, caller, placeholder)
            if reason is not None and not _rests_on(wrong, caller=caller, callee=callee):
                raise Unknown(reason)
            return ""

        try:
            fill(text, values, address=address)
        except Unknown as reason:
            yield Finding(place=at, message=str(reason))


def _of_removed(report: Report, at: Path, placeholder: str) -> str | None:
    """The reason why a callee that the environment unsets has no address."""
    name = placeholder.partition(".")[0]
    tables = [key for key in _CALLEES if report.removed_by(key, name)]
    if not tables or any(name in names_in(report.layers.tree, key) for key in _CALLEES):
        return None
    place = report.layers.origin(at)[1]
    written_at = next(iter(report.layers.removed.values()))
    if place[0] == "environments":
        fix = "Remove it, or write another value."
    elif any(isinstance(part, int) for part in place):
        fix = "Write another value."
    else:
        table = spelled(("environments", written_at[1], *place[:-1]))
        fix = f"Add {toml_value(spelled(place))} to unset, or write another {toml_key(str(place[-1]))} in [{table}]."
    by = report.removed_by(tables[0], name)
    return f"{{{placeholder}}} has no value, because {tables[0]}.{name} was removed by {by}. {fix}"


_AWS_APIS = {
    "sqs": 'access.sqs_send = ["jobs"] or access.sqs_consume = ["jobs"]',
    "s3": 'access.s3_read = ["bucket"] or access.s3_write = ["bucket"]',
    "dynamodb": 'access.dynamodb = ["table"]',
    "bedrock": 'access.bedrock = ["amazon.nova-lite-v1:0"]',
}
"""Names in `calls` that mean an API of AWS, and the keys that allow it."""


def unknown_callee(
    name: str,
    *,
    caller: str,
    calls: Sequence[str],
    known: Collection[str],
    renamed: Mapping[str, str],
    provenance: Provenance,
) -> str:
    """The message for a name in `calls` that no service and no external has. `renamed` has the new names of services
    by their old ones."""
    fact = f'unknown service "{name}"'
    if name in renamed:
        there = provenance.location("services", renamed[name], "renamed_from")
        return f'{fact}, which was renamed ({there}). Write "{renamed[name]}".'
    for by in filter(None, (provenance.removed_by(key, name) for key in _CALLEES)):
        rest = toml_value([each for each in calls if each in known])
        return f"{fact}, which was removed by {by}. {in_environment(by, ('services', caller, 'calls'), rest)}"
    if name in _AWS_APIS:
        return f"APIs of AWS need no entry in calls. Remove it, and write {_AWS_APIS[name]}."
    close = did_you_mean(name, [each for each in known if each != caller])
    return fact + (f'; did you mean "{close}"?' if close else f". Add [services.{name}] or [external.{name}].")


def in_environment(by: str, path: Path, value: str) -> str:
    """Advice to set a value in the environment that removed what the value refers to."""
    table = spelled(("environments", by.split(".")[1], *path[:-1]))
    return f"Write {toml_key(str(path[-1]))} = {value} in [{table}], or remove {by.split(' ')[0]}."


def without_ingress(by: str, public: Path) -> str:
    """The message for a public service whose ingress an environment removes."""
    return f"requires an ingress, which was removed by {by}. {in_environment(by, public, 'false')}"


def unknown_names(report: Report) -> Iterator[Finding]:
    """The names in `calls` that don't exist, and the services without an ingress that an environment removes, for a
    catalog whose other values are wrong. Rules report them for others."""
    tree = report.layers.tree
    by = report.removed_by("ingress")
    for name, table in tables_in(tree.get("services")) if by and not names_in(tree, "ingress") else ():
        if by and (table.get("public") is True or tables_in({"public": table.get("public")})):
            yield Finding(place=("services", name, "public"), message=without_ingress(by, ("services", name, "public")))
    known = [*names_in(tree, "services"), *names_in(tree, "external")]
    services = tables_in(tree.get("services"))
    reported = {problem.path for problem in report.problems}
    renamed = {str(table["renamed_from"]): name for name, table in services if "renamed_from" in table}
    for name, table in services:
        calls = table.get("calls")
        if not isinstance(calls, tuple) or not all(isinstance(each, str) for each in calls):
            continue
        for index, callee in enumerate(calls):
            if callee not in known and ("services", name, "calls", index) not in reported:
                message = unknown_callee(
                    callee, caller=name, calls=calls, known=known, renamed=renamed, provenance=report
                )
                yield Finding(place=("services", name, "calls", index), message=message)


def misspelt_tables(overlay: Tree, base: Tree) -> Iterator[tuple[str, str, str]]:
    """Tables without a required key that only an environment has: the table around each, its name, and the message."""
    for key, (article, word, required) in _REQUIRED.items():
        over, known = overlay.get(key), base.get(key)
        if not isinstance(over, dict) or not isinstance(known, dict):
            continue
        renamed = {str(table.get("renamed_from")): name for name, table in tables_in(known)}
        only = next(iter(known)) if len(known) == 1 and key != "services" else None
        for name, table in tables_in(over):
            if name in known or table.keys() & required or (key == "services" and _shares_images(base)):
                continue
            if close := renamed.get(name) or did_you_mean(name, list(known)) or only:
                needs = f"{article} {required[0]}".strip()
                yield key, name, f'unknown {word}; did you mean "{close}"? A new {word} requires {needs}'


def replacements(layers: Layers, *, name: str) -> Iterator[Finding]:
    """A notice for each table in which an environment changes between a fixed number of tasks and autoscaling."""
    for each in layers.replaced:
        old, new = each.old, each.new
        if each.by == "replicas" and isinstance(old, dict) and type(new) is int:
            other, most = "scale", old.get("max")
            key = "max" if isinstance(most, int) and new > most else "min"
            fact = f"so {new} {plural('task', new)} {'runs' if new == 1 else 'run'} at all times, without autoscaling"
            keep = f"Write scale.{key} = {new} instead to keep it" if new else "Remove it to keep scale"
        elif each.by == "scale" and isinstance(new, dict) and type(old) is int:
            other, fact = "replicas", "so autoscaling sets the number of tasks"
            keep = f"Remove it to keep replicas = {old}"
        else:
            continue  # validation reports the wrong type
        there = (*each.at, other)
        entry = toml_value(spelled(there))
        confirm = f"add {entry} to unset" if layers.removed else f"write unset = [{entry}]"
        message = f"replaces {other} ({layers.location(there)}), {fact}. {keep}, or {confirm} in [environments.{name}]"
        yield Finding(place=(*each.place, each.by), message=f"{message} to confirm.", level="notice")


def _shares_images(base: Tree) -> bool:
    """Whether services can have an image that their tables don't set."""
    defaults, catalog = base.get("defaults"), base.get("catalog")
    return (isinstance(defaults, dict) and "image" in defaults) or (isinstance(catalog, dict) and "images" in catalog)


def unused_variables(report: Report, *, overlay: Tree, base: Tree) -> Iterator[Finding]:
    """The variables that only an environment has, and that no string uses."""
    known = names_in(base, "vars")
    for name in names_in(overlay, "vars"):
        if name in known or f"var.{name}" in report.used:
            continue
        close = did_you_mean(name, known)
        fix = f'; did you mean "{close}"?' if close else f". Write {{var.{name}}} in a string, or remove it."
        yield Finding(place=("vars", name), message=f"is used by nothing{fix}", level="notice")


def _rests_on(wrong: Set[Path], *, caller: Path, callee: str) -> bool:
    """Whether an address depends on a wrong value: the caller's calls, or the callee."""
    needed = (("services", callee), ("services", callee, "port"), ("external", callee))
    in_calls = any(path[:3] == (*caller, "calls") for path in wrong)
    return in_calls or any(path[:end] in wrong for path in needed for end in range(1, len(path) + 1))


def _texts(workload: Tree, place: Path) -> Iterator[tuple[Path, str]]:
    tables = [((*place, "environment"), workload.get("environment"))]
    for name, sidecar in tables_in(workload.get("sidecars")):
        tables.append(((*place, "sidecars", name, "environment"), sidecar.get("environment")))
    for _, router in tables_in({"router": value_at(workload, "logs", "router")}):
        tables.append(((*place, "logs", "router", "options"), router.get("options")))
    for at, table in tables:
        for key, text in table.items() if isinstance(table, dict) else ():
            if isinstance(text, str):
                yield (*at, key), text


def _why_unreachable(tree: Tree, caller: Path, placeholder: str) -> str | None:
    """The reason why an address has no value, if a rule doesn't report it (unknown callees in `calls`)."""
    name, _, what = placeholder.partition(".")
    services, external = (names_in(tree, key) for key in ("services", "external"))
    calls = value_at(tree, *caller).get("calls", ())
    literal = f"double only the opening brace for literal text: {{{{{placeholder}}}."
    if not isinstance(calls, tuple):
        return None
    known = {*services, *external}
    unknown = [each for each in calls if isinstance(each, str) and each not in known]
    reached = name in calls or caller == ("services", name)
    if reached or any(did_you_mean(each, [name]) for each in unknown):
        has_port = value_at(tree, "services", name, "port") is not None
        if name in external or name not in services or has_port or not reached:
            return None
        return f"{{{placeholder}}} has no value, because services.{name} has no port. Add port there, or {literal}"
    if name in known:
        return f'{{{placeholder}}} requires "{name}" in calls. Add it to {spelled(caller)}.calls, or {literal}'
    for new in (new for new, table in tables_in(tree.get("services")) if table.get("renamed_from") == name):
        return f"{{{placeholder}}} has no value, because {name} was renamed. Write {{{new}.{what}}}, or {literal}"
    close = did_you_mean(name, sorted(known))
    guess = f"; did you mean {{{close}.{what}}}? Or" if close else ". Write the name of a callee, or"
    return f'{{{placeholder}}} has no value: service "{name}" doesn\'t exist{guess} {literal}'
