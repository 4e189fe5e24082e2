"""Fargate's sizes, and how a task is shared."""

from __future__ import annotations

import pytest

from catalog.meshes.app_mesh.envoy import envoy_share
from catalog.sizes import FARGATE_SIZES, Share, nearest_size, service_share


@pytest.mark.parametrize(
    ("cpu", "memory", "nearest"),
    [
        (256, 512, (256, 512)),
        (256, 513, (256, 1024)),
        (300, 512, (512, 1024)),
        (256, 4096, (512, 4096)),
        (1, 1, (256, 512)),
        (8192, 16385, (8192, 20480)),
        (16384, 999999, (16384, 122880)),
        (99999, 1024, (16384, 122880)),
    ],
)
def test_the_nearest_size_is_the_smallest_that_holds_it(cpu: int, memory: int, nearest: tuple[int, int]) -> None:
    assert nearest_size(cpu, memory) == Share(*nearest)


def test_every_size_is_its_own_nearest() -> None:
    for cpu, memories in FARGATE_SIZES.items():
        for memory in memories:
            assert nearest_size(cpu, memory) == Share(cpu, memory)


@pytest.mark.parametrize(
    ("cpu", "memory", "share"),
    [(256, 512, (64, 128)), (512, 1024, (128, 128)), (2048, 4096, (512, 512)), (16384, 122880, (512, 512))],
)
def test_envoy_gets_a_part_within_bounds(cpu: int, memory: int, share: tuple[int, int]) -> None:
    assert envoy_share(cpu, memory) == Share(*share)


def test_shares_add_up_to_the_task() -> None:
    for cpu, memories in FARGATE_SIZES.items():
        for memory in memories:
            envoy = envoy_share(cpu, memory)
            service = service_share(cpu, memory, envoy)
            assert (service.cpu + envoy.cpu, service.memory + envoy.memory) == (cpu, memory)
            assert service.cpu >= 3 * envoy.cpu
            assert service.memory >= 3 * envoy.memory


def test_a_service_alone_has_its_whole_task() -> None:
    assert service_share(512, 1024) == Share(512, 1024)
