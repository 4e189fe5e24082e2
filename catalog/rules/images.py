"""Images that exist by their form, and that tasks can reach."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from catalog.analysis.images import ecr_repository, is_docker_hub, is_dual_stack, mirrored
from catalog.diagnostics import Finding, listed
from catalog.endpoints import has_internet_access
from catalog.frame import Container, Place, containers_of
from catalog.meshes import mesh_of
from catalog.model import Deployment, Workload
from catalog.model.platform import EVERY_PUBLIC
from catalog.names import dns_suffix
from catalog.rules import rule
from catalog.task import addition_of

_REPOSITORY = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"(?:[A-Za-z0-9\ufdd0-\ufdd1.-]+(?::\d+)?/)?{_REPOSITORY}(?:/{_REPOSITORY})*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[A-Fa-f0-9]{64})?"
)
"""The grammar of image references (github.com/distribution/reference, reference.go), with an account left open."""
_LENGTH = 255
"""Characters up to the digest (ECS API reference, ContainerDefinition.image)."""


def _pulled(workload: Workload, at: Place) -> Iterator[tuple[str, Place]]:
    """Every image that a task pulls, as it does, with the place that says so."""
    yield workload.image, at("image")
    addition = addition_of(at.deployment, workload)
    for container in addition.containers:
        name = container["name"]
        yield container["image"], at.catalog(*addition.places[name]) if name in addition.places else at


def _pulled_by_mesh(deployment: Deployment, at: Place) -> Iterator[tuple[str, Place]]:
    """The images of [images] that the mesh pulls into every task, in the same form."""
    images = deployment.catalog.images
    for key in mesh_of(deployment).image_keys:
        if (image := getattr(images, key)) is not None:
            yield mirrored(image, registry=images.registry), at("images", key)


@rule(Workload)
def invalid_image(workload: Workload, at: Place) -> Iterator[Finding]:
    """An image reference has a form (github.com/distribution/reference)."""
    # As it is written: another registry may stand in for the one of the image.
    for container, place in containers_of(at.as_written, at):
        yield from _invalid(container.image, place("image"))


@rule(Deployment)
def invalid_shared_image(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """An image reference has a form (the same)."""
    for key, image in deployment.catalog.images:
        if isinstance(image, str):
            yield from _invalid(image, at("images", key))


def _invalid(image: str, at: Place) -> Iterator[Finding]:
    if image == "":
        yield at.error('is empty; write one like "registry/name:tag"')
    elif "://" in image:
        yield at.error(f'"{image}" begins with a scheme; write "{image.partition("://")[2]}"')
    elif image != image.strip() or any(character.isspace() for character in image):
        yield at.error(f'"{image}" holds spaces; write "{"".join(image.split())}"')
    elif not _IMAGE.fullmatch(image):
        lowered = _lowered(image)
        if _IMAGE.fullmatch(lowered):
            yield at.error(f'"{image}" has capitals in its name; write "{lowered}"')
        else:
            yield at.error(f'"{image}" is not an image; write one like "registry/name:tag"')


def _lowered(image: str) -> str:
    """The image with its repository in small letters, its tag untouched."""
    name, at, digest = image.partition("@")
    path, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        path, colon, tag = name, "", ""
    return f"{path.lower()}{colon}{tag}{at}{digest}"


@rule(Workload)
def image_too_long(workload: Workload, at: Place) -> Iterator[Finding]:
    """An image has at most 255 characters in front of its digest (ECS API reference, ContainerDefinition.image)."""
    yield from _too_long(_pulled(workload, at))


@rule(Deployment)
def mesh_image_too_long(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """An image has at most 255 characters in front of its digest (the same)."""
    yield from _too_long(_pulled_by_mesh(deployment, at))


def _too_long(images: Iterable[tuple[str, Place]]) -> Iterator[Finding]:
    for image, place in images:
        count = len(image.partition("@")[0])
        if count > _LENGTH:
            yield place.error(f"has {count} characters; ECS takes {_LENGTH}")


@rule(Workload)
def image_unreachable(workload: Workload, at: Place) -> Iterator[Finding]:
    """Endpoints lead to the private registry of their own region only (ECR User Guide, "Interface VPC endpoints")."""
    if not has_internet_access(at.deployment):
        for image, place in _pulled(workload, at):
            yield from _unreachable(image, place)


@rule(Deployment)
def mesh_image_unreachable(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Endpoints lead to the private registry of their own region only (the same)."""
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
                f'endpoints do not lead to registries under on.aws, and nat = "none" ({where}); '
                f'write "{usual}{image[image.index("/") :]}", which is the same'
            )
        return
    what = f"lies in {repository.region}" if repository else "is not in a private ECR repository"
    can_copy = at.name == "image" or at.path[0] == "images"
    fix = "copy it there" if can_copy else "name a copy of it in [images]"
    yield at.error(
        f'"{image}" {what}, and with nat = "none" ({where}) tasks reach only those of {region}; '
        f'{fix}, or write nat = "single"'
    )


