from proofcheck.testing import LemmaContract


class TestAttentionLowerBound(LemmaContract):
    lemma = "attention-lower-bound"
