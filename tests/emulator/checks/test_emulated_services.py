"""ECS services: what AWS refuses, what it keeps, and where it announces the tasks."""

from typing import Any

import pytest

from tests.emulator.checks.stage import Stage, refused


def network(stage: Stage, **changes: Any) -> dict[str, Any]:
    return {"awsvpcConfiguration": stage.service["networkConfiguration"]["awsvpcConfiguration"] | changes}


def cloud_map_service(aws: Any, stage: Stage, *, record: str = "A") -> dict[str, Any]:
    client = aws("servicediscovery")
    subnet = stage.service["networkConfiguration"]["awsvpcConfiguration"]["subnets"][0]
    vpc = aws("ec2").describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"]
    client.create_private_dns_namespace(Name="example.internal", Vpc=vpc)
    namespace = client.list_namespaces()["Namespaces"][0]["Id"]
    records = {"NamespaceId": namespace, "DnsRecords": [{"Type": record, "TTL": 10}]}
    return client.create_service(Name="chat", DnsConfig=records)["Service"]


def instances(aws: Any) -> list[dict[str, str]]:
    found = aws("servicediscovery").discover_instances(NamespaceName="example.internal", ServiceName="chat")
    return [each["Attributes"] for each in found["Instances"]]


def target_group(aws: Any, stage: Stage, *, target_type: str = "ip", forwarded: bool = True) -> str:
    elb = aws("elbv2")
    subnets = stage.service["networkConfiguration"]["awsvpcConfiguration"]["subnets"]
    vpc = aws("ec2").describe_subnets(SubnetIds=subnets)["Subnets"][0]["VpcId"]
    group = elb.create_target_group(Name="chat", Protocol="HTTP", Port=8080, VpcId=vpc, TargetType=target_type)
    arn = group["TargetGroups"][0]["TargetGroupArn"]
    balancer = elb.create_load_balancer(Name="web", Subnets=subnets)["LoadBalancers"][0]["LoadBalancerArn"]
    nothing = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404", "ContentType": "text/plain"}}
    listener = elb.create_listener(LoadBalancerArn=balancer, Protocol="HTTP", Port=80, DefaultActions=[nothing])[
        "Listeners"
    ][0]["ListenerArn"]
    if forwarded:
        elb.create_rule(
            ListenerArn=listener,
            Priority=1,
            Conditions=[{"Field": "path-pattern", "Values": ["/*"]}],
            Actions=[{"Type": "forward", "TargetGroupArn": arn}],
        )
    return arn


def behind(arn: str, **changes: Any) -> list[dict[str, Any]]:
    return [{"targetGroupArn": arn, "containerName": "app", "containerPort": 8080} | changes]


def test_a_service_is_steady_at_once(stage: Stage) -> None:
    stage.create()
    service = stage.describe()
    assert (service["desiredCount"], service["runningCount"], service["pendingCount"]) == (2, 2, 0)
    assert [(each["status"], each["rolloutState"]) for each in service["deployments"]] == [("PRIMARY", "COMPLETED")]
    stage.ecs.get_waiter("services_stable").wait(
        cluster="example", services=["chat"], WaiterConfig={"Delay": 1, "MaxAttempts": 2}
    )


def test_a_service_keeps_what_it_was_created_with(stage: Stage) -> None:
    given = {
        "availabilityZoneRebalancing": "DISABLED",
        "capacityProviderStrategy": [
            {"capacityProvider": "FARGATE", "weight": 1, "base": 1},
            {"capacityProvider": "FARGATE_SPOT", "weight": 3, "base": 0},
        ],
        "enableECSManagedTags": True,
        "propagateTags": "SERVICE",
        "networkConfiguration": network(stage, assignPublicIp="DISABLED"),
    }
    stage.create(**given)
    service = stage.describe()
    assert {key: service[key] for key in given} == given
    assert "launchType" not in service
    assert service["deploymentConfiguration"]["maximumPercent"] == 200


def test_an_update_changes_what_it_names_and_nothing_else(stage: Stage) -> None:
    stage.create(enableECSManagedTags=True)
    first = stage.describe()
    stage.ecs.update_service(cluster="example", service="chat", desiredCount=3)
    second = stage.describe()
    assert (second["desiredCount"], second["runningCount"]) == (3, 3)
    assert second["enableECSManagedTags"] is True
    assert second["deployments"][0]["id"] == first["deployments"][0]["id"]
    stage.ecs.update_service(cluster="example", service="chat", taskDefinition=stage.register())
    third = stage.describe()
    assert third["taskDefinition"].endswith("chat:2")
    assert third["deployments"][0]["id"] != first["deployments"][0]["id"]


