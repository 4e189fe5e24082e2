"""A credential is not written into a catalog: what is refused, what is not, and which images name no version."""

from __future__ import annotations

import pytest

from catalog.rules.images import is_mutable
from catalog.rules.secrets import known, secret_by_name
from tests.support.catalogs import loaded, notices_of, pointed_out, problems_of

pytestmark = pytest.mark.usefixtures("in_tmp_path")


# In two halves, so that no scanner of this repository takes them for real.
CREDENTIALS = {
    "an AWS access key": ("AKIA", "ABCDEFGHIJKLMNOP"),
    "an Anthropic or OpenAI key": ("sk-", "ant-api03-abcDEF123_456-abcDEF123"),
    "a GitHub token": ("gh", "p_" + "a1B2" * 9),
    "a GitLab token": ("glp", "at-abcdefghij0123456789"),
    "a Slack token": ("xox", "b-123456789012-abcdef"),
    "a Hugging Face token": ("hf", "_" + "aBcDe" * 7),
    "a Google API key": ("AI", "za" + "a1B2c" * 7),
    "a Stripe key": ("sk", "_live_abcdefghij0123456789"),
    "an npm token": ("np", "m_" + "a1B2" * 9),
    "a PyPI token": ("py", "pi-AgEIcHlwaS5vcmc" + "a1B2" * 9),
    "a private key": ("-----BEGIN RSA ", "PRIVATE KEY-----"),
    "a signed token (JWT)": ("ey", "JhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.abcdefgh1234"),
    "an Azure connection string": ("DefaultEndpointsProtocol=https;AccountKey", "=" + "a1B2" * 20 + "=="),
    "a password in a URL": ("postgres://app:", "hunter2@db.example:5432/app"),
}


@pytest.mark.parametrize("kind", CREDENTIALS)
def test_a_credential_is_known_by_its_form(kind: str) -> None:
    text = "".join(CREDENTIALS[kind])
    assert known(text) == kind
    assert known(f"run --with={text} --more") == kind


@pytest.mark.parametrize(
    "text",
    [
        "",
        "sk-learn-models-of-version-1-for-everyone",
        "hf_model_cache",
        "AKIAS",
        "postgres://db.example:5432/app",
        "postgres://app@db.example/app",
        "postgres://app:${PASSWORD}@db.example/app",
        "postgres://app:$PASSWORD@db.example/app",
        "http://llm.shop.internal:80/v1",
        "arn:aws:secretsmanager:us-west-2:123456789012:secret:hf-AbCdEf",
        "-----BEGIN CERTIFICATE-----",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ],
)
def test_other_text_is_no_credential(text: str) -> None:
    assert known(text) is None


@pytest.mark.parametrize(
    ("name", "value", "secret"),
    [
        ("DB_PASSWORD", "x7Gh2kP9qLm4ZtR8", True),
        ("API_KEY", "9f86d081884c7d659a2feaa0c55ad015", True),
        ("SERVICE_TOKEN", "q8Zr-2Kd_91mNvB7sTxE", True),
        ("TOKENIZERS_PARALLELISM", "false", False),
        ("MAX_TOKENS", "2048", False),
        ("TOKEN_LIMIT", "x7Gh2kP9qLm4ZtR8", False),
        ("SECRET_NAME", "my/secret-x7Gh2kP9qLm4", False),
        ("HF_TOKEN", "", False),
        ("HF_TOKEN", "/run/secrets/hf-x7Gh2kP9qLm4", False),
        ("TOKEN_FILE", "/run/x7Gh2kP9qLm4ZtR8", False),
        ("EOS_TOKEN", "<|endoftext|>", False),
        ("API_KEY", "not-needed-here-at-all", False),
        ("API_KEY", "change-me-1234567890ab", False),
        ("PASSWORD", "${DB_PASSWORD_OF_2024}", False),
        ("DB_SECRET", "arn:aws:secretsmanager:us-west-2:123456789012:secret:db-AbCdEf", False),
        ("AUTH_TOKEN", "https://login.example/oauth2/token", False),
        ("MODEL", "x7Gh2kP9qLm4ZtR8", False),
    ],
)
def test_a_secret_is_known_by_its_name_and_a_random_value(name: str, value: str, secret: bool) -> None:
    assert secret_by_name(name, value) is secret


