"""Secrets, and credentials in plain text."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator

from catalog import unknowns
from catalog.diagnostics import Finding, spelled
from catalog.frame import Container, Place, containers_of
from catalog.frame.places import texts_in
from catalog.model import Deployment, Service, Workload
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
    "a Slack webhook": r"hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9_/-]{20,}",
    "a Hugging Face token": rf"{_BEFORE}hf_[A-Za-z]{{30,}}{_BEHIND}",
    "a Google API key": rf"{_BEFORE}AIza[A-Za-z0-9_-]{{35}}{_BEHIND}",
    "a Stripe key": rf"{_BEFORE}[sr]k_(?:live|test)_[A-Za-z0-9]{{16,}}",
    "an npm token": rf"{_BEFORE}npm_[A-Za-z0-9]{{36}}{_BEHIND}",
    "a PyPI token": rf"{_BEFORE}pypi-AgE[A-Za-z0-9_-]{{40,}}",
    "a private key": r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----",
    "a signed token (JWT)": rf"{_BEFORE}eyJ[A-Za-z0-9_-]{{8,}}\.eyJ[A-Za-z0-9_-]{{8,}}\.[A-Za-z0-9_-]{{8,}}",
    "an Azure connection string": r"(?:AccountKey|SharedAccessKey)=[A-Za-z0-9+/]{40,}={0,2}",
}
"""Credentials that have a fixed form, as their issuers document it for scanners (GitHub Docs, "Supported secret
scanning patterns")."""
_KNOWN = re.compile("|".join(f"(?P<_{index}>{form})" for index, form in enumerate(_FORMS.values())))
_KINDS = tuple(_FORMS)
_IN_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#:@]*:(?P<password>[^\s/?#@]+)@")
"""RFC 3986, "User Information"."""
_PLACEHOLDER = re.compile(r"\$\w+|\$\{[^}]*\}|\$\([^)]*\)|%\w+%|<[^>]*>|\{\{.*\}\}|\*+|x+|\.+|%s|\{[^}]*\}", re.I)
"""A value that a program, a shell or a reader of examples fills in."""
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SECRET_NAME = re.compile(
    r"(?!(?:\w+_)?(?:BOS|CLS|EOS|MASK|PAD|SEP|STOP|UNK)_TOKEN$)"
    r"(?:REQUIREPASS|MASTERAUTH|\w*(?:PASSWORD|PASSWD|PASSPHRASE)S?|\w*(?:SECRET|TOKEN)|\w+_PWD|(?:DB|PG|SQL)PWD|"
    r"(?:\w+_)?(?:(?:DB|PG|SQL|SMTP|USER|ADMIN|ROOT)?PASS|CREDENTIALS?|CREDS)|\w*(?:API|AUTH|ACCESS)_?(?:KEY|TOKEN)S?|"
    r"(?:\w+_)?(?:(?:PRIVATE|SIGNING|SECRET|ENCRYPTION|MASTER)_?KEY|SECRET_KEY_BASE))"
)
"""Names that end with a secret. MAX_TOKENS, TOKEN_LIMIT, SECRET_NAME, PASSWORD_FILE, BYPASS and the EOS_TOKEN of a
model don't match."""
_AFFIX = re.compile(
    r"(?:_(?:DEV|DEVELOPMENT|TEST|STAGING|PROD|PRODUCTION|OLD|NEW|CURRENT|PREVIOUS|PRIMARY|SECONDARY|VALUE|"
    r"BASE_64|B_64|HEX|PLAIN|PLAINTEXT|\d+)|\d+)+$"
)
_SETTING = re.compile(r"(?:ALLOW|DISABLE|ENABLE|HAS|IS|NO|REQUIRE|SKIP|USE)_.*|.*(?:^|_)PUBLIC_.*")
"""Names of switches, and of keys that browsers get (NEXT_PUBLIC_MAP_TOKEN)."""
_NOT_SECRET = re.compile(
    r"|arn:.*|[A-Za-z][A-Za-z0-9+.-]*://.*|(?:\.{0,2}|~)/.*|\d{1,5}|\d+(?:\.\d+)?(?:ms|s|m|h|d)|"
    r"(?:[A-Za-z_-]+/)+[A-Za-z_-]+|"
    r"(?i:true|false|yes|no|on|off|none|null|nil|enabled|disabled|required|optional|empty|n/?a)|"
    r"(?i:(?:.*[-_ ])?(?:example|placeholder|dummy|fake|unused|redacted|todo|tbd|your|insert|"
    r"replace|no|not)(?:[-_ ].*)?)",
    re.S,
)
"""ARNs, URLs, paths, short numbers, durations, switches, and words that examples have in place of a secret."""
_RANDOM = re.compile(r"[A-Za-z0-9+/=_.~!@#$%^&*:-]{16,512}")
_READABLE = re.compile(
    r"[\d.,:_-]+|(?:[a-z]+[/._-])*[a-z]+|(?:[A-Z]+[/._-])*[A-Z]+|"
    r".*(?:change[-_]?me|example|placeholder|dummy|your[-_]).*",
    re.S,
)
_BITS = 3.0
"""Shannon entropy of a character: random hexadecimal digits have more, repeated words have less."""
_OPTION = re.compile(
    r"(?:^|(?<=[\s;&\"']))(?:--?)?([A-Za-z][\w.-]*)=([^\s\"';]+)|(?:^|(?<=\s))--([A-Za-z][\w-]*)\s+([^-\s]\S*)"
)
"""`--name=value`, `NAME=value` and `--name value` in a command line."""
_ROUTER_FIX = "Keep it in Secrets Manager, and set {} in logs.router.secrets."
_COMMAND_FIX = "Keep it in Secrets Manager, and read it from a variable that secrets sets."


def _entropy(text: str) -> float:
    counts = Counter(text).values()
    return -sum(count / len(text) * math.log2(count / len(text)) for count in counts)


def known(text: str) -> str | None:
    """The kind of credential in a text that has a fixed form; None if there is none."""
    found = _KNOWN.search(text)
    if found is not None and found.lastgroup is not None:
        return _KINDS[int(found.lastgroup[1:])]
    if "://" in text and any(not _PLACEHOLDER.fullmatch(url["password"]) for url in _IN_URL.finditer(text)):
        return "a password in a URL"
    return None


def _variable(name: str) -> str:
    """`DB_PASSWORD` for db-password, dbPassword, db.password and DB_PASSWORD."""
    return "_".join(_WORDS.findall(name)).upper()


def named_like_secret(name: str) -> bool:
    """Whether a variable, an option or a key has the name of a secret."""
    plain = _AFFIX.sub("", _variable(name))
    return _SECRET_NAME.fullmatch(plain) is not None and _SETTING.fullmatch(plain) is None


def is_literal(value: str) -> bool:
    """Whether a value can be a secret itself, as opposed to a placeholder, a reference or a setting."""
    references = unknowns.ACCOUNT in value or "${" in value or "$(" in value or "{{" in value
    return not references and _PLACEHOLDER.fullmatch(value) is None and _NOT_SECRET.fullmatch(value.strip()) is None


def is_random(value: str) -> bool:
    """Whether a value looks generated."""
    return (
        _RANDOM.fullmatch(value) is not None
        and _READABLE.fullmatch(value) is None
        and any(character.isdigit() for character in value)
        and _entropy(value) >= _BITS
    )


@rule(Container)
def plain_text_credentials(container: Container, at: Place) -> Iterator[Finding]:
    """Everyone who can describe a task definition can read its variables and commands (ECS developer guide, "Pass
    sensitive data to an Amazon ECS container"). No message repeats the value."""
    for name, value in container.environment.items():
        kind, here = known(value), at("environment", name)
        key = spelled((name,))
        arn, secrets = arn_like(name, deployment=at.deployment), at("secrets")
        # TOML refuses a dotted key beside a table in braces.
        add = f"add {key} = {arn} to secrets ({secrets.location})" if secrets.is_set else f"write secrets.{key} = {arn}"
        fix = f"Keep it in Secrets Manager, remove it here, and {add}."
        if kind is not None:
            yield here.error(f"contains {kind} in plain text. {fix}")
        elif name not in container.not_secret and (
            (named_like_secret(name) and is_literal(value)) or _has_secret_option(value)
        ):
            message = f'looks like a secret in plain text. {fix} If it isn\'t a secret, write not_secret = ["{name}"].'
            yield here.error(message) if is_random(value) else here.warning(message)
    for key in ("command", "entrypoint"):
        yield from _in_command(getattr(container, key) or (), at(key), container.not_secret)
    yield from _in_raw_keys(container.container, at("container"), container.not_secret)
    # TOML has one string here, and the model a list whose items have no lines.
    if kind := known(" ".join(container.health.command or ())):
        yield at("health", "command").error(f"contains {kind} in plain text. {_COMMAND_FIX}")


def _has_secret_option(text: str) -> bool:
    """Whether a connection string or a list of options has a password, as in `host=db password=…`."""
    found = [(each[1] or each[3], each[2] or each[4]) for each in _OPTION.finditer(text)]
    return any(named_like_secret(name) and is_literal(value) for name, value in found)


def arn_like(name: str, *, deployment: Deployment) -> str:
    """An ARN to paste and complete."""
    secret = "-".join(_WORDS.findall(name)).lower()
    return f'"arn:{deployment.partition}:secretsmanager:{deployment.region}:{{account}}:secret:{secret}-AbCdEf"'


def _in_command(words: tuple[str, ...], at: Place, not_secret: tuple[str, ...]) -> Iterator[Finding]:
    exempt = {_variable(name) for name in not_secret}
    for index, (word, following) in enumerate(zip(words, (*words[1:], "-"), strict=False)):
        if kind := known(word):
            yield at(index).error(f"contains {kind} in plain text. {_COMMAND_FIX}")
            continue
        options = [(match[1] or match[3], match[2] or match[4]) for match in _OPTION.finditer(word)]
        if re.fullmatch(r"--[A-Za-z][\w-]*", word) and not following.startswith("-"):
            options.append((word[2:], following))
        for name, value in options:
            if _variable(name) not in exempt and named_like_secret(name) and is_literal(value):
                yield at(index).warning(
                    f'the value of "{name}" looks like a secret in plain text. {_COMMAND_FIX} '
                    f'If it isn\'t a secret, write not_secret = ["{_variable(name)}"].'
                )
                break


def _in_raw_keys(value: object, at: Place, not_secret: tuple[str, ...] = ()) -> Iterator[Finding]:
    """Credentials in tables that are passed on unchanged."""
    for text, place in texts_in(value, at):
        if kind := known(text):
            yield place.error(f"contains {kind} in plain text. {_COMMAND_FIX}")
        elif place.name not in not_secret and named_like_secret(place.name) and is_literal(text):
            yield place.warning(f"looks like a secret in plain text. {_COMMAND_FIX}")


@rule(Workload)
def plain_text_credentials_of_router(workload: Workload, at: Place) -> Iterator[Finding]:
    """Everyone who can describe a task definition can read the options of a log driver (ECS developer guide, "Pass
    sensitive data to an Amazon ECS container")."""
    options = workload.logs.router.options if workload.logs.router is not None else {}
    for name, text in options.items():
        place, fix = at("logs", "router", "options", name), _ROUTER_FIX.format(name)
        if kind := known(text):
            yield place.error(f"contains {kind} in plain text. {fix}")
        elif name not in workload.not_secret and named_like_secret(name) and is_literal(text):
            yield place.warning(f"looks like a secret in plain text. {fix}")


def _secrets(workload: Workload, at: Place) -> Iterator[tuple[str, Place]]:
    """Every secret that ECS reads when a task starts: its ARN and its place."""
    for container, place in containers_of(workload, at):
        for name, secret in container.secrets.items():
            yield secret.arn, place("secrets", name)
    for name, secret in workload.logs.router.secrets.items() if workload.logs.router else ():
        yield secret.arn, at("logs", "router", "secrets", name)


@rule(Workload)
def secret_and_plain_variable(workload: Workload, at: Place) -> Iterator[Finding]:
    """A variable has one value (ECS: "The secret name must be unique and not shared with any new or existing
    environment variables")."""
    # As the catalog has it: a secret replaces the address of a callee that has its name.
    for container, place in containers_of(at.as_written, at):
        for name in sorted(container.secrets.keys() & container.environment.keys()):
            there = place("environment", name).location
            yield place("secrets", name).error(f"is also in environment ({there}). Remove one of them.")


@rule(Service)
def followed_parameter(service: Service, at: Place) -> Iterator[Finding]:
    """Terraform can list the versions of a Secrets Manager secret without its value. A data source of an SSM parameter
    stores the value in the state (Terraform registry, aws_ssm_parameter)."""
    for arn, place in _secrets(service, at) if service.redeploy_on_rotation else ():
        if arn.split(":")[2] == "ssm":
            yield place.error(
                f"redeploy_on_rotation isn't supported for parameters ({at('redeploy_on_rotation').location}): "
                "Terraform would keep the value in the state. Write the ARN of a Secrets Manager secret, or "
                "redeploy_on_rotation = false."
            )


@rule(Service)
def follows_nothing(service: Service, at: Place) -> Iterator[Finding]:
    """`redeploy_on_rotation` applies to secrets that ECS reads when a task starts."""
    place = at("redeploy_on_rotation")
    if (
        service.redeploy_on_rotation
        and place.is_set_here
        and not secrets_of(service, addition_of(at.deployment, service))
    ):
        yield place.notice(f"has no effect, as {service.name} has no secrets. Add some, or remove it.")
