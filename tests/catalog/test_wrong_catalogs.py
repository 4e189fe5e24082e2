"""A table of invalid catalogs: each error has its line, its place, a fact and advice.

`#^` below a line has its message, which `#|` continues. Tables [catalog], [mesh] and [services] that a snippet doesn't
have are added at its end.
"""

from __future__ import annotations

import pytest

from catalog.model.network import KINDS
from tests.support.catalogs import pointed_out, problems_of

pytestmark = pytest.mark.usefixtures("in_tmp_path")


WRONG = {
    # schema
    "an unknown table": r"""
        [networks]
        #^ networks: unknown key; did you mean "network"?
        cidr = "10.0.0.0/16"
    """,
    "a misspelt table that is required": r"""
        [meshes]
        #^ meshes: unknown key; did you mean "mesh"?
        kind = "none"

        [mesh]
        kind = "none"
    """,
    "an unknown key": r"""
        [services.web]
        image = "r.io/web:1"
        replica = 2
        #^ services.web.replica: unknown key; did you mean "replicas"?
    """,
    "an unknown key that resembles none": r"""
        [cluster]
        xyzzy = 1
        #^ cluster.xyzzy: unknown key. Remove it, or use one of arn, exec, insights.
    """,
    "a missing image": r"""
        [services.web]
        #^ services.web: required key "image" is missing. Add image = "registry/name:tag".
        port = 80
    """,
    "a missing region": r"""
        [catalog]
        #^ catalog: required key "region" is missing. Add region = "us-west-2", or a region for each environment.
        name = "shop"
    """,
    "text for a number": r"""
        [services.web]
        image = "r.io/web:1"
        port = "80"
        #^ services.web.port: must be an integer, not a string. Write port = 80.
    """,
    "a number for text": r"""
        [vars]
        version = 2
        #^ vars.version: must be a string, not a number. Write version = "2".
    """,
    "a list for a name": r"""
        [services.web]
        image = "r.io/web:1"
        calls = [["llm"]]
        #^ services.web.calls[0]: must be a string, not a list. Write "llm".
    """,
    "a table for a duration": r"""
        [services.web]
        image = "r.io/web:1"
        timeout = { seconds = 3 }
        #^ services.web.timeout: must be a string, not a table. Write a string.
    """,
    "a required key that an environment takes away": r"""
        [catalog]
        name = "shop"
        region = "us-west-2"

        [mesh]
        kind = "none"

        [services.web]
        image = "r.io/web:1"

        [environments.dev]
        unset = ["mesh.kind"]
        #^ environments.dev.unset[0]: mesh.kind is required. Set another value in this environment, or remove the key
        #| from unset.
        [environments.prod]
    """,
    "text for a list": r"""
        [services.web]
        image = "r.io/web:1"
        calls = "llm"
        #^ services.web.calls: must be a list, not a string. Write calls = ["llm"].
    """,
    "a list for a table": r"""
        [[services.web]]
        #^ services.web: must be a table, not a list of tables. Write [services.web] instead of [[services.web]].
        image = "r.io/web:1"
    """,
    "an impossible word": r"""
        [services.web]
        image = "r.io/web:1"
        protocol = "htpp"
        #^ services.web.protocol: "htpp" is not allowed here; did you mean "http"?
    """,
    "a number out of range": r"""
        [services.web]
        image = "r.io/web:1"
        port = 70000
        #^ services.web.port: 70000 is out of range. Write at most 65535.
    """,
    "a duration without unit": r"""
        [services.web]
        image = "r.io/web:1"
        timeout = 30
        #^ services.web.timeout: 30 is not a duration. Write timeout = "30s".
    """,
    "a name with capitals": r"""
        [services.Web]
        #^ services.Web: "Web" is not a name. Use lower-case letters, digits and single hyphens, beginning with a
        #| letter.
        image = "r.io/web:1"
    """,
    "a name that is too long": r"""
        [catalog]
        name = "a-name-of-more-than-24-letters"
        #^ catalog.name: "a-name-of-more-than-24-letters" has 30 characters. Use at most 24.
        region = "us-west-2"
    """,
    "a region that is none": r"""
        [catalog]
        name = "shop"
        region = "Oregon"
        #^ catalog.region: "Oregon" is not an AWS region. Write one such as "us-west-2".
    """,
    "a range with host bits": r"""
        [network]
        cidr = "10.0.0.1/16"
        #^ network.cidr: "10.0.0.1/16" has host bits set. Write "10.0.0.0/16".
    """,
    "an account that is none": r"""
        [aws]
        accounts = ["1234"]
        #^ aws.accounts[0]: "1234" is not an account id. Write its twelve digits in quotes.
    """,
    "a version constraint that is none": r"""
        [terraform]
        aws = "latest"
        #^ terraform.aws: "latest" is not a version constraint. Write one like ">= 5.100, < 7".
    """,
    "two states": r"""
        [state.local]
        #^ state: a catalog has exactly one state; write one of [state.local], [state.s3], …, not 2
        [state.s3]
        bucket = "states"
    """,
    "an unknown state": r"""
        [state.s4]
        #^ state.s4: "s4" is not allowed here. Write "local", "s3", "cloud", "remote", "gcs", "azurerm", "http", "pg"
        #| or "consul".
        bucket = "states"
    """,
    "a retention that CloudWatch lacks": r"""
        [services.web]
        image = "r.io/web:1"
        logs.retention_days = 31
        #^ services.web.logs.retention_days: CloudWatch Logs cannot keep logs for 31 days; write one of 1, 3, 5, 7,
        #| 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653
    """,
    "an ARN of another service": r"""
        [services.web]
        image = "r.io/web:1"
        secrets.TOKEN = "arn:aws:s3:::bucket"
        #^ services.web.secrets.TOKEN.arn: "arn:aws:s3:::bucket" is not the ARN of a Secrets Manager
        #| secret or an SSM parameter. Write one that begins with "arn:aws:secretsmanager:" or "arn:aws:ssm:".
    """,
    "a key that is not supported yet": r"""
        [services.web]
        image = "r.io/web:1"
        alarms = true
        #^ services.web.alarms: isn't supported yet. Remove it.
    """,
    "an unknown profile": r"""
        [services.web]
        image = "r.io/web:1"
        profile = "inferrence"
        #^ services.web.profile: unknown profile "inferrence"; did you mean "inference"?
    """,
    "a wrong key in an unused profile": r"""
        [profiles.big]
        cpus = 1024
        #^ profiles.big.cpus: unknown key; the catalog calls it "cpu". Write cpu = 1024.
    """,
    "a profile in the defaults": r"""
        [defaults]
        profile = "inference"
        #^ defaults.profile: a profile can only be set in a service. Move it there.
    """,
    "a profile on top of another": r"""
        [profiles.big]
        profile = "inference"
        #^ profiles.big.profile: a profile can't extend another. Remove it.
        cpu = 4096
        memory = 8192
    """,
    "a profile with a wrong name": r"""
        [profiles.Big]
        #^ profiles.Big: is not a name. Use lower-case letters, digits and single hyphens, beginning with a letter.
        cpu = 1024
    """,
    "a wrong value in the defaults": r"""
        [defaults]
        timeout = "soon"
        #^ defaults.timeout: "soon" is not a duration. Write a number and s, m or h in quotes, such as "30s", "10m" or
        #| "1h".
    """,
    "a host with a scheme": r"""
        [external.openai]
        host = "https://api.openai.com"
        #^ external.openai.host: "https://api.openai.com" is not a host name. Write it without scheme, port and path,
        #| such as "api.example.com".
    """,
    "a health command of numbers": r"""
        [services.web]
        image = "r.io/web:1"
        health.command = ["curl", 1]
        #^ services.web.health.command[1]: must be a string, not a number. Write "1".
    """,
    # names
    "a reserved name of a service": r"""
        [services.internal]
        #^ services.internal: "internal" is reserved by AWS. Write another name.
        image = "r.io/web:1"
    """,
    "a reserved name of an ingress": r"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        public = true

        [ingress.internal]
        #^ ingress.internal: "internal" is reserved by AWS. Write another name.
        allow = ["10.0.0.0/8"]
    """,
    "a catalog with the beginning of something else": r"""
        [catalog]
        name = "sg-shop"
        #^ catalog.name: "sg-shop" begins with "sg-", which AWS reserves. Write a name that doesn't begin with "aws",
        #| "ecs", "fargate", "internal", "sg", "svc", "tg", "listener" or "rule".
        region = "us-west-2"
    """,
    "a service with a long name": r"""
        [services.a-service-whose-name-is-longer-than-forty]
        #^ services.a-service-whose-name-is-longer-than-forty: has 41 characters. Use at most 40.
        image = "r.io/web:1"
    """,
    "an environment that makes the id too long": r"""
        [catalog]
        name = "recommendations"
        region = "us-west-2"

        [environments.production]
        #^ environments.production: makes the id "recommendations-production", which has 26 characters, and the limit
        #| is 24. Shorten it or catalog.name (services.toml:2).
    """,
    # calls
    "a call to nobody": r"""
        [services.web]
        image = "r.io/web:1"
        calls = ["llm", "lmm"]
        #^ services.web.calls[1]: unknown service "lmm"; did you mean "llm"?

        [services.llm]
        image = "r.io/llm:1"
        port = 80
    """,
    "a call to nobody like it": r"""
        [services.web]
        image = "r.io/web:1"
        calls = ["database"]
        #^ services.web.calls[0]: unknown service "database". Add [services.database] or [external.database].
    """,
    "a callee without a port": r"""
        [services.web]
        image = "r.io/web:1"
        calls = ["worker"]
        #^ services.web.calls[0]: "worker" has no port. Add port to services.worker, or remove the call.

        [services.worker]
        image = "r.io/worker:1"
    """,
    "a callee twice": r"""
        [services.web]
        image = "r.io/web:1"
        calls = ["llm", "llm"]
        #^ services.web.calls[1]: "llm" is listed twice. Remove one.

        [services.llm]
        image = "r.io/llm:1"
        port = 80
    """,
    "a name for two things": r"""
        [services.redis]
        image = "r.io/redis:1"

        [external.redis]
        #^ external.redis: "redis" is also a service (services.toml:1). Rename one of them.
        host = "cache.example.com"
    """,
    # public
    "a public service without a port": r"""
        [ingress.open]
        allow = ["10.0.0.0/8"]

        [services.web]
        image = "r.io/web:1"
        public = true
        #^ services.web.public: requires port. Add port to services.web.
    """,
    "a public service over tcp": r"""
        [ingress.open]
        allow = ["10.0.0.0/8"]

        [services.web]
        image = "r.io/web:1"
        port = 80
        protocol = "tcp"
        public = true
        #^ services.web.public: isn't supported for protocol = "tcp". Write protocol = "http", "http2" or "grpc", or
        #| remove public.
    """,
    "an unknown ingress": r"""
        [ingress.open]
        allow = ["10.0.0.0/8"]

        [services.web]
        image = "r.io/web:1"
        port = 80
        public.ingress = "opne"
        #^ services.web.public.ingress: unknown ingress "opne"; did you mean "open"?
    """,
    "no ingress": r"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        public = true
        #^ services.web.public: requires an ingress. Add [ingress.public] with allow = ["10.0.0.0/8"], the ranges that
        #| may connect.
    """,
    "an ingress to choose": r"""
        [ingress.office]
        allow = ["10.0.0.0/8"]

        [ingress.open]
        allow = ["203.0.113.0/24"]

        [services.web]
        image = "r.io/web:1"
        port = 80
        public = true
        #^ services.web.public: requires ingress, because the catalog has several. Write ingress = "office" or "open".

        [services.intranet]
        image = "r.io/web:1"
        port = 80
        public.ingress = "office"
    """,
    "an ingress to choose for gRPC": r"""
        [ingress]
        office = { allow = ["10.0.0.0/8"], internal = true }
        open = { allow = ["203.0.113.0/24"] }

        [services.web]
        image = "r.io/web:1"
        port = 80
        protocol = "grpc"
        public = true
        #^ services.web.public: requires ingress, because the catalog has several. Write ingress = "office" or "open".
    """,
    "two services under one path": r"""
        [ingress.open]
        allow = ["10.0.0.0/8"]

        [services.api]
        image = "r.io/api:1"
        port = 80
        public = true

        [services.web]
        image = "r.io/web:1"
        port = 80
        public = { path = "/" }
        #^ services.web.public: "/" of ingress "open" is used by services.api too (services.toml:7). Write another path
        #| or host.
    """,
    "two rules of one priority": r"""
        [ingress.open]
        allow = ["10.0.0.0/8"]

        [services.api]
        image = "r.io/api:1"
        port = 80
        public = { path = "/api", priority = 7 }

        [services.web]
        image = "r.io/web:1"
        port = 80
        public = { path = "/web", priority = 7 }
        #^ services.web.public: its rule would have priority 7, as that of services.api does (services.toml:7). Write
        #| priority = 6 here.
    """,
    "a path with a wildcard": r"""
        [ingress.open]
        allow = ["10.0.0.0/8"]

        [services.web]
        image = "r.io/web:1"
        port = 80
        public.path = "/api/*"
        #^ services.web.public.path: "/api/*" is not a path prefix. Write one like "/api", with no wildcard and no /
        #| at its end.
    """,
    "gRPC without a certificate": r"""
        [ingress.open]
        allow = ["10.0.0.0/8"]

        [services.web]
        image = "r.io/web:1"
        port = 80
        protocol = "grpc"
        #^ services.web.protocol: behind a load balancer, grpc requires HTTPS. Add a certificate to [ingress.open], or
        #| write protocol = "http".
        public = true
    """,
    # ingress
    "plain HTTP for the world": r"""
        [ingress.open]
        allow = ["0.0.0.0/0"]
        #^ ingress.open.allow[0]: "0.0.0.0/0" opens plain HTTP to the internet. Add a certificate, or write insecure =
        #| true.

        [services.web]
        image = "r.io/web:1"
        port = 80
        public = true
    """,
    "nobody to connect": r"""
        [ingress.open]
        allow = []
        #^ ingress.open.allow: is empty, so no client can connect. Write address ranges: allow = ["10.0.0.0/8"].

        [services.web]
        image = "r.io/web:1"
        port = 80
        public = true
    """,
    "no word about who may connect": r"""
        [ingress.open]
        #^ ingress.open: required key "allow" is missing. Add allow = ["10.0.0.0/8"], the address ranges that may
        #| connect.

        [services.web]
        image = "r.io/web:1"
        port = 80
        public = true
    """,
    "a range twice": r"""
        [ingress.open]
        allow = ["10.0.0.0/8", "10.0.0.0/8"]
        #^ ingress.open.allow[1]: "10.0.0.0/8" is listed twice. Remove one.

        [services.web]
        image = "r.io/web:1"
        port = 80
        public = true
    """,
    "a record without a name": r"""
        [ingress.open]
        allow = ["10.0.0.0/8"]
        zone_id = "Z0123456789ABC"
        #^ ingress.open.zone_id: requires domain, the name of the record. Add domain = "chat.example.com", or remove
        #| zone_id.

        [services.web]
        image = "r.io/web:1"
        port = 80
        public = true
    """,
    "one record for two": r"""
        [ingress.one]
        allow = ["10.0.0.0/8"]
        domain = "shop.example.com"
        zone_id = "Z0123456789ABC"

        [ingress.two]
        allow = ["10.0.0.0/8"]
        domain = "Shop.example.com"
        #^ ingress.two.domain: "Shop.example.com" is also the domain of ingress.one (services.toml:3). Write another.
        zone_id = "Z0123456789ABC"

        [services.api]
        image = "r.io/web:1"
        port = 80
        public.ingress = "one"

        [services.web]
        image = "r.io/web:1"
        port = 80
        public.ingress = "two"
    """,
    "a certificate of another region": r"""
        [ingress.open]
        allow = ["0.0.0.0/0"]
        certificate = "arn:aws:acm:us-east-1:123456789012:certificate/a"
        #^ ingress.open.certificate: is in "us-east-1", and a load balancer in us-west-2 can't use it. Write the ARN of
        #| a certificate in us-west-2.

        [services.web]
        image = "r.io/web:1"
        port = 80
        public = true
    """,
    # sizes
    "a size that Fargate lacks": r"""
        [services.web]
        image = "r.io/web:1"
        cpu = 1024
        memory = 1024
        #^ services.web.memory: Fargate doesn't support cpu = 1024 with memory = 1024 (web). Use memory = 2048.
    """,
    "too much memory for its cpu": r"""
        [services.web]
        image = "r.io/web:1"
        memory = 8192
        #^ services.web.memory: Fargate doesn't support cpu = 512 with memory = 8192 (web). Use cpu = 1024, or memory =
        #| 4096.
    """,
    "cpu in vCPUs": r"""
        [services.web]
        image = "r.io/web:1"
        cpu = 2
        #^ services.web.cpu: Fargate doesn't support cpu = 2 with memory = 1024 (web). Use cpu = 2048 and memory = 4096.
    """,
    "more than Fargate has": r"""
        [services.web]
        image = "r.io/web:1"
        cpu = 65536
        #^ services.web.cpu: Fargate doesn't support cpu = 65536 with memory = 262144 (web). Use at most cpu = 32768 and
        #| memory = 249856.
        memory = 262144
    """,
    "storage beyond Fargate": r"""
        [services.web]
        image = "r.io/web:1"
        storage = 500
        #^ services.web.storage: 500 is out of range. Write at most 200.
    """,
    # timers
    "a timeout shorter than a callee's": r"""
        [services.web]
        image = "r.io/web:1"
        calls = ["llm"]
        timeout = "30s"
        #^ services.web.timeout: "30s" of web is shorter than "10m" of its callee llm (services.toml:11). Use at least
        #| "10m" here, or a shorter one there.

        [services.llm]
        image = "r.io/llm:1"
        port = 80
        timeout = "10m"
    """,
    "a timeout shorter than what a callee waits for": r"""
        [services.web]
        image = "r.io/web:1"
        calls = ["chat"]
        timeout = "30s"
        #^ services.web.timeout: "30s" of web is shorter than "10m" of its callee chat because of llm
        #| (services.toml:16). Use at least "10m" here, or a shorter one there.

        [services.chat]
        image = "r.io/chat:1"
        port = 80
        calls = ["llm"]

        [services.llm]
        image = "r.io/llm:1"
        port = 80
        profile = "inference"
    """,
    "a shorter timeout from the defaults": r"""
        [defaults]
        timeout = "30s"
        #^ defaults.timeout: "30s" of web is shorter than "none" of its callee llm (services.toml:13). Use "none" here,
        #| or a shorter one there.

        [services.web]
        image = "r.io/web:1"
        calls = ["llm"]

        [services.llm]
        image = "r.io/llm:1"
        port = 80
        timeout = "none"
    """,
    "no time at all": r"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        timeout = "0s"
        #^ services.web.timeout: must be at least 1s. Use "none" for no limit.
    """,
    "tries that take longer than the timeout": r"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        retries = { attempts = 3, per_try = "10s" }
        #^ services.web.retries.per_try: 3 × 10s exceed the timeout "15s" of web (services.toml:1). Use at most "5s".
    """,
    "a gRPC event for http": r"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        retries = { attempts = 1, on = ["connection-error", "unavailable"] }
        #^ services.web.retries.on[1]: "unavailable" requires protocol = "grpc", and web has "http". Use
        #| "connection-error", "gateway-error", "server-error", "client-error" or "stream-error".
    """,
    "retries for nothing": r"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        retries = { attempts = 1, on = [] }
        #^ services.web.retries.on: must have an event that http supports. Add "connection-error".
    """,
    "retries over tcp": r"""
        [services.db]
        image = "r.io/db:1"
        port = 5432
        protocol = "tcp"
        retries = { attempts = 1 }
        #^ services.db.retries: isn't supported with protocol = "tcp". Remove it.
    """,
    "a pool of requests for http": r"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        pool = { requests = 10 }
        #^ services.web.pool.requests: isn't supported for protocol = "http". Use connections and pending.
    """,
    "a pool of connections for http2": r"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        protocol = "http2"
        pool = { connections = 10 }
        #^ services.web.pool.connections: isn't supported for protocol = "http2". Use requests.
    """,
    "a pool with a queue only": r"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        pool = { pending = 10 }
        #^ services.web.pool: pending requires connections. Add connections = 100.
    """,
    "an empty pool": r"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        pool = {}
        #^ services.web.pool: has no limit. Add connections = 100.
    """,
    "an outlier looked for without pause": r"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        outlier = { interval = "0s" }
        #^ services.web.outlier.interval: must be at least 1s. Write "1s" or more.
    """,
    # health
    "a probe too often": r"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        health.interval = "1s"
        #^ services.web.health.interval: "1s" is out of range. Use "5s" to "5m".
    """,
    "a probe too long": r"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        health = { interval = "5m", timeout = "2m" }
        #^ services.web.health.timeout: "2m" is out of range. Use "2s" to "1m".
    """,
    "a probe longer than its interval": r"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        health = { timeout = "20s" }
        #^ services.web.health.timeout: "20s" must be shorter than the interval "10s" of web (services.toml:4). Use at
        #| most "9s".
    """,
    "an interval shorter than its probe": r"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        health = { interval = "5s" }
        #^ services.web.health.interval: "5s" must be longer than the timeout "5s" of web (services.toml:4). Use at
        #| least "6s".
    """,
    "a path without a port": r"""
        [services.web]
        image = "r.io/web:1"
        health.path = "/health"
        #^ services.web.health.path: requires a port to probe. Add port, or use health.command instead.
    """,
    "a path without a port beside a command": r"""
        [services.web]
        image = "r.io/web:1"
        health = { path = "/health", command = "true" }
        #^ services.web.health.path: requires a port to probe. Add port, or remove it.
    """,
    "a path over tcp": r"""
        [services.db]
        image = "r.io/db:1"
        port = 5432
        protocol = "tcp"
        health.path = "/health"
        #^ services.db.health.path: has no effect with protocol = "tcp", whose probes only open a connection. Remove
        #| path.
    """,
    "an empty check": r"""
        [services.web]
        image = "r.io/web:1"
        health.command = ""
        #^ services.web.health.command: is empty. Write a command such as "curl -f http://localhost/", or remove it.
    """,
    "a start longer than ECS waits": r"""
        [services.web]
        image = "r.io/web:1"
        health = { command = "check", grace = "999999h" }
        #^ services.web.health.grace: exceeds the longest grace period that ECS allows. Use at most "596523h".
    """,
    "a path for gRPC behind a load balancer": r"""
        [ingress.open]
        allow = ["0.0.0.0/0"]
        certificate = "arn:aws:acm:us-west-2:123456789012:certificate/a"

        [services.rpc]
        image = "r.io/rpc:1"
        port = 80
        protocol = "grpc"
        public = true
        health.path = "/health"
        #^ services.rpc.health.path: must be a gRPC method, not "/health", because a load balancer probes grpc by
        #| calling one. Write a path such as "/grpc.health.v1.Health/Check", or remove it.
    """,
    # network
    "a network too large": r"""
        [network]
        cidr = "10.0.0.0/8"
        #^ network.cidr: "10.0.0.0/8" is too large for a VPC, which must be a /16 to /24. Write "10.0.0.0/16".
    """,
    "a network too small": r"""
        [network]
        cidr = "10.0.0.0/26"
        #^ network.cidr: "10.0.0.0/26" is too small for a VPC, which must be a /16 to /24. Write "10.0.0.0/24".
    """,
    "a network too small for a load balancer": r"""
        [network]
        cidr = "10.0.1.0/24"
        #^ network.cidr: "10.0.1.0/24" makes /28 subnets, and load balancers require /27. Write "10.0.0.0/23" or a
        #| larger range.

        [ingress.open]
        allow = ["10.0.0.0/8"]

        [services.web]
        image = "r.io/web:1"
        port = 80
        public = true
    """,
    "a network that is none": r"""
        [network]
        cidr = "127.0.0.0/16"
        #^ network.cidr: "127.0.0.0/16" isn't allowed in a VPC. Write a private range: "10.0.0.0/16".
    """,
    "a zone of another region": r"""
        [network]
        zones = ["us-west-2a", "us-east-1a"]
        #^ network.zones[1]: "us-east-1a" isn't in us-west-2. Write "us-west-2a".
    """,
    "a zone twice": r"""
        [network]
        zones = ["us-west-2a", "us-west-2a"]
        #^ network.zones[1]: "us-west-2a" is listed twice. Remove one.
    """,
    "one zone for a load balancer": r"""
        [network]
        zones = 1
        #^ network.zones: a load balancer (ingress.open, services.toml:5) requires two zones. Write zones = 2.

        [ingress.open]
        allow = ["10.0.0.0/8"]

        [services.web]
        image = "r.io/web:1"
        port = 80
        public = true
    """,
    "an endpoint twice": r"""
        [network]
        endpoints = ["sqs", "sqs"]
        #^ network.endpoints[1]: "sqs" is listed twice. Remove one.
    """,
    "a public image without a way out": r"""
        [network]
        nat = "none"

        [services.web]
        image = "r.io/web:1"
        #^ services.web.image: "r.io/web:1" isn't in a private ECR repository, and with nat = "none" (services.toml:2)
        #| tasks reach only private ECR repositories in us-west-2. Copy it there, or write nat = "single".
    """,
    "an image of another region without a way out": r"""
        [network]
        nat = "none"

        [services.web]
        image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1"
        #^ services.web.image: "123456789012.dkr.ecr.us-east-1.amazonaws.com/web:1" is in us-east-1, and with nat =
        #| "none" (services.toml:2) tasks reach only private ECR repositories in us-west-2. Copy it there, or write nat
        #| = "single".
    """,
    "an image by a name that endpoints do not have": r"""
        [network]
        nat = "none"

        [services.web]
        image = "123456789012.dkr-ecr.us-west-2.on.aws/team/web:1"
        #^ services.web.image: endpoints don't connect to registries under on.aws, and nat = "none" (services.toml:2).
        #| Write "123456789012.dkr.ecr.us-west-2.amazonaws.com/team/web:1", the same image.
    """,
    "an external without a way out": r"""
        [network]
        nat = "none"

        [external.openai]
        #^ external.openai: with nat = "none" (services.toml:2), tasks can't reach "api.openai.com". Write nat =
        #| "single", or, if it's in a VPC, add its cidrs (docs/joining.md, "Reaching a database").
        host = "api.openai.com"

        [services.web]
        image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/web:1"
        calls = ["openai"]
    """,
    "a secret of another region without a way out": r"""
        [network]
        nat = "none"

        [services.web]
        image = "123456789012.dkr.ecr.us-west-2.amazonaws.com/web:1"
        secrets.TOKEN = "arn:aws:ssm:us-east-1:123456789012:parameter/token"
        #^ services.web.secrets.TOKEN: is in "us-east-1", and with nat = "none" (services.toml:2) tasks reach only
        #| us-west-2. Copy it there, or write nat = "single".
    """,
    "a VPC without subnets": r"""
        [network]
        vpc_id = "vpc-0a1b2c3d"
        #^ network.vpc_id: requires subnets for the tasks. Add private_subnet_ids = ["subnet-0a1b2c3d"], subnets of this
        #| VPC.
    """,
    "subnets without a VPC": r"""
        [network]
        private_subnet_ids = ["subnet-0a1b2c3d"]
        #^ network.private_subnet_ids: requires vpc_id. Add vpc_id = "vpc-0a1b2c3d", the VPC of these subnets, or remove
        #| them.
    """,
    "a range for a VPC that exists": r"""
        [network]
        cidr = "10.0.0.0/16"
        #^ network.cidr: has no effect on an existing VPC (vpc_id, services.toml:4). Remove one of the two.
        vpc_id = "vpc-0a1b2c3d"
        private_subnet_ids = ["subnet-0a1b2c3d"]
    """,
    "a load balancer without public subnets": r"""
        [network]
        vpc_id = "vpc-0a1b2c3d"
        private_subnet_ids = ["subnet-0a1b2c3d"]

        [ingress.open]
        #^ ingress.open: its load balancer requires two public subnets in different zones. Add them to
        #| network.public_subnet_ids, or write internal = true.
        allow = ["10.0.0.0/8"]

        [services.web]
        image = "r.io/web:1"
        port = 80
        public = true
    """,
    "a subnet that is none": r"""
        [network]
        vpc_id = "vpc-0a1b2c3d"
        private_subnet_ids = ["private-a"]
        #^ network.private_subnet_ids[0]: "private-a" isn't a subnet id. Write one like "subnet-0a1b2c3d".
    """,
    "a subnet that is private and public": r"""
        [network]
        vpc_id = "vpc-0a1b2c3d"
        private_subnet_ids = ["subnet-0a", "subnet-0b"]
        public_subnet_ids = ["subnet-0c", "subnet-0b"]
        #^ network.public_subnet_ids[1]: "subnet-0b" is also in private_subnet_ids (services.toml:3). Remove it from one
        #| of the lists.
    """,
    "a gateway for route tables that are not known": r"""
        [network]
        vpc_id = "vpc-0a1b2c3d"
        private_subnet_ids = ["subnet-0a"]
        endpoints = ["sqs", "s3"]
        #^ network.endpoints[1]: "s3" is a gateway endpoint, which requires changes to the route tables of the existing
        #| VPC (services.toml:2). Create it with that VPC, and remove it here.
    """,
    # discovery
    "a namespace in which nothing resolves": r"""
        [discovery]
        kind = "http"
        #^ discovery.kind: with "http", names don't resolve, and web calls llm (services.toml:7). Write "dns".

        [services.web]
        image = "r.io/web:1"
        calls = ["llm"]

        [services.llm]
        image = "r.io/llm:1"
        port = 80
    """,
    "a namespace that is no name": r"""
        [discovery]
        namespace = "Shop_Internal"
        #^ discovery.namespace: "Shop_Internal" is not a namespace. Use lower-case labels of letters, digits and
        #| hyphens, separated by dots.
    """,
    "a namespace that hides AWS": r"""
        [discovery]
        namespace = "us-west-2.amazonaws.com"
        #^ discovery.namespace: would hide AWS's names under amazonaws.com from the VPC. Write another namespace, or
        #| remove it.
    """,
    "a namespace that AWS is part of": r"""
        [discovery]
        namespace = "com"
        #^ discovery.namespace: would hide AWS's names under amazonaws.com from the VPC. Write another namespace, or
        #| remove it.
    """,
    "a namespace that AWS in China is part of": r"""
        [discovery]
        namespace = "com.cn"
        #^ discovery.namespace: would hide AWS's names under amazonaws.com.cn from the VPC. Write another namespace, or
        #| remove it.
    """,
    "a namespace that the hosts of a VPC are part of": r"""
        [discovery]
        namespace = "internal"
        #^ discovery.namespace: would hide AWS's names under ec2.internal from the VPC. Write another namespace, or
        #| remove it.
    """,
    "a namespace of the hosts of a VPC": r"""
        [discovery]
        namespace = "{region}.compute.internal"
        #^ discovery.namespace: would hide AWS's names under compute.internal from the VPC. Write another namespace, or
        #| remove it.
    """,
    "a namespace below AWS's own domain": r"""
        [discovery]
        namespace = "on.aws"
        #^ discovery.namespace: would hide AWS's names under aws from the VPC. Write another namespace, or remove it.
    """,
    "a name that makes a namespace of AWS's": r"""
        [catalog]
        name = "ec2"
        #^ catalog.name: makes the namespace "ec2.internal", which would hide AWS's names under ec2.internal from the
        #| VPC. Write another name, or set discovery.namespace.
        region = "us-west-2"
    """,
    "a namespace that hides an external": r"""
        [discovery]
        namespace = "example.com"

        [external.db]
        host = "db.example.com"
        #^ external.db.host: "db.example.com" is in the namespace "example.com" (services.toml:2), in which only
        #| services have names. Write another namespace.

        [services.web]
        image = "r.io/web:1"
        calls = ["db"]
    """,
    # secrets
    "a variable that is secret and is not": r"""
        [services.web]
        image = "r.io/web:1"
        environment.TOKEN = "x"
        secrets.TOKEN = "arn:aws:ssm:us-west-2:123456789012:parameter/token"
        #^ services.web.secrets.TOKEN: is also in environment (services.toml:3). Remove one of them.
    """,
    "a key of a parameter": r"""
        [services.web]
        image = "r.io/web:1"
        secrets.TOKEN = { arn = "arn:aws:ssm:us-west-2:123456789012:parameter/token", key = "a" }
        #^ services.web.secrets.TOKEN.key: parameters don't have keys. Remove key, or write the ARN of a Secrets Manager
        #| secret.
    """,
    "a secret without its last characters": r"""
        [services.web]
        image = "r.io/web:1"
        secrets.TOKEN = "arn:aws:secretsmanager:us-west-2:123456789012:secret:token"
        #^ services.web.secrets.TOKEN: lacks the hyphen and six characters that AWS adds to a secret's name. Copy the
        #| complete ARN.
    """,
    "a key in the ARN of a secret": r"""
        [services.web]
        image = "r.io/web:1"
        secrets.TOKEN = "arn:aws:secretsmanager:us-west-2:123456789012:secret:db-AbCdEf:password::"
        #^ services.web.secrets.TOKEN: ends with a key. Write { arn =
        #| "arn:aws:secretsmanager:us-west-2:123456789012:secret:db-AbCdEf", key = "password" }.
    """,
    "a document for a parameter": r"""
        [services.web]
        image = "r.io/web:1"
        secrets.TOKEN = "arn:aws:ssm:us-west-2:123456789012:document/token"
        #^ services.web.secrets.TOKEN: must be the ARN of a parameter. Write one with ":parameter/" and the name after
        #| the account.
    """,
    "credentials without their last characters": r"""
        [services.web]
        image = "r.io/web:1"
        credentials = "arn:aws:secretsmanager:us-west-2:123456789012:secret:hub"
        #^ services.web.credentials: lacks the hyphen and six characters that AWS adds to a secret's name. Copy the
        #| complete ARN.
    """,
    "a variable with an equals sign": r"""
        [services.web]
        image = "r.io/web:1"
        environment."A=B" = "info"
        #^ services.web.environment."A=B": "A=B" is not a variable name. Write one without = in it.
    """,
    # access
    "a role for a boundary": r"""
        [catalog]
        name = "shop"
        region = "us-west-2"
        permissions_boundary = "arn:aws:iam::123456789012:role/admin"
        #^ catalog.permissions_boundary: must be the ARN of a policy. Write one with ":policy/" after the account.
    """,
    "an alias for a key": r"""
        [services.web]
        image = "r.io/web:1"

        [services.web.secrets.TOKEN]
        arn = "arn:aws:ssm:us-west-2:123456789012:parameter/token"
        kms = "arn:aws:kms:us-west-2:123456789012:alias/token"
        #^ services.web.secrets.TOKEN.kms: must be the ARN of a key. Write one with ":key/" after the account.
    """,
    "an ARN of another partition": r"""
        [catalog]
        name = "shop"
        region = "cn-north-1"

        [services.web]
        image = "r.io/web:1"
        secrets.TOKEN = "arn:aws:ssm:cn-north-1:123456789012:parameter/token"
        #^ services.web.secrets.TOKEN: is in the partition "aws", and cn-north-1 is in "aws-cn". Write an ARN that
        #| begins with "arn:aws-cn:".
    """,
    "an action without a service": r"""
        [services.web]
        image = "r.io/web:1"
        access.statements = [{ actions = ["GetObject"], resources = ["*"] }]
        #^ services.web.access.statements[0].actions[0]: "GetObject" isn't an action. Write service and action like
        #| "s3:GetObject".
    """,
    "a resource that is no ARN": r"""
        [services.web]
        image = "r.io/web:1"
        access.statements = [{ actions = ["s3:GetObject"], resources = ["bucket"] }]
        #^ services.web.access.statements[0].resources[0]: "bucket" isn't a resource. Write an ARN like
        #| "arn:aws:s3:::bucket/*", or "*".
    """,
    "an unknown operator": r"""
        [services.web]
        image = "r.io/web:1"

        [[services.web.access.statements]]
        actions = ["s3:GetObject"]
        resources = ["*"]
        conditions.StringEqual = { "aws:PrincipalTag/team" = "a" }
        #^ services.web.access.statements[0].conditions.StringEqual: unknown operator "StringEqual"; did you mean
        #| "StringEquals"?
    """,
    # deploy
    "a date where Terraform reads JSON": r"""
        [state.s3]
        bucket = "states"
        key = 2026-11-22
        #^ state.s3.key: a date or time isn't supported in JSON. Write "2026-11-22" in quotes.
    """,
    "a number without end": r"""
        [overrides."aws_vpc.main_network"]
        ipv4_netmask_length = inf
        #^ overrides."aws_vpc.main_network".ipv4_netmask_length: inf isn't supported in JSON. Write a finite number.
    """,
    "a rollout that cannot move": r"""
        [services.web]
        image = "r.io/web:1"
        deploy = { min = 100, max = 100 }
        #^ services.web.deploy: web has 1 task, and a rollout can neither stop one (min = 100) nor add one (max = 100).
        #| Use max = 200, or a lower min.
    """,
    "a rollout without room for a task": r"""
        [services.web]
        image = "r.io/web:1"
        replicas = 4
        deploy.max = 110
        #^ services.web.deploy: web has 4 tasks, and a rollout can neither stop one (min = 100) nor add one (max = 110).
        #| Use max = 125 or more, or a lower min.
    """,
    "a stop longer than Fargate waits": r"""
        [services.web]
        image = "r.io/web:1"
        stop_timeout = "5m"
        #^ services.web.stop_timeout: "5m" is out of range on Fargate. Use "2s" to "120s".
    """,
    # container
    "an unknown container key": r"""
        [services.web]
        image = "r.io/web:1"
        container.ulimit = []
        #^ services.web.container.ulimit: unknown key; did you mean "ulimits"?
    """,
    "a misspelt key inside a container key": r"""
        [services.web]
        image = "r.io/web:1"
        container.ulimits = [{ name = "nofile", softLimit = 1024, hardLimt = 65536 }]
        #^ services.web.container.ulimits[0].hardLimt: unknown key; did you mean "hardLimit"?
    """,
    "a container key of the wrong type": r"""
        [services.web]
        image = "r.io/web:1"
        container.interactive = "yes"
        #^ services.web.container.interactive: must be true or false, not a string
    """,
    "a container key with an unknown word": r"""
        [services.web]
        image = "r.io/web:1"
        container.versionConsistency = "enable"
        #^ services.web.container.versionConsistency: "enable" isn't a valid value; did you mean "enabled"?
    """,
    "a container key that lacks another": r"""
        [services.web]
        image = "r.io/web:1"
        container.restartPolicy = {}
        #^ services.web.container.restartPolicy: required key "enabled" is missing. Add it.
    """,
    "a container key that the catalog has": r"""
        [services.web]
        image = "r.io/web:1"
        container.portMappings = [{ containerPort = 80 }]
        #^ services.web.container.portMappings: is set by another key. Write port = 80 beside container.
    """,
    "a container key that follows": r"""
        [services.web]
        image = "r.io/web:1"
        container.essential = false
        #^ services.web.container.essential: must be true for the service's container. Remove it.
    """,
    "shared memory on Fargate": r"""
        [services.web]
        image = "r.io/web:1"
        container.linuxParameters.sharedMemorySize = 1024
        #^ services.web.container.linuxParameters.sharedMemorySize: isn't supported on Fargate. Remove it.
    """,
    "a capability that Fargate refuses": r"""
        [services.web]
        image = "r.io/web:1"
        container.linuxParameters.capabilities.add = ["NET_ADMIN"]
        #^ services.web.container.linuxParameters.capabilities.add[0]: Fargate can add "SYS_PTRACE" only. Remove
        #| "NET_ADMIN".
    """,
    "a start longer than Fargate waits": r"""
        [services.web]
        image = "r.io/web:1"
        container.startTimeout = 600
        #^ services.web.container.startTimeout: 600 is out of range on Fargate. Use 2 to 120.
    """,
    # volumes, tags, images
    "two volumes under one path": r"""
        [services.web]
        image = "r.io/web:1"

        [services.web.volumes]
        cache = { path = "/data" }
        tmp = { path = "/data/" }
        #^ services.web.volumes.tmp.path: "/data/" is also the path of volume cache (services.toml:5). Use another path.
    """,
    "a volume over everything": r"""
        [services.web]
        image = "r.io/web:1"
        volumes.all = { path = "/" }
        #^ services.web.volumes.all.path: must not be "/", which would hide the image. Use a folder such as "/tmp".
    """,
    "a volume under a relative path": r"""
        [services.web]
        image = "r.io/web:1"
        volumes.tmp = { path = "tmp" }
        #^ services.web.volumes.tmp.path: "tmp" is not an absolute path. Begin it with /.
    """,
    "a tag of AWS": r"""
        [catalog]
        name = "shop"
        region = "us-west-2"
        tags = { "aws:team" = "a" }
        #^ catalog.tags."aws:team": AWS reserves the prefix "aws:". Write another key.
    """,
    "a tag with a character that AWS refuses": r"""
        [services.web]
        image = "r.io/web:1"
        tags.owner = "a&b"
        #^ services.web.tags.owner: AWS doesn't allow & in tags. Use letters, digits, spaces and . : / = + - @ _
    """,
    "two tags that IAM takes for one": r"""
        [catalog]
        name = "shop"
        region = "us-west-2"
        tags.Team = "a"

        [services.web]
        image = "r.io/web:1"
        tags.team = "b"
        #^ services.web.tags.team: is the same key as "Team" (services.toml:4) in IAM. Use one spelling, or rename one.
    """,
    "an empty image": r"""
        [services.web]
        image = ""
        #^ services.web.image: is empty. Write an image like "registry/name:tag".
    """,
    "an image with a scheme": r"""
        [services.web]
        image = "https://r.io/web:1"
        #^ services.web.image: "https://r.io/web:1" must be an image reference alone. Write "r.io/web:1".
    """,
    "an image with capitals": r"""
        [services.web]
        image = "r.io/Web:Latest"
        #^ services.web.image: "r.io/Web:Latest" has capital letters in its name. Write "r.io/web:Latest".
    """,
    "an image with a space": r"""
        [services.web]
        image = "r.io/web: 1"
        #^ services.web.image: "r.io/web: 1" contains a space. Write "r.io/web:1".
    """,
    "an image with a space that is no slip": r"""
        [services.web]
        image = "r.io/web 1"
        #^ services.web.image: "r.io/web 1" contains a space. Write one like "registry/name:tag".
    """,
    "an image of Envoy with a wrong digest": r"""
        [images]
        envoy = "r.io/envoy@sha256:abc"
        #^ images.envoy: "r.io/envoy@sha256:abc" isn't an image reference. Write one like "registry/name:tag".
    """,
    # placeholders
    "a variable that nobody says": r"""
        [vars]
        tag = "1"

        [services.web]
        image = "r.io/web:{var.tga}"
        #^ services.web.image: {var.tga} has no value. Add tga to [vars] (which has tag), or double only the opening
        #| brace for literal text: {{var.tga}.
    """,
    "an environment where there is none": r"""
        [services.web]
        image = "r.io/web:{environment}"
        #^ services.web.image: {environment} has no value, because the catalog has no [environments]. Add them, or
        #| double only the opening brace for literal text: {{environment}.
    """,
    "the address of a service that is not called": r"""
        [services.web]
        image = "r.io/web:1"
        environment.LLM = "{llm.url}"
        #^ services.web.environment.LLM: {llm.url} requires "llm" in calls. Add it to services.web.calls, or double only
        #| the opening brace for literal text: {{llm.url}.

        [services.llm]
        image = "r.io/llm:1"
        port = 80
    """,
    "the address of nobody": r"""
        [services.web]
        image = "r.io/web:1"
        calls = ["llm"]
        environment.LLM = "{lmm.url}"
        #^ services.web.environment.LLM: {lmm.url} has no value: service "lmm" doesn't exist; did you mean {llm.url}? Or
        #| double only the opening brace for literal text: {{lmm.url}.

        [services.llm]
        image = "r.io/llm:1"
        port = 80
    """,
    "an account that must be known": r"""
        [state.s3]
        bucket = "states-{account}"
        #^ state.s3.bucket: {account} must be known here. Set exactly one account in aws.accounts.
    """,
    "an account in the tags that the provider sets": r"""
        [catalog]
        name = "shop"
        region = "us-west-2"
        tags.account = "{account}"
        #^ catalog.tags.account: {account} must be known here. Set exactly one account in aws.accounts.
    """,
    # environments
    "a mistake in an environment": r"""
        [services.web]
        image = "r.io/web:1"

        [environments.prod.services.web]
        replica = 3
        #^ environments.prod.services.web.replica: unknown key; did you mean "replicas"?
    """,
    "an environment that renames the catalog": r"""
        [environments.prod.catalog]
        name = "other"
        #^ environments.prod.catalog.name: an environment can't rename the catalog. Remove it: the environment's name
        #| is appended anyway.
    """,
    "an environment that unsets what is not there": r"""
        [environments.prod]
        unset = ["services.web.port"]
        #^ environments.prod.unset[0]: "services.web.port" is not a key of this catalog. Remove it, or use a key of
        #| services: stub.
    """,
    "an environment within an environment": r"""
        [environments.prod.environments.eu]
        #^ environments.prod.environments: environments can't be nested. Remove it.
    """,
    "an environment that is no table": r"""
        [environments]
        prod = true
        #^ environments.prod: must be a table. Write [environments.NAME].
    """,
    "an environment with a wrong name": r"""
        [environments.Prod]
        #^ environments.Prod: is not a name. Use lower-case letters, digits and single hyphens, beginning with a
        #| letter.
    """,
    "no environments": r"""
        [environments]
        #^ environments: must contain tables [environments.NAME]. Add one, or remove it.
    """,
    "a reserved name of an environment": r"""
        [environments.internal]
        #^ environments.internal: "internal" is reserved by AWS. Write another name.
    """,
    "environments that share a namespace": r"""
        [discovery]
        namespace = "shop.internal"
        #^ discovery.namespace: "shop.internal" is used by both dev and prod. Remove it, or add the environment:
        #| "{environment}.example.internal".

        [environments.dev]
        [environments.prod]
    """,
    "environments that share a state": r"""
        [state.s3]
        bucket = "states"
        key = "shop.tfstate"
        #^ state.s3.key: dev and prod would share one state. Add {environment} to its value.

        [environments.dev]
        [environments.prod]
    """,
    "a misspelt service of an environment": r"""
        [services.llm]
        image = "r.io/llm:1"

        [environments.dev.services.llmm]
        #^ environments.dev.services.llmm: unknown service; did you mean "llm"? A new service requires an image
        replicas = 2
    """,
    "environments that differ in how they reach one state": r"""
        [state.s3]
        bucket = "states"
        key = "shop.tfstate"
        #^ state.s3.key: dev and prod would share one state. Add {environment} to its value.

        [environments.dev]
        [environments.prod.state.s3]
        profile = "prod"
    """,
    "environments that make one endpoint in one network": r"""
        [network]
        vpc_id = "vpc-0a1b2c3d"
        private_subnet_ids = ["subnet-0a", "subnet-0b"]
        endpoints = ["sqs", "logs"]
        #^ network.endpoints[1]: dev creates the endpoint "logs" in vpc-0a1b2c3d too, and prod can use that one. List it
        #| in one of them.

        [environments.dev.network]
        endpoints = ["logs"]
        [environments.prod]
    """,
    "an endpoint by its name in full": r"""
        [network]
        endpoints = ["com.amazonaws.us-west-2.sqs"]
        #^ network.endpoints[0]: "com.amazonaws.us-west-2.sqs" has the region's prefix. Write "sqs".
    """,
    "an external that speaks grpc on the port of TLS": r"""
        [services.web]
        image = "r.io/web:1"
        calls = ["model"]

        [external.model]
        #^ external.model: has the default port 443, which requires TLS, and protocol = "grpc" has none. Add port, or
        #| write protocol = "https" if the caller itself uses TLS.
        host = "model.example.com"
        protocol = "grpc"
    """,
    "environments whose services meet in one name": r"""
        [services.web]
        image = "r.io/web:1"

        [services.eu-web]
        image = "r.io/web:1"

        [environments.prod]
        [environments.prod-eu]
        #^ environments.prod-eu: services.web, and services.eu-web of prod, would both be "shop-prod-eu-web" in AWS.
        #| Rename the environment.
    """,
    "a timeout that only an environment makes too short": r"""
        [services.web]
        image = "r.io/web:1"
        calls = ["llm"]

        [services.llm]
        image = "r.io/llm:1"
        port = 80
        timeout = "1m"

        [environments.dev]

        [environments.prod.services.web]
        timeout = "30s"
        #^ environments.prod.services.web.timeout: "30s" of web is shorter than "1m" of its callee llm
        #| (services.toml:8). Use at least "1m" here, or a shorter one there.
    """,
}


@pytest.mark.parametrize("snippet", WRONG.values(), ids=WRONG)
def test_a_wrong_catalog_says_what_is_wrong_and_where(snippet: str) -> None:
    assert problems_of(snippet) == pointed_out(snippet)


def test_the_error_about_a_missing_mesh_lists_the_kinds() -> None:
    assert problems_of("[mesh]\n") == [
        f'services.toml:1: mesh: required key "kind" is missing. Add kind, one of {", ".join(KINDS)}.'
    ]


def test_all_errors_of_form_are_reported_once_and_sorted_by_line() -> None:
    told = problems_of(
        """
            [services.web]
            image = "r.io/Web:1"
            port = "80"
            calls = ["llm", "llm"]
            replica = 2
            environment = { TAG = "{var.tag}", LLM = "{llm.url}", DB = "{db.url}" }

            [services.llm]
            image = "{var.registry}/llm:1"
            port = 80

            [catalog]
            name = "shop"
            region = "Oregon"

            [mesh]
            kind = "none"

            [environments.dev]
            services.llm.replicas = "one"

            [environments.prod]
            services.llm.replicas = "two"
        """
    )
    assert told == [
        "services.toml:3: services.web.port: must be an integer, not a string. Write port = 80.",
        'services.toml:5: services.web.replica: unknown key; did you mean "replicas"?',
        'services.toml:6: services.web.environment.DB: {db.url} has no value: service "db" doesn\'t exist. Write the '
        "name of a callee, or double only the opening brace for literal text: {{db.url}.",
        "services.toml:6: services.web.environment.TAG: {var.tag} has no value. Add tag to [vars], or double only the "
        "opening brace for literal text: {{var.tag}.",
        "services.toml:9: services.llm.image: {var.registry} has no value. Add registry to [vars], or double only the "
        "opening brace for literal text: {{var.registry}.",
        'services.toml:14: catalog.region: "Oregon" is not an AWS region. Write one such as "us-west-2".',
        "services.toml:20: environments.dev.services.llm.replicas: must be an integer, not a string. Write an integer.",
        "services.toml:23: environments.prod.services.llm.replicas: must be an integer, not a string. "
        "Write an integer.",
    ]


def test_every_rule_speaks_at_once_and_once_sorted_by_line() -> None:
    told = problems_of(
        """
            [services.web]
            image = "r.io/Web:1"
            port = 80
            calls = ["lmm", "lmm"]
            environment = { LLM = "{lmm.url}" }

            [environments.dev]
            [environments.prod]
        """
    )
    assert told == [
        'services.toml:2: services.web.image: "r.io/Web:1" has capital letters in its name. Write "r.io/web:1".',
        'services.toml:4: services.web.calls[0]: unknown service "lmm". Add [services.lmm] or [external.lmm].',
        'services.toml:4: services.web.calls[1]: "lmm" is listed twice. Remove one.',
        'services.toml:4: services.web.calls[1]: unknown service "lmm". Add [services.lmm] or [external.lmm].',
    ]


def test_rules_do_not_run_if_the_form_is_wrong_in_any_environment() -> None:
    told = problems_of(
        """
            [services.web]
            image = "r.io/Web:1"

            [environments.dev]
            [environments.prod]
            services.web.port = "80"
        """
    )
    assert told == [
        "services.toml:6: environments.prod.services.web.port: must be an integer, not a string. Write port = 80."
    ]


_PUBLIC = '[ingress.open]\nallow = ["10.0.0.0/8"]\n\n[services.web]\nimage = "r.io/web:1"\nport = 80\npublic = true\n'
_LARGE = {
    "a path too long for a rule": (
        _PUBLIC.replace("public = true", f'public.path = "/{"a" * 126}"'),
        "services.toml:7: services.web.public.path: has 127 characters. Use at most 126.",
    ),
    "a host too long for a rule": (
        _PUBLIC.replace("public = true", f'public.host = "{".".join(["a" * 43] * 3)}"'),
        "services.toml:7: services.web.public.host: has 131 characters. Use at most 128.",
    ),
    "more public services than a load balancer takes": (
        _PUBLIC
        + "".join(
            f'[services.s{n}]\nimage = "r.io/s:1"\nport = 80\npublic = {{ path = "/{n}", priority = {n + 1} }}\n'
            for n in range(100)
        ),
        "services.toml:1: ingress.open: 101 services use it, and a load balancer allows at most 100. Add another "
        "[ingress] for the rest.",
    ),
    "a host name too long": (
        f'[discovery]\nnamespace = "{".".join(["a" * 62] * 4)}"\n',
        "services.toml:2: discovery.namespace: the host name of stub would have 256 characters, and DNS allows at "
        "most 253. Shorten the namespace to 248.",
    ),
    "a tag too long": (
        f'[services.web]\nimage = "r.io/web:1"\ntags.owner = "{"a" * 257}"\n',
        "services.toml:3: services.web.tags.owner: has 257 characters. Use at most 256.",
    ),
    "too many tags": (
        '[services.web]\nimage = "r.io/web:1"\n\n[services.web.tags]\n' + "".join(f't{n} = ""\n' for n in range(50)),
        "services.toml:4: services.web.tags: has 51 tags with the catalog's and Name, and AWS allows at most 50. "
        "Remove some.",
    ),
    "an image too long": (
        f'[services.web]\nimage = "r.io/{"a" * 251}"\n',
        "services.toml:2: services.web.image: has 256 characters, and ECS allows at most 255. Shorten the name or the"
        " tag.",
    ),
    "an environment too large for a task definition": (
        f'[services.web]\nimage = "r.io/web:1"\nenvironment.PROMPT = "{"a" * 65536}"\n',
        "services.toml:1: services.web: the task definition may have 68 KiB, and ECS allows at most 64 KiB. "
        "Move long strings (environment, command) to the image or to a bucket.",
    ),
    "more statements than a role takes": (
        '[services.web]\nimage = "r.io/web:1"\n'
        + f'access.statements = [{{ actions = ["s3:GetObject"], resources = ["arn:aws:s3:::{"a" * 10200}"] }}]\n',
        "services.toml:3: services.web.access.statements: the policy of the task role has 11,012 characters, and IAM "
        "allows at most 10,240. Join statements, or use wildcards.",
    ),
    "more subnets than a service takes": (
        f'[network]\nvpc_id = "vpc-0a"\nprivate_subnet_ids = {[f"subnet-{n:08x}" for n in range(17)]}\n',
        "services.toml:3: network.private_subnet_ids: has 17 subnets, and ECS allows at most 16. Remove some.",
    ),
}


@pytest.mark.parametrize(("toml", "expected"), _LARGE.values(), ids=_LARGE)
def test_what_is_too_large_says_how_large_it_may_be(toml: str, expected: str) -> None:
    assert problems_of(toml) == [expected]


CONSEQUENCES = {
    "a callee whose port is wrong has no address, which is not said": r"""
        [services.web]
        image = "r.io/web:1"
        calls = ["llm"]
        environment.LLM = "{llm.url}"

        [services.llm]
        image = "r.io/llm:1"
        port = "eighty"
        #^ services.llm.port: must be an integer, not a string. Write an integer.
    """,
    "a service that is no table is not unknown to its callers": r"""
        [services]
        web = { image = "r.io/web:1", calls = ["llm"] }
        llm = "r.io/llm:1"
        #^ services.llm: must be a table, not a string. Write a table.
    """,
    "an ingress that is wrong is not missing": r"""
        [ingress.open]
        allow = "0.0.0.0/0"
        #^ ingress.open.allow: must be a list, not a string. Write allow = ["0.0.0.0/0"].

        [services.web]
        image = "r.io/web:1"
        port = 80
        public = true
    """,
    "a protocol that is wrong is not taken for http": r"""
        [services.web]
        image = "r.io/web:1"
        port = 80
        protocol = "TCP"
        #^ services.web.protocol: "TCP" is not allowed here; did you mean "tcp"?
        pool = { requests = 10 }
    """,
    "a timeout that is wrong is not too short": r"""
        [services.web]
        image = "r.io/web:1"
        calls = ["llm"]
        timeout = "1m"

        [services.llm]
        image = "r.io/llm:1"
        port = 80
        timeout = "10min"
        #^ services.llm.timeout: "10min" is not a duration. Write timeout = "10m".
    """,
    "a region that is wrong has no wrong zones": r"""
        [catalog]
        name = "shop"
        region = "us-west"
        #^ catalog.region: "us-west" is not an AWS region; did you mean "us-west-2"?

        [network]
        zones = ["us-west-2a", "us-west-2b"]
    """,
    "a placeholder without a value spoils nothing else": r"""
        [services.web]
        image = "{var.registry}/web:1"
        #^ services.web.image: {var.registry} has no value. Add registry to [vars], or double only the opening brace for
        #| literal text: {{var.registry}.
    """,
    "a required value that is wrong is not missing": r"""
        [services.web]
        image = "r.io/web:1"
        volumes.tmp = { path = "tmp" }
        #^ services.web.volumes.tmp.path: "tmp" is not an absolute path. Begin it with /.
    """,
}


@pytest.mark.parametrize("snippet", CONSEQUENCES.values(), ids=CONSEQUENCES)
def test_what_only_follows_from_another_mistake_is_not_said(snippet: str) -> None:
    assert problems_of(snippet) == pointed_out(snippet)
