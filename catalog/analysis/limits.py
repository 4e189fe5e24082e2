"""Limits of AWS that several rules go by."""

SECURITY_GROUP_RULES = 60
"""Inbound, and outbound, rules of a security group; AWS can raise it (VPC guide, "Amazon VPC quotas")."""
ROLE_POLICY_CHARACTERS = 10_240
"""Characters of the inline policies of a role; fixed (IAM User Guide, "IAM and AWS STS quotas")."""
