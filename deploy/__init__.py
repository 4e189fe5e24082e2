"""Runs terraform in the folders that synth wrote, in the right order: what `make plan`, `apply` and `destroy` call.

It knows the output folder's manifest and terraform's command line, and never imports cdktf or stacks: what it does can
be done by hand, with `terraform init` and `terraform plan` in each folder.
"""
