"""Judge one mutant in a process of its own: run the owning lemmas' checks until one sees it.

Code       for each owning lemma the graph against the formula, then a short campaign; then torch_impl's own tests.
Bounds     derivation, certificate and prover, false variants, campaign: everything that notices is named.
Claims     the committed certificate has to be refused *and* an exact counterexample found, or no proof found.

That a committed file differs from what is derived kills nothing: a mutant is killed by mathematics.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from time import perf_counter
from typing import Any

from proofcheck import kernel, registry, witness
from proofcheck.audit import artifacts, theory
from proofcheck.audit.mutants import splice
from proofcheck.audit.mutants.code import TESTS
from proofcheck.audit.mutants.mutant import BOUND, CLAIM, CODE, KILLED, SURVIVED, Mutant
from proofcheck.audit.result import PartFailed
from proofcheck.header import Header
from proofcheck.lemma import Binding
from proofcheck.registry import Lemma
from proofcheck.verdict import Verdict

MEASURES = 256
PROVE_SECONDS = 4.0

Finding = tuple[str, str]  # the check that noticed, what it said
STILL_TRUE = "still true"


def judge(job: Mapping[str, Any]) -> dict[str, Any]:
    """Verdict, check and detail for a job; whatever the mutant makes the checks raise counts as noticed.

    A job is a mutant and, if "first" is true, the wish to hear of the first check that notices only.
    """
    start = perf_counter()
    job = dict(job)
    first = job.pop("first", False)
    mutant = Mutant.from_job(job)
    lemmas = [registry.load(h) for h in registry.select(mutant.lemmas, headers())] if mutant.lemmas else []
    try:
        if mutant.operator != UNCHANGED:
            splice.apply(mutant)
        found = (
            _bound(lemmas, first)
            if mutant.family == BOUND
            else {CODE: _code, CLAIM: _claim}[mutant.family](mutant, lemmas)
        )
    except Exception as error:  # dead on arrival: it does not compile, or its module does not load
        found = ("loading", f"{type(error).__name__}: {error}")
    killed = found is not None and found[0] != STILL_TRUE
    by, detail = found or ("", "no check noticed")
    return {
        "verdict": KILLED if killed else SURVIVED,
        "by": by,
        "detail": detail.strip().splitlines()[0][:300] if detail.strip() else "",
        "seconds": perf_counter() - start,
    }


UNCHANGED = "unchanged"


@lru_cache(maxsize=1)
def headers() -> list[Header]:
    """Read once, before any fork: what happens to the files later is not the mutant's doing."""
    return registry.headers()


def _noticed(name: str, check: Callable[[], str | None]) -> Finding | None:
    """(name, why) if the check fails or raises."""
    try:
        why = check()
    except PartFailed as failure:
        why = failure.detail
    except Exception as error:  # the mutant may make anything raise
        why = f"{type(error).__name__}: {error}"
    return None if why is None else (name, why)


def _code(mutant: Mutant, lemmas: list[Lemma]) -> Finding | None:
    checks: list[tuple[str, Callable[[], str | None]]] = []
    compared: set[str] = set()
    for lemma in lemmas:
        for binding in lemma.bindings:
            if binding.callable not in compared:
                compared.add(binding.callable)
                checks.append((f"{lemma.id} graph", lambda binding=binding: _graph(binding)))
        checks.append((f"{lemma.id} hammer", lambda lemma=lemma: _hammer(lemma)))
    tests: list[tuple[str, Callable[[], str | None]]] = [
        (f"tests/torch_impl/{name}.py", lambda name=name: _pytest(name)) for name in TESTS.get(mutant.module, ())
    ]
    # what no lemma's callable reaches is seen by the tests of its module, if at all
    for name, check in [*checks, *tests] if mutant.reached else [*tests, *checks]:
        found = _noticed(name, check)
        if found is not None:
            return found
    return None


def _graph(binding: Binding) -> str | None:
    """What the exported graph of a bound callable says, if it differs from the formula."""
    from proofcheck.bind.check import DIFFERS, check_binding

    result = check_binding(binding)
    return f"{result.callable}: {' '.join(result.detail.split())}" if result.verdict == DIFFERS else None


def _hammer(lemma: Lemma) -> str | None:
    """What the first property that fails says; each has its own campaign."""
    if lemma.hammer is None:
        return None
    from proofcheck.hammer import campaign
    from proofcheck.hammer.trial import trials

    for on_trial in trials(lemma):
        result = campaign(on_trial, measures=MEASURES, workers=1, adversary=False)
        if not result.passed:
            return result.reason or f"the bound is called sharp, the worst ratio is {result.best:.6f}"
    return None


def tests_folder() -> Path:
    """tests/torch_impl of the checkout; absent in an installed package, where these tests are left out."""
    return registry.lemmas_root().parent / "tests" / "torch_impl"