@rule(Deployment)
def unused_image(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """An image runs in a container that something asks for."""
    catalog = deployment.catalog
    routed = any(service.logs.router is not None for service in deployment.workloads.values())
    fetched = any(service.model is not None for service in deployment.workloads.values())
    asked = {
        "loader": (fetched, "model of a service"),
        "collector": (catalog.mesh.tracing, "mesh.tracing"),
        "log_router": (routed, "logs.router of a service"),
    }
    for key, (used, by) in asked.items():
        if getattr(catalog.images, key) is not None and not used:
            message = f"nothing runs it; write {by}, or remove it"
            yield at("images", key).notice(message)


@rule(Container)
def credentials_of_ecr(container: Container, at: Place) -> Iterator[Finding]:
    """Credentials are for registries outside of AWS (ECS developer guide, "Using non-AWS container images"), and with
    them ECS asks for no token of ECR."""
    if container.credentials is not None and ecr_repository(container.image) is not None:
        yield at("credentials").warning(
            f'"{container.image}" comes from ECR, which knows no such credentials; remove them'
        )


@rule(Deployment)
def docker_hub_pull_limit(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """Docker Hub lets an address pull a hundred times in six hours without a login, and all tasks behind a NAT gateway
    have one address (docs.docker.com, "Pull usage and limits")."""
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
            f"{listed(names)} {verb} from Docker Hub, which allows all tasks "
            "behind a NAT gateway 100 pulls in six hours together; add credentials, or use a mirror or ECR"
        )


def _containers(deployment: Deployment, at: Place) -> Iterator[tuple[Container, Place]]:
    """The containers of all services, their versions aside."""
    for name, service in deployment.services.items():
        yield from containers_of(service, at("services", name))


@rule(Deployment)
def mutable_image_tag(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """ECS looks a tag up anew at each deployment (ECS developer guide, "Container image resolution")."""
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
            f"{listed(quoted)} {verb} no version: each deployment takes what the "
            "registry has by then, and no plan shows it; write the tag of a version, or a digest"
        )


def is_mutable(image: str) -> bool:
    """Whether an image says latest, or no tag at all, and has no digest."""
    tag = image.rpartition("/")[2].partition(":")[2]
    return "@" not in image and tag in ("", "latest")


@rule(Deployment)
def unused_registry(deployment: Deployment, at: Place) -> Iterator[Finding]:
    """A host that is misspelt leaves its images where they were."""
    instead = deployment.catalog.images.registry
    if not instead:
        return
    pulled = [
        image
        for workload in deployment.workloads.values()
        for image in (workload.image, *addition_of(deployment, workload).images)
    ]
    pulled += [container.image for container, _ in _containers(deployment, at)]
    pulled += mesh_of(deployment).images(deployment)
    for host, registry in instead.items():
        if not any(image.startswith(f"{registry}/") for image in pulled):
            place = at("images", "registry") if host == EVERY_PUBLIC else at("images", "registry", host)
            what = "a public registry" if host == EVERY_PUBLIC else host
            yield place.notice(f"no image comes from {what}; correct it, or remove it")
