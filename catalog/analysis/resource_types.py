"""The Terraform types whose addresses contain a service's name: one row for each, and the only place to add one.

A row answers three questions: what may follow the service's name in an address, whether the resource lives in the state
of its service or in the base, and by which id another state imports it. Renaming a service uses the same rows. A
mesh contributes the rows of its own types (`MeshTraits.resource_types`); `catalog.meshes.RESOURCE_TYPES` has them all.
`Part.add` refuses an address with a service's name if its type has no row, or if the row doesn't list what follows it.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass

from catalog import names


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """One row: how a Terraform type belongs to services."""

    suffixes: tuple[str, ...] = ()
    """The suffixes after the owner's name, if an owner has several resources of the type: `task` in `llm_task`. Empty
    if it has one, whose name is the owner's."""
    named_by_user: bool = False
    """Whether the catalog chooses what follows: `llm_evenings`."""
    between: str = ""
    """The word between the owner and another name, for a type that is named after two: `from` in `llm_from_backend`."""
    owned: bool = True
    """Whether the service alone owns it, so that it gets the service's tags."""
    moves_with_service: bool = False
    """Whether it lives in the state of its service, instead of the base. Nothing in the base, and nothing of a service
    in another state, may refer to such a type: `stacks.states.remote_state` refuses the reference."""
    import_id: str = ""
    """Its id for an `import` block, with its arguments in braces (provider documentation, "Import" of each type).
    `{cluster_name}` is the name at the end of the argument `cluster`."""
    latest: tuple[str, str] | None = None
    """If only AWS knows its id: the argument by which the data source of the same type finds it, and the argument of
    the resource that has the value."""
    not_imported: str = ""
    """Why no state imports it, although it moves."""

    def __post_init__(self) -> None:
        given = [each for each in (self.import_id, self.latest, self.not_imported) if each]
        if len(given) != self.moves_with_service:
            raise ValueError("a type that moves with its service has one of import_id, latest and not_imported")

    def allows(self, suffix: str) -> bool:
        """Whether a resource of this type can have this suffix behind its owner's name."""
        if self.between:
            return suffix.startswith(f"{self.between}_")
        return self.named_by_user if suffix and suffix not in self.suffixes else bool(suffix) == bool(self.suffixes)


_NETWORK = (
    "aws_eip",
    "aws_nat_gateway",
    "aws_route",
    "aws_route_table",
    "aws_route_table_association",
    "aws_subnet",
    "data.aws_availability_zones",
    "data.aws_caller_identity",
    "data.aws_subnet",
    "data.aws_vpc_endpoint_service",
)
"""Types that no service owns, with addresses such as `private_a`: a service may be called `private`."""

COMMON: Mapping[str, ResourceType] = {
    **dict.fromkeys(_NETWORK, ResourceType(named_by_user=True, owned=False)),
    "aws_appautoscaling_policy": ResourceType(
        suffixes=("cpu", "memory", "requests", "backlog", "metric", "start"),
        moves_with_service=True,
        import_id="{service_namespace}/{resource_id}/{scalable_dimension}/{name}",
    ),
    "aws_appautoscaling_scheduled_action": ResourceType(
        named_by_user=True,
        moves_with_service=True,
        not_imported="the provider can't; creating it again leaves it as it is (Application Auto Scaling API "
        "reference, PutScheduledAction)",
    ),
    "aws_appautoscaling_target": ResourceType(
        moves_with_service=True,
        import_id="{service_namespace}/{resource_id}/{scalable_dimension}",
    ),
    "aws_cloudwatch_log_group": ResourceType(moves_with_service=True, import_id="{name}"),
    "aws_cloudwatch_metric_alarm": ResourceType(suffixes=("start",), moves_with_service=True, import_id="{alarm_name}"),
    "aws_ecs_service": ResourceType(moves_with_service=True, import_id="{cluster_name}/{name}"),
    # Its id ends with the revision, which only AWS knows.
    "aws_ecs_task_definition": ResourceType(moves_with_service=True, latest=("task_definition", "family")),
    # A folder stays on the deployment's file system.
    "aws_efs_access_point": ResourceType(named_by_user=True, owned=False),
    "aws_iam_role": ResourceType(suffixes=names.ROLES, moves_with_service=True, import_id="{name}"),
    "aws_iam_role_policy": ResourceType(suffixes=names.ROLES, moves_with_service=True, import_id="{role}:{name}"),
    "aws_lb_listener_rule": ResourceType(),
    "aws_lb_target_group": ResourceType(),
    "aws_route53_record": ResourceType(),
    "aws_security_group": ResourceType(),
    "aws_service_discovery_service": ResourceType(),
    "aws_vpc_security_group_egress_rule": ResourceType(between="to"),
    "aws_vpc_security_group_ingress_rule": ResourceType(between="from"),
    "data.aws_secretsmanager_secret_versions": ResourceType(moves_with_service=True, not_imported="it is only read"),
    "terraform_data": ResourceType(moves_with_service=True, not_imported="it exists only in the state"),
}
"""The rows of all types that no mesh contributes."""


