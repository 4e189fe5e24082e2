"""Secrets, and credentials in plain text."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from catalog.diagnostics import Finding
from catalog.endpoints import has_internet_access
from catalog.frame import Container, Place, containers_of
from catalog.frame.places import texts_in
from catalog.model import Service, Workload
from catalog.rules import rule
from catalog.task import addition_of, secrets_of

_BEFORE, _BEHIND = r"(?<![A-Za-z0-9_+/-])", r"(?![A-Za-z0-9_-])"
_FORMS: dict[str, str] = {
    "an AWS access key": rf"{_BEFORE}(?:AKIA|ASIA)[A-Z2-7]{{16}}{_BEHIND}",
    "an Anthropic or OpenAI key": (
        rf"{_BEFORE}sk-(?:(?:ant|proj|svcacct|or-v1)-[A-Za-z0-9_-]{{20,}}|[A-Za-z0-9]{{32,}})"
    ),
    "a GitHub token": rf"{_BEFORE}(?:gh[pousr]_[A-Za-z0-9]{{36,}}|github_pat_\w{{22,}})",
    "a GitLab token": rf"{_BEFORE}glpat-[A-Za-z0-9_-]{{20,}}",
    "a Slack token": rf"{_BEFORE}xox[abeoprs]-[A-Za-z0-9-]{{10,}}",
    "a Hugging Face token": rf"{_BEFORE}hf_[A-Za-z]{{30,}}{_BEHIND}",
    "a Google API key": rf"{_BEFORE}AIza[A-Za-z0-9_-]{{35}}{_BEHIND}",
    "a Stripe key": rf"{_BEFORE}[sr]k_(?:live|test)_[A-Za-z0-9]{{16,}}",
    "an npm token": rf"{_BEFORE}npm_[A-Za-z0-9]{{36}}{_BEHIND}",
    "a PyPI token": rf"{_BEFORE}pypi-AgE[A-Za-z0-9_-]{{40,}}",
    "a private key": r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----",
    "a signed token (JWT)": rf"{_BEFORE}eyJ[A-Za-z0-9_-]{{8,}}\.eyJ[A-Za-z0-9_-]{{8,}}\.[A-Za-z0-9_-]{{8,}}",
    "an Azure connection string": r"(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{40,}={0,2}",
}
"""Credentials that are known by their form, as their issuers document it for scanners (GitHub Docs, "Supported secret
scanning patterns")."""
_KNOWN = re.compile("|".join(f"(?P<_{index}>{form})" for index, form in enumerate(_FORMS.values())))
_KINDS = tuple(_FORMS)
_IN_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#:@]*:(?P<password>[^\s/?#@]+)@")
"""RFC 3986, "User Information"."""
_STAND_IN = re.compile(r"\$\w+|\$\{[^}]*\}|\$\([^)]*\)|%\w+%|<[^>]*>|\{\{.*\}\}|\*+|x+|\.+|%s|\{[^}]*\}", re.I)
"""What a program or a shell fills in, or a reader of examples."""
_NAME = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|SECRET_(?:ACCESS_)?KEY|TOKEN|API_?KEY|ACCESS_KEY|PRIVATE_KEY|"
    r"CLIENT_SECRET|CREDENTIALS?)$"
)
"""Names that end with the word for a secret; MAX_TOKENS, TOKEN_LIMIT, SECRET_NAME and TOKEN_FILE do not."""
_VALUE = re.compile(r"[A-Za-z0-9+/=_.~!@#$%^&*:-]{16,512}")
_PLAIN = re.compile(
    r"arn:.*|[A-Za-z][A-Za-z0-9+.-]*://.*|[./~].*|[\d.,:_-]+|(?:[a-z]+[/._-])*[a-z]+|(?:[A-Z]+[/._-])*[A-Z]+|"
    r".*(?:change[-_]?me|example|placeholder|dummy|your[-_]).*",
    re.S,
)
"""ARNs, URLs, paths, numbers, words, and what examples have in place of a secret."""
_BITS = 3.0
"""Shannon's entropy of a character: text of random hexadecimal digits has more, repeated words have less."""
_OF_THE_ROUTER = "keep it in Secrets Manager and write logs.router.secrets"
_ELSEWHERE = "holds {}, which everyone would read; keep it in Secrets Manager, and read it from a variable of secrets"


