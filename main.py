"""Expand the catalog into Terraform JSON. `cdktf synth` and `make synth` run this."""

import atexit
import errno
import gc
import os
import re
import sys
from dataclasses import replace
from json import JSONDecodeError
from pathlib import Path

INTERRUPTED = 130
NODE_EXITED = 1


def main() -> int:
    # Garbage collection takes a tenth of the Python time of a run and frees little; the collection at exit takes a
    # fifth. With CATALOG_PLAIN_BINDINGS=1 the app runs like any other cdktf app.
    if os.environ.get("CATALOG_PLAIN_BINDINGS") != "1":
        gc.disable()
        atexit.register(gc.freeze)
    try:
        return _synth()
    except KeyboardInterrupt:
        return _exit_now(INTERRUPTED)


def _synth() -> int:
    # Otherwise pydantic searches every installed package for plugins; this project uses none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    from catalog.diagnostics import USER_ERROR, CatalogError
    from catalog.load import load

    file = os.environ.get("CATALOG_FILE") or "services.toml"
    outdir = Path(os.environ.get("CDKTF_OUTDIR") or "cdktf.out")
    try:
        loaded = load(file, environment=os.environ.get("CATALOG_ENVIRONMENT") or None)
        # Imported only here: an invalid catalog is reported before cdktf and Node start.
        from catalog.reports.summary import summary
        from deploy.guards import former_states
        from stacks.synthesize import synthesize

        synthesized = synthesize(loaded, outdir=outdir)
    except CatalogError as error:
        print(error, file=sys.stderr)
        return USER_ERROR
    except (JSONDecodeError, BrokenPipeError):  # what jsii raises then
        print("Error: Node.js exited early. Nothing was written. Check the free memory.", file=sys.stderr)
        return _exit_now(NODE_EXITED)
    except OSError as error:
        _report_not_written(error, outdir)
        return USER_ERROR
    except RuntimeError as error:
        if (refused := _system_error(error)) is None:
            raise
        _report_not_written(refused, outdir)
        return USER_ERROR
    if not os.environ.get("CATALOG_ENVIRONMENT"):  # otherwise the other environments aren't known
        former = former_states(loaded.deployments, outdir=outdir)
        loaded = replace(loaded, notices=(*loaded.notices, *former))
    for notice in loaded.notices:
        print(notice, file=sys.stderr)
    print(summary(loaded, file=file, environ=os.environ, **vars(synthesized)))
    return 0


def _report_not_written(error: OSError, outdir: Path) -> None:
    """Print one line that names the folder to fix: the output folder, or the one for Node's temporary files."""
    file = Path(error.filename or outdir)
    ours = file.is_relative_to(outdir) or file.is_relative_to(outdir.absolute()) or outdir.is_relative_to(file)
    # The file itself isn't worth naming: its temporary folder has been removed.
    where, instead = (outdir, "CDKTF_OUTDIR") if ours else (file, "TMPDIR")
    print(f"{where}: can't be written: {error.strerror}. Set {instead} to another folder.", file=sys.stderr)


def _system_error(error: RuntimeError) -> OSError | None:
    """The operating system's error that Node reports, such as `ENOSPC: no space left on device, open '/a/file'`."""
    told = re.search(r"\b(E[A-Z]+): [\w -]+, \w+(?: '([^']*)')?", str(error))
    number = getattr(errno, told[1], None) if told else None
    return OSError(number, os.strerror(number), told[2]) if told and number else None


def _exit_now(status: int) -> int:
    """Exit immediately: if Node has exited already, jsii's exit handler prints a traceback."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    from catalog import run_command

    sys.exit(run_command(main))
