"""Replay time of the committed certificates: all in a bare interpreter, and each by itself."""

from __future__ import annotations

import subprocess
import sys
from functools import partial

from benchmarks.report import Report, median_seconds, milliseconds
from proofcheck import kernel, registry
from proofcheck.audit import artifacts, theory


def run() -> list[Report]:
    found = registry.headers()
    root = registry.lemmas_root()
    replay = [sys.executable, "-m", "proofcheck.kernel", str(root / "certificates")]
    whole = median_seconds(lambda: subprocess.run(replay, check=True, capture_output=True), repeats=5)
    start = median_seconds(lambda: subprocess.run([sys.executable, "-c", ""], check=True), repeats=5)
    each: list[tuple[float, str, int]] = []
    for header in found:
        lemma = registry.load(header)
        proved = theory.proved_before(header, found)
        for claim in lemma.claims():
            certificate = artifacts.read(header, claim.name, "cert")
            if certificate is None:
                raise SystemExit(f"{claim.name}: no certificate is committed")
            seconds = median_seconds(partial(kernel.check, claim.text, certificate, dict(proved)))
            each.append((seconds, claim.name, len(certificate)))
            proved[claim.name] = claim.text
    each.sort(reverse=True)
    rows = [
        ("all, past interpreter start", f"{len(each)} claims", milliseconds(whole - start)),
        (
            "all in one process, sum",
            f"{len(each)} claims",
            milliseconds(sum(seconds for seconds, *_ in each)),
        ),
    ]
    shown = [*each[:3], *(row for row in each[3:] if row[1] in ("LT-01.step", "LT-05.step"))]
    rows += [(name, f"{size / 1000:.1f} kB", milliseconds(seconds)) for seconds, name, size in shown]
    columns = ("certificate", "size", "median time")
    return [Report("Kernel replay", "python -m benchmarks kernel", columns, rows)]
