"""Keep a reset fast: the initial content of an account is created once, or on the first request for it.

moto parses 1,500 AWS policies and makes 1,300 machine images whenever an account is emptied, which
takes half a second and which most tests don't need.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from moto.ec2.models import EC2Backend
from moto.iam.models import IAMBackend

_init_aws_policies = IAMBackend._init_aws_policies
_load_amis = EC2Backend._load_amis


@cache
def _aws_policies(account: str, partition: str) -> list[Any]:
    backend = IAMBackend.__new__(IAMBackend)
    backend.account_id, backend.region_name = account, partition
    return _init_aws_policies(backend)


def init_aws_policies(self: IAMBackend) -> list[Any]:
    """AWS managed policies: parsed once in each process, and copied for each account, which counts attachments."""
    # moto creates an account in every partition; the secret partitions need no policies.
    if self.region_name not in ("aws", "aws-cn", "aws-us-gov"):
        return []
    return [_copy(policy) for policy in _aws_policies(self.account_id, self.region_name)]


def _copy(policy: Any) -> Any:
    made = object.__new__(type(policy))
    made.__dict__.update(policy.__dict__)
    return made


def amis(self: EC2Backend) -> dict[str, Any]:
    """The machine images, created on the first request for one."""
    if "made_amis" not in self.__dict__:
        self.__dict__["made_amis"] = {}
        _load_amis(self)
    return self.__dict__["made_amis"]


def install() -> None:
    """Replace moto's functions with those above."""
    IAMBackend._init_aws_policies = init_aws_policies
    # The constructor assigns a dict and fills it. Both now have no effect.
    EC2Backend.amis = property(amis, lambda self, value: None)
    EC2Backend._load_amis = lambda self: None
