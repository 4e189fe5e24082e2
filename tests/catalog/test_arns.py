"""The account in ARNs: twelve digits, or {account}."""

from __future__ import annotations

import pytest

from tests.support.catalogs import loaded, notices_of, problems_of

pytestmark = pytest.mark.usefixtures("in_tmp_path")

SERVICE = '[services.web]\nimage = "r.io/web:1"\nport = 80\n'
INGRESS = '[ingress.public]\nallow = ["203.0.113.7/32"]\n'
ARNS = {
    "a queue": ("access.sqs_send = [ARN]", "access.sqs_send[0]", "sqs:{region}", "jobs"),
    "a secret": ("secrets.A = ARN", "secrets.A", "secretsmanager:us-west-2", "secret:a-AbCdEf"),
    "a parameter": ("secrets.A = ARN", "secrets.A", "ssm:us-west-2", "parameter/a"),
    "a login": ("credentials = ARN", "credentials", "secretsmanager:us-west-2", "secret:hub-AbCdEf"),
    "a key": ("access.kms_decrypt = [ARN]", "access.kms_decrypt[0]", "kms:us-west-2", "key/a"),
    "the queue of a backlog": (
        'access.sqs_consume = ["jobs"]\nscale = { max = 3, backlog = { queue = ARN, seconds_per_message = 1, '
        'latency = "20m" } }',
        "scale.backlog.queue",
        "sqs:us-west-2",
        "jobs",
    ),
}


@pytest.mark.parametrize("account", ["<account-id>", "ACCOUNT_ID", "12345", "12345678901"])
@pytest.mark.parametrize(("line", "place", "before", "rest"), ARNS.values(), ids=ARNS)
def test_an_account_has_twelve_digits(line: str, place: str, before: str, rest: str, account: str) -> None:
    fixed = f'"arn:aws:{before}:{{account}}:{rest}"'
    text = f"{SERVICE}{line}\n"
    (problem,) = problems_of(text.replace("ARN", fixed.replace("{account}", account)))
    assert problem.partition(": ")[2] == (
        f'services.web.{place}: must have an account of 12 digits, not "{account}". Write {fixed}, or the digits of '
        "another account."
    )
    assert not [each for each in notices_of(text.replace("ARN", fixed)) if "account" in each]
    assert loaded(text.replace("ARN", fixed.replace("{account}", "123456789012"))).deployments


def test_a_certificate_has_an_account() -> None:
    text = f'{INGRESS}certificate = "arn:aws:acm:us-west-2:12345678901:certificate/a"\n{SERVICE}public = true\n'
    fixed = '"arn:aws:acm:us-west-2:{account}:certificate/a"'
    assert problems_of(text) == [
        'services.toml:3: ingress.public.certificate: must have an account of 12 digits, not "12345678901". Write '
        f"{fixed}, or the digits of another account."
    ]
    assert loaded(text.replace("12345678901", "{account}")).deployments
    (problem,) = problems_of(text.replace("12345678901", ""))
    assert f"must have an account of 12 digits. Write {fixed}" in problem


@pytest.mark.parametrize(
    "line",
    [
        'access.bedrock = ["arn:aws:bedrock:us-west-2::foundation-model/amazon.nova-lite-v1:0"]',
        'access.s3_read = ["arn:aws:s3:::bucket"]',
        'access.secrets_read = ["arn:aws:secretsmanager:us-west-2:*:secret:team-*"]',
        'secrets.AMI = "arn:aws:ssm:us-west-2::parameter/aws/service/x"',
    ],
)
def test_resources_of_aws_and_patterns_have_no_account(line: str) -> None:
    assert loaded(f"{SERVICE}{line}\n").deployments
