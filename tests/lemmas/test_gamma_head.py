from proofcheck.testing import LemmaContract


class TestGammaHead(LemmaContract):
    lemma = "gamma-head"
