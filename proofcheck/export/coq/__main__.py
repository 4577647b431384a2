"""Write the claims as Coq theorems and have Coq check them: python -m proofcheck.export.coq DIR [--check]

Exit status: 0 all exported (and proved), 1 something failed, 2 usage. Without coqc, --check says so and exits with 0,
or with 1 if PROOFCHECK_REQUIRE_COQ=1.
"""

from __future__ import annotations

import argparse
import resource
import sys
from pathlib import Path

from proofcheck import registry
from proofcheck.errors import ArgumentError
from proofcheck.export.coq.coqc import check_coq, coqc, required
from proofcheck.export.coq.write import NOT_EXPORTED, export_coq


def main(arguments: list[str]) -> int:
    """Run the command; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m proofcheck.export.coq", description=__doc__)
    parser.add_argument("folder", type=Path, help="where the .v files go, e.g. build/coq")
    parser.add_argument("--lemmas", type=Path, default=registry.lemmas_root(), help="where the claims are")
    parser.add_argument("--check", action="store_true", help="run coqc and compare axioms")
    parser.add_argument("--jobs", type=int, default=2, help="coqc processes at once")
    options = parser.parse_args(arguments)
    try:
        exported = export_coq(options.lemmas, options.folder)
        print(exported.summary())
        status = 0 if exported.skipped.keys() <= NOT_EXPORTED.keys() else 1
        if not options.check:
            return status
        if coqc() is None:
            print("SKIPPED: no coqc on the path, nothing was checked by Coq")
            return 1 if required() else status
        result = check_coq(options.folder, options.lemmas, options.jobs)
    except ArgumentError as error:
        print(error, file=sys.stderr)
        return 2
    print(result.summary())
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"{children.ru_utime + children.ru_stime:.0f} s of CPU in Coq")
    return status if result.ok else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
