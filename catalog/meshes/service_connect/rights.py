"""What Service Connect asks of IAM."""

from catalog.rights import Right

KEEP_CERTIFICATES = Right(
    actions=("kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyPair"),
    holder="role in which ECS issues certificates",
    why="with `mesh.tls` and `security.kms_key`, certificates and their keys are encrypted with that key",
    page='ECS developer guide, "Encrypt Amazon ECS Service Connect traffic"',
)
RIGHTS = (KEEP_CERTIFICATES,)
TLS_POLICY = "service-role/AmazonECSInfrastructureRolePolicyForServiceConnectTransportLayerSecurity"
MANAGED = {
    TLS_POLICY: "ECS issues the certificates of Service Connect (ECS developer guide, "
    '"Encrypt Amazon ECS Service Connect traffic")',
}
