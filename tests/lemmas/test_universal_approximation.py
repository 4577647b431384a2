from proofcheck.testing import LemmaContract


class TestUniversalApproximation(LemmaContract):
    lemma = "universal-approximation"
