"""The emulator as a process-wide server on loopback.

moto serves most of AWS's API. The other modules of this package add missing operations and correct others.
State lives in this process, per account and region, until POST /moto-api/reset or the end.
"""

from __future__ import annotations

import json
import logging
import os
from functools import cache
from typing import Any
from urllib.request import Request, urlopen

import boto3
import moto.moto_api._internal.urls as moto_urls
from botocore.config import Config
from moto.moto_server.threaded_moto_server import ThreadedMotoServer

from . import (
    appmesh,
    capacity,
    cloudmap,
    ecs,
    efs,
    endpoints,
    faults,
    fixes,
    groups,
    lattice,
    provider,
    resolver,
    speed,
)

REGION = "us-east-1"
ROLLBACK_PATH = "/moto-api/emulator/rollback/"

_server: ThreadedMotoServer | None = None


@cache
def install() -> None:
    """Install our services and corrections in moto, before the first request: moto reads its tables once."""
    # Without this, moto doesn't have AWS managed policies, such as AmazonECSTaskExecutionRolePolicy.
    os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"
    for module in (appmesh, capacity, cloudmap, ecs, efs, endpoints, resolver, faults, fixes, groups, lattice, speed):
        module.install()
    moto_urls.url_paths["{0}" + ROLLBACK_PATH + "(?P<service>[^/]+)$"] = _rollback


def start(port: int = 0) -> str:
    """Start the server, by default on a free port, and return its URL. Does nothing if it's running."""
    global _server
    if _server is None:
        install()
        # Without a line for each request, so that a test's own output stays readable.
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        _server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
        _server.start()
    return url()


def stop() -> None:
    """Stop the server if it runs, and the provider that was started for it. Its resources stay until reset()."""
    global _server
    provider.stop()
    if _server is not None:
        _server.stop()
        _server = None


def url() -> str:
    """The server's URL, such as http://127.0.0.1:45123."""
    if _server is None:
        raise RuntimeError("the emulator isn't running. Call start() first.")
    host, port = _server.get_host_and_port()
    return f"http://{host}:{port}"


def reset() -> None:
    """Delete everything in every account and region."""
    urlopen(Request(f"{url()}/moto-api/reset", method="POST"), timeout=300).close()


def settings() -> dict[str, str]:
    """The variables with which any AWS client, including Terraform, uses the emulator."""
    return {
        "AWS_ENDPOINT_URL": url(),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CHECKPOINT_DISABLE": "1",
    }


def environment() -> dict[str, str]:
    """This process's environment for a subprocess that may reach only the emulator."""
    # The user's profile, token or endpoints would override the settings, and a CLI
    # configuration may forbid the plugin directory.
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("AWS_", "TF_CLI", "TF_LOG", "TF_WORKSPACE", "TF_DATA_DIR", "TF_VAR_"))
    }
    return kept | settings()


def client(service: str, *, region: str = REGION, attempts: int = 3, **config: Any) -> Any:
    """A boto3 client of the emulator. More than one attempt, as connections break on a busy machine (tokens.py)."""
    make = _client if config else _known_client
    return make(service, url=url(), region=region, attempts=attempts, **config)


def _client(service: str, *, url: str, region: str, attempts: int, **config: Any) -> Any:
    return boto3.client(
        service,
        region_name=region,
        endpoint_url=url,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        # Cloud Map's DiscoverInstances would go to data-127.0.0.1.
        config=Config(inject_host_prefix=False, retries={"total_max_attempts": attempts}, **config),
    )


# Reading a service's model and creating its class takes longer than most calls.
_known_client = cache(_client)


def _rollback(request: Any, full_url: str, headers: Any) -> tuple[int, dict[str, str], str]:
    service = full_url.split("?")[0].rsplit("/", 1)[-1]
    ecs.rollback_next(service)
    return 200, {}, json.dumps({"rollback": service})
