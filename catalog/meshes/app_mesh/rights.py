"""What App Mesh asks of IAM."""

from catalog.rights import Right

STREAM = Right(
    actions=("appmesh:StreamAggregatedResources",),
    holder="task role of a service, and of a virtual gateway",
    why="Envoy gets the configuration of its own node",
    no_operations=("appmesh:StreamAggregatedResources",),
    page='App Mesh User Guide, "Envoy Proxy authorization"',
)
EXPORT_CERTIFICATE = Right(
    actions=("acm:ExportCertificate",),
    holder="task role of a service",
    why="with `mesh.tls`, Envoy gets its own certificate and key",
    page='App Mesh User Guide, "Transport Layer Security"',
)
READ_AUTHORITY = Right(
    actions=("acm-pca:GetCertificateAuthorityCertificate",),
    holder="task role of a caller, and of a virtual gateway",
    why="with `mesh.tls`, Envoy gets to know whom to trust",
    page='App Mesh User Guide, "Transport Layer Security"',
)
RIGHTS = (STREAM, EXPORT_CERTIFICATE, READ_AUTHORITY)
