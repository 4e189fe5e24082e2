"""python -m deploy plan|apply|destroy [--env NAME] [-- ARGUMENTS FOR TERRAFORM]"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from catalog.problems import CatalogError
from deploy import lock_file, terraform
from deploy.environment import of_environment
from deploy.output import in_order, output_folder, read_stacks
from deploy.process import Interrupted
from deploy.protected import refuse_protected
from deploy.refusal import USER_ERROR, Refusal

EPILOG = """\
Everything after -- goes to that terraform command; terraform reads TF_CLI_ARGS_init for its init.
The exit status is terraform's, where several stacks are planned the greatest; 2 is also a wrong call,
3 a missing terraform, 130 an interrupt.

CATALOG_FILE         the catalog (services.toml); the provider lock is kept beside it
CATALOG_ENVIRONMENT  an environment, where --env names none
CDKTF_OUTDIR         the folder that synth wrote (cdktf.out)
TERRAFORM            another binary, such as tofu
"""


def main(argv: Sequence[str]) -> int:
    ours, arguments = _split(argv)
    asked = _parser().parse_args(ours)
    catalog = Path(os.environ.get("CATALOG_FILE") or "services.toml")
    try:
        stacks = read_stacks(output_folder())
        if asked.env:
            stacks = of_environment(stacks, catalog=catalog, environment=asked.env)
        ordered = in_order(stacks)
        if asked.command == "destroy":
            refuse_protected(ordered)
        return terraform.visit(
            # What others depend on is there first and goes last.
            ordered[::-1] if asked.command == "destroy" else ordered,
            command=asked.command,
            arguments=arguments,
            terraform=terraform.find_terraform(),
            kept_lock=catalog.parent / lock_file.KEPT_AS,
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
        usage="%(prog)s {plan,apply,destroy} [--env NAME] [-- ARGUMENTS FOR TERRAFORM]",
        description="Runs terraform in every stack folder that synth wrote, in order.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", choices=["plan", "apply", "destroy"])
    parser.add_argument(
        "--env",
        metavar="NAME",
        default=os.environ.get("CATALOG_ENVIRONMENT"),
        help="only the deployment of this environment",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
