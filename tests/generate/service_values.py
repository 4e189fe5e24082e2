"""Generators for keys of services that need more than a line in the table of services.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catalog.analysis.packing import FARGATE_SIZES
from tests.generate.values import Key, always, of_member
from tests.generate.world import ABSENT, World


def settled(make: Callable[[World, Any], Any]) -> Key:
    """The value that was chosen for the service before."""

    def key(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
        member = world.members.get(place[-2]) if place[0] == "services" else None
        value = make(world, member) if member else None
        return ABSENT if value is None else value

    return always(key)


def public(world: World, made: dict[str, Any], member: Any, drawing: Any) -> Any:
    return drawing.table("Public", ("services", name_of(world, member), "public")) if member.public else ABSENT


def by_gateway(world: World, made: dict[str, Any]) -> bool:
    return made.get("ingress", world.ingresses[0]) in world.gateways


def name_of(world: World, member: Any) -> str:
    return next(name for name, each in world.members.items() if each is member)


def size(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    return world.pick((1024, 2048, 4096))


def memory(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    if "cpu" not in made:
        return ABSENT
    return world.pick([each for each in FARGATE_SIZES[made["cpu"]] if each >= 4096])


def capacity(world: World, made: dict[str, Any], member: Any, drawing: Any) -> Any:
    return member.capacity or (world.pick(("fargate", "fargate-spot")) if world.chance(20) else ABSENT)


def environment(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> dict[str, str]:
    texts = {name: world.text() for name in world.some(("MODE", "LOG_LEVEL", "_x", "lower"), world.number(1, 3))}
    member = world.members.get(place[1]) if len(place) > 1 and place[0] == "services" else None
    for callee in member.calls if member else ():
        if world.chance(30):
            texts[f"AT_{len(texts)}"] = f"{{{callee}.{world.pick(('url', 'host', 'port'))}}}" + world.text()
    return texts


def volumes(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> dict[str, Any]:
    names = world.some(("data", "cache-1"), world.number(1, 2))
    world.taken |= {(place[1], name) for name in names if place[0] == "services"}
    return {name: {**drawing.table("Volume", (*place, name)), "path": f"/{name}"} for name in names}


def seen_volumes(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    return {"data": "/of-the-service"} if len(place) > 1 and (place[1], "data") in world.taken else ABSENT


def container(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> dict[str, Any]:
    return dict(
        world.pick(
            (
                {"dockerLabels": {"owner": world.text()}},
                {"ulimits": [{"name": "nofile", "softLimit": 1, "hardLimit": 2}]},
                {"linuxParameters": {"initProcessEnabled": True}},
                {"startTimeout": 30},
                {"restartPolicy": {"enabled": True, "restartAttemptPeriod": 60}},
                {"interactive": True, "pseudoTerminal": True},
            )
        )
    )


def versions(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    member = world.members.get(place[1]) if place[0] == "services" and len(place) > 1 else None
    if not member or not member.port or member.protocol == "tcp" or not world.carries("versions"):
        return ABSENT
    if place[1] == "main" or not world.chance(40):
        return ABSENT
    names = world.some(("next", "beta"), world.number(1, 2))
    versions = [{**drawing.table("Version", (*place, name)), "weight": 10} for name in names]
    reached = made["public"].get("path", "/") if isinstance(made.get("public"), dict) else "/"
    for version in versions:
        if "scale" in made:
            version.pop("scale", None)
            version["replicas"] = 1
        elif "replicas" in made:
            version.pop("scale", None)
        if "match" in version:
            version["match"]["path"] = f"{reached.rstrip('/')}/{version['name']}"
    return versions


def deploy_max(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    return world.pick((200, 150, 100) if made.get("min") == 0 else (200,))


def retries_on(world: World, made: dict[str, Any], member: Any, drawing: Any) -> Any:
    events = {"grpc": ("unavailable", "internal", "connection-error"), "tcp": ()}
    known = events.get(member.protocol, ("connection-error", "gateway-error", "server-error"))
    return list(world.some(known, world.number(1, 2))) if known and made.get("attempts") else ABSENT


def pool(world: World, made: dict[str, Any], member: Any, drawing: Any) -> Any:
    if not member.port:
        return ABSENT
    if member.protocol in ("http2", "grpc"):
        return {"requests": world.number(1, 50)}
    pending = {"pending": world.number(1, 9)} if member.protocol == "http" and world.chance(50) else {}
    return {"connections": world.number(1, 50), **pending}


def with_port(model: str) -> Key:
    return of_member(
        lambda world, made, member, drawing: (
            drawing.table(model, ("services", name_of(world, member), "x"))
            if member.port and member.protocol != "tcp"
            else ABSENT
        )
    )


def health_path(world: World, made: dict[str, Any], member: Any, drawing: Any) -> Any:
    if not member.port or member.protocol == "tcp":
        return ABSENT
    return "/grpc.health.v1.Health/Check" if member.protocol == "grpc" else world.pick(("/", "/health?deep=1"))


def scale(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    if "replicas" in made:
        return ABSENT
    table = drawing.table("Scale", place)
    return table if set(table) - {"min", "max", "scale_in_after", "scale_out_after"} else {**table, "cpu_percent": 50}


def schedule(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    names = world.some(("mornings", "evenings"), world.number(1, 2))
    return [{**drawing.table("ScheduleEntry", place), "name": name, "min": 2, "max": 4} for name in names]


def profile(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    return world.pick((*world.profiles, "inference")) if place[0] == "services" else ABSENT