def complete(*contributions: Mapping[str, ResourceType]) -> dict[str, ResourceType]:
    """The common rows and those that meshes contribute. Raises ValueError for a type with two rows."""
    table = dict(COMMON)
    for rows in contributions:
        if twice := sorted(table.keys() & rows.keys()):
            raise ValueError(f"two rows for {', '.join(twice)}")
        table |= rows
    return table


def owner(address: str, *, workloads: Container[str], types: Mapping[str, ResourceType]) -> str | None:
    """The service that owns a resource or data source, by its address; None if it is shared. `workloads` are the names
    of services and their versions.

    Raises LookupError for an address that begins with a service's name if `types` doesn't know what it is.
    """
    type_, _, name = address.rpartition(".")
    service, _, suffix = name.partition("_")
    if service not in workloads:
        return None
    word, _, rest = suffix.partition("_")
    # A version may have the name of a suffix.
    behind = {suffix, rest} if names.version(service, word) in workloads else {suffix}
    row = types.get(type_)
    if row is not None and any(map(row.allows, behind)):
        return service if row.owned else None
    if name.startswith(names.shared("")):  # a service may have the name of a shared resource
        return None
    raise LookupError(f"{address} contains the name of a service: add it to the table of resource types")


def moved_blocks(
    addresses: Iterable[str], *, renamed: Mapping[str, str], types: Mapping[str, ResourceType]
) -> list[tuple[str, str]]:
    """The old and new address of each resource that a renaming moves, sorted. `renamed` has the old keys, by the new
    ones.

    Data sources never move (Terraform, "Refactoring": resources and modules). Superfluous moves are harmless: Terraform
    ignores a move from an address that isn't in the state.
    """
    managed = (address for address in addresses if not address.startswith("data."))
    pairs = ((_before(address, renamed=renamed, types=types), address) for address in managed)
    return sorted((old, new) for old, new in pairs if old != new)


def _before(address: str, *, renamed: Mapping[str, str], types: Mapping[str, ResourceType]) -> str:
    type_, _, name = address.partition(".")
    key, mark, rest = name.partition("_")
    word = types[type_].between if type_ in types else ""
    if not word:
        return f"{type_}.{renamed.get(key, key)}{mark}{rest}"
    if rest.startswith(f"{word}_"):
        owning, target = key, rest.removeprefix(f"{word}_")
    else:
        owning, _, target = name.rpartition(f"_{word}_")
    return f"{type_}.{renamed.get(owning, owning)}_{word}_{_target_before(owning, target, renamed)}"


def _target_before(owning: str, target: str, renamed: Mapping[str, str]) -> str:
    """In addresses of shared resources, a port follows the target's key: it distinguishes the calls of that service."""
    key, mark, port = target.partition("_")
    if mark and not (owning.startswith(names.shared("")) and port.isdecimal()):
        return target
    return f"{renamed.get(key, key)}{mark}{port}"
