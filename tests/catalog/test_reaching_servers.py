"""Databases, caches and queues: servers that don't use HTTP, and destinations in another VPC."""

from __future__ import annotations

import pytest

from catalog.model.network import KINDS
from tests.conftest import ROOT
from tests.support.catalogs import notices_of

pytestmark = pytest.mark.usefixtures("in_tmp_path")

WEB = '[services.web]\nimage = "r.io/web:1"\ncalls = ["db"]\n'
SERVERS = {
    "a port": (
        'image = "r.io/cache:1"\nport = 6379',
        '6379 is the port of Redis, which doesn\'t use HTTP. Add protocol = "tcp", or protocol = "http" to confirm.',
        'protocol = "tcp"',
    ),
    "a port of a queue": (
        'image = "r.io/queue:1"\nport = 5672',
        '5672 is the port of RabbitMQ, which doesn\'t use HTTP. Add protocol = "tcp", or protocol = "http" to confirm.',
        'protocol = "http"',
    ),
    "an image": (
        'image = "public.ecr.aws/docker/library/mariadb:11"\nport = 3333',
        'the image "mariadb" has MySQL, which doesn\'t use HTTP. Add protocol = "tcp".',
        'protocol = "tcp"',
    ),
    "an image with a wrong protocol": (
        'image = "r.io/valkey:8"\nport = 6379\nprotocol = "http2"',
        'the image "valkey" has Redis, which doesn\'t use HTTP. Write protocol = "tcp".',
        'protocol = "tcp"',
    ),
}


@pytest.mark.parametrize(("lines", "message", "pasted"), SERVERS.values(), ids=SERVERS)
def test_a_server_without_http_has_a_warning_with_its_protocol(lines: str, message: str, pasted: str) -> None:
    text = f"{WEB}[services.db]\n{lines}\n"
    line = next(number for number, each in enumerate(text.splitlines(), 1) if each.startswith("port"))
    assert notices_of(text) == [f"services.toml:{line}: services.db.port: warning: {message}"]
    without = "\n".join(each for each in lines.splitlines() if not each.startswith("protocol"))
    assert notices_of(f"{WEB}[services.db]\n{without}\n{pasted}\n") == []


@pytest.mark.parametrize("kind", KINDS)
def test_a_url_of_a_caller_tells_the_protocol_of_its_callee(kind: str) -> None:
    environment = 'environment.DSN = "postgresql+asyncpg://u@{db.host}:{db.port}/shop"\n'
    text = f'{WEB}{environment}[services.db]\nimage = "r.io/x:1"\nport = 7777\n'
    (notice,) = [each for each in notices_of(text, kind=kind) if "services.db.port" in each]
    assert notice == (
        'services.toml:7: services.db.port: warning: web connects with "postgresql://" (services.toml:4), and '
        'PostgreSQL doesn\'t use HTTP. Add protocol = "tcp".'
    )
    assert not [each for each in notices_of(f'{text}protocol = "tcp"\n', kind=kind) if "services.db.port" in each]


@pytest.mark.parametrize(
    "lines",
    [
        'image = "r.io/rabbitmq:4-management"\nport = 15672',
        'image = "r.io/redis-exporter:1"\nport = 9121',
        'image = "r.io/web:1"\nport = 9092\nhealth.path = "/"',
        'image = "r.io/redis:7"\nport = 6379\nprotocol = "tcp"',
    ],
)
def test_a_server_with_http_has_no_warning(lines: str) -> None:
    assert notices_of(f"{WEB}[services.db]\n{lines}\n") == []


