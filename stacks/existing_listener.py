"""A load balancer's listener that exists: asked of AWS where it lies and what it speaks, and never written."""

from __future__ import annotations

from cdktf import Postcondition, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.data_aws_lb import DataAwsLb
from cdktf_cdktf_provider_aws.data_aws_lb_listener import DataAwsLbListener
from constructs import Construct

from catalog import names
from catalog.balancer import balancer_idle
from catalog.login import login_before
from catalog.model import Deployment, Ingress, Service
from stacks.part import Part, Ref


class ExistingListener(Part):
    """What an ingress finds there. What only AWS knows of it, and the catalog relies on, ends a plan that it
    contradicts."""

    listener_arn: str
    security_group_id: str
    url: str
    arn_suffix: str

    def __init__(
        self, scope: Construct, *, deployment: Deployment, name: str, settings: Ingress, listener_arn: str
    ) -> None:
        super().__init__(scope, "existing_listener", deployment=deployment)
        assert settings.security_group_id is not None
        self._name = name
        self.listener_arn = listener_arn
        self.security_group_id = settings.security_group_id
        arn = listener_arn.rpartition("/")[0].replace(":listener/", ":loadbalancer/")
        self.arn_suffix = arn.partition(":loadbalancer/")[2]
        self._listener = self.add(
            DataAwsLbListener, names.shared("ingress", name), arn=listener_arn, lifecycle=_true(self._speaks_tls())
        )
        balancer = self.add(DataAwsLb, names.shared("ingress", name), arn=arn, lifecycle=_true(self._fits()))
        self.url = self.url_under(settings.domain or balancer.dns_name)

    def url_under(self, host: str) -> str:
        """The URL of a host whose name leads here."""
        protocol, port = self._listener.expression("protocol"), self._listener.expression("port")
        usual = f'{port} == ({protocol} == "HTTPS" ? 443 : 80)'
        return f'${{lower({protocol})}}://{host}${{{usual} ? "" : ":${{{port}}}"}}'

    def let_out(self, service: Service, *, group: str) -> list[Ref]:
        """Nothing: whoever owns the load balancer's group lets it out to tasks."""
        return []

    def _speaks_tls(self) -> list[Postcondition]:
        """Only HTTPS listeners authenticate (ELBv2 API reference, Action.Type), and pass HTTP/2 and gRPC on (ALB guide,
        "Protocol version")."""
        asking = [service for service in self.deployment.public_services(self._name) if self._needs_tls(service)]
        if not asking:
            return []
        what = "login" if login_before(self.deployment, asking[0]) else f"protocol of services.{asking[0].name}"
        return [_condition('self.protocol == "HTTPS"', self._says(f"the {what} needs a listener that speaks HTTPS"))]

    def _needs_tls(self, service: Service) -> bool:
        return service.protocol in ("http2", "grpc") or login_before(self.deployment, service) is not None

    def _fits(self) -> list[Postcondition]:
        """Target groups and tasks are in its VPC, tasks let in a group of its own, and it bears the silence of an
        answer that is not streamed."""
        vpc_id, idle = self.deployment.catalog.network.vpc_id, balancer_idle(self.deployment, self._name)
        return [
            _condition(f'self.vpc_id == "{vpc_id}"', self._says(f"its load balancer does not lie in {vpc_id}")),
            _condition(
                f'contains(self.security_groups, "{self.security_group_id}")',
                self._says(f"its load balancer is not a member of {self.security_group_id}"),
            ),
            _condition(
                f"self.idle_timeout >= {idle}",
                self._says(
                    f"its load balancer closes connections before {idle} seconds of silence, which services behind it "
                    "ask for; have its owner raise its idle timeout, or write a shorter idle_timeout in them"
                ),
            ),
        ]

    def _says(self, problem: str) -> str:
        return f"ingress.{self._name}.listener_arn: {problem}."


def _condition(expression: str, message: str) -> Postcondition:
    return Postcondition(condition=f"${{{expression}}}", error_message=message)


def _true(conditions: list[Postcondition]) -> TerraformResourceLifecycle | None:
    return TerraformResourceLifecycle(postcondition=conditions) if conditions else None
