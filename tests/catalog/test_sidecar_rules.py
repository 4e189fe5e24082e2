"""Sidecars, ECS Exec and log routers: messages about invalid settings."""

from __future__ import annotations

import pytest

from tests.support.catalogs import loaded, notices_of, pointed_out, problems_of

WRONG = {
    "a sidecar with the name of its service": """
        [services.web]
        image = "r.io/web:1"
        [services.web.sidecars.web]
        #^ services.web.sidecars.web: is also the name of the service's container. Use another name.
        image = "r.io/a:1"
    """,
    "more containers than a task allows": """
        [services.web]
        image = "r.io/web:1"
        cpu = 2048
        memory = 4096
        [services.web.sidecars]
        #^ services.web.sidecars: the task of web has 11 containers, including those that the catalog adds, and ECS
        #| allows at most 10. Remove 1.
        a = { image = "r.io/a:1" }
        b = { image = "r.io/a:1" }
        c = { image = "r.io/a:1" }
        d = { image = "r.io/a:1" }
        e = { image = "r.io/a:1" }
        f = { image = "r.io/a:1" }
        g = { image = "r.io/a:1" }
        h = { image = "r.io/a:1" }
        i = { image = "r.io/a:1" }
        j = { image = "r.io/a:1" }
    """,
    "too little for the service's container": """
        [services.web]
        image = "r.io/web:1"
        cpu = 512
        #^ services.web.cpu: sidecars use 448 of 512 CPU units, and web requires at least 128. Use a larger cpu, or
        #| smaller sidecars.
        memory = 1024
        #^ services.web.memory: sidecars use 1000 of 1024 MiB, and web requires at least 128. Use a larger memory, or
        #| smaller sidecars.
        sidecars = { a = { image = "r.io/a:1", cpu = 448, memory = 1000 } }
    """,
    "a sidecar without an image": """
        [services.web]
        image = "r.io/web:1"
        [services.web.sidecars.a]
        #^ services.web.sidecars.a: required key "image" is missing. Add image = "registry/name:tag".
        command = ["x"]
        [services.web.sidecars.b]
        imgae = "x"
        #^ services.web.sidecars.b.imgae: unknown key; did you mean "image"?
    """,
    "a volume that doesn't exist": """
        [services.web]
        image = "r.io/web:1"
        volumes = { models = { path = "/models" } }
        [services.web.sidecars.a]
        image = "r.io/a:1"
        [services.web.sidecars.a.volumes]
        model = "/models"
        #^ services.web.sidecars.a.volumes.model: volume "model" of web doesn't exist; did you mean "models"?
        cache = "/cache"
        #^ services.web.sidecars.a.volumes.cache: volume "cache" of web doesn't exist. Add it to services.web.volumes.
    """,
    "two volumes at one path, and one at the root": """
        [services.web]
        image = "r.io/web:1"
        volumes = { a = { path = "/a" }, b = { path = "/b" }, c = { path = "/c" } }
        [services.web.sidecars.x]
        image = "r.io/a:1"
        [services.web.sidecars.x.volumes]
        a = "/data"
        b = "/data/"
        #^ services.web.sidecars.x.volumes.b: "/data/" is also the path of volume a (services.toml:7). Use another path.
        c = "/"
        #^ services.web.sidecars.x.volumes.c: must not be "/", which would hide the image. Use a folder such as "/tmp".
    """,
    "raw keys that the catalog sets for a sidecar": """
        [services.web]
        image = "r.io/web:1"
        [services.web.sidecars.a]
        image = "r.io/a:1"
        [services.web.sidecars.a.container]
        dependsOn = []
        #^ services.web.sidecars.a.container.dependsOn: sidecars can wait for the service only. Write start = "after"
        #| beside container.
        portMappings = []
        #^ services.web.sidecars.a.container.portMappings: ports of sidecars aren't supported: other tasks can't reach
        #| them. Remove it.
        privileged = true
        #^ services.web.sidecars.a.container.privileged: isn't supported on Fargate. Remove it.
    """,
    "settings that are invalid for services and sidecars": """
        [services.web]
        image = "r.io/web:1"
        [services.web.sidecars.a]
        image = "r.io/A:1"
        #^ services.web.sidecars.a.image: "r.io/A:1" has capital letters in its name. Write "r.io/a:1".
        stop_timeout = "5m"
        #^ services.web.sidecars.a.stop_timeout: "5m" is out of range on Fargate. Use "2s" to "120s".
        environment = { TOKEN = "x" }
        health = { command = "true", interval = "0s", grace = "10m" }
        #^ services.web.sidecars.a.health.interval: "0s" is out of range. Use "5s" to "5m".
        [services.web.sidecars.a.secrets]
        TOKEN = "arn:aws:secretsmanager:us-west-2:123456789012:secret:token-AbCdEf"
        #^ services.web.sidecars.a.secrets.TOKEN: is also in environment (services.toml:8). Remove one of them.
        OTHER = "arn:aws:secretsmanager:us-west-2:123456789012:secret:token"
        #^ services.web.sidecars.a.secrets.OTHER: lacks the hyphen and six characters that AWS adds to a secret's name.
        #| Copy the complete ARN.
    """,
    "an address of a service that doesn't exist": """
        [services.web]
        image = "r.io/web:1"
        [services.web.sidecars.a]
        image = "r.io/a:1"
        environment = { URL = "{llm.url}" }
        #^ services.web.sidecars.a.environment.URL: {llm.url} has no value: service "llm" doesn't exist. Write the name
        #| of a callee, or double only the opening brace for literal text: {{llm.url}.
    """,
    "ECS Exec with a read-only root file system": """
        [cluster]
        exec = true
        [services.web]
        image = "r.io/web:1"
        readonly_root = true
        #^ services.web.readonly_root: conflicts with ECS Exec (services.toml:2), which requires a writable root file
        #| system. Remove it, or write exec = false beside it.
        [services.closed]
        image = "r.io/web:1"
        exec = false
        readonly_root = true
    """,
    "a log router without an output": """
        [services.web]
        image = "r.io/web:1"
        logs = { router = {} }
        #^ services.web.logs.router: requires an output plugin of Fluent Bit. Write options = { Name = "cloudwatch_logs"
        #| }, or config.
        [services.api]
        image = "r.io/web:1"
        logs = { router = { options = { region = "us-west-2" } } }
        #^ services.api.logs.router: options requires Name, the output plugin of Fluent Bit. Add Name =
        #| "cloudwatch_logs", or another one.
        [services.own]
        image = "r.io/web:1"
        logs = { router = { config = "/own.conf" } }
    """,
    "an option of a log router in options and secrets": """
        [services.web]
        image = "r.io/web:1"
        [services.web.logs.router]
        options = { Name = "splunk", splunk_token = "x" }
        secrets = { splunk_token = "arn:aws:secretsmanager:us-west-2:123456789012:secret:token-AbCdEf" }
        #^ services.web.logs.router.secrets.splunk_token: is also in options (services.toml:4). Remove one of them.
    """,
    "a port that another container of the task uses": """
        [mesh]
        kind = "none"
        tracing = true
        [services.web]
        image = "r.io/web:1"
        port = 4318
        #^ services.web.port: 4318 is used by the trace collector in the same task (services.toml:3). Let the service
        #| listen on another port.
        [services.api]
        image = "r.io/web:1"
        port = 24224
        #^ services.api.port: 24224 is used by the log router in the same task (services.toml:14). Let the service
        #| listen on another port.
        logs = { router = { config = "/own.conf" } }
    """,
    "redeployment on rotation of a parameter": """
        [services.web]
        image = "r.io/web:1"
        redeploy_on_rotation = true
        [services.web.secrets]
        A = "arn:aws:secretsmanager:us-west-2:123456789012:secret:token-AbCdEf"
        B = "arn:aws:ssm:us-west-2:123456789012:parameter/token"
        #^ services.web.secrets.B: redeploy_on_rotation isn't supported for parameters (services.toml:3): Terraform
        #| would keep the value in the state. Write the ARN of a Secrets Manager secret, or redeploy_on_rotation =
        #| false.
    """,
    "an invalid registry": """
        [images]
        registry = "https://r.io"
        #^ images.registry: "https://r.io" is not a registry; write its host, and maybe a path, without scheme and / at
        #| the end
    """,
    "an invalid host of a registry": """
        [images.registry]
        #^ images.registry: "docker.io/library" is not a host; write it without scheme and path, as in "docker.io"
        "docker.io/library" = "r.io/hub"
    """,
    "images that tasks can't pull without internet access": """
        [network]
        nat = "none"
        [mesh]
        kind = "none"
        tracing = true
        #^ mesh.tracing: "public.ecr.aws/aws-observability/aws-otel-collector:v0.50.0" isn't in a private ECR
        #| repository, and with nat = "none" (services.toml:2) tasks reach only private ECR repositories in us-west-2.
        #| Set a copy of it in [images], or write nat = "single".
        [services.web]
        image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/web:1"
        [services.web.sidecars.cache]
        image = "redis:7"
        #^ services.web.sidecars.cache.image: "redis:7" isn't in a private ECR repository, and with nat = "none"
        #| (services.toml:2) tasks reach only private ECR repositories in us-west-2. Copy it there, or write nat =
        #| "single".
    """,
}


