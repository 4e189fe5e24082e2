"""Expand the catalog into Terraform JSON. `cdktf synth` and `make synth` run this."""

import atexit
import errno
import gc
import os
import re
import sys
from json import JSONDecodeError
from pathlib import Path

INTERRUPTED = 130
NODE_ENDED = 1


def main() -> int:
    # A run ends soon and keeps what it makes: collecting garbage costs a tenth of its Python time and finds little, and
    # looking for it once more at the end costs a fifth. The plain import stays what it is in any app.
    if os.environ.get("CATALOG_PLAIN_BINDINGS") != "1":
        gc.disable()
        atexit.register(gc.freeze)
    try:
        return _synth()
    except KeyboardInterrupt:
        return _leave(INTERRUPTED)


def _synth() -> int:
    # pydantic would look for plugins in every installed package; none is wanted here.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    from catalog.diagnostics import USER_ERROR, CatalogError
    from catalog.load import load

    file = os.environ.get("CATALOG_FILE", "services.toml")
    outdir = Path(os.environ.get("CDKTF_OUTDIR") or "cdktf.out")
    try:
        loaded = load(file, environment=os.environ.get("CATALOG_ENVIRONMENT") or None)
        # Only now: a wrong catalog is answered before cdktf and Node have started.
        from catalog.reports.summary import summary
        from stacks.synthesize import synthesize

        synthesized = synthesize(loaded, outdir=outdir)
    except CatalogError as error:
        print(error, file=sys.stderr)
        return USER_ERROR
    except (JSONDecodeError, BrokenPipeError):  # what jsii makes of it
        print("Node, which cdktf runs on, has ended early: is memory short? Nothing was written", file=sys.stderr)
        return _leave(NODE_ENDED)
    except OSError as error:
        _say_not_written(error, outdir)
        return USER_ERROR
    except RuntimeError as error:
        if (refused := _by_the_system(error)) is None:
            raise
        _say_not_written(refused, outdir)
        return USER_ERROR
    print(summary(loaded, file=file, **vars(synthesized)))
    for notice in loaded.notices:
        print(notice, file=sys.stderr)
    return 0


def _say_not_written(error: OSError, outdir: Path) -> None:
    """One line. Most of what can be done about it is elsewhere: in the folder itself, or where Node keeps its files."""
    file = Path(error.filename or outdir)
    ours = file.is_relative_to(outdir) or file.is_relative_to(outdir.absolute()) or outdir.is_relative_to(file)
    # Which of our files it was says nothing: it lay in a folder that is no more.
    where, instead = (outdir, "CDKTF_OUTDIR") if ours else (file, "TMPDIR")
    print(f"{where}: cannot be written: {error.strerror}; name another folder with {instead}=path", file=sys.stderr)


def _by_the_system(error: RuntimeError) -> OSError | None:
    """What the operating system refused to Node, such as `ENOSPC: no space left on device, open '/a/file'`."""
    told = re.search(r"\b(E[A-Z]+): [\w -]+, \w+(?: '([^']*)')?", str(error))
    number = getattr(errno, told[1], None) if told else None
    return OSError(number, os.strerror(number), told[2]) if told and number else None


def _leave(status: int) -> int:
    """End at once: where Node has ended before, jsii's own end would be a traceback."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)


if __name__ == "__main__":
    sys.exit(main())
