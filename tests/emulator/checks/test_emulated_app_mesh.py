"""App Mesh: documents come back as sent, names must exist, what is in use stays."""

import json
from typing import Any
from urllib.request import Request, urlopen

import pytest

from tests import emulator
from tests.emulator.checks.stage import refused

MESH = "arn:aws:appmesh:us-east-1:123456789012:mesh/example"
LISTENER = {"portMapping": {"port": 8080, "protocol": "http"}}
ROUTER = {"listeners": [LISTENER]}


def route_to(*nodes: str, weight: int = 1) -> dict[str, Any]:
    targets = [{"virtualNode": node, "weight": weight} for node in nodes]
    return {"httpRoute": {"match": {"prefix": "/"}, "action": {"weightedTargets": targets}}}


@pytest.fixture
def mesh(aws: Any) -> Any:
    """A mesh with node a, router r, a route between them, virtual service s and gateway g."""
    client = aws("appmesh")
    client.create_mesh(meshName="example")
    client.create_virtual_node(meshName="example", virtualNodeName="a", spec={"listeners": [LISTENER]})
    client.create_virtual_router(meshName="example", virtualRouterName="r", spec=ROUTER)
    client.create_route(meshName="example", virtualRouterName="r", routeName="all", spec=route_to("a"))
    provider = {"virtualRouter": {"virtualRouterName": "r"}}
    client.create_virtual_service(meshName="example", virtualServiceName="s.internal", spec={"provider": provider})
    client.create_virtual_gateway(meshName="example", virtualGatewayName="g", spec={"listeners": [LISTENER]})
    return client


def gateway_route(service: str) -> dict[str, Any]:
    target = {"virtualService": {"virtualServiceName": service}}
    return {"httpRoute": {"match": {"prefix": "/"}, "action": {"target": target}}}


def test_after_its_end_every_call_is_refused(mesh: Any) -> None:
    emulator.end_app_mesh()
    with refused("ForbiddenException", "has ended"):
        mesh.create_mesh(meshName="other")
    with refused("ForbiddenException", "has ended"):
        mesh.describe_mesh(meshName="example")
    assert "mesh" not in emulator.leftovers()


def test_arns_name_the_whole_path(mesh: Any) -> None:
    mesh.create_gateway_route(
        meshName="example", virtualGatewayName="g", gatewayRouteName="gr", spec=gateway_route("s.internal")
    )
    node = mesh.describe_virtual_node(meshName="example", virtualNodeName="a")["virtualNode"]
    route = mesh.describe_route(meshName="example", virtualRouterName="r", routeName="all")["route"]
    gateway = mesh.describe_gateway_route(meshName="example", virtualGatewayName="g", gatewayRouteName="gr")
    service = mesh.list_virtual_services(meshName="example")["virtualServices"][0]
    assert mesh.describe_mesh(meshName="example")["mesh"]["metadata"]["arn"] == MESH
    assert node["metadata"]["arn"] == f"{MESH}/virtualNode/a"
    assert route["metadata"]["arn"] == f"{MESH}/virtualRouter/r/route/all"
    assert gateway["gatewayRoute"]["metadata"]["arn"] == f"{MESH}/virtualGateway/g/gatewayRoute/gr"
    assert service["arn"] == f"{MESH}/virtualService/s.internal"


def test_an_update_keeps_the_uid_and_counts_the_version(mesh: Any) -> None:
    before = mesh.describe_virtual_node(meshName="example", virtualNodeName="a")["virtualNode"]["metadata"]
    after = mesh.update_virtual_node(meshName="example", virtualNodeName="a", spec={"listeners": []})["virtualNode"]
    assert (before["version"], after["metadata"]["version"]) == (1, 2)
    assert after["metadata"]["uid"] == before["uid"]
    assert after["spec"] == {"listeners": []}


def test_a_route_to_a_missing_node_is_not_found(mesh: Any) -> None:
    names = {"meshName": "example", "virtualRouterName": "r"}
    with refused("NotFoundException", "virtualNode/ghost"):
        mesh.create_route(**names, routeName="new", spec=route_to("a", "ghost"))
    with refused("NotFoundException", "virtualNode/ghost"):
        mesh.update_route(**names, routeName="all", spec=route_to("ghost"))


def test_a_route_of_a_missing_router_is_not_found(mesh: Any) -> None:
    with refused("NotFoundException", "virtualRouter/ghost"):
        mesh.create_route(meshName="example", virtualRouterName="ghost", routeName="all", spec=route_to("a"))


def test_anything_in_a_missing_mesh_is_not_found(mesh: Any) -> None:
    with refused("NotFoundException", "mesh/ghost"):
        mesh.create_virtual_node(meshName="ghost", virtualNodeName="a", spec={})
    with refused("NotFoundException", "mesh/ghost"):
        mesh.create_virtual_router(meshName="ghost", virtualRouterName="r", spec=ROUTER)


def test_a_virtual_service_of_a_missing_provider_is_not_found(mesh: Any) -> None:
    for provider in (
        {"virtualRouter": {"virtualRouterName": "ghost"}},
        {"virtualNode": {"virtualNodeName": "ghost"}},
    ):
        with refused("NotFoundException", "ghost"):
            mesh.create_virtual_service(
                meshName="example", virtualServiceName="new.internal", spec={"provider": provider}
            )