pytestmark = pytest.mark.usefixtures("in_tmp_path")


@pytest.mark.parametrize("snippet", WRONG.values(), ids=WRONG)
def test_an_error_about_sidecars_has_its_line_and_advice(snippet: str) -> None:
    assert problems_of(snippet) == pointed_out(snippet)


def test_a_sidecar_to_wait_for_without_a_health_check_is_a_notice() -> None:
    snippet = """
        [services.web]
        image = "r.io/web:1"
        [services.web.sidecars.a]
        image = "r.io/a:1"
        start = "before"
        #^ services.web.sidecars.a.start: notice: web waits only until a has started. Add health.command so that it
        #| waits until a is healthy, or essential = false if a exits when it's done.
    """
    assert notices_of(snippet) == pointed_out(snippet)


def test_docker_hub_s_limit_is_a_notice_for_sidecars_but_not_with_a_cache() -> None:
    services = '[services.web]\nimage = "r.io/web:1"\nsidecars = { cache = { image = "redis:7" } }\n'
    cache = '[images]\nregistry = "123456789012.dkr.ecr.us-west-2.amazonaws.com/hub"\n'

    [notice] = notices_of(services)
    assert notice.startswith("services.toml:3: services.web.sidecars.cache.image: notice: web comes from Docker Hub")
    assert notices_of(cache + services) == []


