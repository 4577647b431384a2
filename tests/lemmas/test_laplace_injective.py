from proofcheck.testing import LemmaContract


class TestLaplaceInjective(LemmaContract):
    lemma = "laplace-injective"
