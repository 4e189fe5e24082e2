"""Advice for Terraform commands that fail for a reason outside the configuration: no provider, no credentials."""

from __future__ import annotations

import os
import re
from pathlib import Path

INSTALL = "Install Terraform 1.10 or newer, or set TERRAFORM to its path."


def init_advice(output: str) -> str | None:
    """`Error: fact. Advice.` for a failed `terraform init`, from its output: the AWS provider can't be downloaded, or
    Terraform is too old. None for any other failure, which Terraform explains itself."""
    words = " ".join(output.replace("\N{BOX DRAWINGS LIGHT VERTICAL}", " ").split())
    if "Unsupported Terraform Core version" in words:
        return f"Error: Terraform is too old. {INSTALL}"
    if not any(each in words for each in ("Failed to query available provider packages", "Failed to install provider")):
        return None
    fact = "Error: Terraform couldn't download the AWS provider."
    plugins = os.environ.get("TF_PLUGIN_DIR")
    if plugins:
        known = "doesn't contain the required version" if Path(plugins).is_dir() else "doesn't exist"
        return f"{fact} TF_PLUGIN_DIR={plugins} {known}. Set TF_PLUGIN_DIR to a folder that has it, or unset it."
    others = "or set TF_PLUGIN_DIR to a folder with the provider (registry.terraform.io/hashicorp/aws/...)."
    named = os.environ.get("TF_CLI_CONFIG_FILE")
    if named and not Path(named).is_file():
        return f"{fact} TF_CLI_CONFIG_FILE={named} doesn't exist. Set it to an existing file, unset it, {others}"
    if named:
        return f"{fact} Add a provider_installation block to {named} (TF_CLI_CONFIG_FILE), {others}"
    verb = "Add a provider_installation block to" if configuration_file().is_file() else "Create"
    what = "" if configuration_file().is_file() else " with a provider_installation block"
    return f"{fact} Allow access to registry.terraform.io. Without access: {verb} ~/.terraformrc{what}, {others}"


_ON_CREDENTIALS = {
    "failed to get shared config profile": (
        "Error: the AWS profile doesn't exist. Set AWS_PROFILE, or profile in [aws], to one that "
        "`aws configure list-profiles` prints."
    ),
    "cached SSO token": "Error: the AWS profile isn't logged in. Run aws sso login.",
    "SSO session has expired": "Error: the AWS session has expired. Run aws sso login.",
    "ExpiredToken": "Error: the AWS credentials have expired. Run aws sso login, or set new ones.",
    "InvalidClientTokenId": "Error: AWS doesn't accept the credentials. Run aws sso login, or set other ones.",
    "No valid credential sources found": (
        "Error: Terraform found no AWS credentials. Run aws sso login, set AWS_PROFILE, or write profile in [aws]. "
        "`aws sts get-caller-identity` must work."
    ),
    "AWS account ID not allowed": (
        "Error: the AWS credentials are for an account that isn't in [aws] accounts. Set AWS_PROFILE to another "
        "profile, or add the account."
    ),
}
"""Advice by a part of Terraform's message, the more specific ones first."""
_COLOR = re.compile(r"\x1b\[[0-9;]*m")


def credentials_advice(output: str) -> str | None:
    """`Error: fact. Advice.` for a Terraform command that failed because of the AWS credentials, from its output; None
    for any other failure."""
    words = " ".join(_COLOR.sub("", output).replace("\N{BOX DRAWINGS LIGHT VERTICAL}", " ").split())
    return next((advice for part, advice in _ON_CREDENTIALS.items() if part in words), None)


def configuration_file() -> Path:
    """The user's Terraform CLI configuration file, which may not exist."""
    return Path(os.environ.get("TF_CLI_CONFIG_FILE") or Path.home() / ".terraformrc")