def _pytest(name: str) -> str | None:
    path = tests_folder() / f"{name}.py"
    if not path.is_file():
        return None
    import pytest

    class First:
        failed = ""

        def pytest_runtest_logreport(self, report: Any) -> None:
            if report.failed and not self.failed:
                self.failed = report.nodeid.rpartition("/")[2]

        def pytest_collectreport(self, report: Any) -> None:
            if report.failed and not self.failed:
                self.failed = f"{name}.py does not load"

    seen = First()
    options = ["-x", "-q", "-p", "no:cacheprovider", "--assert=plain"]
    os.chdir(path.parent.parent.parent)
    before = list(sys.path)
    try:
        code = pytest.main([*options, str(path)], plugins=[seen])
    finally:  # pytest leaves tests/ in front, where the plain folder tests/lemmas hides the package from what follows
        sys.path[:] = before
    return None if int(code) == 0 else seen.failed or f"pytest exit code {int(code)}"


def _bound(lemmas: list[Lemma], first: bool) -> Finding | None:
    lemma = registry.load(lemmas[0].header)
    checks: dict[str, Callable[[], str | None]] = {  # the cheap ones first
        "derivation": lambda: _none(theory.check_derivation(lemma)),
        "counterexample": lambda: _none(theory.check_counterexamples(lemma)),
        "false variant": lambda: _none(theory.check_refuted(lemma)),
        "certificate": lambda: _claims_unproved(lemma),
        "hammer": lambda: _hammer(lemma),
    }
    seen: list[Finding] = []
    for name, check in checks.items():
        found = _noticed(name, check)
        seen += [found] if found is not None else []
        if first and seen:
            break
    if not seen:
        return None
    return f"{lemma.id} " + ", ".join(name for name, _ in seen), seen[0][1]


def _none(_: object) -> None:
    return None


def _claims_unproved(lemma: Lemma) -> str | None:
    """The first claim whose committed certificate is refused and that the prover cannot prove either."""
    proved = theory_ancestors(lemma)
    for claim in lemma.claims():
        if not _accepted(lemma, claim.name, claim.text, proved):
            verdict, how = _decide(claim.text)
            if verdict is not Verdict.PROVED:
                return f"{claim.name}: certificate refused, {how}"
        proved[claim.name] = claim.text
    return None


def theory_ancestors(lemma: Lemma) -> dict[str, str]:
    """Claims that a certificate of `lemma` may use, trusted here: their own checks are elsewhere."""
    among = headers()
    texts: dict[str, str] = {}
    for node in registry.ancestors(lemma.header, among):
        texts |= {claim.name: claim.text for claim in registry.load(node).claims()}
    return texts


def _accepted(lemma: Lemma, name: str, text: str, proved: Mapping[str, str]) -> bool:
    certificate = artifacts.read(lemma.header, name, "cert")
    if certificate is None:
        return False
    used = artifacts.used_claims(certificate)
    try:
        kernel.check(text, certificate, {k: v for k, v in proved.items() if k in used})
    except kernel.KernelError:
        return False
    return True


def _decide(text: str) -> tuple[Verdict, str]:
    from proofcheck.errors import ArgumentError
    from proofcheck.search import prove

    try:
        outcome = prove(text, seconds=PROVE_SECONDS)
    except ArgumentError as error:
        return Verdict.UNKNOWN, f"no claim any more: {error}"
    said = {
        Verdict.REFUTED: "refuted by an exact witness",
        Verdict.VACUOUS: "its assumptions contradict each other",
        Verdict.PROVED: "proved by another certificate",
    }
    return outcome.verdict, said.get(outcome.verdict, f"not provable within {PROVE_SECONDS:g} s")


def _claim(mutant: Mutant, lemmas: list[Lemma]) -> Finding | None:
    lemma = lemmas[0]
    proved = theory_ancestors(lemma)
    for claim in lemma.claims():
        if claim.name == mutant.name:
            break
        proved[claim.name] = claim.text
    if _accepted(lemma, mutant.name, mutant.text, proved):
        return STILL_TRUE, "the committed certificate proves it as well"
    for example in lemma.counterexamples():
        if example.claim == mutant.name and example.dropped == mutant.dropped:
            try:
                witness.check_model(mutant.text, artifacts.canonical(example.model), refutes=True)
            except kernel.KernelError:
                continue
            return (
                f"{lemma.id} certificate, counterexample",
                f"certificate refused, counterexample: {example.why}",
            )
    verdict, how = _decide(mutant.text)
    if verdict is Verdict.PROVED:
        return STILL_TRUE, how
    word = {Verdict.REFUTED: "witness", Verdict.VACUOUS: "vacuity"}.get(verdict, "no proof")
    return f"{lemma.id} certificate, {word}", f"certificate refused, {how}"


def main(line: str) -> str:
    """One job as a line of JSON to one result as a line of JSON."""
    return json.dumps(judge(json.loads(line)))


if __name__ == "__main__":
    print(main(sys.stdin.readline()))
