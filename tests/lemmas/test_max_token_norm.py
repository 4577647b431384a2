from proofcheck.testing import LemmaContract


class TestMaxTokenNorm(LemmaContract):
    lemma = "max-token-norm"
