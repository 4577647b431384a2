from proofcheck.testing import LemmaContract


class TestGaussianVariants(LemmaContract):
    lemma = "gaussian-variants"