PUBLIC = '[external.db]\nhost = "db.example.com"\ncidrs = ["198.51.100.0/24"]\n'
EXTERNALS = {
    "a port": (
        "port = 5432",
        "8: external.db.port: warning: 5432 is the port of PostgreSQL, and the URL that callers get is "
        '"https://db.example.com:5432". Write protocol = "tcp" and scheme = "postgresql".',
        'port = 5432\nprotocol = "tcp"\nscheme = "postgresql"',
    ),
    "a port of a server without a usual scheme": (
        "port = 9092",
        "8: external.db.port: warning: 9092 is the port of Kafka, and the URL that callers get is "
        '"https://db.example.com:9092". Write protocol = "tcp".',
        'port = 9092\nprotocol = "tcp"',
    ),
    "a URL and no port": (
        "",
        '5: external.db: warning: web connects with "rediss://" (services.toml:4), and the URL that callers get is '
        '"https://db.example.com". Write port = 6379, protocol = "tcp" and scheme = "rediss".',
        'port = 6379\nprotocol = "tcp"\nscheme = "rediss"',
    ),
}


@pytest.mark.parametrize(("lines", "message", "pasted"), EXTERNALS.values(), ids=EXTERNALS)
def test_an_external_server_without_https_has_a_warning(lines: str, message: str, pasted: str) -> None:
    variable = 'environment.DSN = "rediss://{db.host}/0"\n' if not lines else "# nothing\n"
    assert notices_of(f"{WEB}{variable}{PUBLIC}{lines}\n") == [f"services.toml:{message}"]
    assert notices_of(f"{WEB}{variable}{PUBLIC}{pasted}\n") == []


def test_an_external_whose_protocol_is_written_has_no_warning() -> None:
    assert notices_of(f'{WEB}{PUBLIC}port = 5432\nprotocol = "https"\n') == []


DATABASE = 'port = 5432\nprotocol = "tcp"\n'
VPC = '[network]\nvpc_id = "vpc-0a1b2c3d"\nprivate_subnet_ids = ["subnet-0a1b2c3d", "subnet-1a2b3c4d"]\n'
THERE = 'docs/joining.md, "Reaching a database"'
UNREACHABLE = {
    "a security group": (
        'security_group = "sg-0a1b2c3d"',
        "security_group: notice: AWS refuses a rule with a group of another VPC, unless the VPCs are peered, and "
        "Terraform creates this VPC first. Set network.vpc_id to the group's VPC, or remove security_group until the "
        f"group is in this VPC or in a peered one ({THERE}).",
    ),
    "a private range": (
        'cidrs = ["10.20.0.0/16"]',
        "cidrs[0]: notice: is a private range, and the VPC that Terraform creates has no route there. Set "
        f"network.vpc_id to a VPC that has one, or peer the VPC after the first apply ({THERE}).",
    ),
    "the range of the VPC itself": (
        'cidrs = ["10.0.4.0/24"]',
        'cidrs[0]: notice: "10.0.4.0/24" overlaps the range of the VPC that Terraform creates, "10.0.0.0/16" '
        "(network.cidr). Other VPCs with this range can't be peered, so the destination must be in this one: "
        f"{THERE}.",
    ),
}


@pytest.mark.parametrize(("line", "message"), UNREACHABLE.values(), ids=UNREACHABLE)
def test_a_destination_in_another_vpc_has_a_notice_unless_the_tasks_run_there(line: str, message: str) -> None:
    text = f'{WEB}[external.db]\nhost = "db.example.com"\n{DATABASE}{line}\n'
    assert notices_of(text) == [f"services.toml:8: external.db.{message}"]
    assert notices_of(f"{text}{VPC}") == []
    assert notices_of(text.replace(line, 'cidrs = ["198.51.100.0/24"]')) == []


def test_the_advice_for_an_open_external_is_possible_in_its_network() -> None:
    text = f'{WEB}[external.db]\nhost = "db.example.com"\n{DATABASE}'
    (notice,) = notices_of(text)
    assert 'Add cidrs = ["198.51.100.0/24"]' in notice and "security_group =" not in notice and THERE in notice
    (notice,) = notices_of(f"{text}{VPC}")
    assert 'Add security_group = "sg-0a1b2c3d"' in notice


def test_the_section_that_messages_name_exists() -> None:

    assert "\n## Reaching a database\n" in (ROOT / "docs" / "joining.md").read_text(encoding="utf-8")
