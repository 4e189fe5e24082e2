"""Limits of AWS that modules of several packages go by; a limit that one rule goes by stands with that rule."""

SECURITY_GROUP_RULES = 60
"""Inbound, and outbound, rules of a security group; AWS can raise it (VPC guide, "Amazon VPC quotas")."""
ROLE_POLICY_CHARACTERS = 10_240
"""Characters of the inline policies of a role; fixed (IAM User Guide, "IAM and AWS STS quotas")."""
