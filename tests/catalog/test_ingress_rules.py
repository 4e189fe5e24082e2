"""What a catalog may not say of logins, cookies, firewalls and logs: below a wrong line stands what is said of it."""

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
        #^ ingress.public.login: a load balancer lets users log in over HTTPS only; give the ingress a certificate
        user_pool = "{POOL}"
        domain = "entry"
        client_id = "x"
        {WEB}""",
    "a login of nobody": f"""{TOP}
        [ingress.public.login]
        #^ ingress.public.login: nobody can log in; add user_pool and domain (Cognito), or issuer, its endpoints and
        #| client_secret
        client_id = "x"
        {WEB}""",
    "half a user pool": f"""{TOP}
        [ingress.public.login]
        #^ ingress.public.login: beside user_pool there is no domain; add it
        user_pool = "{POOL}"
        client_id = "x"
        {WEB}""",
    "half a provider": f"""{TOP}
        [ingress.public.login]
        #^ ingress.public.login: beside issuer and user_info_endpoint there is no authorization_endpoint,
        #| token_endpoint and client_secret; add them
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
        #^ ingress.public.login.issuer: issuer belongs to an OpenID Connect provider, user_pool to a user pool; remove
        #| one kind
        {WEB}""",
    "a secret that would lie in the state": f"""{TOP}{OIDC}
        client_secret = "{SECRET}"
        #^ ingress.public.login.client_secret: Terraform would keep its value in the state; write user_pool instead (a
        #| Cognito user pool can pass on to this provider, and needs no secret here), or accept that with
        #| secret_in_state = true
        {WEB}""",
    "the secret itself": f"""{TOP}{OIDC}
        client_secret = "hunter2"
        #^ ingress.public.login.client_secret: is not the ARN of a Secrets Manager secret; put the client secret into
        #| one, and write its ARN here, never the secret itself
        {WEB}""",
    "a secret of another region": f"""{TOP}{OIDC}
        client_secret = "{SECRET.replace("us-west-2", "us-east-1")}"
        #^ ingress.public.login.client_secret: lies in "us-east-1"; write the ARN of a secret in us-west-2, or of a
        #| replica there
        secret_in_state = true
        {WEB}""",
    "consent to nothing": f"""{TOP}{COGNITO}
        secret_in_state = true
        #^ ingress.public.login.secret_in_state: there is no client_secret to keep; remove it
        {WEB}""",
    "an endpoint without TLS": f"""{TOP}{OIDC.replace("https://login.example.com/token", "http://x.example.com/t")}
        client_secret = "{SECRET}"
        secret_in_state = true
        {WEB}""",
    "a session of eight days": f"""{TOP}{COGNITO}
        session_timeout = "192h"
        #^ ingress.public.login.session_timeout: a login lasts from "1s" to "168h" (7 days); write a time in between
        scope = "email"
        #^ ingress.public.login.scope: without "openid" nobody says who logged in; write "openid email"
        {WEB}""",
    "an internal way in that reaches no provider": f"""
        [network]
        nat = "none"
        {TOP}
        internal = true
        [ingress.public.login]
        #^ ingress.public.login: an internal load balancer reaches the provider through a NAT gateway; write nat =
        #| "single" in [network]
        user_pool = "{POOL}"
        domain = "entry"
        client_id = "x"
        [services.web]
        image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/web:1"
        port = 80
        public = true
        """,
    "a login before http2": f"""{TOP}{COGNITO}
        {WEB}
        protocol = "http2"
        #^ services.web.protocol: a load balancer lets users log in before http only; write login = false in public,
        #| and let the service see to it, or write protocol = "http"
        """,
    "a login that its ingress does not have": f"""{TOP}
        [services.web]
        image = "r.io/web:1"
        port = 80
        public = {{ login = true }}
        #^ services.web.public.login: [ingress.public] has no login; add one there, or remove this
        """,
    "a cookie of eight days": f"""{TOP}
        [services.web]
        image = "r.io/web:1"
        port = 80
        public = {{ sticky = "192h" }}
        #^ services.web.public.sticky: a browser stays from "1s" to "168h" (7 days) with a task; write a time in
        #| between, or false
        """,
    "a cookie for gRPC": f"""{TOP}
        [services.web]
        image = "r.io/web:1"
        port = 80
        protocol = "grpc"
        public = {{ sticky = "1h" }}
        #^ services.web.public.sticky: it rests on cookies, which clients of grpc do not keep; remove it
        """,
    "a firewall of CloudFront": f"""{TOP}
        waf = "arn:aws:wafv2:us-east-1:123456789012:global/webacl/x/0a1b"
        #^ ingress.public.waf: is not the ARN of a regional/webacl; that goes on with ":regional/webacl/" and its name
        #^ ingress.public.waf: lies in "us-east-1", a load balancer in us-west-2 cannot use it; write the ARN of a
        #| regional web ACL in us-west-2
        {WEB}""",
    "an identity pool": f"""{TOP}{COGNITO.replace(":userpool/", ":identitypool/")}
        {WEB}""",
    "a prefix that AWS writes itself": f"""{TOP}
        logs = {{ bucket = "logs", prefix = "web/AWSLogs" }}
        #^ ingress.public.logs.prefix: "web/AWSLogs" is not a prefix. Write one like "web/public", without / at its
        #| ends and without "AWSLogs".
        {WEB}""",
    "days of somebody's bucket": f"""{TOP}
        logs = {{ bucket = "10.0.0.1", days = 7 }}
        #^ ingress.public.logs.bucket: "10.0.0.1" cannot be the name of a bucket; write that of one that exists
        #^ ingress.public.logs.days: a bucket that exists has a lifecycle of its own; remove days, or remove bucket to
        #| have one made
        {WEB}""",
}
ELSEWHERE = {
    "an endpoint without TLS": 'ingress.public.login.token_endpoint: "http://x.example.com/t" is not an https URL. '
    'Write the whole of it, on port 443, as in "https://login.example.com/authorize".',
    "an identity pool": 'ingress.public.login.user_pool: is not the ARN of a userpool; that goes on with ":userpool/" '
    "and its name",
}
"""What is said of a line that stands in a text of several catalogs."""


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_way_in_says_what_is_wrong_and_where(case: str) -> None:
    found = problems_of(WRONG[case])

    if case in ELSEWHERE:
        assert [line.split(": ", 1)[1] for line in found] == [ELSEWHERE[case]]
    else:
        assert found == pointed_out(WRONG[case])


def test_a_secret_that_may_lie_in_the_state_is_warned_of() -> None:
    [said] = notices_of(f'{TOP}{OIDC}\nclient_secret = "{SECRET}"\nsecret_in_state = true\n{WEB}')

    assert "secret_in_state: warning: whoever reads the Terraform state reads the client's secret" in said


def test_a_given_bucket_has_to_let_log_delivery_in() -> None:
    [said] = notices_of(f'{TOP}\nlogs = {{ bucket = "logs", prefix = "x" }}\n{WEB}')

    assert "SSE-S3 and let arn:aws:iam::797873946194:root do s3:PutObject" in said
    assert '"x/AWSLogs/*"' in said


def test_what_is_open_needs_no_login_of_its_protocol() -> None:
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
def test_logs_are_written_by_whom_the_region_has(region: str, writer: dict[str, str]) -> None:
    assert log_writer(region) == writer
