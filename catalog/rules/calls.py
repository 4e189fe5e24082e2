"""Calls between services, and what is set for them."""

from __future__ import annotations

from collections.abc import Iterator

from catalog.diagnostics import Finding, did_you_mean
from catalog.frame import Place, containers_of
from catalog.meshes import mesh_of
from catalog.model import Deployment, External, Service
from catalog.reading.interpolation import addresses_in
from catalog.rules import rule

_POOL_LIMITS = {
    "http": ("connections", "pending"),
    "http2": ("requests",),
    "grpc": ("requests",),
    "tcp": ("connections",),
}
"""What can be limited for each protocol (mesh API reference, connection pools)."""
_OF_CALLS = {
    "pool": "how much callers may ask of it at once",
    "outlier": "when callers leave out one of its tasks",
    "retries": "what callers try again",
    "idle_timeout": "how long connections of callers may be silent",
}


@rule(Service)
def unknown_callee(service: Service, at: Place) -> Iterator[Finding]:
    """A call leads to a service or an external of this catalog."""
    services, external = at.deployment.services, at.deployment.catalog.external
    for index, name in enumerate(service.calls):
        if name in services or name in external:
            continue
        close = did_you_mean(name, [other for other in (*services, *external) if other != service.name])
        fix = f'did you mean "{close}"?' if close else f"add [services.{name}] or [external.{name}]"
        for new in (new for new, old in at.deployment.renamed.items() if old == name):
            fix = f'it is renamed: write "{new}" ({at.catalog("services", new, "renamed_from").location})'
        yield at("calls", index).error(f'unknown service "{name}"; {fix}')


@rule(Service)
def callee_without_port(service: Service, at: Place) -> Iterator[Finding]:
    """A callee listens: without a port it has no address (mesh user guide: a node without listener has none)."""
    for index, name in enumerate(service.calls):
        callee = at.deployment.services.get(name)
        if callee is not None and callee.port is None:
            yield at("calls", index).error(
                f'"{name}" has no port to call; add port to services.{name}, or remove the call'
            )


@rule(Service)
def duplicate_callee(service: Service, at: Place) -> Iterator[Finding]:
    """A list of calls names each callee once: of two equal ones a mesh keeps one (its roadmap, issue
    170), and Terraform would want the other forever."""
    for index, name in enumerate(service.calls):
        if name in service.calls[:index]:
            yield at("calls", index).error(f'"{name}" is listed twice; remove one')


@rule(External)
def external_named_like_service(external: External, at: Place) -> Iterator[Finding]:
    """One name, one meaning: `calls` and placeholders do not say which of the two is meant."""
    if at.name in at.deployment.services:
        there = at.catalog("services", at.name).location
        yield at.error(f'"{at.name}" is also a service ({there}); rename one of them')


@rule(External)
def uncalled_external(external: External, at: Place) -> Iterator[Finding]:
    """An external opens nothing until a service calls it."""
    if not at.deployment.callers_of(at.name) and at.name not in at.deployment.services:
        yield at.notice(f'no service calls it; add "{at.name}" to the calls of one, or remove it')


@rule(Service)
def pool_limit_of_another_protocol(service: Service, at: Place) -> Iterator[Finding]:
    """Each protocol has limits of its own (mesh API reference, connection pools)."""
    place = at("pool")
    fitting = _POOL_LIMITS[service.protocol]
    for key in ("connections", "pending", "requests"):
        if key in fitting or service.pool is None or getattr(service.pool, key) is None:
            continue
        if place(key).is_set_here:
            message = f"does not limit a service that speaks {service.protocol}; write {' and '.join(fitting)}"
            yield place(key).error(message)
        else:
            message = f"does not hold for services that speak {service.protocol}"
            yield place(key).notice(message)


@rule(Service)
def pool_without_limit(service: Service, at: Place) -> Iterator[Finding]:
    """A pool says its main limit (mesh API reference: maxConnections and maxRequests are required)."""
    place = at("pool")
    if service.pool is None or not place.is_set_here:
        return
    main, *others = _POOL_LIMITS[service.protocol]
    foreign = any(getattr(service.pool, key) is not None for key in ("connections", "pending", "requests"))
    foreign = foreign and not any(getattr(service.pool, key) is not None for key in (main, *others))
    if getattr(service.pool, main) is None and not foreign:
        message = f"has no limit; add {main} = 100"
        if others and getattr(service.pool, others[0]) is not None:
            message = f"{others[0]} only counts beside {main}; add {main} = 100"
        yield place.error(message)


@rule(Service)
def zero_outlier_interval(service: Service, at: Place) -> Iterator[Finding]:
    """Looking and leaving out take time (proxies: outlier detection intervals are greater than zero)."""
    for key in ("interval", "eject") if service.outlier is not None else ():
        if getattr(service.outlier, key) == 0:
            yield at("outlier", key).error('"0s" is no time; write at least "1s"')


@rule(Service)
def call_settings_without_port(service: Service, at: Place) -> Iterator[Finding]:
    """Nobody calls a service without a port, so that nothing about being called has a meaning."""
    for key in ("protocol", "pool", "outlier", "retries", "idle_timeout") if service.port is None else ():
        if at(key).is_set_here:
            yield at(key).notice(f"nobody can call {service.name}, as it has no port; add port, or remove {key}")


@rule(Service)
def call_settings_without_caller(service: Service, at: Place) -> Iterator[Finding]:
    """Callers that a mesh gives nothing are told of what it lacks; a service without callers is none of its matter.
    Balancers take an idle timeout of their own from it, and a mesh's own gateway calls as services do."""
    if service.port is None or at.deployment.callers_of(service.name) or _through_gateway(at.deployment, service):
        return
    parity = mesh_of(at.deployment).parity
    for key, what in _OF_CALLS.items():
        says = {"idle_timeout": service.public is None, "retries": service.retries.attempts > 0}.get(key, True)
        if parity[key].supported or not says or not at(key).is_set_here or getattr(service, key) is None:
            continue
        yield at(key).notice(f"says {what}, and no service calls {service.name}; remove it, or add the call")


def _through_gateway(deployment: Deployment, service: Service) -> bool:
    ingress = deployment.catalog.ingress.get(deployment.ingress_of(service) or "")
    return ingress is not None and ingress.gateway


def _texts(service: Service, at: Place) -> Iterator[tuple[str, Place]]:
    """The commands of a service's containers."""
    for container, place in containers_of(service, at):
        for index, text in enumerate(container.command or ()):
            yield text, place("command", index)
        for index, text in enumerate(container.entrypoint or ()):
            yield text, place("entrypoint", index)
        if container.health.command is not None:
            yield " ".join(container.health.command), place("health", "command")


@rule(Service)
def address_outside_environment(service: Service, at: Place) -> Iterator[Finding]:
    """Addresses are filled in within environment only; everywhere else they are text."""
    for text, place in _texts(service, at):
        for placeholder in addresses_in(text):
            callee = placeholder.partition(".")[0]
            if callee in at.deployment.services or callee in at.deployment.catalog.external:
                yield place.notice(
                    f"{{{placeholder}}} stays as it is here, only environment gets addresses; put it into "
                    "a variable there, and let a shell read that"
                )
