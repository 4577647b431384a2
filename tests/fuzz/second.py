"""The differential oracle: what the kernel accepts, the second checker has to accept; asked in batches."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from proofcheck.second_checker import node, verdicts

BATCH = 150
# where the second checker may refuse what the kernel accepts, by docs/certificate-format.md: the domain is read by
# evaluation there, which refuses some products that were multiplied out; what is random is read without cancelling
# fractions; limits of size are its own
DOCUMENTED = re.compile(r"a divisor that is none of the claim|a limit of this checker|how fractions are cancelled")


class Queue:
    """Accepted inputs on their way to the second checker. Without Node nothing is asked, and `asked` says so."""

    def __init__(self) -> None:
        self.waiting: list[tuple[bytes, dict[str, Any]]] = []
        self.asked = self.excused = 0
        self.objections: list[tuple[bytes, str]] = []
        self.reasons: dict[str, int] = {}

    def put(self, data: bytes, question: dict[str, Any]) -> None:
        if node() is None:
            return
        self.waiting.append((data, question))
        if len(self.waiting) >= BATCH:
            self._ask()

    def _ask(self) -> None:
        for (data, _), answer in zip(self.waiting, verdicts([q for _, q in self.waiting]), strict=True):
            self.asked += 1
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
