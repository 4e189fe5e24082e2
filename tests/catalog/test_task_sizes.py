"""Task sizes on Fargate, and the share of the service's container."""

from __future__ import annotations

import pytest

from catalog.analysis.packing import FARGATE_SIZES, Share, nearest_size, service_share


@pytest.mark.parametrize(
    ("cpu", "memory", "nearest"),
    [
        (256, 512, (256, 512)),
        (256, 513, (256, 1024)),
        (300, 512, (512, 1024)),
        (256, 4096, (512, 4096)),
        (1, 1, (256, 512)),
        (8192, 16385, (8192, 20480)),
        (16384, 122881, (32768, 249856)),
        (32768, 61441, (32768, 122880)),
        (16384, 999999, (32768, 249856)),
        (99999, 1024, (32768, 249856)),
    ],
)
def test_the_nearest_size_is_the_smallest_that_fits(cpu: int, memory: int, nearest: tuple[int, int]) -> None:
    assert nearest_size(cpu, memory) == Share(*nearest)


def test_a_valid_size_is_its_own_nearest_size() -> None:
    for cpu, memories in FARGATE_SIZES.items():
        for memory in memories:
            assert nearest_size(cpu, memory) == Share(cpu, memory)


def test_a_service_gets_the_rest_of_its_task() -> None:
    assert service_share(512, 1024, Share(128, 128), Share(64, 256)) == Share(320, 640)


def test_a_service_without_sidecars_gets_the_whole_task() -> None:
    assert service_share(512, 1024) == Share(512, 1024)
