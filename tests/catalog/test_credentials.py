"""Credentials in plain text: which texts are reported, and which are not."""

from __future__ import annotations

import pytest

from catalog.rules.secrets import is_literal, is_random, known, named_like_secret
from tests.support.catalogs import loaded, notices_of, pointed_out, problems_of

pytestmark = pytest.mark.usefixtures("in_tmp_path")


# In two halves, so that scanners of this repository don't report them.
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
def test_a_credential_is_recognized_by_its_form(kind: str) -> None:
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
def test_other_text_is_not_a_credential(text: str) -> None:
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
def test_a_random_value_of_a_variable_with_a_secret_name_is_a_secret(name: str, value: str, secret: bool) -> None:
    assert (named_like_secret(name) and is_literal(value) and is_random(value)) is secret


@pytest.mark.parametrize(
    "name",
    [
        *("PASSWORD", "PASSWORD1", "REDIS_PASSWORD_2", "DATABASE_PASSWORD", "PGPASSWORD", "DBPASSWORD", "DB_PASSWD"),
        *("POSTGRES_PASS", "RABBITMQ_DEFAULT_PASS", "DB_PWD", "MYSQL_PWD", "KEY_PASSPHRASE", "DB_PASSWORD_PROD"),
        *("SECRET", "JWT_SECRET", "CLIENT_SECRET", "DJANGO_SECRET_KEY", "SECRET_KEY_BASE64", "SECRET_KEY_BASE"),
        *("HF_TOKEN", "AUTH_TOKEN", "SPLUNK_TOKEN", "Splunk_Token", "API_KEY", "APIKEY", "apiKey", "JWT_SIGNING_KEY"),
        *("SSH_PRIVATE_KEY", "AWS_SECRET_ACCESS_KEY", "GOOGLE_CREDENTIALS", "spring.datasource.password", "dbPassword"),
    ],
)
def test_a_name_that_ends_with_a_secret_is_recognized(name: str) -> None:
    assert named_like_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        *("TOKEN_LIMIT", "MAX_TOKENS", "MAX_NEW_TOKENS", "STOP_TOKENS", "EOS_TOKEN", "TOKENIZER_PATH", "TOKEN_EXPIRY"),
        *("PASS_THROUGH", "BYPASS", "COMPASS", "COMPASS_URL", "PASSENGER", "PWD", "OLDPWD", "ALLOW_EMPTY_PASSWORD"),
        *("PASSWORD_FILE", "PASSWORD_MIN_LENGTH", "SECRET_NAME", "DB_SECRET_ARN", "SECRETS_DIR", "SECRETARY", "DB_URL"),
        *("PUBLIC_KEY", "NEXT_PUBLIC_MAP_TOKEN", "PARTITION_KEY", "ACCESS_KEY_ID", "KEY", "MONKEY", "KEYBOARD"),
    ],
)
def test_a_name_that_only_contains_the_word_is_not_a_secret(name: str) -> None:
    assert not named_like_secret(name)


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        *(("hunter2", True), ("hunter2hunter2", True), ("postgres", True), ("123456", True), ("correct horse", True)),
        *(("", False), ("true", False), ("no", False), ("2048", False), ("30s", False), ("none", False)),
        *(("${PASSWORD}", False), ("$PASSWORD", False), ("<token>", False), ("xxx", False), ("*****", False)),
        *(("changeme", True), ("change-me-123", True), ("your-token", False), ("EMPTY", False), ("dummy", False)),
        *(("/run/secrets/db", False), ("prod/db", False), ("https://login.example/token", False)),
    ],
)
def test_placeholders_references_and_settings_are_not_secrets(value: str, literal: bool) -> None:
    assert is_literal(value) is literal


