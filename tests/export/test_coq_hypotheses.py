"""Tested: Coq too refuses a claim without any one of its assumptions, its certificate unchanged.

`tests/second_checker/test_hypotheses.py` asks the kernel and the second checker; here each claim without an assumption
is a theorem whose proof the exporter writes from the same certificate. Coq must read the statement, and refuse the
proof. A default run takes some claims; `-m slow` every assumption of every claim.
"""

import subprocess

import pytest
from second_checker.assumptions import CERTIFICATES, UNNEEDED, all_assumptions, claims, without

from proofcheck.export.coq import make_theorem
from proofcheck.export.coq.script import Unsupported
from proofcheck.export.coq.statement import read_statement, theorem_name

# silent: coqtop would print every goal
HEAD = 'Require Import String Proofcheck.\nOpen Scope R_scope.\nSet Warnings "-all".\nSet Silent.\n'
WHOLE = -1  # no assumption is taken away: Coq must accept
EVERY = 330
CHUNK = 40


class Coqtop:
    """A Coq that goes on after an error. It says what a text makes it print, errors included."""

    def __init__(self, process):
        self.process = process
        assert "Error" not in self.says(HEAD)

    def says(self, text):
        self.process.stdin.write(f'{text}\nCheck "END"%string.\n')
        self.process.stdin.flush()
        said = []
        for line in self.process.stdout:
            if '"END"' in line:
                return "".join(said)
            said.append(line)
        raise AssertionError(f"coqtop ended: {''.join(said)[-500:]}")

    def proves(self, theorem, used):
        """Whether the theorem is accepted; the statement must be. The claims that it applies are axioms here."""
        self.says("Module M.\n" + "\n".join(text.replace("Theorem", "Axiom", 1) for text in used))
        said = self.says(theorem.statement.text() + "\nProof.")
        assert "Error" not in said, said
        for line in [*theorem.proof, "Qed."]:
            if "Error" in self.says(line):
                break
        self.says("Abort All.")
        proved = "Error" not in self.says(f"Check {theorem_name(theorem.statement.name)}.")
        self.says("End M.\nReset M.")
        return proved


def theorem_without(name, index, texts):
    """The theorem of a claim without one assumption, proved as its certificate says."""
    certificate = (CERTIFICATES / f"{name}.cert.json").read_text(encoding="utf-8")
    if index == WHOLE:
        return make_theorem(texts[name], certificate, texts)
    try:
        return make_theorem(without(texts[name], index), certificate, texts, careful=False)
    except Unsupported:  # random variables, on which 0 does not depend: none of these assumptions divides
        return make_theorem(without(texts[name], index, bare=True), certificate, texts, careful=False)


def proved(library, cases, texts):
    """The cases that Coq accepts."""
    found = set()
    run, pipe = ["coqtop", "-q", "-Q", ".", ""], subprocess.PIPE
    with subprocess.Popen(
        run, cwd=library, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
    ) as process:
        coq = Coqtop(process)
        for name, index in cases:
            theorem = theorem_without(name, index, texts)
            if coq.proves(theorem, [read_statement(texts[x]).text() for x in dict.fromkeys(theorem.uses)]):
                found.add((name, index))
    return found


def refused(library, cases, texts):
    """How many of the cases Coq refuses; all but the known ones, and no claim with all of its assumptions."""
    whole = [(name, WHOLE) for name in dict.fromkeys(name for name, _ in cases)]
    asked = [*whole, *cases]
    # a new process now and then: one whose heap has grown takes five times as long
    accepted = set().union(*(proved(library, asked[k : k + CHUNK], texts) for k in range(0, len(asked), CHUNK)))
    assert accepted == {*whole, *(UNNEEDED.keys() & set(cases))}
    return len(set(cases) - accepted)


def test_coq_refuses_some_claims_without_an_assumption(library):
    texts = claims()
    assert refused(library, [*all_assumptions(texts)[::EVERY], ("MM-26.radius", 2), ("LT-06.context", "E")], texts) >= 3


@pytest.mark.slow
def test_coq_refuses_every_claim_without_any_assumption(library):
    texts = claims()
    cases = all_assumptions(texts)
    print(
        f"{len(cases)} assumptions of {len(texts)} claims taken away: {refused(library, cases, texts)} refused by Coq"
    )
