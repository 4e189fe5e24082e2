"""What is wrong beside a service, and where it says so."""

from __future__ import annotations

import pytest

from tests.support.catalogs import loaded, notices_of, pointed_out, problems_of

WRONG = {
    "a sidecar with the name of its service": """
        [services.web]
        image = "r.io/web:1"
        [services.web.sidecars.web]
        #^ services.web.sidecars.web: the service's own container is called web; write another name
        image = "r.io/a:1"
    """,
    "more containers than a task holds": """
        [services.web]
        image = "r.io/web:1"
        cpu = 2048
        memory = 4096
        [services.web.sidecars]
        #^ services.web.sidecars: with what the catalog adds, a task of web has 11 containers, and at most 10 are
        #| possible; remove 1
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
    "nothing left for the service": """
        [services.web]
        image = "r.io/web:1"
        cpu = 512
        #^ services.web.cpu: the containers beside web take 448 of 512 CPU units, and it needs 128 itself; write a
        #| larger cpu, or let them take less
        memory = 1024
        #^ services.web.memory: the containers beside web take 1000 of 1024 MiB, and it needs 128 itself; write a
        #| larger memory, or let them take less
        sidecars = { a = { image = "r.io/a:1", cpu = 448, memory = 1000 } }
    """,
    "a sidecar without an image": """
        [services.web]
        image = "r.io/web:1"
        [services.web.sidecars.a]
        #^ services.web.sidecars.a: required key "image" is missing; add image = "registry/name:tag"
        command = ["x"]
        [services.web.sidecars.b]
        imgae = "x"
        #^ services.web.sidecars.b.imgae: unknown key; did you mean "image"?
    """,
    "a volume that the service does not have": """
        [services.web]
        image = "r.io/web:1"
        volumes = { models = { path = "/models" } }
        [services.web.sidecars.a]
        image = "r.io/a:1"
        [services.web.sidecars.a.volumes]
        model = "/models"
        #^ services.web.sidecars.a.volumes.model: web has no volume "model"; did you mean "models"?
        cache = "/cache"
        #^ services.web.sidecars.a.volumes.cache: web has no volume "cache"; add it to services.web.volumes
    """,
    "two volumes at one path, and one over everything": """
        [services.web]
        image = "r.io/web:1"
        volumes = { a = { path = "/a" }, b = { path = "/b" }, c = { path = "/c" } }
        [services.web.sidecars.x]
        image = "r.io/a:1"
        [services.web.sidecars.x.volumes]
        a = "/data"
        b = "/data/"
        #^ services.web.sidecars.x.volumes.b: "/data/" is already the path of volume a (services.toml:7); write another
        c = "/"
        #^ services.web.sidecars.x.volumes.c: would hide the whole image; write a folder, as in "/tmp"
    """,
    "keys of the API that a sidecar has its own for": """
        [services.web]
        image = "r.io/web:1"
        [services.web.sidecars.a]
        image = "r.io/a:1"
        [services.web.sidecars.a.container]
        dependsOn = []
        #^ services.web.sidecars.a.container.dependsOn: the catalog has a key of its own for this; write start beside
        #| container
        portMappings = []
        #^ services.web.sidecars.a.container.portMappings: follows from the rest of the catalog; remove it
        privileged = true
        #^ services.web.sidecars.a.container.privileged: Fargate does not support it; remove it
    """,
    "what is wrong of a service is wrong of a sidecar": """
        [services.web]
        image = "r.io/web:1"
        [services.web.sidecars.a]
        image = "r.io/A:1"
        #^ services.web.sidecars.a.image: "r.io/A:1" has capital letters in its name. Write "r.io/a:1".
        stop_timeout = "5m"
        #^ services.web.sidecars.a.stop_timeout: "5m" is out of range on Fargate; write "2s" to "120s"
        environment = { TOKEN = "x" }
        health = { command = "true", interval = "0s", grace = "10m" }
        #^ services.web.sidecars.a.health.interval: "0s" is out of range; write "5s" to "5m"
        [services.web.sidecars.a.secrets]
        TOKEN = "arn:aws:secretsmanager:us-west-2:1:secret:token-AbCdEf"
        #^ services.web.sidecars.a.secrets.TOKEN: is also in environment (services.toml:8). Remove one of them.
        OTHER = "arn:aws:secretsmanager:us-west-2:1:secret:token"
        #^ services.web.sidecars.a.secrets.OTHER: lacks the hyphen and six characters that AWS adds to a secret's name.
        #| Copy the complete ARN.
    """,
    "an address that a sidecar cannot have": """
        [services.web]
        image = "r.io/web:1"
        [services.web.sidecars.a]
        image = "r.io/a:1"
        environment = { URL = "{llm.url}" }
        #^ services.web.sidecars.a.environment.URL: {llm.url} has no value: there is no "llm"; name a service that it
        #| calls, or write {{llm.url} for literal text
    """,
    "a shell where nothing can be written": """
        [cluster]
        exec = true
        [services.web]
        image = "r.io/web:1"
        readonly_root = true
        #^ services.web.readonly_root: ECS Exec (services.toml:2) needs a root file system that can be written; leave
        #| this out, or write exec = false beside it
        [services.closed]
        image = "r.io/web:1"
        exec = false
        readonly_root = true
    """,
    "a router that sends nothing": """
        [services.web]
        image = "r.io/web:1"
        logs = { router = {} }
        #^ services.web.logs.router: nothing is routed anywhere; write options = { Name = "…" } with an output plugin
        #| of Fluent Bit, or config
        [services.api]
        image = "r.io/web:1"
        logs = { router = { options = { region = "us-west-2" } } }
        #^ services.api.logs.router: no output plugin of Fluent Bit is named; add options.Name, as in Name =
        #| "cloudwatch_logs"
        [services.own]
        image = "r.io/web:1"
        logs = { router = { config = "/own.conf" } }
    """,
    "an option of a router that is secret and plain": """
        [services.web]
        image = "r.io/web:1"
        [services.web.logs.router]
        options = { Name = "splunk", splunk_token = "x" }
        secrets = { splunk_token = "arn:aws:secretsmanager:us-west-2:1:secret:token-AbCdEf" }
        #^ services.web.logs.router.secrets.splunk_token: is also in options (services.toml:4); remove one of them
    """,
    "a port that is taken in the same task": """
        [mesh]
        kind = "none"
        tracing = true
        [services.web]
        image = "r.io/web:1"
        port = 4318
        #^ services.web.port: 4318 is taken by the collector of traces in the same task (services.toml:3); let the
        #| service listen on another
        [services.api]
        image = "r.io/web:1"
        port = 24224
        #^ services.api.port: 24224 is taken by the log router in the same task (services.toml:14); let the service
        #| listen on another
        logs = { router = { config = "/own.conf" } }
    """,
    "a parameter that is to be followed": """
        [services.web]
        image = "r.io/web:1"
        redeploy_on_rotation = true
        [services.web.secrets]
        A = "arn:aws:secretsmanager:us-west-2:1:secret:token-AbCdEf"
        B = "arn:aws:ssm:us-west-2:1:parameter/token"
        #^ services.web.secrets.B: redeploy_on_rotation isn't supported for parameters (services.toml:3): Terraform
        #| would keep the value in the state. Write the ARN of a Secrets Manager secret, or redeploy_on_rotation =
        #| false.
    """,
    "registries that are none": """
        [images]
        registry = "https://r.io"
        #^ images.registry: "https://r.io" is not a registry; write its host, and maybe a path, without scheme and / at
        #| the end
    """,
    "a host that is none": """
        [images.registry]
        #^ images.registry: "docker.io/library" is not a host; write it without scheme and path, as in "docker.io"
        "docker.io/library" = "r.io/hub"
    """,
    "images out of reach, of the catalog's own containers too": """
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
def test_a_wrong_catalog_says_what_is_wrong_and_where(snippet: str) -> None:
    assert problems_of(snippet) == pointed_out(snippet)


def test_a_daemon_that_nobody_can_wait_for_longer_is_pointed_out() -> None:
    snippet = """
        [services.web]
        image = "r.io/web:1"
        [services.web.sidecars.a]
        image = "r.io/a:1"
        start = "before"
        #^ services.web.sidecars.a.start: notice: web waits only until a has started; add health.command, with which it
        #| waits until that is well, or essential = false if it ends by itself
    """
    assert notices_of(snippet) == pointed_out(snippet)


def test_docker_hub_s_limit_is_said_of_sidecars_too_and_not_of_what_comes_from_a_cache() -> None:
    services = '[services.web]\nimage = "r.io/web:1"\nsidecars = { cache = { image = "redis:7" } }\n'
    cache = '[images]\nregistry = "123456789012.dkr.ecr.us-west-2.amazonaws.com/hub"\n'

    [notice] = notices_of(services)
    assert notice.startswith("services.toml:3: services.web.sidecars.cache.image: notice: web comes from Docker Hub")
    assert notices_of(cache + services) == []


def test_credentials_of_an_image_that_comes_from_ecr_are_pointed_out() -> None:
    [notice] = notices_of("""
        [images]
        registry = "123456789012.dkr.ecr.us-west-2.amazonaws.com/hub"
        [services.web]
        image = "team/web:1"
        credentials = "arn:aws:secretsmanager:us-west-2:1:secret:hub-AbCdEf"
    """)
    assert notice.startswith("services.toml:5: services.web.credentials: warning: ")


def test_images_and_followed_secrets_that_nothing_needs_are_pointed_out() -> None:
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


def test_with_a_cache_nothing_is_out_of_reach() -> None:
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


def test_sidecars_are_laid_over_each_other_by_their_names() -> None:
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
