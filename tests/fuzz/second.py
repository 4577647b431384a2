"""The differential oracle: kernel and second checker have to give the same verdict; asked in batches.

What the kernel accepts is asked, and each EVERYth that it refuses: a false proof is one that the second checker may
accept alone. It may accept larger texts, fractions that cancel, either order of a Max (docs/certificate-format.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from proofcheck.second_checker import node, verdicts

BATCH = 150
EVERY = 5
# where the second checker may refuse what the kernel accepts, by docs/certificate-format.md: the domain is read by
# evaluation there, which refuses some products that were multiplied out; what is random is read without cancelling
# fractions; limits of size are its own; vectors that cancel may not stand where a scalar is required
DOCUMENTED = re.compile(
    r"a divisor that is none of the claim|a limit of this checker|how fractions are cancelled"
    r"|, a (vector|scalar) found$|^a product of two vectors$"
)
# where it may accept what the kernel refuses: a limit of the kernel; a sum that is 0 once fractions cancel, or with the
# arguments of a Max exchanged; the definition of a reciprocal that needs none
WIDER = re.compile(r"^(expansion too large|a number of more than|a degree above)| of at most |nested deeper")
SUMS = re.compile(r"^(the terms must sum|definition:)")
CHOOSES = re.compile(r'"definition"\s*:\s*"[^"]*(Max|Min|Abs|/|\*\*)')


def excused(reason: str, certificate: str) -> bool:
    """Whether the second checker may accept what the kernel refuses for this reason."""
    cancels = SUMS.search(reason) and ("inv(" in reason or CHOOSES.search(certificate))
    return bool(cancels or WIDER.search(reason))


class Queue:
    """Inputs on their way to the second checker. Without Node nothing is asked, and `asked` says so."""

    def __init__(self) -> None:
        self.waiting: list[tuple[bytes, dict[str, Any], str]] = []  # the input, the question, why the kernel refuses
        self.asked = self.excused = self.refused = 0
        self.objections: list[tuple[bytes, str]] = []
        self.reasons: dict[str, int] = {}

    def put(self, data: bytes, question: dict[str, Any]) -> None:
        if node() is None:
            return
        self.waiting.append((data, question, ""))
        if len(self.waiting) >= BATCH:
            self._ask()

    def put_refused(self, data: bytes, question: Callable[[], dict[str, Any]], reason: str) -> None:
        """One that the kernel refuses; nothing is asked here, where programs may not be started."""
        self.refused += 1
        if self.refused % EVERY == 0 and node() is not None:
            self.waiting.append((data, question(), reason))

    def _questions(self, first: int) -> list[dict[str, Any]]:
        return [question for _, question, _ in self.waiting[first : first + BATCH]]

    def _ask(self) -> None:
        answers = [a for k in range(0, len(self.waiting), BATCH) for a in verdicts(self._questions(k))]
        for (data, asked, why), answer in zip(self.waiting, answers, strict=True):
            self.asked += 1
            if why:
                if answer["accepted"] and not excused(why, asked.get("certificate", "")):
                    self.objections.append((data, f"the second checker accepts it, the kernel says: {why}"))
                continue
            if answer["accepted"]:
                continue
            if DOCUMENTED.search(answer["reason"]):
                self.excused += 1
                self.reasons[answer["reason"][:60]] = self.reasons.get(answer["reason"][:60], 0) + 1
                continue
            self.objections.append((data, f"the kernel accepts it, the second checker says: {answer['reason']}"))
        self.waiting.clear()

    def settle(self) -> Sequence[tuple[bytes, str]]:
        """Ask what is left; every input on which the two differ, once."""
        if self.waiting:
            self._ask()
        found, self.objections = self.objections, []
        return found
