"""Persistent volumes: an EFS file system for the deployment, with one folder for each volume."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from cdktf_cdktf_provider_aws.ecs_task_definition import (
    EcsTaskDefinitionVolume,
    EcsTaskDefinitionVolumeEfsVolumeConfiguration,
    EcsTaskDefinitionVolumeEfsVolumeConfigurationAuthorizationConfig,
)
from cdktf_cdktf_provider_aws.efs_access_point import EfsAccessPoint
from cdktf_cdktf_provider_aws.efs_backup_policy import EfsBackupPolicy, EfsBackupPolicyBackupPolicy
from cdktf_cdktf_provider_aws.efs_file_system import EfsFileSystem
from cdktf_cdktf_provider_aws.efs_file_system_policy import EfsFileSystemPolicy
from cdktf_cdktf_provider_aws.efs_mount_target import EfsMountTarget
from cdktf_cdktf_provider_aws.security_group import SecurityGroup
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct

from catalog import names
from catalog.analysis import naming
from catalog.analysis.permissions import CLOSED_FILES, MOUNT
from catalog.model import Deployment, Workload
from catalog.task.storage import NFS, has_backups, has_files, owner_of, shared_folders
from stacks.kms import key_arn
from stacks.network import Network
from stacks.network.security_groups import SecurityGroups
from stacks.part import OUTLIVES_TASKS, Part, Ref, protected

_ADDRESS = names.shared("files")


@dataclass(frozen=True, kw_only=True)
class Mounted:
    """Volumes of a task, and what mounting them requires."""

    volumes: tuple[EcsTaskDefinitionVolume, ...] = ()
    statements: tuple[dict[str, Any], ...] = ()
    """IAM statements (JSON spelling) of its role."""
    depends_on: tuple[Ref, ...] = ()
    """Resources that must exist before the first task starts."""


class Files(Part):
    """The file system, created if a service uses it: encrypted, and open through TLS and IAM to the tasks that mount
    it."""

    def __init__(self, scope: Construct, *, deployment: Deployment, network: Network, security: SecurityGroups) -> None:
        super().__init__(scope, "files", deployment=deployment)
        self._points: dict[str, Ref] = {}
        self._rules: dict[str, tuple[Ref, ...]] = {}
        self._targets: tuple[Ref, ...] = ()
        if not has_files(deployment):
            return
        self._system = self.add(
            EfsFileSystem,
            _ADDRESS,
            encrypted=True,
            kms_key_id=key_arn(deployment),
            # Elastic throughput is billed by use and doesn't have to be sized.
            throughput_mode="elastic",
            tags={"Name": names.owned(deployment.id, "files")},
            lifecycle=protected(deployment),
        )
        # Before any mount target: without a policy, every client that reaches one can read and write all files.
        closed = self.add(
            EfsFileSystemPolicy, _ADDRESS, file_system_id=self._system.id, policy=_tls_only(self._system.arn)
        )
        if has_backups(deployment):
            # Without it there are none (EFS API reference, CreateFileSystem).
            enabled = EfsBackupPolicyBackupPolicy(status="ENABLED")
            self.add(EfsBackupPolicy, _ADDRESS, file_system_id=self._system.id, backup_policy=enabled)
        group = self._security_group(network)
        self._targets = tuple(
            self.add(
                EfsMountTarget,
                f"{_ADDRESS}_{word}",
                file_system_id=self._system.id,
                subnet_id=subnet,
                security_groups=[group.id],
                lifecycle=OUTLIVES_TASKS,
                depends_on=[closed],
            )
            for word, subnet in network.private_subnets.items()
        )
        for workload in deployment.running:
            if shared_folders(workload) and workload.key not in self._rules:
                self._rules[workload.key] = self._connect(workload, group, security)

    def mount(self, workload: Workload) -> Mounted:
        """Create the access points of a workload's folders. Returns what its tasks need to mount them."""
        points = {name: self._access_point(workload, name, folder) for name, folder in shared_folders(workload).items()}
        if not points:
            return Mounted()
        return Mounted(
            volumes=tuple(self._volume(name, point) for name, point in points.items()),
            statements=(self._statement(points),),
            depends_on=(*self._targets, *self._rules[workload.key]),
        )

    def _volume(self, name: str, point: Ref) -> EcsTaskDefinitionVolume:
        access = EcsTaskDefinitionVolumeEfsVolumeConfigurationAuthorizationConfig(
            access_point_id=point.id, iam="ENABLED"
        )
        configuration = EcsTaskDefinitionVolumeEfsVolumeConfiguration(
            file_system_id=self._system.id, transit_encryption="ENABLED", authorization_config=access
        )
        return EcsTaskDefinitionVolume(name=name, efs_volume_configuration=configuration)

    def _statement(self, points: dict[str, Ref]) -> dict[str, Any]:
        """Access to the workload's folders only (EFS user guide, "Using IAM to control file system data access")."""
        points_only = {"StringEquals": {"elasticfilesystem:AccessPointArn": [point.arn for point in points.values()]}}
        return MOUNT.on([self._system.arn], points_only)

    def _access_point(self, workload: Workload, volume: str, folder: str) -> Ref:
        """The access point of a folder: versions are created after their service, and use its access points."""
        if folder not in self._points:
            self._points[folder] = self._new_access_point(workload, volume, folder)
        return self._points[folder]

    def _new_access_point(self, workload: Workload, volume: str, folder: str) -> Ref:
        uid, gid = owner_of(workload, volume)
        return self.add(
            EfsAccessPoint,
            names.folder(workload.name, volume),
            file_system_id=self._system.id,
            # EFS acts as this user for every client, regardless of the container's user.
            posix_user={"uid": uid, "gid": gid},
            root_directory={
                "path": folder,
                "creation_info": {"owner_uid": uid, "owner_gid": gid, "permissions": "0750"},
            },
            tags={"Name": naming.owned(self.deployment, workload, volume), **workload.tags},
            lifecycle=OUTLIVES_TASKS,
        )

    def _security_group(self, network: Network) -> Ref:
        # Keys of services have no underscore, so this name can't collide with that of a service's group.
        name = names.owned(self.deployment.id, "file_system")
        return self.add(
            SecurityGroup,
            _ADDRESS,
            name=name,
            description="File system",
            vpc_id=network.vpc_id,
            tags={"Name": name},
        )

    def _connect(self, workload: Workload, group: Ref, security: SecurityGroups) -> tuple[Ref, ...]:
        """Open the mount targets to the tasks of a workload and of its versions, with rules on both sides."""
        ingress = self.add(
            VpcSecurityGroupIngressRule,
            names.ingress_rule(_ADDRESS, workload.key),
            security_group_id=group.id,
            description=f"From {workload.aws_key}",
            ip_protocol="tcp",
            from_port=NFS,
            to_port=NFS,
            referenced_security_group_id=security.of(workload.key).id,
            lifecycle=OUTLIVES_TASKS,
        )
        return ingress, *security.allow_egress(workload, port=NFS, name=_ADDRESS, referenced_security_group_id=group.id)


def _tls_only(system: str) -> str:
    """A policy that denies access without TLS and allows nothing. A file system with a policy requires IAM permissions
    of its clients, whereas one without is open to all that reach a mount target (EFS user guide, "Using IAM to control
    file system data access")."""
    statement = {
        "Effect": "Deny",
        "Principal": {"AWS": "*"},
        "Action": CLOSED_FILES.actions[0],
        "Resource": system,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]}, sort_keys=True)
