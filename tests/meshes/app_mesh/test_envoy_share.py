"""Envoy's share of a task."""

from __future__ import annotations

import pytest

from catalog.analysis.packing import FARGATE_SIZES, Share, service_share
from catalog.meshes.app_mesh.envoy import envoy_share


@pytest.mark.parametrize(
    ("cpu", "memory", "share"),
    [(256, 512, (64, 128)), (512, 1024, (128, 128)), (2048, 4096, (512, 512)), (16384, 122880, (512, 512))],
)
def test_envoys_share_is_within_bounds(cpu: int, memory: int, share: tuple[int, int]) -> None:
    assert envoy_share(cpu, memory) == Share(*share)


def test_shares_add_up_to_the_task() -> None:
    for cpu, memories in FARGATE_SIZES.items():
        for memory in memories:
            envoy = envoy_share(cpu, memory)
            service = service_share(cpu, memory, envoy)
            assert (service.cpu + envoy.cpu, service.memory + envoy.memory) == (cpu, memory)
            assert service.cpu >= 3 * envoy.cpu
            assert service.memory >= 3 * envoy.memory