WRONG = {
    "in a service, its sidecar and its version": r"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        environment.KEY = "@AWS@"
        #^ services.web.environment.KEY: contains an AWS access key in plain text. Keep it in Secrets Manager, remove it
        #| here, and write secrets.KEY = "arn:aws:secretsmanager:us-west-2:{account}:secret:key-AbCdEf".
        command = ["--key", "@AWS@"]
        #^ services.web.command[1]: contains an AWS access key in plain text. Keep it in Secrets Manager, and read it
        #| from a variable that secrets sets.
        [services.web.sidecars.logs]
        image = "r.io/logs:1"
        environment.API_KEY = "x7Gh2kP9qLm4ZtR8"
        #^ services.web.sidecars.logs.environment.API_KEY: looks like a secret in plain text. Keep it in Secrets
        #| Manager, remove it here, and write secrets.API_KEY =
        #| "arn:aws:secretsmanager:us-west-2:{account}:secret:api-key-AbCdEf". If it isn't a secret, write not_secret =
        #| ["API_KEY"].
    """,
    "by a variable of the catalog": r"""
        [vars]
        key = "@AWS@"
        [defaults.environment]
        KEY = "{var.key}"
        #^ defaults.environment.KEY: contains an AWS access key in plain text. Keep it in Secrets Manager, remove it
        #| here, and write secrets.KEY = "arn:aws:secretsmanager:us-west-2:{account}:secret:key-AbCdEf".
        [services.web]
        image = "r.io/web:1"
    """,
    "in raw keys": r"""
        [services.web]
        image = "r.io/web:1"
        container.dockerLabels = { key = "@AWS@" }
        #^ services.web.container.dockerLabels.key: contains an AWS access key in plain text. Keep it in Secrets
        #| Manager, and read it from a variable that secrets sets.
    """,
}


@pytest.mark.parametrize("snippet", WRONG.values(), ids=WRONG)
def test_a_credential_is_an_error_that_does_not_repeat_it(snippet: str) -> None:
    key = "".join(CREDENTIALS["an AWS access key"])
    problems = problems_of(snippet.replace("@AWS@", key))
    assert problems == pointed_out(snippet)
    assert not any(key in problem or "x7Gh2kP9" in problem for problem in problems)


def test_not_secret_has_no_effect_on_known_forms() -> None:
    snippet = """
        [services.web]
        image = "r.io/web:1"
        environment.CSRF_TOKEN = "{}"
        not_secret = ["CSRF_TOKEN"]
    """
    loaded(snippet.format("x7Gh2kP9qLm4ZtR8"))
    assert len(problems_of(snippet.format("".join(CREDENTIALS["a Stripe key"])))) == 1


PLAIN_PASSWORDS = r"""
    [services.web]
    image = "r.io/web:1"
    environment.DATABASE_PASSWORD = "hunter2hunter2"
    #^ services.web.environment.DATABASE_PASSWORD: warning: looks like a secret in plain text. Keep it in Secrets
    #| Manager, remove it here, and write secrets.DATABASE_PASSWORD =
    #| "arn:aws:secretsmanager:us-west-2:{account}:secret:database-password-AbCdEf". If it isn't a secret, write
    #| not_secret = ["DATABASE_PASSWORD"].
    environment.TOKEN_LIMIT = "hunter2hunter2"
    environment.CSRF_TOKEN = "hunter2hunter2"
    not_secret = ["CSRF_TOKEN"]
    command = ["serve", "--password", "hunter2", "--api-key=hunter2", "--csrf-token=hunter2", "--max-tokens=2048"]
    #^ services.web.command[1]: warning: the value of "password" looks like a secret in plain text. Keep it in Secrets
    #| Manager, and read it from a variable that secrets sets. If it isn't a secret, write not_secret = ["PASSWORD"].
    #^ services.web.command[3]: warning: the value of "api-key" looks like a secret in plain text. Keep it in Secrets
    #| Manager, and read it from a variable that secrets sets. If it isn't a secret, write not_secret = ["API_KEY"].
    container.dockerLabels = { password = "hunter2", port = "hunter2" }
    #^ services.web.container.dockerLabels.password: warning: looks like a secret in plain text. Keep it in Secrets
    #| Manager, and read it from a variable that secrets sets.
    [services.web.sidecars.cache]
    image = "r.io/cache:1"
    environment.REDIS_PASS = "hunter2"
    #^ services.web.sidecars.cache.environment.REDIS_PASS: warning: looks like a secret in plain text. Keep it in
    #| Secrets Manager, remove it here, and write secrets.REDIS_PASS =
    #| "arn:aws:secretsmanager:us-west-2:{account}:secret:redis-pass-AbCdEf". If it isn't a secret, write not_secret =
    #| ["REDIS_PASS"].
    [services.web.logs.router]
    options = { Name = "http", HTTP_Passwd = "hunter2" }
    #^ services.web.logs.router.options.HTTP_Passwd: warning: looks like a secret in plain text. Keep it in Secrets
    #| Manager, and set HTTP_Passwd in logs.router.secrets.
    [state.http]
    address = "https://state.example.com"
    password = "hunter2"
    #^ state.http.password: warning: looks like a secret in plain text. Remove it, and set the environment variable
    #| TF_HTTP_PASSWORD for Terraform.
"""


@pytest.mark.parametrize(
    ("backend", "advice"),
    [
        ('pg.conn_str = "postgres://me:hunter2@db/tf"', "the environment variable PG_CONN_STR for"),
        ('azurerm.access_key = "hunter2"', "the environment variable ARM_ACCESS_KEY for"),
        ('s3.secret_key = "hunter2"', "the environment variable AWS_SECRET_ACCESS_KEY for"),
        ('http.address = "https://me:hunter2@tf"', "from the URL, and set the environment variables TF_HTTP_USERNAME"),
        ('remote.token = "hunter2"', "Remove it, and run terraform login."),
        ('http.proxy_password = "hunter2"', 'the environment variable that the backend "http" of Terraform reads'),
    ],
)
def test_the_advice_for_a_secret_of_a_backend_names_the_variable(backend: str, advice: str) -> None:
    [notice] = [notice for notice in notices_of(f"state.{backend}\n") if "in plain text" in notice]
    assert advice in notice and "hunter2" not in notice


def test_a_plain_password_is_a_warning_wherever_it_is_written() -> None:
    notices = [notice for notice in notices_of(PLAIN_PASSWORDS) if "in plain text" in notice]
    assert sorted(notices) == sorted(pointed_out(PLAIN_PASSWORDS))
    assert not any("hunter2" in notice for notice in notices)


def test_the_advice_for_a_plain_password_works() -> None:
    arn = "arn:aws:secretsmanager:us-west-2:{account}:secret:db-password-AbCdEf"
    advised = f'[services.web]\nimage = "r.io/web:1"\nsecrets.DB_PASSWORD = "{arn}"'
    [notice] = notices_of('[services.web]\nimage = "r.io/web:1"\nenvironment.DB_PASSWORD = "hunter2"')
    assert f'write secrets.DB_PASSWORD = "{arn}".' in notice
    assert notices_of(advised) == []
