"""Images: valid references, and registries that tasks can reach."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from catalog.analysis.images import ecr_repository, is_docker_hub, is_dual_stack, is_mutable, mirrored, pasted_image
from catalog.diagnostics import Finding, listed
from catalog.endpoints import has_internet_access
from catalog.frame import Container, Place, containers_of
from catalog.meshes import mesh_of
from catalog.model import Deployment, Workload
from catalog.model.platform import EVERY_PUBLIC
from catalog.names import dns_suffix
from catalog.rules import rule
from catalog.rules.variables import variable_in_image
from catalog.task import addition_of

_REPOSITORY = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"(?:[A-Za-z0-9\ufdd0-\ufdd1.-]+(?::\d+)?/)?{_REPOSITORY}(?:/{_REPOSITORY})*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[A-Fa-f0-9]{64})?"
)
"""The grammar of image references (github.com/distribution/reference, reference.go), with a mark for an account."""
_LENGTH = 255
"""Characters before the digest (ECS API reference, ContainerDefinition.image)."""


def _pulled(workload: Workload, at: Place) -> Iterator[tuple[str, Place]]:
    """Every image that a task pulls, after [images] registry, with the place that sets it."""
    yield workload.image, at("image")
    addition = addition_of(at.deployment, workload)
    for container in addition.containers:
        name = container["name"]
        yield container["image"], at.catalog(*addition.places[name]) if name in addition.places else at


def _pulled_by_mesh(deployment: Deployment, at: Place) -> Iterator[tuple[str, Place]]:
    """The images of [images] that the mesh adds to every task, in the same form."""
    images = deployment.catalog.images
    for key in mesh_of(deployment).image_keys:
        if (image := getattr(images, key)) is not None:
            yield mirrored(image, registry=images.registry), at("images", key)


@rule(Workload)
def invalid_image(workload: Workload, at: Place) -> Iterator[Finding]:
    """ECS refuses invalid image references (github.com/distribution/reference)."""
    # As the catalog has it: [images] registry may replace an image's registry.
    for container, place in containers_of(at.as_written, at):
        yield from _invalid(container.image, place("image"))


@rule(Deployment)
def invalid_shared_image(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """ECS refuses invalid image references (github.com/distribution/reference)."""
    for key, image in deployment.catalog.images:
        if isinstance(image, str):
            yield from _invalid(image, at("images", key))


def _invalid(image: str, at: Place) -> Iterator[Finding]:
    if image == "":
        yield at.error('is empty. Write an image like "registry/name:tag".')
        return
    pasted = pasted_image(image)
    if _IMAGE.fullmatch(image) and pasted == image:
        return
    if message := variable_in_image(image):
        yield at.error(message)
        return
    if _IMAGE.fullmatch(pasted):
        what = "is a web page, not an image" if pasted not in image else "must be an image reference alone"
        yield at.error(f'"{image}" {what}. Write "{pasted}".')
    elif _IMAGE.fullmatch(_lowered(pasted)):
        yield at.error(f'"{image}" has capital letters in its name. Write "{_lowered(pasted)}".')
    elif _IMAGE.fullmatch(closed := _without_spaces(pasted)):
        yield at.error(f'"{image}" contains a space. Write "{closed}".')
    else:
        what = "contains a space" if " " in image.strip() else "isn't an image reference"
        yield at.error(f'"{image}" {what}. Write one like "registry/name:tag".')


def _without_spaces(text: str) -> str:
    """The text without spaces beside separators; unchanged if it has other spaces."""
    words = text.split()
    beside = all(one[-1] in ":/@" or other[0] in ":/@" for one, other in pairwise(words))
    return "".join(words) if beside else text


def _lowered(image: str) -> str:
    """The image with its repository in lower case and its tag unchanged."""
    name, at, digest = image.partition("@")
    path, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        path, colon, tag = name, "", ""
    return f"{path.lower()}{colon}{tag}{at}{digest}"


@rule(Workload)
def image_too_long(workload: Workload, at: Place) -> Iterator[Finding]:
    """ECS limits an image to 255 characters before its digest (ECS API reference, ContainerDefinition.image)."""
    yield from _too_long(_pulled(workload, at))


@rule(Deployment)
def mesh_image_too_long(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """ECS limits an image to 255 characters before its digest (ECS API reference, ContainerDefinition.image)."""
    yield from _too_long(_pulled_by_mesh(deployment, at))


def _too_long(images: Iterable[tuple[str, Place]]) -> Iterator[Finding]:
    for image, place in images:
        count = len(image.partition("@")[0])
        if count > _LENGTH:
            yield place.error(f"has {count} characters, and ECS allows at most {_LENGTH}. Shorten the name or the tag.")


@rule(Workload)
def image_unreachable(workload: Workload, at: Place) -> Iterator[Finding]:
    """ECR's endpoints connect only to the private registries of their region (ECR User Guide, "Interface VPC
    endpoints")."""
    if not has_internet_access(at.deployment):
        for image, place in _pulled(workload, at):
            yield from _unreachable(image, place)


