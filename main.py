"""Expand the catalog into Terraform JSON. `cdktf synth` and `make synth` run this."""

import gc
import os
import sys
from pathlib import Path

from catalog.load import load
from catalog.problems import CatalogError
from catalog.summary import summary

USER_ERROR = 2


def main() -> int:
    # A run ends soon and keeps what it makes: collecting garbage costs a tenth of its Python time and finds little. The
    # plain import stays what it is in any app.
    if os.environ.get("CATALOG_PLAIN_BINDINGS") != "1":
        gc.disable()
    file = os.environ.get("CATALOG_FILE", "services.toml")
    try:
        loaded = load(file, environment=os.environ.get("CATALOG_ENVIRONMENT") or None)
        # Only now: a wrong catalog is answered before cdktf and Node have started.
        from stacks.synthesize import synthesize

        synthesized = synthesize(loaded, outdir=Path(os.environ.get("CDKTF_OUTDIR") or "cdktf.out"))
    except CatalogError as error:
        print(error, file=sys.stderr)
        return USER_ERROR
    except OSError as error:
        what = f"{error.filename}: cannot be written: {error.strerror}"
        print(f"{what}; name another folder with CDKTF_OUTDIR=path", file=sys.stderr)
        return USER_ERROR
    print(summary(loaded, file=file, **vars(synthesized)))
    for notice in loaded.notices:
        print(notice, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
