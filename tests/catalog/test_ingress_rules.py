"""Logins, stickiness, web ACLs and logs of an ingress: the comment below a wrong line is the expected message."""

from __future__ import annotations

import pytest

from catalog.analysis.resource_policies import log_writer
from tests.support.catalogs import notices_of, pointed_out, problems_of

POOL = "arn:aws:cognito-idp:us-west-2:123456789012:userpool/us-west-2_AbCdEfGhI"
CERTIFICATE = "arn:aws:acm:us-west-2:123456789012:certificate/0a1b"
SECRET = "arn:aws:secretsmanager:us-west-2:123456789012:secret:login-AbCdEf"
WEB = """
        [services.web]
        image = "r.io/web:1"
        port = 80
        public = true
"""
TOP = f"""
        [ingress.public]
        allow = ["10.0.0.0/8"]
        certificate = "{CERTIFICATE}"
        domain = "chat.example.com"
        zone_id = "Z0123456789ABC"
"""
COGNITO = f"""
        [ingress.public.login]
        user_pool = "{POOL}"
        domain = "entry"
        client_id = "x"
"""
OIDC = """
        [ingress.public.login]
        issuer = "https://login.example.com"
        authorization_endpoint = "https://login.example.com/authorize"
        token_endpoint = "https://login.example.com/token"
        user_info_endpoint = "https://login.example.com/userinfo"
        client_id = "x"
"""


pytestmark = pytest.mark.usefixtures("in_tmp_path")