def _entropy(text: str) -> float:
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)


def known(text: str) -> str | None:
    """The kind of credential that a text holds by its form."""
    found = _KNOWN.search(text)
    if found is not None and found.lastgroup is not None:
        return _KINDS[int(found.lastgroup[1:])]
    if "://" in text and any(not _STAND_IN.fullmatch(url["password"]) for url in _IN_URL.finditer(text)):
        return "a password in a URL"
    return None


def secret_by_name(name: str, value: str) -> bool:
    """Whether a variable is named like a secret, and its value is as random as one."""
    return (
        _NAME.search(name.upper()) is not None
        and _VALUE.fullmatch(value) is not None
        and _PLAIN.fullmatch(value) is None
        and _STAND_IN.fullmatch(value) is None
        and any(character.isdigit() for character in value)
        and _entropy(value) >= _BITS
    )


@rule(Container)
def plain_text_credentials(container: Container, at: Place) -> Iterator[Finding]:
    """Everybody who may describe a task definition reads its variables and commands (ECS developer guide, "Pass
    sensitive data to an Amazon ECS container"). No message repeats the value."""
    for name, value in container.environment.items():
        kind, here = known(value), at("environment", name)
        fix = f'keep it in Secrets Manager and write secrets = {{ {name} = "its ARN" }}'
        if kind is not None:
            yield here.error(f"holds {kind}, which everyone would read; {fix}")
        elif name not in container.not_secret and secret_by_name(name, value):
            yield here.error(
                f'looks like a secret, which everyone would read; {fix}, or, if it is none, not_secret = ["{name}"]'
            )
    for key in ("command", "entrypoint", "container"):
        for text, place in texts_in(getattr(container, key), at(key)):
            if kind := known(text):
                yield place.error(_ELSEWHERE.format(kind))
    # What TOML writes as one text is a list here, of which no part has a line of its own.
    if kind := known(" ".join(container.health.command or ())):
        yield at("health", "command").error(_ELSEWHERE.format(kind))


@rule(Workload)
def plain_text_credentials_of_router(workload: Workload, at: Place) -> Iterator[Finding]:
    """The options of a log driver can be read likewise."""
    options = workload.logs.router.options if workload.logs.router is not None else {}
    for text, place in texts_in(options, at("logs", "router", "options")):
        if kind := known(text):
            yield place.error(f"holds {kind}, which everyone would read; {_OF_THE_ROUTER}")


def _secrets(workload: Workload, at: Place) -> Iterator[tuple[str, str | None, Place]]:
    """Every secret that ECS reads at a start: its ARN, its key, and its place."""
    for container, place in containers_of(workload, at):
        for name, secret in container.secrets.items():
            yield secret.arn, secret.key, place("secrets", name)
        if container.credentials is not None:
            yield container.credentials, None, place("credentials")
    for name, secret in workload.logs.router.secrets.items() if workload.logs.router else ():
        yield secret.arn, secret.key, at("logs", "router", "secrets", name)


def _read(workload: Workload, at: Place) -> Iterator[tuple[str, None, Place]]:
    """Secrets that are read while a service runs. One with a wildcard is meant as it stands."""
    for index, arn in enumerate(workload.access.secrets_read):
        if "*" not in arn and "?" not in arn:
            yield arn, None, at("access", "secrets_read", index)


