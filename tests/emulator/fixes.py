"""Small corrections of moto, each with the resource that needs it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.autoscaling.models import AutoScalingBackend
from moto.ec2.models import EC2Backend
from moto.ec2.models.launch_templates import LaunchTemplate
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.ec2.utils import parse_user_data
from moto.ecs.models import EC2ContainerServiceBackend
from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend
from moto.logs.responses import LogsResponse
from moto.route53.responses import Route53

from . import validation

_create_launch_template = EC2Backend.create_launch_template
_create_version = LaunchTemplate.create_version
_delete_vpc = EC2Backend.delete_vpc
_create_hosted_zone = Route53.create_hosted_zone
_init_rule = SecurityGroupRule.__init__
_describe_capacity_providers = EC2ContainerServiceBackend.describe_capacity_providers
_modify_target_group_attributes = ELBv2Backend.modify_target_group_attributes
_deregister_scalable_target = ApplicationAutoScalingResponse.deregister_scalable_target
_delete_load_balancer = ELBv2Backend.delete_load_balancer
_set_instance_protection = AutoScalingBackend.set_instance_protection
_describe_scaling_policies = ApplicationAutoscalingBackend.describe_scaling_policies
_register_scalable_target = ApplicationAutoScalingResponse.register_scalable_target


def create_launch_template(
    self: EC2Backend, name: str, description: str, data: dict[str, Any], tags: dict[str, Any]
) -> Any:
    """A template's own tags aren't tags of its instances (aws_launch_template with default_tags)."""
    if "TagSpecifications" in data:
        data["TagSpecifications"] = [
            each for each in data["TagSpecifications"] if each["ResourceType"] != "launch-template"
        ]
    return _create_launch_template(self, name, description, data, tags)


def create_version(self: LaunchTemplate, data: dict[str, Any], description: str) -> Any:
    """Later versions of a template launch instances too (aws_launch_template with user_data)."""
    if isinstance(data.get("UserData"), str):
        data["UserData"] = parse_user_data(data["UserData"])
    return _create_version(self, data, description)


def delete_vpc(self: EC2Backend, vpc_id: str) -> Any:
    """Deleting a VPC deletes its default network ACL (aws_vpc)."""
    deleted = _delete_vpc(self, vpc_id)
    for acl in tuple(self.network_acls.values()):
        if acl.vpc_id == vpc_id:
            del self.network_acls[acl.id]
    return deleted


def describe_capacity_providers(self: EC2ContainerServiceBackend, names: list[str] | None) -> tuple[list[Any], Any]:
    """Without names, return all of the account's."""
    return _describe_capacity_providers(self, list(self.capacity_providers) if names is None else names)


def init_rule(
    self: SecurityGroupRule,
    ec2_backend: Any,
    ip_protocol: str,
    group_id: str,
    from_port: str | None,
    to_port: str | None,
    ip_range: dict[str, str] | None,
    source_group: dict[str, str] | None = None,
    prefix_list_id: dict[str, str] | None = None,
    **rest: Any,
) -> None:
    """A rule for a group or a prefix list keeps its description (aws_vpc_security_group_ingress_rule)."""
    description = (source_group or {}).get("Description") or (prefix_list_id or {}).get("Description")
    if description:
        # moto reads the description from here, regardless of the rule's source.
        ip_range = {"Description": description}
    _init_rule(
        self,
        ec2_backend,
        ip_protocol,
        group_id,
        from_port,
        to_port,
        ip_range,
        source_group,
        prefix_list_id,
        **rest,
    )


_LONGEST_DRAINING = "3600"


def modify_target_group_attributes(self: ELBv2Backend, target_group_arn: str, attributes: dict[str, Any]) -> None:
    """A target group can drain for an hour. moto refuses exactly 3600 seconds."""
    delay = "deregistration_delay.timeout_seconds"
    longest = attributes.get(delay) == _LONGEST_DRAINING
    _modify_target_group_attributes(self, target_group_arn, {**attributes, **({delay: "3599"} if longest else {})})
    if longest:
        self.target_groups[target_group_arn].attributes[delay] = _LONGEST_DRAINING


def delete_load_balancer(self: ELBv2Backend, arn: str) -> None:
    """Refuse to delete a load balancer with deletion protection (ELBv2 API reference, DeleteLoadBalancer)."""
    balancer = self.load_balancers.get(arn)
    if balancer and balancer.attrs.get("deletion_protection.enabled") == "true":
        raise ELBClientError(
            "OperationNotPermitted",
            f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
        )
    _delete_load_balancer(self, arn)


def associate_kms_key(self: LogsResponse) -> str:
    """Set the key of an existing log group (aws_cloudwatch_log_group with kms_key_id)."""
    self.logs_backend.groups[self._get_param("logGroupName")].kms_key_id = self._get_param("kmsKeyId")
    return "{}"


def disassociate_kms_key(self: LogsResponse) -> str:
    self.logs_backend.groups[self._get_param("logGroupName")].kms_key_id = None
    return "{}"


