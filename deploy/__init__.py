"""Runs Terraform in the folders that synth wrote, in the right order, for `make plan`, `make apply` and `make destroy`.

It reads the manifest of the output folder and calls the terraform command. It never imports cdktf or stacks: you can do
the same by hand, with `terraform init` and `terraform plan` in each folder.
"""
