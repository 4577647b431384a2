from proofcheck.testing import LemmaContract


class TestStrictScaling(LemmaContract):
    lemma = "strict-scaling"
