"""python -m deploy plan|apply|destroy|atlantis [OPTIONS] [-- ARGUMENTS FOR TERRAFORM]"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from catalog import INTERRUPTED, run_command
from catalog.diagnostics import USER_ERROR, CatalogError
from catalog.load import load
from deploy.apply import apply, destroy
from deploy.guards import former_states, refuse_empty_state, refuse_ended_mesh, refuse_protected
from deploy.plan import plan
from deploy.process import Interrupted, Refusal
from deploy.redeploy import refuse_unknown
from deploy.stacks import Stack, atlantis_yaml, in_order, of_environment, of_state, output_folder, read_stacks
from deploy.terraform import KEPT_LOCK, Terraform, find_terraform, share_plugins

EPILOG = """\
Arguments after -- go to that terraform command; use TF_CLI_ARGS_init for arguments of terraform init.
The exit status is Terraform's; for several plans, the greatest. 2 also means an invalid call, 3 that terraform
wasn't found, 130 an interrupt, and 141 that the reader of the output closed the pipe.

CATALOG_FILE         the catalog (default: services.toml); the provider lock is in the same folder
CATALOG_ENVIRONMENT  the environment, if --env isn't given
CDKTF_OUTDIR         the folder that synth wrote (default: cdktf.out)
JOBS                 how many stacks are planned concurrently (default: one per processor, at most 4)
TERRAFORM            another binary, such as tofu
TF_PLUGIN_DIR        a folder with the providers, if the registry can't be reached
"""


UNREAD = 128 + signal.SIGPIPE
"""The exit status if the reader of the output closes the pipe: the remaining stacks are not visited."""
_COMMANDS = {"plan": plan, "apply": apply, "destroy": destroy}


def main(argv: Sequence[str]) -> int:
    ours, arguments = _split(argv)
    options = _parser().parse_args(ours)
    catalog = Path(os.environ.get("CATALOG_FILE") or "services.toml")
    try:
        all_stacks = read_stacks(output_folder())
        stacks: Sequence[Stack] = all_stacks
        if options.env:
            stacks = of_environment(stacks, catalog=catalog, environment=options.env)
        if options.stack:
            stacks = of_state(stacks, state=options.stack)
        if options.command == "atlantis":
            print(atlantis_yaml(stacks, catalog=catalog), end="")
            return 0
        names = [name for name in options.redeploy.split(",") if name]
        if names and options.command == "destroy":
            raise Refusal("make destroy doesn't support REDEPLOY. Remove it.")
        refuse_unknown(names, stacks=stacks)
        deployments = {stack.deployment for stack in stacks}
        refuse_empty_state([stack for stack in all_stacks if stack.deployment in deployments])
        ordered = in_order(stacks)
        if options.command == "destroy":
            refuse_protected(ordered)
        if options.command == "apply":
            refuse_ended_mesh(ordered)
        if len(ordered) > 1:
            share_plugins()
        beside = catalog if catalog.is_dir() else catalog.parent
        status = _COMMANDS[options.command](
            # A stack is applied before those that depend on it, and destroyed after them.
            ordered[::-1] if options.command == "destroy" else ordered,
            all_stacks=all_stacks,
            terraform=Terraform(
                binary=find_terraform(), kept_lock=beside / KEPT_LOCK, arguments=arguments, redeploy=names
            ),
        )
        if options.command == "plan":
            _repeat_notices(catalog)
        return status
    except CatalogError as error:
        print(error, file=sys.stderr)
        return USER_ERROR
    except Refusal as refusal:
        print(f"Error: {refusal}", file=sys.stderr)
        return refusal.status
    except Interrupted as interrupted:
        return interrupted.status
    except KeyboardInterrupt:  # between two commands
        return INTERRUPTED


def _repeat_notices(catalog: Path) -> None:
    """Print the notices of former states, which synth printed above the plan, below it too."""
    with suppress(CatalogError):  # of another environment
        for notice in former_states(load(catalog).deployments, outdir=output_folder()):
            print(f"\n{notice}", file=sys.stderr)


def _split(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """Our arguments, and those for terraform. argparse handles "--" differently in different Python versions."""
    words = list(argv)
    if "--" not in words:
        return words, []
    at = words.index("--")
    return words[:at], words[at + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deploy",
        usage="%(prog)s {plan,apply,destroy,atlantis} [--env NAME] [--stack NAME] [--redeploy NAMES] "
        "[-- ARGUMENTS FOR TERRAFORM]",
        description="Run terraform in every stack folder that synth wrote, in order, or print an atlantis.yaml.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=[*_COMMANDS, "atlantis"])
    parser.add_argument(
        "--env",
        metavar="NAME",
        default=os.environ.get("CATALOG_ENVIRONMENT"),
        help="use only the deployment of this environment",
    )
    parser.add_argument(
        "--stack",
        metavar="NAME",
        help='use only this Terraform state of each deployment: "base", or the stack of a service',
    )
    parser.add_argument(
        "--redeploy",
        metavar="NAMES",
        default="",
        help="ECS services to deploy again, or to move to another capacity in place, such as llm,chat",
    )
    return parser


if __name__ == "__main__":
    sys.exit(run_command(lambda: main(sys.argv[1:]), unread=UNREAD))