WRONG = {
    "a login over plain http": f"""
        [ingress.public]
        allow = ["10.0.0.0/8"]
        [ingress.public.login]
        #^ ingress.public.login: requires HTTPS. Add a certificate to the ingress.
        user_pool = "{POOL}"
        domain = "entry"
        client_id = "x"
        {WEB}""",
    "a login without a provider": f"""{TOP}
        [ingress.public.login]
        #^ ingress.public.login: requires a provider. Add user_pool and domain (Cognito), or issuer, its endpoints and
        #| client_secret.
        client_id = "x"
        {WEB}""",
    "half a user pool": f"""{TOP}
        [ingress.public.login]
        #^ ingress.public.login: user_pool requires domain. Add it.
        user_pool = "{POOL}"
        client_id = "x"
        {WEB}""",
    "half a provider": f"""{TOP}
        [ingress.public.login]
        #^ ingress.public.login: issuer and user_info_endpoint requires authorization_endpoint, token_endpoint and
        #| client_secret. Add them.
        issuer = "https://login.example.com"
        user_info_endpoint = "https://login.example.com/userinfo"
        client_id = "x"
        {WEB}""",
    "two kinds of login": f"""{TOP}
        [ingress.public.login]
        user_pool = "{POOL}"
        domain = "entry"
        client_id = "x"
        issuer = "https://login.example.com"
        #^ ingress.public.login.issuer: conflicts with user_pool. Remove the keys of Cognito or those of the OpenID
        #| Connect provider.
        {WEB}""",
    "a secret that the state would contain": f"""{TOP}{OIDC}
        client_secret = "{SECRET}"
        #^ ingress.public.login.client_secret: Terraform would store its value in the state. Write user_pool instead (a
        #| Cognito user pool can use this provider, and requires no secret here), or accept this with secret_in_state =
        #| true.
        {WEB}""",
    "the secret itself": f"""{TOP}{OIDC}
        client_secret = "hunter2"
        #^ ingress.public.login.client_secret: is not the ARN of a Secrets Manager secret; put the client secret into
        #| one, and write its ARN here, never the secret itself
        {WEB}""",
    "a secret of another region": f"""{TOP}{OIDC}
        client_secret = "{SECRET.replace("us-west-2", "us-east-1")}"
        #^ ingress.public.login.client_secret: is in "us-east-1". Write the ARN of a secret or a replica in us-west-2.
        secret_in_state = true
        {WEB}""",
    "secret_in_state without a secret": f"""{TOP}{COGNITO}
        secret_in_state = true
        #^ ingress.public.login.secret_in_state: has no effect without client_secret. Remove it.
        {WEB}""",
    "an endpoint without TLS": f"""{TOP}{OIDC.replace("https://login.example.com/token", "http://x.example.com/t")}
        client_secret = "{SECRET}"
        secret_in_state = true
        {WEB}""",
    "a session of eight days": f"""{TOP}{COGNITO}
        session_timeout = "192h"
        #^ ingress.public.login.session_timeout: must be "1s" to "168h" (7 days). Write a duration in this range.
        scope = "email"
        #^ ingress.public.login.scope: must contain "openid". Write "openid email".
        {WEB}""",
    "an internal ingress without access to the provider": f"""
        [network]
        nat = "none"
        {TOP}
        internal = true
        [ingress.public.login]
        #^ ingress.public.login: requires internet access from an internal load balancer. Write network.nat = "single".
        user_pool = "{POOL}"
        domain = "entry"
        client_id = "x"
        [services.web]
        image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/web:1"
        port = 80
        public = true
        """,
    "a login with http2": f"""{TOP}{COGNITO}
        {WEB}
        protocol = "http2"
        #^ services.web.protocol: the login of a load balancer requires protocol = "http". Write protocol = "http", or
        #| public.login = false if the service itself authenticates users.
        """,
    "a login that its ingress does not have": f"""{TOP}
        [services.web]
        image = "r.io/web:1"
        port = 80
        public = {{ login = true }}
        #^ services.web.public.login: requires [ingress.public.login]. Add it, or remove login.
        """,
    "a cookie of eight days": f"""{TOP}
        [services.web]
        image = "r.io/web:1"
        port = 80
        public = {{ sticky = "192h" }}
        #^ services.web.public.sticky: must be "1s" to "168h" (7 days). Write a duration in this range, or false.
        """,
    "a cookie for gRPC": f"""{TOP}
        [services.web]
        image = "r.io/web:1"
        port = 80
        protocol = "grpc"
        public = {{ sticky = "1h" }}
        #^ services.web.public.sticky: isn't supported for protocol = "grpc", whose clients store no cookies. Remove it.
        """,
    "a web ACL of CloudFront": f"""{TOP}
        waf = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/x/0a1b"
        #^ ingress.public.waf: is in "us-east-1", and a load balancer in us-west-2 can't use it. Write the ARN of a
        #| regional web ACL in us-west-2.
        #^ ingress.public.waf: must be the ARN of a regional/webacl. Write one with ":regional/webacl/" after the
        #| account.
        {WEB}""",
    "an identity pool": f"""{TOP}{COGNITO.replace(":userpool/", ":identitypool/")}
        {WEB}""",
    "a prefix that AWS adds": f"""{TOP}
        logs = {{ bucket = "logs", prefix = "web/AWSLogs" }}
        #^ ingress.public.logs.prefix: "web/AWSLogs" is not a prefix. Write one like "web/public", without / at its
        #| ends and without "AWSLogs".
        {WEB}""",
    "days for an existing bucket": f"""{TOP}
        logs = {{ bucket = "10.0.0.1", days = 7 }}
        #^ ingress.public.logs.bucket: "10.0.0.1" isn't a valid bucket name. Write the name of an existing bucket.
        #^ ingress.public.logs.days: has no effect on an existing bucket. Remove days, or remove bucket so that
        #| Terraform creates one.
        {WEB}""",
}
ELSEWHERE = {
    "an endpoint without TLS": 'ingress.public.login.token_endpoint: "http://x.example.com/t" is not an https URL. '
    'Write the whole of it, on port 443, as in "https://login.example.com/authorize".',
    "an identity pool": 'ingress.public.login.user_pool: must be the ARN of a userpool. Write one with ":userpool/" '
    "after the account.",
}
"""Messages about lines that several catalogs share."""


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_ingress_is_an_error_with_its_line(case: str) -> None:
    found = problems_of(WRONG[case])

    if case in ELSEWHERE:
        assert [line.split(": ", 1)[1] for line in found] == [ELSEWHERE[case]]
    else:
        assert found == pointed_out(WRONG[case])


def test_secret_in_state_is_a_warning() -> None:
    [notice] = notices_of(f'{TOP}{OIDC}\nclient_secret = "{SECRET}"\nsecret_in_state = true\n{WEB}')

    assert "secret_in_state: warning: the Terraform state contains the client secret." in notice


def test_an_existing_bucket_must_allow_log_delivery() -> None:
    [notice] = notices_of(f'{TOP}\nlogs = {{ bucket = "logs", prefix = "x" }}\n{WEB}')

    assert "use SSE-S3 and allow arn:aws:iam::797873946194:root s3:PutObject" in notice
    assert '"x/AWSLogs/*"' in notice


def test_grpc_without_login_has_no_notice() -> None:
    web = WEB.replace("public = true", "public = { login = false }")
    assert notices_of(f'{TOP}{COGNITO}{web}\nprotocol = "grpc"') == []


@pytest.mark.parametrize(
    ("region", "writer"),
    [
        ("us-west-2", {"AWS": "arn:aws:iam::797873946194:root"}),
        ("us-gov-west-1", {"AWS": "arn:aws-us-gov:iam::048591011584:root"}),
        ("cn-north-1", {"AWS": "arn:aws-cn:iam::638102146993:root"}),
        ("eu-central-2", {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}),
        ("il-central-1", {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}),
    ],
)
def test_the_log_writer_depends_on_the_region(region: str, writer: dict[str, str]) -> None:
    assert log_writer(region) == writer