def test_credentials_for_an_image_from_ecr_are_a_warning() -> None:
    [notice] = notices_of("""
        [images]
        registry = "123456789012.dkr.ecr.us-west-2.amazonaws.com/hub"
        [services.web]
        image = "team/web:1"
        credentials = "arn:aws:secretsmanager:us-west-2:123456789012:secret:hub-AbCdEf"
    """)
    assert notice.startswith("services.toml:5: services.web.credentials: warning: ")


def test_unused_images_and_rotation_without_secrets_are_notices() -> None:
    snippet = """
        [images]
        collector = "r.io/collector:1"
        #^ images.collector: notice: has no effect, as no container uses it. Set mesh.tracing, or remove it.
        log_router = "r.io/router:1"
        #^ images.log_router: notice: has no effect, as no container uses it. Set logs.router of a service, or remove
        #| it.
        [services.web]
        image = "r.io/web:1"
        redeploy_on_rotation = true
        #^ services.web.redeploy_on_rotation: notice: has no effect, as web has no secrets. Add some, or remove it.
    """
    assert notices_of(snippet) == pointed_out(snippet)


def test_tasks_pull_all_images_from_a_cache() -> None:
    [deployment] = loaded("""
        [network]
        nat = "none"
        [mesh]
        kind = "none"
        tracing = true
        [images]
        registry = "123456789012.dkr.ecr.us-west-2.amazonaws.com/cache"
        [services.web]
        image = "ghcr.io/team/web:1"
        sidecars = { cache = { image = "redis:7" } }
    """).deployments

    web = deployment.services["web"]
    assert web.image == "123456789012.dkr.ecr.us-west-2.amazonaws.com/cache/team/web:1"
    assert web.sidecars["cache"].image == "123456789012.dkr.ecr.us-west-2.amazonaws.com/cache/library/redis:7"


def test_sidecars_with_the_same_name_are_merged() -> None:
    [deployment] = loaded("""
        [defaults.sidecars.proxy]
        environment = { LEVEL = "info" }
        [services.web]
        image = "r.io/web:1"
        [services.web.sidecars.proxy]
        image = "r.io/proxy:1"
        environment = { MODE = "fast" }
    """).deployments

    proxy = deployment.services["web"].sidecars["proxy"]
    assert (proxy.image, proxy.environment) == ("r.io/proxy:1", {"LEVEL": "info", "MODE": "fast"})
