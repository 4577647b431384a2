"""`python -m benchmarks [NAME...] [--write]`: run benchmarks, print them, and with --write keep them in the docs.

Without a NAME all but the long ones run.
"""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

from proofcheck.files import write_text_atomic

NAMES = (
    "kernel",
    "prover",
    "hammer",
    "commands",
    "estimator",
    "ordering",
    "peers_step",
    "peers_w1",
    "peers_generation",
    "peers_bounds",
)
LONG = ("kill", "campaign", "smt", "adversary", "fuzz", "suite")  # only when named: they take from minutes to hours
PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def main(words: list[str]) -> int:
    if {"-h", "--help"} & set(words):
        print(f"{__doc__}\nNAME is one of {', '.join(NAMES + LONG)}.")
        return 0
    chosen = [word for word in words if not word.startswith("-")] or list(NAMES)
    unknown = [word for word in chosen if word not in NAMES + LONG]
    if unknown or set(words) - set(chosen) - {"--write"}:
        print(f"{__doc__}\nNAME is one of {', '.join(NAMES + LONG)}.", file=sys.stderr)
        return 2
    for name in chosen:
        text = "\n".join(report.markdown() for report in importlib.import_module(f"benchmarks.{name}").run())
        print(text)
        if "--write" in words:
            page = PAGE.read_text(encoding="utf-8")
            section = re.compile(rf"<!-- {name} -->.*?<!-- /{name} -->", re.S)
            if not section.search(page):
                raise SystemExit(f"{PAGE}: no section between <!-- {name} --> and <!-- /{name} -->")
            body = f"<!-- {name} -->\n\n{text}\n<!-- /{name} -->"
            write_text_atomic(PAGE, section.sub(lambda _, body=body: body, page, count=1))
    return 0


sys.exit(main(sys.argv[1:]))