@rule(Workload)
def secret_and_plain_variable(workload: Workload, at: Place) -> Iterator[Finding]:
    """A variable has one value (ECS: "The secret name must be unique and not shared with any new or existing
    environment variables")."""
    # As it is written: the addresses of callees give way to a secret of their name.
    for container, place in containers_of(at.as_written, at):
        for name in sorted(container.secrets.keys() & container.environment.keys()):
            there = place("environment", name).location
            yield place("secrets", name).error(f"is also in environment ({there}); remove one of them")


@rule(Service)
def followed_parameter(service: Service, at: Place) -> Iterator[Finding]:
    """Terraform can ask which versions a secret of Secrets Manager has without reading any; of a parameter it gets the
    value too, and keeps it in the state."""
    for arn, _, place in _secrets(service, at) if service.redeploy_on_rotation else ():
        if place.name != "credentials" and arn.split(":")[2] == "ssm":
            yield place.error(
                f"a parameter cannot be followed ({at('redeploy_on_rotation').location}): Terraform would keep its "
                "value in the state; write the ARN of a Secrets Manager secret, or redeploy_on_rotation = false"
            )


@rule(Workload)
def key_of_a_parameter(workload: Workload, at: Place) -> Iterator[Finding]:
    """Only secrets of Secrets Manager have keys (ECS API reference, Secret.valueFrom)."""
    for arn, key, place in _secrets(workload, at):
        if key is not None and arn.split(":")[2] == "ssm":
            message = "a parameter has one value and no keys; remove it, or write the ARN of a Secrets Manager secret"
            yield place("key").error(message)


@rule(Service)
def follows_nothing(service: Service, at: Place) -> Iterator[Finding]:
    """Only secrets that ECS reads at a start can be followed."""
    place = at("redeploy_on_rotation")
    if (
        service.redeploy_on_rotation
        and place.is_set_here
        and not secrets_of(service, addition_of(at.deployment, service))
    ):
        message = f"{service.name} has no secrets; add some, or remove it"
        yield place.notice(message)


@rule(Workload)
def incomplete_secret_arn(workload: Workload, at: Place) -> Iterator[Finding]:
    """A secret's ARN ends with a hyphen and six characters that AWS adds (Secrets Manager User Guide, "ARN")."""
    for arn, _, place in (*_secrets(workload, at), *_read(workload, at)):
        parts = arn.split(":")
        if parts[2] != "secretsmanager":
            continue
        if len(parts) > 7:
            message = f'names a key behind the secret; write {{ arn = "…", key = "{parts[7]}" }}'
            message = (
                message if "secrets" in place.path and parts[7] else "goes on behind the secret; end it after the name"
            )
        elif parts[5] != "secret" or len(parts) < 7:
            message = 'is not the ARN of a secret; it goes on with ":secret:" and the name'
        elif not re.fullmatch(r".+-[A-Za-z0-9]{6}", parts[6]):
            message = "lacks the hyphen and six characters that AWS adds to a secret's name; copy the whole ARN"
        else:
            continue
        yield place.error(message)


@rule(Workload)
def invalid_parameter_arn(workload: Workload, at: Place) -> Iterator[Finding]:
    """The only values of Systems Manager are parameters (ECS API reference, Secret.valueFrom)."""
    for arn, _, place in _secrets(workload, at):
        if arn.split(":")[2] == "ssm" and not arn.split(":")[5].startswith("parameter/"):
            message = 'is not the ARN of a parameter; it goes on with ":parameter/" and the name'
            yield place.error(message)


@rule(Workload)
def secret_unreachable(workload: Workload, at: Place) -> Iterator[Finding]:
    """Endpoints lead to their own region (PrivateLink guide, "Access AWS services")."""
    if has_internet_access(at.deployment):
        return
    nat = at.catalog("network", "nat")
    for arn, _, place in _secrets(workload, at):
        region = arn.split(":")[3]
        if region != at.deployment.region:
            yield place.error(
                f'lies in "{region}", and with nat = "none" ({nat.location}) tasks reach only '
                f'{at.deployment.region}; copy it there, or write nat = "single"'
            )
