"""The tests that every lemma must pass; a test file states only what it is about.

    class TestMlpStep(LemmaContract):
        lemma = "mlp-step"

What is tested: evidence, statement, assumptions, sharpness, and that each of these checks can fail.
What is not: that the claims say what the sentence says. A person compares them (`proofcheck show`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from proofcheck import kernel, registry, witness
from proofcheck.audit import artifacts, theory
from proofcheck.header import Header
from proofcheck.lemma import Claim
from proofcheck.registry import Lemma
from proofcheck.testing.nudge import nudges

if TYPE_CHECKING:
    from proofcheck.hammer import CampaignResult


@lru_cache(maxsize=1)
def _headers() -> list[Header]:
    return registry.headers()


class LemmaContract:
    """Subclass it in a test file and set `lemma`.

    redundant: (claim, number of an assumption) -> why it has no counterexample, for assumptions kept on purpose.
    """

    lemma: ClassVar[str]
    redundant: ClassVar[Mapping[tuple[str, int], str]] = {}
    measures: ClassVar[int] = 2000

    @property
    def loaded(self) -> Lemma:
        return registry.load(registry.find(self.lemma, _headers()))

    def committed(self, claim: Claim, kind: str) -> str:
        text = artifacts.read(self.loaded.header, claim.name, kind)
        if text is None:
            raise AssertionError(f"{claim.name}: no {kind} file is committed")
        return text

    def proved_before(self, claim: Claim) -> dict[str, str]:
        """Claims that the certificate of `claim` may use."""
        proved = theory.proved_before(self.loaded.header, _headers())
        for other in self.loaded.claims():
            if other.name == claim.name:
                return proved
            proved[other.name] = other.text
        raise AssertionError(f"{claim.name} is no claim of {self.lemma}")

    def test_proof_table_agrees_with_the_data(self) -> None:
        theory.check_proof_table(self.loaded)

    def test_derivation_steps_are_identities(self) -> None:
        theory.check_derivation(self.loaded)

    def test_certificate_replays(self) -> None:
        theory.check_certificates(self.loaded, _headers())

    def test_claim_file_matches_module(self) -> None:
        for claim in self.loaded.claims():
            if self.committed(claim, "claim") != claim.text:
                raise AssertionError(f"{claim.name}: the committed claim is not the one that the lemma derives")

    def test_every_certificate_number_matters(self) -> None:
        for claim in self.loaded.claims():
            if not kernel.read_claim(claim.text).target[0]:
                continue  # both sides have one normal form: the only term is identically 0, whatever its coefficient
            proved = self.proved_before(claim)
            certificate = self.committed(claim, "cert")
            lemmas = {name: proved[name] for name in artifacts.used_claims(certificate)}
            for where, changed in nudges(certificate):
                try:
                    kernel.check(claim.text, changed, lemmas)
                except kernel.KernelError:
                    continue
                raise AssertionError(f"{claim.name}: the kernel accepts the certificate with {where}")

    def test_assumptions_are_satisfiable(self) -> None:
        theory.check_models(self.loaded)

    def test_dropping_assumption_gives_counterexample(self) -> None:
        covered = set(self.redundant)
        for example in self.loaded.counterexamples():
            theory.check_counterexample(self.loaded, example)
            covered.add((example.claim, example.dropped))
        needed = {
            (claim.name, number)
            for claim in self.loaded.claims()
            for number in range(len(json.loads(claim.text)["assume"]))
        }
        if needed != covered:
            missing, extra = sorted(needed - covered), sorted(covered - needed)
            raise AssertionError(f"{self.lemma}: no counterexample for {missing}; no such assumption {extra}")

    def test_a_counterexample_respects_the_full_claim(self) -> None:
        # with every assumption in place the same model must violate one: else the claim itself would be false
        for example in self.loaded.counterexamples():
            claim = next(claim for claim in self.loaded.claims() if claim.name == example.claim)
            try:
                witness.check_model(claim.text, artifacts.canonical(example.model), refutes=False)
            except kernel.KernelError:
                continue
            raise AssertionError(f"{example.claim}: the model for assumption {example.dropped} violates no assumption")

    def test_false_variants_are_refuted(self) -> None:
        theory.check_refuted(self.loaded)

    def test_constant_is_sharp(self) -> None:
        """A sharp bound has an exact refutation just past it; the bound over-claimed by 0.1 % falls to the hammer."""
        if self.loaded.header.label != "sharp":
            return
        if not self.loaded.refuted():
            raise AssertionError(f"{self.lemma}: called sharp, but no false variant past the boundary is refuted")
        for bound, result in self.over_claimed():
            if result.decision != "REFUTED":
                raise AssertionError(
                    f"{self.lemma}: {bound} over-claimed by 0.1 % should be refuted by the hammer, "
                    f"got {result.decision} with worst ratio {result.best:.6f}. {result.reason}"
                )

    def over_claimed(self) -> Iterator[tuple[str, CampaignResult]]:
        """A short campaign against each sharp bound made false by 0.1 %: a larger step, a smaller constant."""
        import sympy as sp

        from proofcheck.audit.resolution import STEP_KINDS
        from proofcheck.hammer import campaign
        from proofcheck.hammer.trial import trials

        for on_trial in trials(self.loaded):
            if on_trial.prop.sharp and on_trial.bound is not None:
                factor = sp.Rational(1001 if on_trial.prop.kind in STEP_KINDS else 999, 1000)
                scaled = on_trial.with_bound(on_trial.bound * factor)
                yield on_trial.prop.bound, campaign(scaled, measures=self.measures)

    def test_source_has_a_bib_key(self) -> None:
        root = self.loaded.header.path.parent.parent
        if f"{{{self.loaded.header.source_key}," not in (root / "references.bib").read_text(encoding="utf-8"):
            raise AssertionError(f"lemmas/references.bib has no entry {self.loaded.header.source_key!r}")