WRONG = {
    "in a service, its sidecar and its version": r"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        environment.KEY = "@AWS@"
        #^ services.web.environment.KEY: holds an AWS access key, which everyone would read; keep it in Secrets Manager
        #| and write secrets = { KEY = "its ARN" }
        command = ["--key", "@AWS@"]
        #^ services.web.command[1]: holds an AWS access key, which everyone would read; keep it in Secrets Manager, and
        #| read it from a variable of secrets
        [services.web.sidecars.logs]
        image = "r.io/logs:1"
        environment.API_KEY = "x7Gh2kP9qLm4ZtR8"
        #^ services.web.sidecars.logs.environment.API_KEY: looks like a secret, which everyone would read; keep it in
        #| Secrets Manager and write secrets = { API_KEY = "its ARN" }, or, if it is none, not_secret = ["API_KEY"]
    """,
    "by a variable of the catalog": r"""
        [vars]
        key = "@AWS@"
        [defaults.environment]
        KEY = "{var.key}"
        #^ defaults.environment.KEY: holds an AWS access key, which everyone would read; keep it in Secrets Manager and
        #| write secrets = { KEY = "its ARN" }
        [services.web]
        image = "r.io/web:1"
    """,
    "in raw keys": r"""
        [services.web]
        image = "r.io/web:1"
        container.dockerLabels = { key = "@AWS@" }
        #^ services.web.container.dockerLabels.key: holds an AWS access key, which everyone would read; keep it in
        #| Secrets Manager, and read it from a variable of secrets
    """,
}


@pytest.mark.parametrize("snippet", WRONG.values(), ids=WRONG)
def test_a_credential_is_refused_with_a_cure_and_not_repeated(snippet: str) -> None:
    key = "".join(CREDENTIALS["an AWS access key"])
    problems = problems_of(snippet.replace("@AWS@", key))
    assert problems == pointed_out(snippet)
    assert not any(key in problem or "x7Gh2kP9" in problem for problem in problems)


def test_who_says_that_it_is_no_secret_is_believed_but_not_about_known_forms() -> None:
    snippet = """
        [services.web]
        image = "r.io/web:1"
        environment.CSRF_TOKEN = "{}"
        not_secret = ["CSRF_TOKEN"]
    """
    loaded(snippet.format("x7Gh2kP9qLm4ZtR8"))
    assert len(problems_of(snippet.format("".join(CREDENTIALS["a Stripe key"])))) == 1


def test_images_without_a_version_are_said_once() -> None:
    snippet = """
        [services.web]
        image = "r.io/web"
        [services.llm]
        image = "r.io:5000/llm:latest"
        #^ services.llm.image: warning: "r.io:5000/llm:latest" and "r.io/web" name no version: each deployment takes
        #| what the registry has by then, and no plan shows it; write the tag of a version, or a digest
        [services.redis]
        image = "r.io/redis:7"
    """
    assert sorted(notices_of(snippet)) == pointed_out(snippet)


@pytest.mark.parametrize(
    ("image", "mutable"),
    [
        ("redis", True),
        ("r.io:5000/redis", True),
        ("r.io/redis:latest", True),
        ("r.io/redis:7", False),
        ("r.io/redis@sha256:" + "a" * 64, False),
        ("r.io/redis:latest@sha256:" + "a" * 64, False),
    ],
)
def test_a_tag_is_mutable_when_it_is_latest_or_missing(image: str, mutable: bool) -> None:
    assert is_mutable(image) is mutable
