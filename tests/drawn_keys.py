"""How keys are drawn whose type does not say all: one table by type, one by field. A field that is in neither is drawn
by its type alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from catalog.model import access, container, types
from catalog.model.capacity import Capacity
from catalog.model.catalog import AssumeRole
from catalog.model.files import Volume
from catalog.model.login import AccessLogs, Login
from catalog.model.match import Match
from catalog.model.network import Cluster, Discovery, External, Images, Ingress, Network
from catalog.model.scale import Scale, ScheduleEntry
from catalog.model.service import Outlier, Public, Retries, ServiceKeys, Version
from catalog.model.sidecar import Sidecar
from catalog.sizes import FARGATE_SIZES
from tests.drawn_world import ABSENT, ACCOUNT, World

Key = Callable[[World, dict[str, Any], tuple[str, ...], Any], Any]
"""World, the keys of the same table drawn before, the place, and what draws tables: a value, or ABSENT."""


def one_of(*values: Any) -> Key:
    return lambda world, made, place, drawing: world.pick(values)


def _text_of(make: Callable[[World], Any]) -> Key:
    return lambda world, made, place, drawing: make(world)


def _unless(absent: Callable[[World, dict[str, Any]], Any], key: Key) -> Key:
    """Left out where it does not suit."""
    return lambda world, made, place, drawing: ABSENT if absent(world, made) else key(world, made, place, drawing)


def always(key: Key) -> Key:
    """What is asked for at any density, and may still say ABSENT."""
    key.always = True  # type: ignore[attr-defined]
    return key


TYPES: list[tuple[Any, Callable[[World], Any]]] = [
    (types.Duration, lambda w: w.pick(("10s", "30s", "60s", "1m"))),
    (types.DurationOrNone, lambda w: w.pick(("10s", "1m", "none"))),
    (types.AboveZero, lambda w: w.pick((1, 0.5, 20))),
    (types.Cidr, lambda w: f"10.{w.number(0, 255)}.0.0/16"),
    (types.RoleArn, lambda w: w.arn("iam", "role/deploy", region="")),
    (types.PolicyArn, lambda w: w.arn("iam", "policy/boundary", region="")),
    (types.CertificateArn, lambda w: w.arn("acm", "certificate/1111")),
    (types.AuthorityArn, lambda w: w.arn("acm-pca", "certificate-authority/1111")),
    (types.SecretArn, lambda w: w.pick((w.arn("ssm", "parameter/a/b"), w.arn("secretsmanager", "secret:s-AbCdEf")))),
    (types.SecretsManagerArn, lambda w: w.arn("secretsmanager", "secret:hub-AbCdEf")),
    (types.KeyArn, lambda w: w.arn("kms", "key/1111-2222")),
    (types.QueueArn, lambda w: w.arn("sqs", w.pick(("work", "more-work")))),
    (types.WebAclArn, lambda w: w.arn("wafv2", "regional/webacl/all/1111")),
    (types.ClusterArn, lambda w: w.arn("ecs", "cluster/shared")),
    (types.UserPoolArn, lambda w: w.arn("cognito-idp", f"userpool/{w.region}_abc")),
    (types.SecurityGroupId, lambda w: w.pick(("sg-0a1b2c3d", "sg-0123456789abcdef0"))),
    (types.Host, lambda w: w.pick(("db.example.com", "api.example.org", "x-1.example.net"))),
    (types.Name, lambda w: w.pick(("one", "two-2", "three"))),
    (types.StackName, lambda w: w.pick(("rag", "models"))),
    (types.VariableName, lambda w: w.pick(("MODE", "LOG_LEVEL", "_x", "lower", "HOME_2"))),
    (types.AbsolutePath, lambda w: w.pick(("/srv/app", "/opt/x y", "/data-1"))),
    (container.Secrets, lambda w: _secrets(w)),
    (access.Model, lambda w: w.pick(("amazon.nova-lite-v1:0", "us.amazon.nova-lite-v1:0"))),
    (access.Endpoint, lambda w: w.pick(("ranker", w.arn("sagemaker", "endpoint/embedder")))),
    (access.Bucket, lambda w: w.pick(("bucket-1", "bucket-2/folder"))),
    (access.Queue, lambda w: w.pick(("work", w.arn("sqs", "queue")))),
    (access.DynamoTable, lambda w: w.pick(("carts", w.arn("dynamodb", "table/orders")))),
]


def _secrets(world: World) -> dict[str, Any]:
    secret = world.arn("secretsmanager", "secret:db-AbCdEf")
    values = (
        world.arn("ssm", "parameter/token"),
        secret,
        {"arn": secret, "key": "password"},
        {"arn": secret, "kms": world.arn("kms", "key/1111")},
    )[world.follows :]
    return {name: world.pick(values) for name in world.some(("S_ONE", "S_TWO"), world.number(1, 2))}


_MODELS: dict[str, Any] = {
    model.__name__: model
    for model in (
        AccessLogs, AssumeRole, Capacity, External, Ingress, Login, Match, Outlier, Public, Retries, Scale,
        ScheduleEntry, ServiceKeys, Sidecar, Version, Volume,
    )
}  # fmt: skip


def _image(world: World) -> str:
    if world.isolated:
        return f"{ACCOUNT}.dkr.ecr.{world.region}.{world.suffix}/team/app:{world.number(1, 9)}"
    return str(
        world.pick(
            (
                "public.ecr.aws/nginx/nginx:1.27",
                "r.io/team/app:v1",
                "redis@sha256:" + "a" * 64,
                "{var.registry}/x:2",
                f"{ACCOUNT}.dkr.ecr.{world.region}.{world.suffix}/team/app:7",
            )
        )
    )


def _tables(names: Callable[[World], Any], model: str) -> Key:
    def make(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
        return {name: drawing.value(_MODELS[model], (*place, name)) for name in names(world)} or ABSENT

    return always(make)


def _tags(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> dict[str, str]:
    return {key: world.word() for key in world.some(("team", "cost-center", "a.b"), world.number(1, 2))}


def _state(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> dict[str, Any]:
    kinds: tuple[dict[str, Any], ...] = (
        {"local": {}},
        {"s3": {"bucket": "states", "region": "us-west-2"}},
        {"gcs": {"bucket": "states"}},
        {"azurerm": {"storage_account_name": "x", "container_name": "c", "resource_group_name": "${text}"}},
        {"pg": {"conn_str": "postgres://db.example.com/states"}},
        {"consul": {"address": "consul.example.com"}},
        {"cloud": {"organization": "acme"}},
        {"remote": {"organization": "acme"}},
        {
            "http": {
                "address": "https://states.example.com/{environment}/{stack}"
                if world.environments
                else "https://states.example.com/{stack}"
            }
        },
    )
    return dict(world.pick(kinds))


def _zones(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    world.zones = world.pick((2, world.zones))
    return world.zones


def _tls(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    if not world.tls:
        return ABSENT
    return True if world.kind == "vpc-lattice" else {"authority": world.arn("acm-pca", "certificate-authority/1")}


def _fixed(make: Callable[[World], Any]) -> Key:
    """Settled for the whole catalog before: None is left out."""

    def key(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
        value = make(world)
        return ABSENT if value is None else value

    return always(key)


def _member(make: Callable[[World, Any], Any]) -> Key:
    """Of a service, settled before."""

    def key(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
        member = world.members.get(place[-2]) if place[0] == "services" else None
        value = make(world, member) if member else None
        return ABSENT if value is None else value

    return always(key)


def _of_member(key: Callable[[World, dict[str, Any], Any, Any], Any]) -> Key:
    """Of a service, where it is drawn at all."""

    def make(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
        member = next((world.members[part] for part in place if part in world.members), None)
        return key(world, made, member, drawing) if member and "services" in place else ABSENT

    return make


def _allow(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    return ABSENT if world.joined else list(world.some(("10.0.0.0/8", "192.168.0.0/16", "203.0.113.0/24"), 2))


def _listener(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    return world.arn("elasticloadbalancing", f"listener/app/{place[-2]}/50dc6c495c0c9188/f2f7dc8efc522ab2")


def _balanced(key: Key) -> Key:
    """Of a load balancer of ours."""

    def make(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
        return ABSENT if world.joined or place[-2] in world.gateways else key(world, made, place, drawing)

    return make


def _login(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    others = any(each.public and each.protocol != "http" for each in world.members.values())
    if "certificate" not in made or world.joined or world.isolated or others:
        return ABSENT
    world.taken.add(("login", place[-2]))
    return drawing.table(_MODELS["Login"], place)


def _pool_login(value: Key) -> Key:
    return always(_unless(lambda w, m: not m.get("user_pool"), value))


def _oidc(path: str) -> Key:
    return always(
        lambda world, made, place, drawing: ABSENT if made.get("user_pool") else f"https://login.example.com{path}"
    )


def _client_secret(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    arn = world.arn("secretsmanager", "secret:oidc-AbCdEf")
    return ABSENT if made.get("user_pool") else world.pick((arn, {"arn": arn, "key": "secret"}))


def _public(world: World, made: dict[str, Any], member: Any, drawing: Any) -> Any:
    return (
        drawing.table(_MODELS["Public"], ("services", _name_of(world, member), "public")) if member.public else ABSENT
    )


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
    return {name: {**drawing.value(_MODELS["Volume"], (*place, name)), "path": f"/{name}"} for name in names}


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
    versions = [{**drawing.table(_MODELS["Version"], (*place, name)), "weight": 10} for name in names]
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
    return _of_member(
        lambda world, made, member, drawing: (
            drawing.value(_MODELS[model], ("services", _name_of(world, member), "x"))
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
    table = drawing.table(_MODELS["Scale"], place)
    return table if set(table) - {"min", "max", "scale_in_after", "scale_out_after"} else {**table, "cpu_percent": 50}


def _schedule(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    names = world.some(("mornings", "evenings"), world.number(1, 2))
    return [{**drawing.table(_MODELS["ScheduleEntry"], place), "name": name, "min": 2, "max": 4} for name in names]


def _overrides(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> dict[str, Any]:
    name = next(iter(world.members))
    return {f"aws_cloudwatch_log_group.{name}": {"tags": {"by.hand": "${terraform.workspace}"}}}


def _profile(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    return world.pick((*world.profiles, "inference")) if place[0] == "services" else ABSENT


def _existing(only: bool, key: Key) -> Key:
    return _unless(lambda world, made: world.existing != only, key)


def _joined(only: bool, key: Key) -> Key:
    return _unless(lambda world, made: world.joined != only, key)


FIELDS: dict[str, Key] = {
    "CatalogTable.name": one_of("shop", "s3-x", "a-longer-name-12"),
    "CatalogTable.region": _fixed(lambda w: w.region),
    "CatalogTable.images": lambda w, m, p, d: w.beside(
        "images.toml", f'{next(iter(w.members))} = "{ACCOUNT}.dkr.ecr.{w.region}.{w.suffix}/from-file:1"\n'
    ),
    "CatalogTable.tags": _tags,
    "Catalog.vars": _fixed(lambda w: {"registry": "r.io/team", "text": w.pick(("plain", "${x} %{y}"))}),
    "Aws.accounts": _text_of(lambda w: [ACCOUNT]),
    "AssumeRole.external_id": one_of("12", "a/b:c"),
    "AssumeRole.session_name": one_of("deploy"),
    "Aws.assume_role": lambda w, m, p, d: w.pick(
        (w.arn("iam", "role/deploy", region=""), d.table(_MODELS["AssumeRole"], p))
    ),
    "Aws.profile": one_of("shared"),
    "Terraform.aws": one_of(">= 5.100, < 7", "~> 5.100", ">= 5.100"),
    "Catalog.state": _state,
    "Catalog.network": always(lambda w, m, p, d: d.table(Network, p)),
    "Catalog.discovery": always(lambda w, m, p, d: d.table(Discovery, p)),
    "Catalog.cluster": always(lambda w, m, p, d: d.table(Cluster, p)),
    "Network.cidr": _existing(False, one_of("10.0.0.0/16", "172.16.0.0/20", "192.168.0.0/22")),
    "Network.zones": _existing(False, _zones),
    "Network.nat": always(_existing(False, lambda w, m, p, d: w.nat if w.nat != "single" or w.chance(10) else ABSENT)),
    "Network.flow_logs": _existing(False, one_of(True, False)),
    "Network.endpoints": _text_of(
        lambda w: list(w.some(("sqs", "sts", "monitoring", "bedrock-runtime"), w.number(1, 2)))
    ),
    "Network.vpc_id": _fixed(lambda w: "vpc-0a1b2c3d" if w.existing else None),
    "Network.private_subnet_ids": _fixed(lambda w: ["subnet-0a", "subnet-0b"] if w.existing else None),
    "Network.public_subnet_ids": _fixed(lambda w: ["subnet-0c", "subnet-0d"] if w.existing and not w.joined else None),
    "Discovery.namespace": always(
        lambda w, m, p, d: (
            "shop.internal.{environment}"
            if w.environments and w.chance(20)
            else "svc-1.example"
            if not w.environments and (w.joined or w.chance(20))
            else ABSENT
        )
    ),
    "Discovery.kind": lambda w, m, p, d: "dns" if any(each.calls for each in w.members.values()) else "http",
    "Discovery.namespace_id": _joined(True, one_of("ns-e4anhexample0004")),
    "Mesh.kind": _fixed(lambda w: w.kind),
    "Mesh.tls": always(_tls),
    "Tls.authority": one_of("never asked"),
    "Mesh.auth": _fixed(lambda w: "iam" if w.auth else None),
    "Mesh.strict": lambda w, m, p, d: w.chance(20),
    "Mesh.leaving": lambda w, m, p, d: w.ended or ABSENT,
    "Mesh.tracing": _unless(lambda w, m: w.isolated, one_of(True, False)),
    "Cluster.arn": _joined(True, _text_of(lambda w: w.arn("ecs", "cluster/shared"))),
    "Cluster.insights": _unless(lambda w, m: "arn" in m, one_of("enhanced", "enhanced", "enabled")),
    "Cluster.exec": _unless(lambda w, m: "arn" in m or not w.opened, one_of(True)),
    "Catalog.capacity": _tables(lambda w: w.capacities, "Capacity"),
    "Capacity.instance_types": lambda w, m, p, d: ["g5.8xlarge"] if p[-2] == "gpu" else ["m5.8xlarge", "m6i.8xlarge"],
    "Capacity.min": one_of(0, 2),
    "Capacity.max": lambda w, m, p, d: w.number(20, 100),
    "Capacity.disk_gib": one_of(100, 500),
    "Capacity.warm": _unless(lambda w, m: m.get("spot"), one_of(0, 1)),
    "Capacity.spot": one_of(True, False),
    "Capacity.zones": lambda w, m, p, d: w.pick((["a"], ["a", "b"])) if w.zones == 2 else [w.zones[0][-1]],
    "Catalog.ingress": _tables(lambda w: w.ingresses, "Ingress"),
    "Ingress.allow": always(_allow),
    "Ingress.listener_arn": always(_joined(True, _listener)),
    "Ingress.security_group_id": always(_joined(True, one_of("sg-0a1b2c3d"))),
    "Ingress.priorities": always(_joined(True, lambda w, m, p, d: [1000, 40000])),
    "Ingress.certificate": always(
        lambda w, m, p, d: (
            w.arn("acm", "certificate/1111")
            if not w.joined and (w.chance(50) or any(e.public and e.protocol != "http" for e in w.members.values()))
            else ABSENT
        )
    ),
    "Ingress.domain": lambda w, m, p, d: f"{p[-2]}.example.com",
    "Ingress.zone_id": _unless(lambda w, m: w.joined or "domain" not in m, one_of("Z0123456789ABC")),
    "Ingress.internal": _joined(False, one_of(True, False)),
    "Ingress.waf": _balanced(_text_of(lambda w: w.arn("wafv2", "regional/webacl/all/1111"))),
    "Ingress.login": _balanced(_login),
    "Ingress.logs": _balanced(lambda w, m, p, d: w.pick((True, d.table(_MODELS["AccessLogs"], p)))),
    "Ingress.gateway": always(lambda w, m, p, d: True if p[-2] in w.gateways else ABSENT),
    "Ingress.insecure": _joined(False, one_of(True, False)),
    "AccessLogs.bucket": one_of("logs-of-ours"),
    "AccessLogs.prefix": one_of("web/public"),
    "AccessLogs.days": _unless(lambda w, m: "bucket" in m, one_of(7, 400)),
    "Login.user_pool": always(
        lambda w, m, p, d: w.arn("cognito-idp", f"userpool/{w.region}_abc") if w.chance(50) else ABSENT
    ),
    "Login.domain": _pool_login(one_of("users", "auth.example.com")),
    "Login.issuer": _oidc(""),
    "Login.authorization_endpoint": _oidc("/authorize"),
    "Login.token_endpoint": _oidc("/token"),
    "Login.user_info_endpoint": _oidc("/me"),
    "Login.client_id": one_of("client-1"),
    "Login.client_secret": always(_client_secret),
    "Login.secret_in_state": always(_unless(lambda w, m: m.get("user_pool"), one_of(True))),
    "Login.scope": one_of("openid", "openid email"),
    "Login.session_timeout": one_of("1h", "168h"),
    "ClientSecret.key": one_of("secret"),
    "Catalog.external": _tables(lambda w: w.externals, "External"),
    "External.host": lambda w, m, p, d: f"{p[-2]}.example.org",
    "External.port": one_of(443, 5432, 6379),
    "External.protocol": lambda w, m, p, d: w.pick(("https", "tcp")) if m.get("port") else ABSENT,
    "External.security_group": one_of("sg-0e0e0e0e"),
    "External.cidrs": always(
        lambda w, m, p, d: (
            w.pick((["10.9.0.0/16"], ["10.9.0.0/16", "10.10.0.0/16"]))
            if "security_group" not in m and (w.isolated or w.chance(40))
            else ABSENT
        )
    ),
    "Images.envoy": _text_of(_image),
    "Catalog.images": always(lambda w, m, p, d: d.table(Images, p) if w.isolated or w.chance(30) else ABSENT),
    "Images.loader": always(lambda w, m, p, d: _image(w) if w.isolated or w.chance(50) else ABSENT),
    "Images.collector": _text_of(_image),
    "Images.log_router": _text_of(_image),
    "Images.registry": lambda w, m, p, d: w.pick(
        (
            f"{ACCOUNT}.dkr.ecr.{w.region}.{w.suffix}/mirror",
            {"docker.io": f"{ACCOUNT}.dkr.ecr.{w.region}.{w.suffix}/hub"},
        )
    ),
    "Security.kms_key": lambda w, m, p, d: w.pick((True, w.arn("kms", "key/1111"))),
    "Catalog.services": _tables(lambda w: w.members, "ServiceKeys"),
    "Catalog.overrides": _overrides,
    # ---- Services
    "WorkloadKeys.image": always(lambda w, m, p, d: _image(w)),
    "Version.name": lambda w, m, p, d: p[-2],
    "Version.image": lambda w, m, p, d: _image(w),
    "WorkloadKeys.command": lambda w, m, p, d: [w.text() for _ in range(w.number(1, 3))],
    "WorkloadKeys.entrypoint": lambda w, m, p, d: ["/bin/sh", "-c"],
    "WorkloadKeys.user": one_of("1000", "app:app"),
    "WorkloadKeys.cpu": _size,
    "WorkloadKeys.memory": always(_memory),
    "WorkloadKeys.storage": _of_member(lambda w, m, member, d: ABSENT if member.capacity else w.number(20, 200)),
    "WorkloadKeys.architecture": _of_member(
        lambda w, m, member, d: ABSENT if member.capacity else w.pick(("arm64", "x86_64"))
    ),
    "WorkloadKeys.capacity": always(_of_member(_capacity)),
    "WorkloadKeys.gpus": always(
        _of_member(lambda w, m, member, d: 1 if member.capacity == "gpu" and w.chance(50) else ABSENT)
    ),
    "WorkloadKeys.shm_mib": always(
        _of_member(lambda w, m, member, d: 128 if member.capacity and w.chance(50) else ABSENT)
    ),
    "WorkloadKeys.replicas": lambda w, m, p, d: w.number(1, 4),
    "WorkloadKeys.scale": _scale,
    "Check.command": lambda w, m, p, d: w.pick(("true", ["check", w.text()])),
    "Check.interval": one_of("10s", "5m"),
    "Check.timeout": one_of("2s", "4s"),
    "Check.grace": one_of("30s", "10m"),
    "Health.path": _of_member(_health_path),
    "WorkloadKeys.environment": _environment,
    "WorkloadKeys.not_secret": _unless(
        lambda w, m: "environment" not in m, lambda w, m, p, d: list(m["environment"])[:1]
    ),
    "WorkloadKeys.secrets_follow": lambda w, m, p, d: True if w.follows and "secrets" in m else ABSENT,
    "WorkloadKeys.credentials": _text_of(lambda w: w.arn("secretsmanager", "secret:hub-AbCdEf")),
    "WorkloadKeys.volumes": _volumes,
    "Volume.path": one_of("/data"),
    "WorkloadKeys.container": _container,
    "WorkloadKeys.readonly_root": _unless(lambda w, m: w.opened, one_of(True, False)),
    "Sidecar.readonly_root": _unless(lambda w, m: w.opened, one_of(True, False)),
    "WorkloadKeys.exec": _unless(lambda w, m: m.get("readonly_root"), one_of(True, False)),
    "WorkloadKeys.stop_timeout": one_of("30s", "2m"),
    "Model.source": one_of("s3://models/llama", "s3://models"),
    "Model.mount": one_of("/models", "/weights"),
    "Model.size_gib": lambda w, m, p, d: w.number(1, 15),
    "WorkloadKeys.sidecars": lambda w, m, p, d: {
        name: d.table(_MODELS["Sidecar"], (*p, name)) for name in w.some(("helper", "warmup"), w.number(1, 2))
    },
    "Sidecar.image": lambda w, m, p, d: _image(w),
    "Sidecar.command": lambda w, m, p, d: [w.text()],
    "Sidecar.environment": _environment,
    "Sidecar.not_secret": _unless(lambda w, m: "environment" not in m, lambda w, m, p, d: list(m["environment"])[:1]),
    "Sidecar.cpu": one_of(32, 2),
    "Sidecar.memory": one_of(64, 6),
    "Sidecar.volumes": _seen_volumes,
    "Sidecar.container": _container,
    "Sidecar.stop_timeout": one_of("30s", "2m"),
    "Statement.actions": one_of(["dynamodb:GetItem"], ["sns:Publish", "sns:ListTopics"]),
    "Statement.resources": _text_of(lambda w: [w.arn("dynamodb", "table/carts")]),
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
    "ServiceKeys.public": always(_of_member(_public)),
    "Public.path": always(
        lambda w, m, p, d: (
            f"/{p[1]}.Service"
            if w.members[p[1]].protocol == "grpc"
            else w.once("path", ("/", "/a", "/b/c", "/d", "/e"))
        )
    ),
    "Public.host": one_of("a.example.com", "b.example.com"),
    "Public.ingress": _fixed(lambda w: w.pick(w.ingresses) if len(w.ingresses) > 1 or w.chance(30) else None),
    "Public.priority": lambda w, m, p, d: ABSENT if _by_gateway(w, m) else w.once("priority", (1001, 2000, 3000)),
    "Public.sticky": lambda w, m, p, d: (
        ABSENT if _by_gateway(w, m) or w.members[p[1]].protocol == "grpc" else w.pick(("1h", False))
    ),
    "Public.login": _unless(
        lambda w, m: ("login", m.get("ingress") or w.ingresses[0]) not in w.taken, one_of(True, False)
    ),
    "ServiceKeys.timeout": _of_member(lambda w, m, member, d: w.longest),
    "ServiceKeys.idle_timeout": lambda w, m, p, d: w.longest,
    "ServiceKeys.retries": _with_port("Retries"),
    "Retries.attempts": lambda w, m, p, d: w.number(0, 3),
    "Retries.on": _of_member(_retries_on),
    "Retries.per_try": _unless(lambda w, m: not m.get("attempts"), one_of("2s", "1s")),
    "ServiceKeys.pool": _of_member(_pool),
    "ServiceKeys.outlier": _with_port("Outlier"),
    "ServiceKeys.signed": always(
        _of_member(lambda w, m, member, d: True if w.auth and set(member.calls) & set(w.members) else ABSENT)
    ),
    "ServiceKeys.tags": _tags,
    "ServiceKeys.versions": always(_versions),
    "Match.headers": one_of({"x-version": "next"}, {"x-a": "1*?", "x-b": "${x}"}),
    "Version.match": always(lambda w, m, p, d: {"path": "/beta", **d.table(Match, p)} if w.chance(50) else ABSENT),
    "Version.scale": _unless(lambda w, m: "replicas" in m, one_of({"max": 3, "cpu_percent": 50})),
    "Match.path": one_of("/beta"),
    "Match.priority": lambda w, m, p, d: w.once("match", (1, 2, 50)),
    "ServiceKeys.stack": _of_member(lambda w, m, member, d: w.pick(("rag", "models"))),
    "ServiceKeys.stack_from": _of_member(
        lambda w, m, member, d: w.pick([s for s in ("base", "old") if s != m.get("stack", "base")])
    ),
    "ServiceKeys.renamed_from": _of_member(
        lambda w, m, member, d: (
            w.once("old", ("older", "first-name"))
            if "stack_from" not in m and member is not w.members.get("main")
            else ABSENT
        )
    ),
    "ServiceKeys.aws_name": _of_member(lambda w, m, member, d: w.once("aws", ("known-as", "kept"))),
    "Scale.min": one_of(1, 2),
    "Scale.max": lambda w, m, p, d: w.number(2, 9),
    "Scale.schedule": _schedule,
    "Scale.requests_per_minute": _of_member(lambda w, m, member, d: w.number(10, 900) if member.public else ABSENT),
    "Backlog.latency": one_of("10m"),
    "ScheduleEntry.cron": one_of("0 7 ? * MON-FRI *", "*/5 0 1 1 ? 2030"),
    "ScheduleEntry.timezone": one_of("UTC", "Europe/Berlin"),
    "ScheduleEntry.min": one_of(2),
    "ScheduleEntry.max": one_of(4),
    "Metric.namespace": one_of("AWS/SQS", "Shop: #1"),
    "Metric.name": one_of("Waiting", "a b ${c}"),
    "Metric.dimensions": lambda w, m, p, d: {"Queue": w.word()},
}
