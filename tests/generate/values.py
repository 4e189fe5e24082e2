"""Generators of values: by type, by pattern, and functions for the tables of fields."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from catalog.model import container, iam, types
from tests.generate.world import ABSENT, ACCOUNT, World

Key = Callable[[World, dict[str, Any], tuple[str, ...], Any], Any]
"""Takes the world, the keys of the same table so far, the place, and the generator of tables; returns a value or
ABSENT."""


def one_of(*values: Any) -> Key:
    return lambda world, made, place, drawing: world.pick(values)


def text_of(make: Callable[[World], Any]) -> Key:
    return lambda world, made, place, drawing: make(world)


def unless(absent: Callable[[World, dict[str, Any]], Any], key: Key) -> Key:
    """Omits the key if it doesn't fit."""
    return lambda world, made, place, drawing: ABSENT if absent(world, made) else key(world, made, place, drawing)


def always(key: Key) -> Key:
    """A generator that is called at any density, and may still return ABSENT."""
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
    (types.WebAclArn, lambda w: w.arn("wafv2", "regional/webacl/all/1111")),
    (types.ClusterArn, lambda w: w.arn("ecs", "cluster/shared")),
    (types.UserPoolArn, lambda w: w.arn("cognito-idp", f"userpool/{w.region}_abc")),
    (types.SecurityGroupId, lambda w: w.pick(("sg-0a1b2c3d", "sg-0123456789abcdef0"))),
    (types.Host, lambda w: w.pick(("db.example.com", "api.example.org", "x-1.example.net"))),
    (types.Name, lambda w: w.pick(("one", "two-2", "three"))),
    (types.StackName, lambda w: w.pick(("rag", "models"))),
    (types.VariableName, lambda w: w.pick(("MODE", "LOG_LEVEL", "_x", "lower", "discovery.type", "log-level"))),
    (types.AbsolutePath, lambda w: w.pick(("/srv/app", "/opt/x y", "/data-1"))),
    (container.Secrets, lambda w: secrets(w)),
    (iam.Model, lambda w: w.pick(("amazon.nova-lite-v1:0", "us.amazon.nova-lite-v1:0"))),
    (iam.Endpoint, lambda w: w.pick(("ranker", w.arn("sagemaker", "endpoint/embedder")))),
    (iam.Bucket, lambda w: w.pick(("bucket-1", "bucket-2/folder"))),
    (iam.Queue, lambda w: w.pick(("work", w.arn("sqs", "queue")))),
    (iam.DynamoTable, lambda w: w.pick(("carts", w.arn("dynamodb", "table/orders")))),
]


def secrets(world: World) -> dict[str, Any]:
    secret = world.arn("secretsmanager", "secret:db-AbCdEf")
    values = (
        world.arn("ssm", "parameter/token"),
        secret,
        {"arn": secret, "key": "password"},
        {"arn": secret, "kms": world.arn("kms", "key/1111")},
    )[world.follows :]
    return {name: world.pick(values) for name in world.some(("S_ONE", "S_TWO"), world.number(1, 2))}


_TEXTS = ("web", "a-1", "one", "two-2", "10s", "1m", "42", "us-west-2", "team/app", "a.example.com", "A_B", "/srv/app")


def matching(pattern: str, world: World) -> str:
    """A string from a fixed list that matches a pattern of the model: a seed keeps its examples over the years."""
    found = [text for text in _TEXTS if re.search(pattern, text, re.ASCII)]
    if not found:
        raise TypeError(f"tests/generate/values.py has no text that {pattern} accepts: add one to _TEXTS")
    return str(world.pick(found))


def image(world: World) -> str:
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


def tables(names: Callable[[World], Any], model: str) -> Key:
    def make(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
        return {name: drawing.table(model, (*place, name)) for name in names(world)} or ABSENT

    return always(make)


def tags(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> dict[str, str]:
    return {key: world.word() for key in world.some(("team", "cost-center", "a.b"), world.number(1, 2))}


def fixed(make: Callable[[World], Any]) -> Key:
    """A value that was chosen for the whole catalog before; None omits the key."""

    def key(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
        value = make(world)
        return ABSENT if value is None else value

    return always(key)


def of_member(key: Callable[[World, dict[str, Any], Any, Any], Any]) -> Key:
    """A value of a service, if the service has one."""

    def make(world: World, made: dict[str, Any], place: tuple[str, ...], drawing: Any) -> Any:
        member = next((world.members[part] for part in place if part in world.members), None)
        return key(world, made, member, drawing) if member and "services" in place else ABSENT

    return make
