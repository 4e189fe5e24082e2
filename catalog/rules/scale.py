"""Scaling: bounds that can be kept, and something that asks for tasks."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.model import Deployment
from catalog.model.scale import Scale
from catalog.problems import Finding, Path
from catalog.provenance import Provenance

POLICIES = ("cpu_percent", "memory_percent", "requests_per_minute", "backlog", "metric")


def scaled(deployment: Deployment) -> Iterator[tuple[Path, Scale]]:
    """Every service that is scaled, as the place of its table, and the table."""
    for service in deployment.services.values():
        if service.scale is not None:
            yield ("services", service.name, "scale"), service.scale


def replicas_too(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """One count cannot be fixed and scaled. A nearer layer's drops a farther one's, so both stand in one table."""
    for place, _ in scaled(deployment):
        other = (*place[:2], "replicas")
        if written.is_set(*other):
            message = f"replicas ({written.location(*other)}) and scale both say how many tasks run; remove one of them"
            yield Finding(place=place, message=message)


def nothing_asks(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Bounds alone change no count."""
    for place, scale in scaled(deployment):
        if not scale.schedule and all(getattr(scale, policy) is None for policy in POLICIES):
            cure = f"add one of {', '.join(POLICIES)} or schedule, or write replicas instead"
            yield Finding(
                place=place,
                message=f"nothing asks for more or fewer tasks; {cure}",
            )


def bounds_crossed(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """The least is not more than the most (Application Auto Scaling API reference, RegisterScalableTarget), nor is it
    with what a schedule leaves as it was."""
    for place, scale in scaled(deployment):
        if scale.min > scale.max:
            message = f"min = {scale.min} is more than max = {scale.max}; write at most {scale.max}"
            yield Finding(place=(*place, "min"), message=message)
        for index, entry in enumerate(scale.schedule):
            low = scale.min if entry.min is None else entry.min
            high = scale.max if entry.max is None else entry.max
            if low > high and (entry.min, entry.max) != (None, None):
                key, cure = ("min", f"at most {high}") if entry.min is not None else ("max", f"at least {low}")
                message = f'from "{entry.name}" on, min = {low} is more than max = {high}; write {cure}'
                at: Path = (*place, "schedule", index)
                yield Finding(place=(*at, key), message=message)


def entry_without_bounds(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A scheduled action sets one bound at least (Application Auto Scaling API reference, PutScheduledAction)."""
    for place, scale in scaled(deployment):
        for index, entry in enumerate(scale.schedule):
            if entry.min is None and entry.max is None:
                yield Finding(place=(*place, "schedule", index), message="changes nothing; write min, max or both")


def entry_twice(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Scheduled actions of one service differ by name."""
    for place, scale in scaled(deployment):
        known: dict[str, int] = {}
        for index, entry in enumerate(scale.schedule):
            if known.setdefault(entry.name, index) != index:
                first = written.location(*place, "schedule", known[entry.name], "name")
                message = f'"{entry.name}" is there already ({first}); write another name'
                yield Finding(place=(*place, "schedule", index, "name"), message=message)


def never_started(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Of no tasks there is no CPU, no memory and no request: nothing would ever start the first one."""
    for place, scale in scaled(deployment):
        if scale.fewest > 0 or scale.backlog or scale.metric or any(entry.min for entry in scale.schedule):
            continue
        to_none = next((index for index, entry in enumerate(scale.schedule) if entry.min == 0), 0)
        yield Finding(
            place=(*place, "min") if scale.min == 0 else (*place, "schedule", to_none, "min"),
            message="nothing starts the first task again once there is none; write at least 1, or add backlog, "
            "metric, or a schedule with a min above 0",
        )


def never_stopped(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """A scheduled action starts tasks up to a min and stops them down to a max; that a min is lower than before stops
    none (Application Auto Scaling user guide, "Scheduled scaling")."""
    for place, scale in scaled(deployment):
        if any(getattr(scale, policy) is not None for policy in POLICIES):
            continue
        mins = [entry.min for entry in scale.schedule if entry.min is not None]
        for index, entry in enumerate(scale.schedule):
            if entry.min is not None and entry.max is None and entry.min < max(mins):
                yield Finding(
                    place=(*place, "schedule", index),
                    message=f"a lower min alone stops no task; write max = {entry.min} "
                    "as well, or add a policy such as cpu_percent",
                )