def test_only_a_service_that_lives_can_be_updated(stage: Stage) -> None:
    with refused("ServiceNotFoundException"):
        stage.ecs.update_service(cluster="example", service="chat", desiredCount=1)
    stage.create()
    stage.ecs.delete_service(cluster="example", service="chat", force=True)
    assert stage.describe()["status"] == "INACTIVE"
    with refused("ServiceNotActiveException"):
        stage.ecs.update_service(cluster="example", service="chat", desiredCount=1)
    stage.create()


def test_tags_changed_later_survive_an_update(stage: Stage) -> None:
    arn = stage.create(tags=[{"key": "a", "value": "1"}])["serviceArn"]
    stage.ecs.tag_resource(resourceArn=arn, tags=[{"key": "a", "value": "2"}])
    stage.ecs.update_service(cluster="example", service="chat", desiredCount=1)
    assert stage.ecs.list_tags_for_resource(resourceArn=arn)["tags"] == [{"key": "a", "value": "2"}]


def test_a_task_definition_must_be_active(stage: Stage) -> None:
    stage.ecs.deregister_task_definition(taskDefinition="chat:1")
    with refused("ClientException", "inactive"):
        stage.create(taskDefinition="chat:1")
    with refused("ClientException", "not found"):
        stage.create(taskDefinition="chat")
    with refused("ClientException"):
        stage.create(taskDefinition="ghost:1")
    stage.create(taskDefinition=stage.register())
    with refused("ClientException", "inactive"):
        stage.ecs.update_service(cluster="example", service="chat", taskDefinition="chat:1")


def test_launch_type_and_strategy_exclude_each_other(stage: Stage) -> None:
    with refused("InvalidParameterException", "launch type and capacity provider strategy"):
        stage.create(launchType="FARGATE")


