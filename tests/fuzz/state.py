"""Where a run of a target stands: one JSON file, written whole, added to by each part of the run."""

from __future__ import annotations

import base64
import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from proofcheck.files import write_text_atomic

from .target import Outcome

KEPT = 100  # findings of a target


@dataclass
class Tally:
    """Counts by outcome, CPU seconds, and the inputs of the findings."""

    inputs: int = 0
    seconds: float = 0.0
    asked: int = 0  # accepted inputs that the second checker was asked about
    counts: Counter[str] = field(default_factory=Counter)
    findings: list[tuple[bytes, str]] = field(default_factory=list)

    def add(self, data: bytes, outcome: Outcome) -> None:
        self.inputs += 1
        self.note(data, outcome)

    def note(self, data: bytes, outcome: Outcome) -> None:
        """Count an outcome of an input that is counted already (an oracle that answers late)."""
        self.counts[outcome.kind] += 1
        if outcome.is_finding and len(self.findings) < KEPT:
            self.findings.append((data, outcome.text))

    def merge(self, other: Tally) -> Tally:
        counts = self.counts + other.counts
        findings = (self.findings + other.findings)[:KEPT]
        return Tally(
            self.inputs + other.inputs, self.seconds + other.seconds, self.asked + other.asked, counts, findings
        )

    def write(self, path: Path) -> None:
        found = [{"input": base64.b64encode(data).decode(), "finding": text} for data, text in self.findings]
        data = {
            "inputs": self.inputs,
            "seconds": round(self.seconds, 1),
            "asked": self.asked,
            "counts": dict(self.counts),
        }
        write_text_atomic(path, json.dumps({**data, "findings": found}, indent=1) + "\n")

    @staticmethod
    def read(path: Path) -> Tally:
        """The tally of a file; an empty one where there is none."""
        if not path.exists():
            return Tally()
        data = json.loads(path.read_text(encoding="utf-8"))
        found = [(base64.b64decode(each["input"]), each["finding"]) for each in data["findings"]]
        return Tally(data["inputs"], data["seconds"], data["asked"], Counter(data["counts"]), found)
