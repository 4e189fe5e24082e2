"""python -m deploy plan|apply|destroy|atlantis [--env NAME] [--stack NAME] [-- ARGUMENTS FOR TERRAFORM]"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from catalog.diagnostics import USER_ERROR, CatalogError
from deploy.apply import apply, destroy
from deploy.guards import refuse_empty_state, refuse_protected
from deploy.plan import plan
from deploy.process import Interrupted, Refusal
from deploy.stacks import Stack, atlantis_yaml, in_order, of_environment, of_state, output_folder, read_stacks
from deploy.terraform import KEPT_LOCK, Terraform, find_terraform, share_plugins

EPILOG = """\
Everything after -- goes to that terraform command; terraform reads TF_CLI_ARGS_init for its init.
The exit status is terraform's, where several stacks are planned the greatest; 2 is also a wrong call,
3 a missing terraform, 130 an interrupt.

CATALOG_FILE         the catalog (services.toml); the provider lock is kept beside it
CATALOG_ENVIRONMENT  an environment, where --env names none
CDKTF_OUTDIR         the folder that synth wrote (cdktf.out)
JOBS                 how many stacks are planned at a time (as many as processors, at most 4)
TERRAFORM            another binary, such as tofu
"""


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
        deployments = {stack.deployment for stack in stacks}
        refuse_empty_state([stack for stack in all_stacks if stack.deployment in deployments])
        ordered = in_order(stacks)
        if options.command == "destroy":
            refuse_protected(ordered)
        if len(ordered) > 1:
            share_plugins()
        beside = catalog if catalog.is_dir() else catalog.parent
        return _COMMANDS[options.command](
            # What others depend on is there first and goes last.
            ordered[::-1] if options.command == "destroy" else ordered,
            all_stacks=all_stacks,
            terraform=Terraform(binary=find_terraform(), kept_lock=beside / KEPT_LOCK, arguments=arguments),
        )
    except CatalogError as error:
        print(error, file=sys.stderr)
        return USER_ERROR
    except Refusal as refusal:
        print(refusal, file=sys.stderr)
        return refusal.status
    except Interrupted as interrupted:
        return interrupted.status
    except KeyboardInterrupt:  # between two commands
        return 130


def _split(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """What is ours and what is terraform's. argparse's own idea of "--" has changed from Python to Python."""
    words = list(argv)
    if "--" not in words:
        return words, []
    at = words.index("--")
    return words[:at], words[at + 1 :]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m deploy",
        usage="%(prog)s {plan,apply,destroy,atlantis} [--env NAME] [--stack NAME] [-- ARGUMENTS FOR TERRAFORM]",
        description="Runs terraform in every stack folder that synth wrote, in order; or prints an atlantis.yaml.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=[*_COMMANDS, "atlantis"])
    parser.add_argument(
        "--env",
        metavar="NAME",
        default=os.environ.get("CATALOG_ENVIRONMENT"),
        help="only the deployment of this environment",
    )
    parser.add_argument(
        "--stack",
        metavar="NAME",
        help='only one Terraform state of each deployment: "base", or what services name as their stack',
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
