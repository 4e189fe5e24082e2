"""Traffic that bypasses the proxy."""

from __future__ import annotations

from typing import Any

import pytest

from catalog.meshes.app_mesh.envoy import bypasses_proxy, ignored_ports, proxied_externals
from catalog.model import External
from tests.support.synth import deployment

EXTERNALS = {
    "openai": {"host": "api.openai.com"},
    "orders": {"host": "orders.example.com", "port": 3306, "protocol": "tcp"},
    "cache": {"host": "cache.example.com", "port": 6379, "protocol": "tcp"},
    "search": {"host": "search.example.com", "port": 9200, "protocol": "http"},
}


def calling(*names: str) -> Any:
    return deployment(services={"chat": {"image": "chat:1", "calls": list(names)}}, external=EXTERNALS)


@pytest.mark.parametrize(
    ("protocol", "port", "expected"),
    [
        ("https", 443, True),
        ("https", 8443, True),
        ("tcp", 3306, True),
        ("tcp", 25, True),
        ("tcp", 443, True),
        ("tcp", 5432, False),
        ("tcp", 6379, False),
        ("http", 3306, False),
        ("http", 443, False),
        ("grpc", 50051, False),
    ],
)
def test_https_and_servers_that_send_first_bypass_the_proxy(protocol: Any, port: int, expected: bool) -> None:
    assert bypasses_proxy(External(host="it.example.com", port=port, protocol=protocol)) is expected


def test_a_proxy_ignores_only_the_ports_of_its_own_externals() -> None:
    all_of_it = calling("openai", "orders", "cache")
    assert ignored_ports(all_of_it, all_of_it.services["chat"]) == (22, 443, 3306)
    alone = calling()
    assert ignored_ports(alone, alone.services["chat"]) == (22,)


def test_proxied_externals_are_those_called_through_a_proxy() -> None:
    assert list(proxied_externals(calling("openai", "search", "cache"))) == ["cache", "search"]
    assert list(proxied_externals(calling())) == []