@rule(Deployment)
def mesh_image_unreachable(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """ECR's endpoints connect only to the private registries of their region (ECR User Guide, "Interface VPC
    endpoints")."""
    if not has_internet_access(deployment):
        for image, place in _pulled_by_mesh(deployment, at):
            yield from _unreachable(image, place)


def _unreachable(image: str, at: Place) -> Iterator[Finding]:
    where, region = at.catalog("network", "nat").location, at.deployment.region
    repository = ecr_repository(image)
    if not _IMAGE.fullmatch(image):
        return
    if repository is not None and repository.region == region:
        if is_dual_stack(image):
            usual = f"{repository.account}.dkr.ecr.{repository.region}.{dns_suffix(repository.region)}"
            yield at.error(
                f'endpoints don\'t connect to registries under on.aws, and nat = "none" ({where}). '
                f'Write "{usual}{image[image.index("/") :]}", the same image.'
            )
        return
    what = f"is in {repository.region}" if repository else "isn't in a private ECR repository"
    can_copy = at.name == "image" or at.path[0] == "images"
    fix = "Copy it there" if can_copy else "Set a copy of it in [images]"
    yield at.error(
        f'"{image}" {what}, and with nat = "none" ({where}) tasks reach only private ECR repositories in {region}. '
        f'{fix}, or write nat = "single".'
    )


@rule(Deployment)
def unused_image(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """An image of [images] has an effect only if a key adds its container."""
    catalog = deployment.catalog
    routed = any(service.logs.router is not None for service in deployment.workloads.values())
    fetched = any(service.model is not None for service in deployment.workloads.values())
    requested = {
        "loader": (fetched, "model of a service"),
        "collector": (catalog.mesh.tracing, "mesh.tracing"),
        "log_router": (routed, "logs.router of a service"),
    }
    for key, (used, by) in requested.items():
        if getattr(catalog.images, key) is not None and not used:
            yield at("images", key).notice(f"has no effect, as no container uses it. Set {by}, or remove it.")


@rule(Container)
def credentials_of_ecr(container: Container, at: Place) -> Iterator[Finding]:
    """Credentials are for registries outside AWS (ECS developer guide, "Using non-AWS container images"). With
    credentials, ECS doesn't request an ECR token."""
    if container.credentials is not None and ecr_repository(container.image) is not None:
        yield at("credentials").warning(
            f'"{container.image}" is in ECR, which doesn\'t support these credentials. Remove them.'
        )


@rule(Deployment)
def docker_hub_pull_limit(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Docker Hub allows 100 pulls from an IP address in six hours without a login, and all tasks behind a NAT gateway
    share one address (docs.docker.com, "Pull usage and limits")."""
    if not has_internet_access(deployment):
        return
    pulling = [
        place
        for container, place in _containers(deployment, at)
        if is_docker_hub(container.image) and not container.credentials
    ]
    if pulling:
        names = list(dict.fromkeys(place.service.name for place in pulling))
        verb = "comes" if len(names) == 1 else "come"
        yield pulling[0]("image").notice(
            f"{listed(names)} {verb} from Docker Hub, which limits all tasks behind a NAT gateway to 100 pulls in six "
            "hours together. Add credentials, or use a mirror or ECR."
        )


def _containers(deployment: Deployment, at: Place) -> Iterator[tuple[Container, Place]]:
    """The containers of all services, without their versions."""
    for name, service in deployment.services.items():
        yield from containers_of(service, at("services", name))


@rule(Deployment)
def mutable_image_tag(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """ECS resolves a tag again at each deployment (ECS developer guide, "Container image resolution")."""
    moving: dict[str, Place] = {}
    for container, place in _containers(deployment, at):
        if is_mutable(container.image):
            moving.setdefault(container.image, place("image"))
    for name, versions in deployment.versions.items():
        for index, version in enumerate(versions):
            if is_mutable(version.image):
                moving.setdefault(version.image, at("services", name, "versions", index, "image"))
    for key, image in deployment.catalog.images:
        if isinstance(image, str) and key != "registry" and is_mutable(image):
            moving.setdefault(image, at("images", key))
    if moving:
        verb = "names" if len(moving) == 1 else "name"
        quoted = [f'"{image}"' for image in moving]
        yield next(iter(moving.values())).warning(
            f"{listed(quoted)} {verb} no version: a deployment may run another image than the one before, although the "
            'plan shows no change. Write the tag of a version, as in "registry/name:1.4.2", or a digest.'
        )


@rule(Deployment)
def unused_registry(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A misspelled host has no effect on images."""
    instead = deployment.catalog.images.registry
    if not instead:
        return
    workloads = deployment.workloads.values()
    pulled = [image for each in workloads for image in (each.image, *addition_of(deployment, each).images)]
    pulled += [container.image for container, _ in _containers(deployment, at)]
    pulled += mesh_of(deployment).images(deployment)
    for host, registry in instead.items():
        if not any(image.startswith(f"{registry}/") for image in pulled):
            place = at("images", "registry") if host == EVERY_PUBLIC else at("images", "registry", host)
            what = "a public registry" if host == EVERY_PUBLIC else host
            yield place.notice(f"has no effect, as no image comes from {what}. Correct it, or remove it.")
