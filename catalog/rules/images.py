"""Images that exist by their form, and that tasks can reach."""

from __future__ import annotations

import re
from collections.abc import Iterator

from catalog.endpoints import has_way_out
from catalog.meshes import mesh_of
from catalog.model import Deployment
from catalog.names import dns_suffix
from catalog.problems import Finding, Path, listed
from catalog.registries import ecr_repository, is_docker_hub, is_dual_stack, mirrored
from catalog.rules.each import containers
from catalog.task import addition_of
from catalog.provenance import Provenance

_REPOSITORY = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"(?:[A-Za-z0-9\ufdd0-\ufdd1.-]+(?::\d+)?/)?{_REPOSITORY}(?:/{_REPOSITORY})*"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]{0,127})?(?:@sha256:[A-Fa-f0-9]{64})?"
)
"""The grammar of image references (github.com/distribution/reference, reference.go), with an account left open."""
_LENGTH = 255
"""Characters up to the digest (ECS API reference, ContainerDefinition.image)."""


def _written(deployment: Deployment) -> Iterator[tuple[Path, str]]:
    """Every image as it is written."""
    for place, container in containers(deployment.catalog.services):
        yield (*place, "image"), container.image
    for key, image in deployment.catalog.images:
        if isinstance(image, str):
            yield ("images", key), image


def _pulled(deployment: Deployment) -> dict[Path, str]:
    """Every image that tasks pull, as they do, with the place that says so."""
    found: dict[Path, str] = {}
    for service in deployment.services.values():
        found["services", service.name, "image"] = service.image
        addition = addition_of(deployment, service)
        for container in addition.containers:
            place = addition.places.get(container["name"], ("services", service.name))
            found[place] = container["image"]
    images, parity = deployment.catalog.images, mesh_of(deployment).parity
    for key, image in images:
        if isinstance(image, str) and key in parity and parity[key].carried:
            found["images", key] = mirrored(image, registry=images.registry)
    return found


def not_an_image(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """An image reference has a form (github.com/distribution/reference)."""
    for place, image in _written(deployment):
        if image == "":
            message = 'is empty; write one like "registry/name:tag"'
        elif "://" in image:
            message = f'"{image}" begins with a scheme; write "{image.partition("://")[2]}"'
        elif image != image.strip() or any(character.isspace() for character in image):
            message = f'"{image}" holds spaces; write "{"".join(image.split())}"'
        elif _IMAGE.fullmatch(image):
            continue
        elif _IMAGE.fullmatch(_lowered(image)):
            message = f'"{image}" has capitals in its name; write "{_lowered(image)}"'
        else:
            message = f'"{image}" is not an image; write one like "registry/name:tag"'
        yield Finding(place=place, message=message)


def _lowered(image: str) -> str:
    """The image with its repository in small letters, its tag untouched."""
    name, at, digest = image.partition("@")
    path, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        path, colon, tag = name, "", ""
    return f"{path.lower()}{colon}{tag}{at}{digest}"


def too_long(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """An image has at most 255 characters in front of its digest (ECS API reference, ContainerDefinition.image)."""
    for place, image in _pulled(deployment).items():
        count = len(image.partition("@")[0])
        if count > _LENGTH:
            yield Finding(place=place, message=f"has {count} characters; ECS takes {_LENGTH}")


def out_of_reach(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Endpoints lead to the private registry of their own region only (ECR User Guide, "Interface VPC endpoints")."""
    if has_way_out(deployment):
        return
    where = written.location("network", "nat")
    for place, image in _pulled(deployment).items():
        repository = ecr_repository(image)
        if not _IMAGE.fullmatch(image):
            continue
        if repository is not None and repository.region == deployment.region:
            if is_dual_stack(image):
                usual = f"{repository.account}.dkr.ecr.{repository.region}.{dns_suffix(repository.region)}"
                message = f'endpoints do not lead to registries under on.aws, and nat = "none" ({where}); '
                message += f'write "{usual}{image[image.index("/") :]}", which is the same'
                yield Finding(place=place, message=message)
            continue
        what = f"lies in {repository.region}" if repository else "is not in a private ECR repository"
        yield Finding(
            place=place,
            message=f'"{image}" {what}, and with nat = "none" ({where}) tasks reach only those of {deployment.region}; '
            f'{_copied(place)}, or write nat = "single"',
        )


def _copied(place: Path) -> str:
    """What to do about an image that cannot be reached."""
    return "copy it there" if place[-1] == "image" or place[0] == "images" else "name a copy of it in [images]"


def for_nobody(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
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
            yield Finding(place=("images", key), message=message, level="notice")


def credentials_of_ecr(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Credentials are for registries outside of AWS (ECS developer guide, "Using non-AWS container images"), and with
    them ECS asks for no token of ECR."""
    for place, container in containers(deployment.services):
        if container.credentials is not None and ecr_repository(container.image) is not None:
            yield Finding(
                place=(*place, "credentials"),
                message=f'"{container.image}" comes from ECR, which knows no such credentials; remove them',
                level="warning",
            )


def from_docker_hub(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """Docker Hub lets an address pull a hundred times in six hours without a login, and all tasks behind a NAT gateway
    have one address (docs.docker.com, "Pull usage and limits")."""
    if not has_way_out(deployment):
        return
    pulling = [
        place
        for place, container in containers(deployment.services)
        if is_docker_hub(container.image) and not container.credentials
    ]
    if pulling:
        names = list(dict.fromkeys(str(place[1]) for place in pulling))
        verb = "comes" if len(names) == 1 else "come"
        yield Finding(
            place=(*pulling[0], "image"),
            message=f"{listed(names)} {verb} from Docker Hub, which allows all tasks "
            "behind a NAT gateway 100 pulls in six hours together; add credentials, or use a mirror or ECR",
            level="notice",
        )


def names_no_version(deployment: Deployment, written: Provenance) -> Iterator[Finding]:
    """ECS looks a tag up anew at each deployment (ECS developer guide, "Container image resolution")."""
    moving: dict[str, Path] = {}
    for place, container in containers(deployment.services):
        if is_mutable(container.image):
            moving.setdefault(container.image, (*place, "image"))
    for name, versions in deployment.versions.items():
        for index, version in enumerate(versions):
            if is_mutable(version.image):
                moving.setdefault(version.image, ("services", name, "versions", index, "image"))
    for key, image in deployment.catalog.images:
        if isinstance(image, str) and key != "registry" and is_mutable(image):
            moving.setdefault(image, ("images", key))
    if moving:
        verb = "names" if len(moving) == 1 else "name"
        quoted = [f'"{image}"' for image in moving]
        yield Finding(
            place=next(iter(moving.values())),
            message=f"{listed(quoted)} {verb} no version: each deployment takes what the "
            "registry has by then, and no plan shows it; write the tag of a version, or a digest",
            level="warning",
        )


def is_mutable(image: str) -> bool:
    """Whether an image says latest, or no tag at all, and has no digest."""
    tag = image.rpartition("/")[2].partition(":")[2]
    return "@" not in image and tag in ("", "latest")
