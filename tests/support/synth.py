"""A bare stack in this process, for tests of parts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from stacks import jsii as jsii  # isort: skip  (first: it makes the import of cdktf fast)
from cdktf import App, TerraformStack, Testing
from cdktf_cdktf_provider_aws.provider import AwsProvider

from catalog import resolve
from catalog.load import load
from catalog.model import Catalog, Deployment
from stacks.mesh.base import MeshContext
from stacks.network import Network
from stacks.network.discovery import Discovery
from stacks.network.endpoints import Endpoints
from stacks.network.security_groups import SecurityGroups
from stacks.part import Elements
from stacks.synthesize import synthesize


class Stack(TerraformStack):
    """A stack with a provider and nothing else."""

    def __init__(self, app: App) -> None:
        super().__init__(app, "test")
        self.elements = Elements()
        AwsProvider(self, "aws", region="us-west-2")


def synthesized(build: Callable[[Stack], object]) -> dict[str, Any]:
    """The Terraform JSON of a stack in which `build` made its parts."""
    stack = Stack(Testing.app())
    build(stack)
    output: dict[str, Any] = json.loads(Testing.synth(stack))
    return output


def context(stack: Stack, *, deployment: Deployment) -> MeshContext:
    """The context of a mesh in a stack: discovery and security groups in a new network."""
    network = Network(stack, deployment=deployment)
    endpoints = Endpoints(stack, deployment=deployment, network=network)
    return MeshContext(
        vpc_id=network.vpc_id,
        account=lambda: "123456789012",
        discovery=Discovery(stack, deployment=deployment, vpc_id=network.vpc_id, account=lambda: "123456789012"),
        security=SecurityGroups(stack, deployment=deployment, network=network, endpoints=endpoints),
    )


def deployment(**tables: Any) -> Deployment:
    """The deployment of a catalog that says `tables`, as in TOML, beside what every catalog must say."""
    base = {
        "catalog": {"name": "shop", "region": "us-west-2"},
        "mesh": {"kind": "none"},
        "services": {"llm": {"image": "llm:1"}},
    }
    catalog = Catalog.model_validate(_frozen(base | tables))
    return resolve.deployment(catalog, environment=None, values={})


def _frozen(value: Any) -> Any:
    """With tuples for lists, as the reader of catalogs makes them."""
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value


def resources(output: dict[str, Any], type_: str) -> dict[str, Any]:
    """The resources of a type, by name."""
    found: dict[str, Any] = output.get("resource", {}).get(type_, {})
    return found


def catalog_output(catalog: str | Path, into: Path, *, environment: str | None = None) -> dict[str, dict[str, Any]]:
    """The Terraform JSON of each stack of a catalog, given as TOML or as its file: by deployment id, where deployments
    have one state each. The same TOML in an empty folder is synthesized once for a test process."""
    if isinstance(catalog, Path):
        return _read(_synthesized(catalog, into, environment))
    into.mkdir(parents=True, exist_ok=True)
    # Nothing that it could read, and no earlier output.
    if alone := not any(into.iterdir()):
        made = _MADE.get((catalog, environment))
    if not alone or made is None:
        file = into / "services.toml"
        file.write_text(catalog, encoding="utf-8")
        made = _synthesized(file, into, environment)
    if alone:
        _MADE[catalog, environment] = made
    return _read(made)


_MADE: dict[tuple[str, str | None], dict[str, str]] = {}


def _synthesized(file: Path, into: Path, environment: str | None) -> dict[str, str]:
    """The text of each stack's JSON."""
    made = synthesize(load(file, environment=environment), outdir=into / "cdktf.out")
    return {folder: (made.outdir / "stacks" / folder / "cdk.tf.json").read_text() for folder in made.folders}


def _read(texts: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Anew for every test, so that none changes what another reads."""
    return {folder: json.loads(text) for folder, text in texts.items()}


def containers(output: dict[str, Any], service: str) -> dict[str, dict[str, Any]]:
    """The containers of a service's task, by name."""
    task = resources(output, "aws_ecs_task_definition")[service]
    return {container["name"]: container for container in json.loads(task["container_definitions"])}


def statements(output: dict[str, Any], role: str) -> list[dict[str, Any]]:
    """The statements of a role's own policy; none where it has none."""
    policy = resources(output, "aws_iam_role_policy").get(role)
    return json.loads(policy["policy"])["Statement"] if policy else []
