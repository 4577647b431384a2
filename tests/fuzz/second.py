"""The differential oracle: kernel and second checker have to give the same verdict; asked in batches.

What the kernel accepts is asked, and each EVERYth that it refuses: a false proof is one that the second checker may
accept alone. It may accept larger texts, fractions that cancel, either order of a Max (docs/certificate-format.md).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from proofcheck.kernel import KernelError, read_claim
from proofcheck.second_checker import node, verdicts

BATCH = 150
EVERY = 5
# where the second checker may refuse what the kernel accepts, by docs/certificate-format.md: the domain is read by
# evaluation there, which refuses some products that were multiplied out; what is random is read without cancelling
# fractions, and so is whether a definition is of one function value; limits of size are its own
DOCUMENTED = re.compile(
    r"a divisor that is none of the claim|a limit of this checker|how fractions are cancelled"
    r"|a definition of something that is no function value"
)
# and vectors may not stand where a scalar is required, though they cancel
VECTORS = re.compile(r", a (vector|scalar) found$|^a product of two vectors$")
INNER, NAME = re.compile(r"<[^<>]*>"), re.compile(r"[A-Za-z]\w*")
# where it may accept what the kernel refuses: a limit of the kernel's work; a sum that is 0 once fractions cancel, or
# with the arguments of a Max exchanged; the definition of a reciprocal that needs none
WIDER = re.compile(r"^(expansion too large|a number of more than|a degree above)")
SUMS = re.compile(r"^the terms must sum to 0 and one be > 0, got .* > 0$|^definition:", re.DOTALL)
CHOOSES = re.compile(r'"definition"\s*:\s*"[^"]*(Max|Min|Abs|/|\*\*)')


def excused(reason: str, certificate: str) -> bool:
    """Whether the second checker may accept what the kernel refuses for this reason."""
    cancels = SUMS.search(reason) and ("inv(" in reason or CHOOSES.search(certificate))
    return bool(cancels or WIDER.search(reason))


def vectors_cancel(question: dict[str, Any]) -> bool:
    """Whether no vector is left where a scalar is required, in the kernel's reading of claim and certificate."""
    claim = read_claim(question["claim"])
    polys = [claim.target[0], *(assumption.poly for assumption in claim.assumptions)]
    try:
        polys += [claim.ctx.expression(text) for text in _scalars(json.loads(question.get("certificate", "{}")))]
    except KernelError:
        return False
    atoms = {INNER.sub("", atom) for poly in polys for monomial in poly for atom, _ in monomial}
    return not any(claim.ctx.is_vector & set(NAME.findall(atom)) for atom in atoms)


def _scalars(node: Any) -> Iterator[str]:
    """The expressions of a certificate that have to be scalars."""
    if isinstance(node, dict):
        yield from (node[key] for key in ("square", "times", "split") if isinstance(node.get(key), str))
    for each in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _scalars(each)


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
            if DOCUMENTED.search(answer["reason"]) or (VECTORS.search(answer["reason"]) and vectors_cancel(asked)):
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
