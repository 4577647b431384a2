"""What a campaign has counted: sums of integers, largest ratios with a fixed rule for ties, the first refutation.

Tallies add up in any order to the same tally (`add`): counts are sums, and where one of two things is kept, the larger
ratio, then the smaller chunk number decides. So the result does not depend on who measured which chunk. As JSON a tally
is exact: floats are written in hexadecimal, tensors byte by byte.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from proofcheck.hammer.confirm import Decision, Status, confirm
from proofcheck.hammer.kinds.base import Kind
from proofcheck.hammer.layers import Case
from proofcheck.hammer.probe import BINS, Probe


@dataclass
class FamilyTally:
    """One family: `worst` is its largest ratio, met in `chunk` at `case`; `decision` the exact look at it, or ""."""

    measures: int = 0
    checks: int = 0
    histogram: list[int] = field(default_factory=lambda: [0] * BINS)
    worst: float = -1.0
    chunk: int = -1
    case: Case = field(default_factory=dict)
    decision: str = ""

    def add(self, other: FamilyTally) -> None:
        self.measures += other.measures
        self.checks += other.checks
        self.histogram = [a + b for a, b in zip(self.histogram, other.histogram, strict=True)]
        if (-other.worst, other.chunk) < (-self.worst, self.chunk):
            self.worst, self.chunk, self.case, self.decision = other.worst, other.chunk, other.case, other.decision


@dataclass
class Tally:
    """`chunks`: how many, from number 0 on, are in it once they are added in order; `exact`: cases decided exactly.

    refuted: (chunk, case, decision) of the first refutation; unknown: (chunk, why) of the first case left undecided.
    """

    chunks: int = 0
    exact: int = 0
    families: dict[str, FamilyTally] = field(default_factory=dict)
    refuted: tuple[int, Case, Decision] | None = None
    unknown: tuple[int, str] | None = None

    @property
    def measures(self) -> int:
        return sum(family.measures for family in self.families.values())

    @property
    def checks(self) -> int:
        return sum(family.checks for family in self.families.values())

    def add(self, other: Tally) -> None:
        """Take in what another tally counted; the order of additions does not matter."""
        self.chunks += other.chunks
        self.exact += other.exact
        for name, family in other.families.items():
            self.families.setdefault(name, FamilyTally()).add(family)
        if other.refuted is not None and (self.refuted is None or other.refuted[0] < self.refuted[0]):
            self.refuted = other.refuted
        if other.unknown is not None and (self.unknown is None or other.unknown[0] < self.unknown[0]):
            self.unknown = other.unknown

    def take(self, kind: Kind, found: Probe, chunk: int, *, compare: bool) -> None:
        """Count one batch, decide its suspects exactly and, if asked to compare, its sample of the code."""
        name = found.config.shape
        seen = FamilyTally(
            measures=found.config.batch,
            checks=found.checks,
            histogram=list(found.histogram),
            worst=found.worst,
            chunk=chunk,
            case=on("cpu", found.worst_case),
        )
        if found.nans:
            self.leave(chunk, f"{found.nans} ratios are NaN in family {name}")
        for position, case in enumerate(found.suspects):
            decision = confirm(kind, case)
            if position == 0:  # the suspects come worst first
                seen.decision = decision.status.value
            self.record(chunk, case, decision)
            if self.refuted is not None:
                break
        self.families.setdefault(name, FamilyTally()).add(seen)
        if self.refuted is not None:
            return
        if found.suspected > len(found.suspects):
            self.leave(
                chunk, f"{found.suspected - len(found.suspects)} suspected violations in {name} were not decided"
            )
        if compare:
            self.record(chunk, found.sample, kind.check_code(found.sample))

    def record(self, chunk: int, case: Case, decision: Decision) -> None:
        """Count an exact decision."""
        self.exact += 1
        if decision.refuted:
            self.refuted = self.refuted or (chunk, on("cpu", case), decision)
        elif decision.status is Status.UNKNOWN:
            self.leave(chunk, decision.detail)

    def leave(self, chunk: int, why: str) -> None:
        """Something was left undecided."""
        self.unknown = self.unknown or (chunk, why)

    def to_json(self) -> dict[str, Any]:
        """Exact, and read back by `from_json`."""
        refuted = None
        if self.refuted is not None:
            chunk, case, decision = self.refuted
            refuted = {
                "chunk": chunk,
                "case": _case_json(case),
                "status": decision.status.value,
                "detail": decision.detail,
                "level": decision.level,
                "witness": dict(decision.witness),
            }
        return {
            "chunks": self.chunks,
            "exact": self.exact,
            "families": [
                {
                    **vars(family),
                    "name": name,
                    "worst": float(family.worst).hex(),
                    "case": _case_json(family.case),
                }
                for name, family in self.families.items()
            ],
            "refuted": refuted,
            "unknown": self.unknown,
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Tally:
        """The tally of `to_json`."""
        families = {
            row["name"]: FamilyTally(
                measures=row["measures"],
                checks=row["checks"],
                histogram=list(row["histogram"]),
                worst=float.fromhex(row["worst"]),
                chunk=row["chunk"],
                case=_case(row["case"]),
                decision=row["decision"],
            )
            for row in data["families"]
        }
        refuted = None
        if data["refuted"] is not None:
            row = data["refuted"]
            decision = Decision(Status(row["status"]), row["detail"], row["level"], row["witness"])
            refuted = (row["chunk"], _case(row["case"]), decision)
        unknown = None if data["unknown"] is None else (data["unknown"][0], data["unknown"][1])
        return Tally(data["chunks"], data["exact"], families, refuted, unknown)


def in_order(tallies: Sequence[Tally | None]) -> Tally:
    """The sum of consecutive chunks, up to and with the first that holds a refutation: what comes after is dropped."""
    total = Tally()
    for tally in tallies:
        if tally is not None:
            total.add(tally)
            if tally.refuted is not None:
                break
    return total


def on(device: str, case: Case) -> Case:
    """The case on another device. A tally holds its cases on the CPU, where every process can read them."""
    return {name: value.to(device) for name, value in case.items()}


def _case_json(case: Case) -> dict[str, Any]:
    return {name: _tensor_json(value) for name, value in case.items()}


def _tensor_json(value: torch.Tensor) -> dict[str, Any]:
    array = np.ascontiguousarray(value.detach().cpu().numpy())
    little = array.astype(array.dtype.newbyteorder("<"), copy=False)
    data = base64.b64encode(little.tobytes()).decode("ascii")
    return {"dtype": array.dtype.name, "shape": list(value.shape), "data": data}


def _case(data: Mapping[str, Any]) -> Case:
    case: Case = {}
    for name, entry in data.items():
        kind = np.dtype(entry["dtype"])
        array = np.frombuffer(base64.b64decode(entry["data"]), dtype=kind.newbyteorder("<")).astype(kind)
        case[name] = torch.from_numpy(array.reshape(entry["shape"]))
    return case
