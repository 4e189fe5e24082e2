"""Logins, firewall, logs and cookies of two load balancers: applied, removed and destroyed on the emulated AWS."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests import emulator
from tests.conftest import ROOT
from tests.support.trial import Trial

REGION = "us-west-2"
UUID = "11111111-2222-3333-4444-555555555555"
OIDC = """
[ingress.inner.login]
issuer = "https://login.example.com"
authorization_endpoint = "https://login.example.com/authorize"
token_endpoint = "https://login.example.com/token"
user_info_endpoint = "https://login.example.com/userinfo"
client_id = "admins"
client_secret = {{ arn = "{arn}", key = "secret" }}
secret_in_state = true
on_unauthenticated = "deny"
"""
PLAIN = """
[catalog]
name = "entry"
region = "us-west-2"
[aws]
accounts = ["123456789012"]
[network]
zones = ["us-west-2a", "us-west-2b"]
[mesh]
kind = "none"
[ingress.public]
allow = ["10.0.0.0/8"]
[ingress.inner]
allow = ["10.0.0.0/8"]
internal = true
[defaults]
image = "public.ecr.aws/nginx/nginx:1.27"
port = 80
[services.web]
public = { ingress = "public" }
[services.hooks]
public = { ingress = "public", path = "/hooks" }
[services.admin]
public = { ingress = "inner" }
"""


def _full() -> str:
    """The catalog with all these settings, for resources that the emulated account has."""
    text = (ROOT / "tests/more_catalogs/ingress.toml").read_text(encoding="utf-8")
    emulator.client("s3", region=REGION).create_bucket(
        Bucket="company-logs", CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    secret = emulator.client("secretsmanager", region=REGION).create_secret(
        Name="admins", SecretString=json.dumps({"secret": "s3cr3t"})
    )
    certificate = emulator.client("acm", region=REGION).request_certificate(DomainName="app.example.com")
    acl = emulator.client("wafv2", region=REGION).create_web_acl(
        Name="entry",
        Scope="REGIONAL",
        DefaultAction={"Allow": {}},
        VisibilityConfig={"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": False, "MetricName": "entry"},
    )["Summary"]
    text = text.replace(f"arn:aws:acm:us-west-2:123456789012:certificate/{UUID}", certificate["CertificateArn"])
    text = text.replace(f"arn:aws:wafv2:us-west-2:123456789012:regional/webacl/entry/{UUID}", acl["ARN"])
    return text.replace("[defaults]", OIDC.format(arn=secret["ARN"]) + "[defaults]")


def _attributes(name: str) -> dict[str, str]:
    elb = emulator.client("elbv2", region=REGION)
    (balancer,) = elb.describe_load_balancers(Names=[name])["LoadBalancers"]
    found = elb.describe_load_balancer_attributes(LoadBalancerArn=balancer["LoadBalancerArn"])["Attributes"]
    return {each["Key"]: each["Value"] for each in found}


def _actions(state: dict[str, dict[str, Any]], service: str) -> list[str]:
    return [action["type"] for action in state[f"aws_lb_listener_rule.{service}"]["action"]]


@pytest.mark.slow
def test_every_ingress_setting_is_added_and_removed_in_one_apply_each(aws: None, tmp_path: Path) -> None:
    emulator.reset()
    trial = Trial(tmp_path)
    trial.write(_full())
    trial.workspace.apply()

    assert trial.planned() == {}
    state = trial.state()
    assert _actions(state, "web") == ["authenticate-cognito", "forward"]
    assert _actions(state, "hooks") == ["forward"]
    assert _actions(state, "admin") == ["authenticate-oidc", "forward"]
    bucket = state["aws_s3_bucket.main_ingress_public"]["bucket"]
    assert bucket == "entry-public-logs-123456789012-us-west-2"
    logs = _attributes("entry-public")
    assert (logs["access_logs.s3.enabled"], logs["access_logs.s3.bucket"]) == ("true", bucket)
    assert _attributes("entry-inner")["access_logs.s3.bucket"] == "company-logs"
    assert state["aws_lb_target_group.web"]["stickiness"][0]["cookie_duration"] == 3600

    trial.write(PLAIN)
    trial.workspace.apply()

    assert trial.planned() == {}
    state = trial.state()
    assert not [address for address in state if address.startswith(("aws_s3_bucket", "aws_wafv2"))]
    assert _actions(state, "web") == _actions(state, "admin") == ["forward"]
    assert _attributes("entry-public")["access_logs.s3.enabled"] == "false"
    assert state["aws_lb_target_group.web"]["stickiness"][0]["enabled"] is False
    trial.workspace.destroy()
    assert set(emulator.leftovers()) <= {"bucket", "certificate", "secret"}
