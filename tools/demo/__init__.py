"""`make demo`: a catalog through real Terraform, against an AWS that is emulated in this process.

Nothing is sent anywhere, except that Terraform downloads the AWS provider if it isn't on this machine.
"""
