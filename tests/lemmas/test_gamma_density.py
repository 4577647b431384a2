from proofcheck.testing import LemmaContract


class TestGammaDensity(LemmaContract):
    lemma = "gamma-density"
