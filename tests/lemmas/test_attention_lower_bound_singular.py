from proofcheck.testing import LemmaContract


class TestAttentionLowerBoundSingular(LemmaContract):
    lemma = "attention-lower-bound-singular"
