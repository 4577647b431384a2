"""Replay claim/certificate pairs in a bare Python: python -m proofcheck.kernel PATH...

PATH is a folder or a file NAME.claim.json; NAME.cert.json stands beside it, and so may NAME.model.json.
Exit status 0 if every claim found is proved and every model satisfies its assumptions, else 1.
"""

from __future__ import annotations

import sys
from pathlib import Path

from . import KernelError, check, check_model
from .syntax import TEXT_LIMIT, load


def read(path: Path) -> str:
    if path.stat().st_size > 4 * TEXT_LIMIT:
        raise KernelError(f"at most {TEXT_LIMIT} characters, got {path.stat().st_size} bytes")
    return path.read_text(encoding="utf-8")


def attempt(path: Path, proved: dict[str, str]) -> str:
    """"" if the claim at `path` is proved and its model holds, else the reason; adds the claim to `proved`."""
    stem = path.name.removesuffix(".claim.json")
    try:
        claim = read(path)
        if load(claim, "claim").get("name") != stem:
            return f"the claim must be named {stem!r} as its file is"
        check(claim, read(path.with_name(stem + ".cert.json")), proved)
        model = path.with_name(stem + ".model.json")
        if model.exists():
            check_model(claim, read(model), refutes=False)
    except Exception as error:  # any exception is a refusal
        return f"{type(error).__name__}: {error}"
    proved[stem] = claim
    return ""


def main(arguments: list[str]) -> int:
    if not arguments or any(a.startswith("-") for a in arguments):
        print(__doc__)
        return 0 if "--help" in arguments or "-h" in arguments else 2
    paths: list[Path] = []
    for argument in map(Path, arguments):
        paths += sorted(argument.rglob("*.claim.json")) if argument.is_dir() else [argument]
    failures, proved, progress = {path: "" for path in paths}, {}, True
    while failures and progress:  # a claim may use others: try again while the set of proved claims grows
        before = len(failures)
        failures = {path: reason for path in failures if (reason := attempt(path, proved))}
        progress = len(failures) < before
    for path, reason in failures.items():
        print(f"REFUSED {path}: {reason}")
    print(f"{len(proved)} claims proved, {len(failures)} refused")
    return 0 if proved and not failures else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
