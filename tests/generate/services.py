"""How the keys of services are generated, where a type alone would not do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catalog.sizes import FARGATE_SIZES
from tests.generate.values import Key, always, fixed, image, of_member, one_of, tags, text_of, unless
from tests.generate.world import ABSENT, World


def _member(make: Callable[[World, Any], Any]) -> Key:
    """Of a service, settled before."""

    def key(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
        member = world.members.get(place[-2]) if place[0] == "services" else None
        value = make(world, member) if member else None
        return ABSENT if value is None else value

    return always(key)


def _public(world: World, made: dict[str, Any], member: Any, drawing: Any) -> Any:
    return drawing.table("Public", ("services", _name_of(world, member), "public")) if member.public else ABSENT


def _by_gateway(world: World, made: dict[str, Any]) -> bool:
    return made.get("ingress", world.ingresses[0]) in world.gateways


def _name_of(world: World, member: Any) -> str:
    return next(name for name, each in world.members.items() if each is member)


def _size(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    return world.pick((1024, 2048, 4096))


def _memory(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    if "cpu" not in made:
        return ABSENT
    return world.pick([each for each in FARGATE_SIZES[made["cpu"]] if each >= 4096])


def _capacity(world: World, made: dict[str, Any], member: Any, drawing: Any) -> Any:
    return member.capacity or (world.pick(("fargate", "fargate-spot")) if world.chance(20) else ABSENT)


def _environment(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> dict[str, str]:
    texts = {name: world.text() for name in world.some(("MODE", "LOG_LEVEL", "_x", "lower"), world.number(1, 3))}
    member = world.members.get(place[1]) if len(place) > 1 and place[0] == "services" else None
    for callee in member.calls if member else ():
        if world.chance(30):
            texts[f"AT_{len(texts)}"] = f"{{{callee}.{world.pick(('url', 'host', 'port'))}}}" + world.text()
    return texts


def _volumes(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> dict[str, Any]:
    names = world.some(("data", "cache-1"), world.number(1, 2))
    world.taken |= {(place[1], name) for name in names if place[0] == "services"}
    return {name: {**drawing.table("Volume", (*place, name)), "path": f"/{name}"} for name in names}


def _seen_volumes(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    return {"data": "/of-the-service"} if len(place) > 1 and (place[1], "data") in world.taken else ABSENT


def _container(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> dict[str, Any]:
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


def _versions(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
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


def _deploy_max(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    return world.pick((200, 150, 100) if made.get("min") == 0 else (200,))


def _retries_on(world: World, made: dict[str, Any], member: Any, drawing: Any) -> Any:
    events = {"grpc": ("unavailable", "internal", "connection-error"), "tcp": ()}
    known = events.get(member.protocol, ("connection-error", "gateway-error", "server-error"))
    return list(world.some(known, world.number(1, 2))) if known and made.get("attempts") else ABSENT


def _pool(world: World, made: dict[str, Any], member: Any, drawing: Any) -> Any:
    if not member.port:
        return ABSENT
    if member.protocol in ("http2", "grpc"):
        return {"requests": world.number(1, 50)}
    pending = {"pending": world.number(1, 9)} if member.protocol == "http" and world.chance(50) else {}
    return {"connections": world.number(1, 50), **pending}


def _with_port(model: str) -> Key:
    return of_member(
        lambda world, made, member, drawing: (
            drawing.table(model, ("services", _name_of(world, member), "x"))
            if member.port and member.protocol != "tcp"
            else ABSENT
        )
    )


def _health_path(world: World, made: dict[str, Any], member: Any, drawing: Any) -> Any:
    if not member.port or member.protocol == "tcp":
        return ABSENT
    return "/grpc.health.v1.Health/Check" if member.protocol == "grpc" else world.pick(("/", "/health?deep=1"))


def _scale(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    if "replicas" in made:
        return ABSENT
    table = drawing.table("Scale", place)
    return table if set(table) - {"min", "max", "scale_in_after", "scale_out_after"} else {**table, "cpu_percent": 50}


def _schedule(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    names = world.some(("mornings", "evenings"), world.number(1, 2))
    return [{**drawing.table("ScheduleEntry", place), "name": name, "min": 2, "max": 4} for name in names]


def _profile(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    return world.pick((*world.profiles, "inference")) if place[0] == "services" else ABSENT


FIELDS: dict[str, Key] = {
    "WorkloadKeys.image": always(lambda w, m, p, d: image(w)),
    "Version.name": lambda w, m, p, d: p[-2],
    "Version.image": lambda w, m, p, d: image(w),
    "WorkloadKeys.command": lambda w, m, p, d: [w.text() for _ in range(w.number(1, 3))],
    "WorkloadKeys.entrypoint": lambda w, m, p, d: ["/bin/sh", "-c"],
    "WorkloadKeys.user": one_of("1000", "app:app"),
    "WorkloadKeys.cpu": _size,
    "WorkloadKeys.memory": always(_memory),
    "WorkloadKeys.storage": of_member(lambda w, m, member, d: ABSENT if member.capacity else w.number(20, 200)),
    "WorkloadKeys.architecture": of_member(
        lambda w, m, member, d: ABSENT if member.capacity else w.pick(("arm64", "x86_64"))
    ),
    "WorkloadKeys.capacity": always(of_member(_capacity)),
    "WorkloadKeys.gpus": always(
        of_member(lambda w, m, member, d: 1 if member.capacity == "gpu" and w.chance(50) else ABSENT)
    ),
    "WorkloadKeys.shm_mib": always(
        of_member(lambda w, m, member, d: 128 if member.capacity and w.chance(50) else ABSENT)
    ),
    "WorkloadKeys.replicas": lambda w, m, p, d: w.number(1, 4),
    "WorkloadKeys.scale": _scale,
    "Check.command": lambda w, m, p, d: w.pick(("true", ["check", w.text()])),
    "Check.interval": one_of("10s", "5m"),
    "Check.timeout": one_of("2s", "4s"),
    "Check.grace": one_of("30s", "10m"),
    "Health.path": of_member(_health_path),
    "WorkloadKeys.environment": _environment,
    "WorkloadKeys.not_secret": unless(
        lambda w, m: "environment" not in m, lambda w, m, p, d: list(m["environment"])[:1]
    ),
    "WorkloadKeys.secrets_follow": lambda w, m, p, d: True if w.follows and "secrets" in m else ABSENT,
    "WorkloadKeys.credentials": text_of(lambda w: w.arn("secretsmanager", "secret:hub-AbCdEf")),
    "WorkloadKeys.volumes": _volumes,
    "Volume.path": one_of("/data"),
    "WorkloadKeys.container": _container,
    "WorkloadKeys.readonly_root": unless(lambda w, m: w.opened, one_of(True, False)),
    "Sidecar.readonly_root": unless(lambda w, m: w.opened, one_of(True, False)),
    "WorkloadKeys.exec": unless(lambda w, m: m.get("readonly_root"), one_of(True, False)),
    "WorkloadKeys.stop_timeout": one_of("30s", "2m"),
    "Model.source": one_of("s3://models/llama", "s3://models"),
    "Model.mount": one_of("/models", "/weights"),
    "Model.size_gib": lambda w, m, p, d: w.number(1, 15),
    "WorkloadKeys.sidecars": lambda w, m, p, d: {
        name: d.table("Sidecar", (*p, name)) for name in w.some(("helper", "warmup"), w.number(1, 2))
    },
    "Sidecar.image": lambda w, m, p, d: image(w),
    "Sidecar.command": lambda w, m, p, d: [w.text()],
    "Sidecar.environment": _environment,
    "Sidecar.not_secret": unless(lambda w, m: "environment" not in m, lambda w, m, p, d: list(m["environment"])[:1]),
    "Sidecar.cpu": one_of(32, 2),
    "Sidecar.memory": one_of(64, 6),
    "Sidecar.volumes": _seen_volumes,
    "Sidecar.container": _container,
    "Sidecar.stop_timeout": one_of("30s", "2m"),
    "Statement.actions": one_of(["dynamodb:GetItem"], ["sns:Publish", "sns:ListTopics"]),
    "Statement.resources": text_of(lambda w: [w.arn("dynamodb", "table/carts")]),
    "Statement.conditions": one_of(
        {"StringEquals": {"aws:PrincipalTag/x": "${aws:userid}"}}, {"Bool": {"aws:SecureTransport": True}}
    ),
    "Access.bedrock": lambda w, m, p, d: ["amazon.nova-lite-v1:0"],
    "Deploy.min": one_of(0, 100),
    "Deploy.max": _deploy_max,
    "Logs.retention_days": one_of(1, 7, 3653),
    "LogRouter.options": always(lambda w, m, p, d: {"Name": "cloudwatch_logs", "region": w.region, "x": w.text()}),
    "LogRouter.config": one_of("/fluent-bit/extra.conf"),
    "ServiceKeys.profile": _profile,
    "ServiceKeys.port": _member(lambda w, member: member.port),
    "ServiceKeys.protocol": _member(
        lambda w, member: member.protocol if member.port and (member.protocol != "http" or w.chance(20)) else None
    ),
    "ServiceKeys.calls": _member(lambda w, member: list(member.calls) or None),
    "ServiceKeys.public": always(of_member(_public)),
    "Public.path": always(
        lambda w, m, p, d: (
            f"/{p[1]}.Service"
            if w.members[p[1]].protocol == "grpc"
            else w.once("path", ("/", "/a", "/b/c", "/d", "/e"))
        )
    ),
    "Public.host": one_of("a.example.com", "b.example.com"),
    "Public.ingress": fixed(lambda w: w.pick(w.ingresses) if len(w.ingresses) > 1 or w.chance(30) else None),
    "Public.priority": lambda w, m, p, d: ABSENT if _by_gateway(w, m) else w.once("priority", (1001, 2000, 3000)),
    "Public.sticky": lambda w, m, p, d: (
        ABSENT if _by_gateway(w, m) or w.members[p[1]].protocol == "grpc" else w.pick(("1h", False))
    ),
    "Public.login": unless(
        lambda w, m: ("login", m.get("ingress") or w.ingresses[0]) not in w.taken, one_of(True, False)
    ),
    "ServiceKeys.timeout": of_member(lambda w, m, member, d: w.longest),
    "ServiceKeys.idle_timeout": lambda w, m, p, d: w.longest,
    "ServiceKeys.retries": _with_port("Retries"),
    "Retries.attempts": lambda w, m, p, d: w.number(0, 3),
    "Retries.on": of_member(_retries_on),
    "Retries.per_try": unless(lambda w, m: not m.get("attempts"), one_of("2s", "1s")),
    "ServiceKeys.pool": of_member(_pool),
    "ServiceKeys.outlier": _with_port("Outlier"),
    "ServiceKeys.signed": always(
        of_member(lambda w, m, member, d: True if w.auth and set(member.calls) & set(w.members) else ABSENT)
    ),
    "ServiceKeys.tags": tags,
    "ServiceKeys.versions": always(_versions),
    "Match.headers": one_of({"x-version": "next"}, {"x-a": "1*?", "x-b": "${x}"}),
    "Version.match": always(lambda w, m, p, d: {"path": "/beta", **d.table("Match", p)} if w.chance(50) else ABSENT),
    "Version.scale": unless(lambda w, m: "replicas" in m, one_of({"max": 3, "cpu_percent": 50})),
    "Match.path": one_of("/beta"),
    "Match.priority": lambda w, m, p, d: w.once("match", (1, 2, 50)),
    "ServiceKeys.stack": of_member(lambda w, m, member, d: w.pick(("rag", "models"))),
    "ServiceKeys.stack_from": of_member(
        lambda w, m, member, d: w.pick([s for s in ("base", "old") if s != m.get("stack", "base")])
    ),
    "ServiceKeys.renamed_from": of_member(
        lambda w, m, member, d: (
            w.once("old", ("older", "first-name"))
            if "stack_from" not in m and member is not w.members.get("main")
            else ABSENT
        )
    ),
    "ServiceKeys.aws_name": of_member(lambda w, m, member, d: w.once("aws", ("known-as", "kept"))),
    "Scale.min": one_of(1, 2),
    "Scale.max": lambda w, m, p, d: w.number(2, 9),
    "Scale.schedule": _schedule,
    "Scale.requests_per_minute": of_member(lambda w, m, member, d: w.number(10, 900) if member.public else ABSENT),
    "Backlog.latency": one_of("10m"),
    "ScheduleEntry.cron": one_of("0 7 ? * MON-FRI *", "*/5 0 1 1 ? 2030"),
    "ScheduleEntry.timezone": one_of("UTC", "Europe/Berlin"),
    "ScheduleEntry.min": one_of(2),
    "ScheduleEntry.max": one_of(4),
    "Metric.namespace": one_of("AWS/SQS", "Shop: #1"),
    "Metric.name": one_of("Waiting", "a b ${c}"),
    "Metric.dimensions": lambda w, m, p, d: {"Queue": w.word()},
}
