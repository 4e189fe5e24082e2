"""`make demo`: apply a catalog with real Terraform to an AWS that is emulated in this process.

The demo sends nothing to AWS. Terraform downloads the AWS provider if it isn't on this machine.
"""