def set_instance_protection(
    self: AutoScalingBackend, group_name: str, instance_ids: list[str], protected_from_scale_in: bool | None
) -> None:
    """Removing protection terminates surplus instances. The provider drains an aws_autoscaling_group with
    protect_from_scale_in this way."""
    _set_instance_protection(self, group_name, instance_ids, protected_from_scale_in)
    group = self.autoscaling_groups[group_name]
    group.set_desired_capacity(group.desired_capacity)


def create_hosted_zone(self: Route53) -> Any:
    """A zone that is created for a VPC is private, even if the request doesn't set that (aws_route53_zone with vpc)."""
    if self.params.get("VPC"):
        self.params["HostedZoneConfig"] = {**(self.params.get("HostedZoneConfig") or {}), "PrivateZone": True}
    return _create_hosted_zone(self)


def register_scalable_target(self: ApplicationAutoScalingResponse) -> str:
    """A scalable target can have tags (aws_appautoscaling_target)."""
    answer = _register_scalable_target(self)
    if tags := self._get_param("Tags"):
        _tags(self)[json.loads(answer)["ScalableTargetARN"]] = tags
    return answer


def deregister_scalable_target(self: ApplicationAutoScalingResponse) -> str:
    """Deregistering a target deletes its policies, alarms and scheduled actions (DeregisterScalableTarget)."""
    backend, resource = self.applicationautoscaling_backend, self._get_param("ResourceId")
    for key, policy in tuple(backend.policies.items()):
        if policy.resource_id == resource:
            policy.delete_alarms(self.current_account, self.region)
            del backend.policies[key]
    backend.scheduled_actions = [each for each in backend.scheduled_actions if each.resource_id != resource]
    return _deregister_scalable_target(self)


def describe_scaling_policies(self: ApplicationAutoscalingBackend, **asked: Any) -> Any:
    """The policies of one target: those of chat don't include those of chat-ui (aws_appautoscaling_policy)."""
    # moto checks that the policy's resource is in this.
    resource = [asked["resource_id"]] if asked["resource_id"] else None
    return _describe_scaling_policies(self, **asked | {"resource_id": resource})


def _checked(operation: str, kept: Callable[[ApplicationAutoScalingResponse], str]) -> Any:
    """An operation that refuses requests that its model forbids, and targets that don't exist."""

    def call(self: ApplicationAutoScalingResponse) -> str:
        request = json.loads(self.body)
        found = validation.problems("application-autoscaling", operation, request)
        targets = self.applicationautoscaling_backend.targets.get(request.get("ScalableDimension"), {})
        if not found and request.get("ResourceId") not in targets:
            found = [f"No scalable target registered for resource ID: {request.get('ResourceId')}"]
        if found:
            raise AWSValidationException("; ".join(found))
        return kept(self)

    return call


put_scaling_policy = _checked("PutScalingPolicy", ApplicationAutoScalingResponse.put_scaling_policy)
put_scheduled_action = _checked("PutScheduledAction", ApplicationAutoScalingResponse.put_scheduled_action)


def list_tags_for_resource(self: ApplicationAutoScalingResponse) -> str:
    return json.dumps({"Tags": _tags(self).get(self._get_param("ResourceARN"), {})})


def tag_resource(self: ApplicationAutoScalingResponse) -> str:
    _tags(self).setdefault(self._get_param("ResourceARN"), {}).update(self._get_param("Tags"))
    return "{}"


def untag_resource(self: ApplicationAutoScalingResponse) -> str:
    for key in self._get_param("TagKeys"):
        _tags(self).get(self._get_param("ResourceARN"), {}).pop(key, None)
    return "{}"


def _tags(response: ApplicationAutoScalingResponse) -> dict[str, dict[str, str]]:
    # On the backend, so that a reset clears them.
    return response.applicationautoscaling_backend.__dict__.setdefault("tags_of_targets", {})


def install() -> None:
    """Apply every correction. moto looks up each method when it's called."""
    EC2Backend.create_launch_template = create_launch_template
    LaunchTemplate.create_version = create_version
    EC2Backend.delete_vpc = delete_vpc
    SecurityGroupRule.__init__ = init_rule
    Route53.create_hosted_zone = create_hosted_zone
    AutoScalingBackend.set_instance_protection = set_instance_protection
    LogsResponse.associate_kms_key = associate_kms_key
    LogsResponse.disassociate_kms_key = disassociate_kms_key
    ELBv2Backend.delete_load_balancer = delete_load_balancer
    ELBv2Backend.modify_target_group_attributes = modify_target_group_attributes
    EC2ContainerServiceBackend.describe_capacity_providers = describe_capacity_providers
    for function in (
        register_scalable_target, deregister_scalable_target, list_tags_for_resource, tag_resource, untag_resource,
    ):  # fmt: skip
        setattr(ApplicationAutoScalingResponse, function.__name__, function)
    ApplicationAutoscalingBackend.describe_scaling_policies = describe_scaling_policies
    ApplicationAutoScalingResponse.put_scaling_policy = put_scaling_policy
    ApplicationAutoScalingResponse.put_scheduled_action = put_scheduled_action
