"""Generators for keys of all tables except services that need more than a value of their type."""

from __future__ import annotations

from typing import Any

from tests.generate.values import Key, always, fixed, image, one_of, tables, tags, text_of, unless
from tests.generate.world import ABSENT, ACCOUNT, World


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


def _allow(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    return ABSENT if world.joined else list(world.some(("10.0.0.0/8", "192.168.0.0/16", "203.0.113.0/24"), 2))


def _listener(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    return world.arn("elasticloadbalancing", f"listener/app/{place[-2]}/50dc6c495c0c9188/f2f7dc8efc522ab2")


def _balanced(key: Key) -> Key:
    """A value for a created load balancer."""

    def make(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
        return ABSENT if world.joined or place[-2] in world.gateways else key(world, made, place, drawing)

    return make


def _login(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    others = any(each.public and each.protocol != "http" for each in world.members.values())
    if "certificate" not in made or world.joined or world.isolated or others:
        return ABSENT
    world.taken.add(("login", place[-2]))
    return drawing.table("Login", place)


def _pool_login(value: Key) -> Key:
    return always(unless(lambda w, m: not m.get("user_pool"), value))


def _oidc(path: str) -> Key:
    return always(
        lambda world, made, place, drawing: ABSENT if made.get("user_pool") else f"https://login.example.com{path}"
    )


def _client_secret(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
    arn = world.arn("secretsmanager", "secret:oidc-AbCdEf")
    return ABSENT if made.get("user_pool") else world.pick((arn, {"arn": arn, "key": "secret"}))


def _overrides(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> dict[str, Any]:
    name = next(iter(world.members))
    return {f"aws_cloudwatch_log_group.{name}": {"tags": {"by.hand": "${terraform.workspace}"}}}


def _existing(only: bool, key: Key) -> Key:
    return unless(lambda world, made: world.existing != only, key)


def _joined(only: bool, key: Key) -> Key:
    return unless(lambda world, made: world.joined != only, key)


FIELDS: dict[str, Key] = {
    "CatalogTable.name": one_of("shop", "s3-x", "a-longer-name-12"),
    "CatalogTable.region": fixed(lambda w: w.region),
    "CatalogTable.images": lambda w, m, p, d: w.beside(
        "images.toml", f'{next(iter(w.members))} = "{ACCOUNT}.dkr.ecr.{w.region}.{w.suffix}/from-file:1"\n'
    ),
    "CatalogTable.tags": tags,
    "Catalog.vars": fixed(lambda w: {"registry": "r.io/team", "text": w.pick(("plain", "${x} %{y}"))}),
    "Aws.accounts": text_of(lambda w: [ACCOUNT]),
    "AssumeRole.external_id": one_of("12", "a/b:c"),
    "AssumeRole.session_name": one_of("deploy"),
    "Aws.assume_role": lambda w, m, p, d: w.pick(
        # The table has keys that no other table has, and is rare.
        (w.arn("iam", "role/deploy", region=""), *[d.table("AssumeRole", p) for _ in range(3)])
    ),
    "Aws.profile": one_of("shared"),
    "Terraform.aws": one_of(">= 5.100, < 7", "~> 5.100", ">= 5.100"),
    "Catalog.state": _state,
    "Catalog.network": always(lambda w, m, p, d: d.table("Network", p)),
    "Catalog.discovery": always(lambda w, m, p, d: d.table("Discovery", p)),
    "Catalog.cluster": always(lambda w, m, p, d: d.table("Cluster", p)),
    "Network.cidr": _existing(False, one_of("10.0.0.0/16", "172.16.0.0/20", "192.168.0.0/22")),
    "Network.zones": _existing(False, _zones),
    "Network.nat": always(_existing(False, lambda w, m, p, d: w.nat if w.nat != "single" or w.chance(10) else ABSENT)),
    "Network.flow_logs": _existing(False, one_of(True, False)),
    "Network.endpoints": text_of(
        lambda w: list(w.some(("sqs", "sts", "monitoring", "bedrock-runtime"), w.number(1, 2)))
    ),
    "Network.vpc_id": fixed(lambda w: "vpc-0a1b2c3d" if w.existing else None),
    "Network.private_subnet_ids": fixed(lambda w: ["subnet-0a", "subnet-0b"] if w.existing else None),
    "Network.public_subnet_ids": fixed(lambda w: ["subnet-0c", "subnet-0d"] if w.existing and not w.joined else None),
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
    "Mesh.kind": fixed(lambda w: w.kind),
    "Mesh.tls": always(_tls),
    "Tls.authority": one_of("never asked"),
    "Mesh.auth": fixed(lambda w: "iam" if w.auth else None),
    "Mesh.strict": lambda w, m, p, d: w.chance(20),
    "Mesh.migrate_from": lambda w, m, p, d: w.ended or ABSENT,
    "Mesh.tracing": unless(lambda w, m: w.isolated, one_of(True, False)),
    "Cluster.arn": _joined(True, text_of(lambda w: w.arn("ecs", "cluster/shared"))),
    "Cluster.insights": unless(lambda w, m: "arn" in m, one_of("enhanced", "enhanced", "enabled")),
    "Cluster.exec": unless(lambda w, m: "arn" in m or not w.opened, one_of(True)),
    "Catalog.capacity": tables(lambda w: w.capacities, "Capacity"),
    "Capacity.instance_types": lambda w, m, p, d: ["g5.8xlarge"] if p[-2] == "gpu" else ["m5.8xlarge", "m6i.8xlarge"],
    "Capacity.min": one_of(0, 2),
    "Capacity.max": lambda w, m, p, d: w.number(20, 100),
    "Capacity.disk_gib": one_of(100, 500),
    "Capacity.warm": unless(lambda w, m: m.get("spot"), one_of(0, 1)),
    "Capacity.spot": one_of(True, False),
    "Capacity.zones": lambda w, m, p, d: w.pick((["a"], ["a", "b"])) if w.zones == 2 else [w.zones[0][-1]],
    "Catalog.ingress": tables(lambda w: w.ingresses, "Ingress"),
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
    "Ingress.zone_id": unless(lambda w, m: w.joined or "domain" not in m, one_of("Z0123456789ABC")),
    "Ingress.internal": _joined(False, one_of(True, False)),
    "Ingress.waf": _balanced(text_of(lambda w: w.arn("wafv2", "regional/webacl/all/1111"))),
    "Ingress.login": _balanced(_login),
    "Ingress.logs": _balanced(lambda w, m, p, d: w.pick((True, d.table("AccessLogs", p)))),
    "Ingress.gateway": always(lambda w, m, p, d: True if p[-2] in w.gateways else ABSENT),
    "Ingress.insecure": _joined(False, one_of(True, False)),
    "AccessLogs.bucket": one_of("logs-of-ours"),
    "AccessLogs.prefix": one_of("web/public"),
    "AccessLogs.days": unless(lambda w, m: "bucket" in m, one_of(7, 400)),
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
    "Login.secret_in_state": always(unless(lambda w, m: m.get("user_pool"), one_of(True))),
    "Login.scope": one_of("openid", "openid email"),
    "Login.session_timeout": one_of("1h", "168h"),
    "ClientSecret.key": one_of("secret"),
    "Catalog.external": tables(lambda w: w.externals, "External"),
    "External.host": lambda w, m, p, d: f"{p[-2]}.example.org",
    "External.port": one_of(443, 5432, 6379),
    "External.protocol": lambda w, m, p, d: w.pick(("https", "tcp")) if m.get("port") else ABSENT,
    "External.scheme": lambda w, m, p, d: "postgresql" if m.get("protocol") == "tcp" else ABSENT,
    "External.security_group": one_of("sg-0e0e0e0e"),
    "External.cidrs": always(
        lambda w, m, p, d: (
            w.pick((["10.9.0.0/16"], ["10.9.0.0/16", "10.10.0.0/16"]))
            if "security_group" not in m and (w.isolated or w.chance(40))
            else ABSENT
        )
    ),
    "Images.envoy": text_of(image),
    "Catalog.images": always(lambda w, m, p, d: d.table("Images", p) if w.isolated or w.chance(30) else ABSENT),
    "Images.loader": always(lambda w, m, p, d: image(w) if w.isolated or w.chance(50) else ABSENT),
    "Images.collector": text_of(image),
    "Images.log_router": text_of(image),
    "Images.registry": lambda w, m, p, d: w.pick(
        (
            f"{ACCOUNT}.dkr.ecr.{w.region}.{w.suffix}/mirror",
            {"docker.io": f"{ACCOUNT}.dkr.ecr.{w.region}.{w.suffix}/hub"},
        )
    ),
    "Security.kms_key": lambda w, m, p, d: w.pick((True, w.arn("kms", "key/1111"))),
    "Catalog.services": tables(lambda w: w.members, "ServiceKeys"),
    "Catalog.overrides": _overrides,
}