def test_a_gateway_route_to_a_missing_virtual_service_is_not_found(mesh: Any) -> None:
    with refused("NotFoundException", "virtualService/ghost"):
        mesh.create_gateway_route(
            meshName="example", virtualGatewayName="g", gatewayRouteName="gr", spec=gateway_route("ghost")
        )


def test_a_backend_may_name_a_virtual_service_that_does_not_exist_yet(mesh: Any) -> None:
    backend = {"virtualService": {"virtualServiceName": "later.internal"}}
    mesh.create_virtual_node(meshName="example", virtualNodeName="b", spec={"backends": [backend]})


def test_a_virtual_service_may_carry_the_name_of_an_aws_host(mesh: Any) -> None:
    host = "db.eu-west-9.rds.amazonaws.com"
    mesh.create_virtual_service(meshName="example", virtualServiceName=host, spec={})
    found = mesh.describe_virtual_service(meshName="example", virtualServiceName=host)["virtualService"]
    assert found["metadata"]["arn"] == f"{MESH}/virtualService/{host}"


def test_what_exists_cannot_be_created_again(mesh: Any) -> None:
    with refused("ConflictException"):
        mesh.create_mesh(meshName="example")
    with refused("ConflictException"):
        mesh.create_route(meshName="example", virtualRouterName="r", routeName="all", spec=route_to("a"))


def test_what_is_in_use_cannot_be_deleted(mesh: Any) -> None:
    with refused("ResourceInUseException", "virtualNode/a"):
        mesh.delete_mesh(meshName="example")
    with refused("ResourceInUseException", "route/all"):
        mesh.delete_virtual_node(meshName="example", virtualNodeName="a")
    with refused("ResourceInUseException", "route/all"):
        mesh.delete_virtual_router(meshName="example", virtualRouterName="r")
    mesh.delete_route(meshName="example", virtualRouterName="r", routeName="all")
    with refused("ResourceInUseException", "virtualService/s.internal"):
        mesh.delete_virtual_router(meshName="example", virtualRouterName="r")
    mesh.create_gateway_route(
        meshName="example", virtualGatewayName="g", gatewayRouteName="gr", spec=gateway_route("s.internal")
    )
    with refused("ResourceInUseException", "gatewayRoute/gr"):
        mesh.delete_virtual_service(meshName="example", virtualServiceName="s.internal")


def test_everything_can_be_deleted_in_order(mesh: Any) -> None:
    mesh.delete_route(meshName="example", virtualRouterName="r", routeName="all")
    mesh.delete_virtual_service(meshName="example", virtualServiceName="s.internal")
    mesh.delete_virtual_router(meshName="example", virtualRouterName="r")
    mesh.delete_virtual_node(meshName="example", virtualNodeName="a")
    mesh.delete_virtual_gateway(meshName="example", virtualGatewayName="g")
    mesh.delete_mesh(meshName="example")
    assert mesh.list_meshes()["meshes"] == []


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ({"listeners": [{"portMapping": {"port": 0, "protocol": "http"}}]}, "valid min value: 1"),
        ({"listeners": [{"portMapping": {"port": 70000, "protocol": "http"}}]}, "port: value 70000 is above 65535"),
        ({"listeners": [{"portMapping": {"port": 80, "protocol": "ftp"}}]}, "'ftp' is not one of"),
        ({"listeners": [{"portMapping": {"port": 80}}]}, "protocol"),
        ({"listener": []}, "Unknown parameter"),
    ],
    ids=["a port too low", "a port too high", "an unknown protocol", "a missing member", "an unknown member"],
)
def test_the_model_of_the_api_is_enforced(mesh: Any, spec: dict[str, Any], text: str) -> None:
    # By hand, because boto3 would not send some of these.
    request = Request(
        f"{emulator.url()}/v20190125/meshes/example/virtualNodes",
        data=json.dumps({"virtualNodeName": "new", "spec": spec}).encode(),
        headers={
            "Content-Type": "application/json",
            "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/appmesh/aws4_request",
        },
        method="PUT",
    )
    with pytest.raises(Exception, match="400") as caught:
        urlopen(request, timeout=300)
    assert caught.value.headers["x-amzn-errortype"] == "BadRequestException"
    assert text in caught.value.read().decode()


def test_a_weight_above_100_is_refused(mesh: Any) -> None:
    with refused("BadRequestException", "weight: value 101 is above 100"):
        mesh.update_route(meshName="example", virtualRouterName="r", routeName="all", spec=route_to("a", weight=101))


def test_tags_can_be_added_and_removed(mesh: Any) -> None:
    arn = f"{MESH}/virtualNode/a"
    mesh.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "1"}, {"key": "b", "value": "2"}])
    mesh.untag_resource(resourceArn=arn, tagKeys=["a"])
    assert mesh.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "b", "value": "2"}]
    with refused("NotFoundException"):
        mesh.list_tags_for_resource(resourceArn=f"{MESH}/virtualNode/ghost")