@pytest.mark.parametrize(
    ("providers", "text"),
    [
        (["gpu"], "not associated with the cluster: gpu"),
        (["FARGATE", "gpu"], "cannot mix"),
    ],
)
def test_a_capacity_provider_must_belong_to_the_cluster(stage: Stage, providers: list[str], text: str) -> None:
    if "FARGATE" in providers:
        stage.ecs.put_cluster_capacity_providers(
            cluster="example", capacityProviders=providers, defaultCapacityProviderStrategy=[]
        )
    with refused("InvalidParameterException", text):
        stage.create(capacityProviderStrategy=[{"capacityProvider": each, "weight": 1} for each in providers])


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"serviceName": "chat service"}, "invalid characters"),
        ({"propagateTags": "EVERYWHERE"}, "'EVERYWHERE' is not one of"),
        ({"deploymentConfiguration": {"maximumPercent": 100, "minimumHealthyPercent": 100}}, "block deployments"),
        ({"deploymentConfiguration": {"maximumPercent": 100, "minimumHealthyPercent": 0}}, "rebalancing"),
        ({"deploymentConfiguration": {"maximumPercent": 50}}, "must not be above maximumPercent"),
        ({"capacityProviderStrategy": [{"capacityProvider": "FARGATE", "weight": 0}]}, "above 0"),
        ({"serviceRegistries": [{"registryArn": "a"}, {"registryArn": "b"}]}, "one service registry"),
        (
            {"vpcLatticeConfigurations": [{"roleArn": "arn:ghost", "portName": "http", "targetGroupArn": "arn:x"}]},
            "role arn:ghost does not exist",
        ),
        ({"networkConfiguration": None}, "Network Configuration must be provided"),
        ({"enableExecuteCommand": True}, "taskRoleArn"),
        ({"healthCheckGracePeriodSeconds": 60}, "grace period"),
        ({"serviceRegistries": [{"registryArn": "arn:aws:servicediscovery:::service/srv-x"}]}, "srv-x does not exist"),
        ({"loadBalancers": behind("arn:aws:elasticloadbalancing:::targetgroup/x/y")}, "target group does not exist"),
        ({"serviceConnectConfiguration": {"enabled": True, "namespace": "ghost"}}, "Namespace ghost was not found"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_service_is_checked(stage: Stage, change: dict[str, Any], text: str) -> None:
    with refused("InvalidParameterException", text):
        stage.create(**change)


def test_subnets_and_security_groups_must_exist(stage: Stage) -> None:
    with refused("InvalidParameterException", "subnet-ghost"):
        stage.create(networkConfiguration=network(stage, subnets=["subnet-ghost"]))
    with refused("InvalidParameterException", "sg-ghost"):
        stage.create(networkConfiguration=network(stage, securityGroups=["sg-ghost"]))
    stage.create()
    with refused("InvalidParameterException", "sg-ghost"):
        stage.ecs.update_service(
            cluster="example", service="chat", networkConfiguration=network(stage, securityGroups=["sg-ghost"])
        )


def test_the_network_is_one_vpc_and_small_enough(stage: Stage, aws: Any) -> None:
    ec2 = aws("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    foreign = ec2.create_subnet(VpcId=vpc, CidrBlock="10.1.0.0/24")["Subnet"]["SubnetId"]
    group = ec2.create_security_group(GroupName="foreign", Description="foreign", VpcId=vpc)["GroupId"]
    own = stage.service["networkConfiguration"]["awsvpcConfiguration"]["subnets"]
    with refused("InvalidParameterException", "different VPCs"):
        stage.create(networkConfiguration=network(stage, subnets=[*own, foreign]))
    with refused("InvalidParameterException", "does not belong to the VPC"):
        stage.create(networkConfiguration=network(stage, securityGroups=[group]))
    with refused("InvalidParameterException", "at most 5 security groups"):
        stage.create(networkConfiguration=network(stage, securityGroups=["sg"] * 6))


def test_a_task_in_bridge_mode_takes_no_network(stage: Stage, aws: Any) -> None:
    stage.ecs.put_cluster_capacity_providers(
        cluster="example", capacityProviders=["gpu"], defaultCapacityProviderStrategy=[]
    )
    changes = {
        "taskDefinition": stage.register(requiresCompatibilities=["EC2"], networkMode="bridge"),
        "capacityProviderStrategy": [{"capacityProvider": "gpu", "weight": 1}],
    }
    with refused("InvalidParameterException", "not valid for the given networkMode"):
        stage.create(**changes)
    stage.create(**changes, networkConfiguration=None)


def test_a_registry_with_srv_records_needs_one_port(stage: Stage, aws: Any) -> None:
    found = cloud_map_service(aws, stage, record="SRV")
    with refused("InvalidParameterException", "needs a port"):
        stage.create(serviceRegistries=[{"registryArn": found["Arn"]}])
    with refused("InvalidParameterException", "not both"):
        stage.create(
            serviceRegistries=[
                {"registryArn": found["Arn"], "port": 80, "containerName": "app", "containerPort": 8080},
            ]
        )


def test_a_target_group_must_fit_the_task_and_have_a_load_balancer(stage: Stage, aws: Any) -> None:
    arn = target_group(aws, stage)
    with refused("InvalidParameterException", "container ghost does not exist"):
        stage.create(loadBalancers=behind(arn, containerName="ghost"))
    with refused("InvalidParameterException", "did not have a container port 9090"):
        stage.create(loadBalancers=behind(arn, containerPort=9090))
    stage.create(loadBalancers=behind(arn), healthCheckGracePeriodSeconds=60)
    health = aws("elbv2").describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
    assert {each["Target"]["Port"] for each in health} == {8080}
    assert len(health) == 2


def test_a_target_group_that_nothing_forwards_to_is_refused(stage: Stage, aws: Any) -> None:
    with refused("InvalidParameterException", "does not have an associated load balancer"):
        stage.create(loadBalancers=behind(target_group(aws, stage, forwarded=False)))


def test_a_target_group_for_instances_is_refused(stage: Stage, aws: Any) -> None:
    with refused("InvalidParameterException", "target type instance"):
        stage.create(loadBalancers=behind(target_group(aws, stage, target_type="instance")))


def test_a_log_group_must_exist(stage: Stage, aws: Any) -> None:
    aws("logs").delete_log_group(logGroupName="/chat")
    with refused("InvalidParameterException", "The log group /chat"):
        stage.create()


def test_the_mesh_node_of_a_proxy_must_exist(stage: Stage, aws: Any) -> None:
    arn = "arn:aws:appmesh:us-east-1:123456789012:mesh/example/virtualNode/chat"
    task = stage.register_container(environment=[{"name": "APPMESH_RESOURCE_ARN", "value": arn}])
    with refused("InvalidParameterException", "names nothing"):
        stage.create(taskDefinition=task)
    aws("appmesh").create_mesh(meshName="example")
    aws("appmesh").create_virtual_node(meshName="example", virtualNodeName="chat", spec={})
    stage.create(taskDefinition=task)


def test_a_task_for_ec2_does_not_run_on_fargate(stage: Stage) -> None:
    task = stage.register(requiresCompatibilities=["EC2"])
    with refused("InvalidParameterException", "does not support launch_type FARGATE"):
        stage.create(taskDefinition=task)


def test_a_service_exists_once(stage: Stage) -> None:
    stage.create()
    with refused("InvalidParameterException", "not idempotent"):
        stage.create()


def test_every_task_is_registered_with_what_ecs_knows_of_it(stage: Stage, aws: Any) -> None:
    registry = cloud_map_service(aws, stage)["Arn"]
    stage.create(serviceRegistries=[{"registryArn": registry}])
    found = instances(aws)
    assert {each["AWS_INSTANCE_IPV4"] for each in found} == {"10.0.0.4", "10.0.1.4"}
    assert {each["AVAILABILITY_ZONE"] for each in found} == {"us-east-1a", "us-east-1b"}
    for each in found:
        assert each["ECS_SERVICE_NAME"] == each["ECS_TASK_DEFINITION_FAMILY"] == "chat"
        assert (each["ECS_CLUSTER_NAME"], each["REGION"]) == ("example", "us-east-1")
        assert "AWS_INSTANCE_PORT" not in each


def test_a_registry_with_a_port_announces_the_port(stage: Stage, aws: Any) -> None:
    registry = cloud_map_service(aws, stage)["Arn"]
    stage.create(serviceRegistries=[{"registryArn": registry, "containerName": "app", "containerPort": 8080}])
    assert {each["AWS_INSTANCE_PORT"] for each in instances(aws)} == {"8080"}


def test_registrations_follow_the_count_the_registry_and_the_end(stage: Stage, aws: Any) -> None:
    service = cloud_map_service(aws, stage)
    stage.create(serviceRegistries=[{"registryArn": service["Arn"]}])
    before = {each["AWS_INSTANCE_IPV4"] for each in instances(aws)}
    stage.ecs.update_service(cluster="example", service="chat", desiredCount=3)
    after = {each["AWS_INSTANCE_IPV4"] for each in instances(aws)}
    assert before < after
    assert len(after) == 3
    stage.ecs.update_service(cluster="example", service="chat", serviceRegistries=[])
    assert instances(aws) == []
    stage.ecs.update_service(cluster="example", service="chat", serviceRegistries=[{"registryArn": service["Arn"]}])
    assert len(instances(aws)) == 3
    stage.ecs.delete_service(cluster="example", service="chat", force=True)
    assert instances(aws) == []
    aws("servicediscovery").delete_service(Id=service["Id"])


def test_service_connect_can_be_taken_away(stage: Stage, aws: Any) -> None:
    aws("servicediscovery").create_http_namespace(Name="connect")
    connect = {
        "enabled": True,
        "namespace": "connect",
        "services": [{"portName": "http", "clientAliases": [{"port": 80}]}],
    }
    stage.create(serviceConnectConfiguration=connect)
    assert stage.describe()["deployments"][0]["serviceConnectConfiguration"] == connect
    assert [each["Name"] for each in aws("servicediscovery").list_services()["Services"]] == ["http"]
    stage.ecs.update_service(cluster="example", service="chat", serviceConnectConfiguration={"enabled": False})
    assert "serviceConnectConfiguration" not in stage.describe()["deployments"][0]
    assert aws("servicediscovery").list_services()["Services"] == []


def test_service_connect_needs_a_named_port(stage: Stage, aws: Any) -> None:
    aws("servicediscovery").create_http_namespace(Name="connect")
    connect = {"enabled": True, "namespace": "connect", "services": [{"portName": "ghost"}]}
    with refused("InvalidParameterException", "port name ghost"):
        stage.create(serviceConnectConfiguration=connect)
    role = stage.task["executionRoleArn"]
    with refused("InvalidParameterException", "port name ghost"):
        lattice = {"roleArn": role, "portName": "ghost", "targetGroupArn": "arn:x"}
        stage.create(vpcLatticeConfigurations=[lattice])


def test_service_connect_and_app_mesh_exclude_each_other(stage: Stage, aws: Any) -> None:
    aws("servicediscovery").create_http_namespace(Name="connect")
    proxy = {"ProxyIngressPort": "15000", "ProxyEgressPort": "15001", "AppPorts": "8080", "IgnoredUID": "1337"}
    properties = [{"name": key, "value": value} for key, value in proxy.items()]
    task = stage.register(proxyConfiguration={"containerName": "app", "properties": properties})
    with refused("InvalidParameterException", "exclude each other"):
        stage.create(taskDefinition=task, serviceConnectConfiguration={"enabled": True, "namespace": "connect"})


def test_a_cluster_with_services_cannot_be_deleted(stage: Stage) -> None:
    stage.create()
    with refused("ClusterContainsServicesException"):
        stage.ecs.delete_cluster(cluster="example")
    stage.ecs.delete_service(cluster="example", service="chat", force=True)
    stage.ecs.delete_cluster(cluster="example")
    with refused("ClusterNotFoundException"):
        stage.create()
