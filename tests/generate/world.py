"""Facts that all tables of a generated catalog share: names, calls, existing resources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from catalog.meshes import MESHES
from catalog.model.deployment import Catalog
from catalog.model.service import PartialServiceKeys, ServiceKeys, Version

ABSENT = object()
"""Marks a key that doesn't fit the rest of the catalog."""
ACCOUNT = "123456789012"
REGIONS = ("us-west-2", "us-west-2", "us-west-2", "eu-central-1", "us-gov-west-1", "cn-north-1")
_NAMES = ("web", "llm", "api-2", "vector-store", "q", "main", "a-b", "a", "worker", "c3")
_PIECES = (
    "", "a", "Ä ß 漢字 😀", "${aws_vpc.main_network.id}", "%{if true}x%{endif}", "$${x}",
    "TfToken[TOKEN.0]",
    '"quoted"', "back\\slash", "two\nlines", "\ttab", "{{literal}", "{ json: 1 }", "$", "%", "'", "#", "</script>",
    "{region}",
    "}", "{var.text}", "${Token[TOKEN.1]}", "x=1&y=2", "\u2028", "null", "$(date)", "~", "  ", "{{{region}",
)  # fmt: skip
"""Pieces of strings, with all sequences that are special in Terraform, cdktf, JSON and TOML."""
_SAFE = ("blue", "team-a", "A1", "x.y", "owner@example.com", "v_2", "2026")


@dataclass(frozen=True, kw_only=True)
class Member:
    """The facts about a service that other services need."""

    port: int | None
    protocol: str
    calls: tuple[str, ...]
    public: bool
    capacity: str | None = None
    """The EC2 capacity that it runs on."""


class World:
    """Generates values, and remembers those that tables share."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._density = self.pick((5, 15, 30, 50))
        self.kind = self.pick(tuple(MESHES))
        self.region = self.pick(REGIONS)
        self.existing = self.chance(15)
        self.nat = self.pick(("single", "single", "per-zone", "none"))
        self.joined = self.existing and self.chance(60)
        self.environments = () if self.existing or self.chance(70) else self.some(("dev", "prod", "eu"), 2)
        self.tls = self.carries("tls") and self.chance(20)
        self.auth = self.carries("auth") and self.chance(25)
        self.opened = self.chance(30)
        """Whether ECS Exec is enabled, so that no root file system is read-only."""
        self.follows = self.chance(30)
        """Whether every secret is in Secrets Manager."""
        self.zones: Any = [f"{self.region}{letter}" for letter in self.some("abc", 2)]
        self.longest = "10m" if self.kind == "vpc-lattice" else self.pick(("10m", "15m", "1h"))
        self.externals = self.some(("db", "openai", "cache"), self.number(0, 2))
        on_instances = not (self.joined or self.existing or self.nat == "none") and self.chance(35)
        self.capacities = self.some(("gpu", "cpus"), self.number(1, 2)) if on_instances else ()
        self.ingresses = self.some(("open", "inner", "office"), self.number(0, 2))
        gateways = self.carries("gateway") and not self.joined and self.chance(40)
        self.gateways = self.ingresses[:1] if gateways else ()
        self.profiles = self.some(("small", "careful"), self.number(0, 1))
        self.members = self._members()
        self.paths: set[tuple[str, ...]] = set()
        self.files: dict[str, str] = {}
        self.taken: set[Any] = set()

    def _members(self) -> dict[str, Member]:
        names = self.some(_NAMES, self.number(1, 4))
        ports: dict[str, int | None] = {n: self.number(1024, 40000) if self.chance(80) else None for n in names}
        members: dict[str, Member] = {}
        for index, name in enumerate(names):
            # Mostly to later services; sometimes a cycle.
            candidates = [n for n in (names if self.chance(15) else names[index + 1 :]) if ports[n] and n != name]
            calls = [n for n in candidates if self.chance(60)] + [n for n in self.externals if self.chance(50)]
            protocol = self.pick(("http", "http", "http", "http2", "grpc", "tcp")) if ports[name] else "http"
            public = bool(ports[name] and self.ingresses and protocol != "tcp" and self.chance(50))
            members[name] = Member(
                port=ports[name],
                protocol=protocol,
                calls=tuple(dict.fromkeys(calls)),
                public=public,
                capacity=self.pick(self.capacities) if self.capacities and self.chance(50) else None,
            )
        return members

    def carries(self, feature: str) -> bool:
        """Whether the mesh has a feature (`catalog.meshes.features`) with every version of the provider."""
        verdict = MESHES[self.kind].parity[feature]
        return verdict.supported and not verdict.since

    @property
    def ended(self) -> str | None:
        """A mesh that the catalog may migrate from."""
        return next((kind for kind, mesh in MESHES.items() if mesh.ended and kind != self.kind), None)

    @property
    def partition(self) -> str:
        return {"cn": "aws-cn", "us-gov": "aws-us-gov"}.get(self.region.rsplit("-", 2)[0], "aws")

    @property
    def suffix(self) -> str:
        return "amazonaws.com.cn" if self.partition == "aws-cn" else "amazonaws.com"

    @property
    def isolated(self) -> bool:
        """Whether no route leads to the internet."""
        return self.nat == "none" and not self.existing

    def arn(self, service: str, rest: str, *, account: str = ACCOUNT, region: str | None = None) -> str:
        return f"arn:{self.partition}:{service}:{self.region if region is None else region}:{account}:{rest}"

    def density(self, model: type[Any]) -> int:
        """The probability of a key in percent; lower for keys of all services."""
        shares = {PartialServiceKeys: 3, ServiceKeys: self._density // 2, Catalog: self._density, Version: 12}
        return shares.get(model, max(self._density, 40))

    def chance(self, percent: int) -> bool:
        return self._random.randrange(100) < percent

    def number(self, low: int, high: int) -> int:
        return self._random.randint(low, high)

    def pick(self, values: Sequence[Any]) -> Any:
        return self._random.choice(values)

    def some(self, values: Sequence[Any], most: int) -> tuple[Any, ...]:
        """That number of elements, each once."""
        left = list(values)
        return tuple(left.pop(self.number(0, len(left) - 1)) for _ in range(min(most, len(left))))

    def word(self) -> str:
        """A string that AWS allows anywhere."""
        return str(self.pick(_SAFE))

    def text(self) -> str:
        """A string that must be unchanged in the output."""
        return "".join(self.pick(_PIECES) for _ in range(self.number(1, 3)))

    def once(self, kind: str, values: Sequence[Any]) -> Any:
        """A value that is unique in this catalog."""
        free = [value for value in values if (kind, value) not in self.taken]
        if not free:
            return ABSENT
        value = self.pick(free)
        self.taken.add((kind, value))
        return value

    def beside(self, name: str, text: str) -> str:
        """A file beside the catalog."""
        self.files[name] = text
        return name

    def finish(self, tree: dict[str, Any]) -> None:
        """Settings that affect the whole catalog: environments."""
        if not self.environments:
            return
        tree["environments"] = {
            name: {"services": {next(iter(self.members)): {"tags": {"stage": name}}}} for name in self.environments
        }
        tagged = [name for name, keys in tree["services"].items() if "stop_timeout" in keys]
        if tagged and self.chance(50):
            tree["environments"][self.environments[0]]["unset"] = [f"services.{tagged[0]}.stop_timeout"]
