"""Generators for keys of services that need more than a value of their type."""

from __future__ import annotations

from tests.generate import service_values as values_of
from tests.generate.values import Key, always, fixed, image, of_member, one_of, tags, text_of, unless
from tests.generate.world import ABSENT

FIELDS: dict[str, Key] = {
    "WorkloadKeys.image": always(lambda w, m, p, d: image(w)),
    "Version.name": lambda w, m, p, d: p[-2],
    "Version.image": lambda w, m, p, d: image(w),
    "WorkloadKeys.command": lambda w, m, p, d: [w.text() for _ in range(w.number(1, 3))],
    "WorkloadKeys.entrypoint": lambda w, m, p, d: ["/bin/sh", "-c"],
    "WorkloadKeys.user": one_of("1000", "app:app"),
    "WorkloadKeys.cpu": values_of.size,
    "WorkloadKeys.memory": always(values_of.memory),
    "WorkloadKeys.storage": of_member(lambda w, m, member, d: ABSENT if member.capacity else w.number(20, 200)),
    "WorkloadKeys.architecture": of_member(
        lambda w, m, member, d: ABSENT if member.capacity else w.pick(("arm64", "x86_64"))
    ),
    "WorkloadKeys.capacity": always(of_member(values_of.capacity)),
    "WorkloadKeys.gpus": always(
        of_member(lambda w, m, member, d: 1 if member.capacity == "gpu" and w.chance(50) else ABSENT)
    ),
    "WorkloadKeys.shared_memory_mib": always(
        of_member(lambda w, m, member, d: 128 if member.capacity and w.chance(50) else ABSENT)
    ),
    "WorkloadKeys.replicas": lambda w, m, p, d: w.number(1, 4),
    "WorkloadKeys.scale": values_of.scale,
    "Check.command": lambda w, m, p, d: w.pick(("true", ["check", w.text()])),
    "Check.interval": one_of("10s", "5m"),
    "Check.timeout": one_of("2s", "4s"),
    "Check.grace": one_of("30s", "10m"),
    "Health.path": of_member(values_of.health_path),
    "WorkloadKeys.environment": values_of.environment,
    "WorkloadKeys.not_secret": unless(
        lambda w, m: "environment" not in m, lambda w, m, p, d: list(m["environment"])[:1]
    ),
    "WorkloadKeys.redeploy_on_rotation": lambda w, m, p, d: True if w.follows and "secrets" in m else ABSENT,
    "WorkloadKeys.credentials": text_of(lambda w: w.arn("secretsmanager", "secret:hub-AbCdEf")),
    "WorkloadKeys.volumes": values_of.volumes,
    "Volume.path": one_of("/data"),
    "Volume.backup": unless(lambda w, m: m.get("kind") != "efs", one_of(True, False)),
    "WorkloadKeys.container": values_of.container,
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
    "Sidecar.environment": values_of.environment,
    "Sidecar.not_secret": unless(lambda w, m: "environment" not in m, lambda w, m, p, d: list(m["environment"])[:1]),
    "Sidecar.cpu": one_of(32, 2),
    "Sidecar.memory": one_of(64, 6),
    "Sidecar.volumes": values_of.seen_volumes,
    "Sidecar.container": values_of.container,
    "Sidecar.stop_timeout": one_of("30s", "2m"),
    "Statement.actions": one_of(["dynamodb:GetItem"], ["sns:Publish", "sns:ListTopics"]),
    "Statement.resources": text_of(lambda w: [w.arn("dynamodb", "table/carts")]),
    "Statement.conditions": one_of(
        {"StringEquals": {"aws:PrincipalTag/x": "${aws:userid}"}}, {"Bool": {"aws:SecureTransport": True}}
    ),
    "Access.bedrock": lambda w, m, p, d: ["amazon.nova-lite-v1:0"],
    "Deploy.min": one_of(0, 100),
    "Deploy.max": values_of.deploy_max,
    "Logs.retention_days": one_of(1, 7, 3653),
    "LogRouter.options": always(lambda w, m, p, d: {"Name": "cloudwatch_logs", "region": w.region, "x": w.text()}),
    "LogRouter.config": one_of("/fluent-bit/extra.conf"),
    "ServiceKeys.profile": values_of.profile,
    "ServiceKeys.port": values_of.settled(lambda w, member: member.port),
    "ServiceKeys.scheme": of_member(lambda w, m, member, d: "redis" if member.protocol == "tcp" else ABSENT),
    "ServiceKeys.protocol": values_of.settled(
        lambda w, member: member.protocol if member.port and (member.protocol != "http" or w.chance(20)) else None
    ),
    "ServiceKeys.calls": values_of.settled(lambda w, member: list(member.calls) or None),
    "ServiceKeys.public": always(of_member(values_of.public)),
    "Public.path": always(
        lambda w, m, p, d: (
            f"/{p[1]}.Service"
            if w.members[p[1]].protocol == "grpc"
            else w.once("path", ("/", "/a", "/b/c", "/d", "/e"))
        )
    ),
    "Public.host": one_of("a.example.com", "b.example.com"),
    "Public.ingress": fixed(lambda w: w.pick(w.ingresses) if len(w.ingresses) > 1 or w.chance(30) else None),
    "Public.priority": lambda w, m, p, d: (
        ABSENT if values_of.by_gateway(w, m) else w.once("priority", (1001, 2000, 3000))
    ),
    "Public.sticky": lambda w, m, p, d: (
        ABSENT if values_of.by_gateway(w, m) or w.members[p[1]].protocol == "grpc" else w.pick(("1h", False))
    ),
    "Public.login": unless(
        lambda w, m: ("login", m.get("ingress") or w.ingresses[0]) not in w.taken, one_of(True, False)
    ),
    "ServiceKeys.timeout": of_member(lambda w, m, member, d: w.longest),
    "ServiceKeys.idle_timeout": lambda w, m, p, d: w.longest,
    "ServiceKeys.retries": values_of.with_port("Retries"),
    "Retries.attempts": lambda w, m, p, d: w.number(0, 3),
    "Retries.on": of_member(values_of.retries_on),
    "Retries.per_try": unless(lambda w, m: not m.get("attempts"), one_of("2s", "1s")),
    "ServiceKeys.pool": of_member(values_of.pool),
    "ServiceKeys.outlier": values_of.with_port("Outlier"),
    "ServiceKeys.sign_requests": always(
        of_member(lambda w, m, member, d: True if w.auth and set(member.calls) & set(w.members) else ABSENT)
    ),
    "ServiceKeys.tags": tags,
    "ServiceKeys.versions": always(values_of.versions),
    "Match.headers": one_of({"x-version": "next"}, {"x-a": "1*?", "x-b": "${x}"}),
    "Version.match": always(lambda w, m, p, d: {"path": "/beta", **d.table("Match", p)} if w.chance(50) else ABSENT),
    "Version.scale": unless(lambda w, m: "replicas" in m, one_of({"max": 3, "cpu_percent": 50})),
    "Match.path": one_of("/beta"),
    "Match.priority": lambda w, m, p, d: w.once("match", (1, 2, 50)),
    "ServiceKeys.stack": of_member(lambda w, m, member, d: w.pick(("rag", "models"))),
    "ServiceKeys.move_from_stack": of_member(
        lambda w, m, member, d: w.pick([s for s in ("base", "old") if s != m.get("stack", "base")])
    ),
    "ServiceKeys.renamed_from": of_member(
        lambda w, m, member, d: (
            w.once("old", ("older", "first-name"))
            if "move_from_stack" not in m and member is not w.members.get("main")
            else ABSENT
        )
    ),
    "ServiceKeys.aws_name": of_member(lambda w, m, member, d: w.once("aws", ("known-as", "kept"))),
    "Scale.min": one_of(1, 2),
    "Scale.max": lambda w, m, p, d: w.number(2, 9),
    "Scale.schedule": values_of.schedule,
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
