from proofcheck.testing import LemmaContract


class TestInterpolation(LemmaContract):
    lemma = "interpolation"
