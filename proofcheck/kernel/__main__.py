"""Replay claim/certificate pairs in a bare Python: python -m proofcheck.kernel PATH...

PATH is a folder or a file NAME.claim.json; NAME.cert.json stands beside it. Exit: 0 all proved, 1 not, 2 usage.
"""

import sys
from pathlib import Path

from . import check
from .syntax import TEXT_LIMIT, load, refuse


def read(path: Path) -> str:
    small = path.stat().st_size <= 4 * TEXT_LIMIT
    return path.read_text(encoding="utf-8") if small else refuse(f"{path.name}: more than {TEXT_LIMIT} characters")

def attempt(path: Path, proved: dict[str, str]) -> str:
    """Why the claim at `path` is refused, or "" if it is proved; then it joins `proved`."""
    stem = path.name.removesuffix(".claim.json")
    try:
        claim = read(path)
        if load(claim, "claim").get("name") != stem or stem in proved:
            return f"the claim must be named {stem!r} as its file is, and be the only one of that name"
        check(claim, read(path.with_name(stem + ".cert.json")), proved)
    except Exception as error:  # any exception is a refusal
        return f"{type(error).__name__}: {error}"
    proved[stem] = claim
    return ""

def main(arguments: list[str]) -> int:
    if not arguments or any(a.startswith("-") for a in arguments):
        print(__doc__)
        return 0 if "--help" in arguments or "-h" in arguments else 2
    folders = [sorted(path.rglob("*.claim.json")) if path.is_dir() else [path] for path in map(Path, arguments)]
    refused, proved, before = {path: "" for folder in folders for path in folder}, {}, -1
    while len(proved) > before:  # a claim may use others: try again while the set of proved claims grows
        before = len(proved)
        refused = {path: reason for path in refused if (reason := attempt(path, proved))}
    for path, reason in refused.items():
        print(f"REFUSED {path}: {reason}")
    print(f"{len(proved)} claims proved, {len(refused)} refused")
    return 0 if proved and not refused else 1

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
