from proofcheck.testing import LemmaContract


class TestAttentionStep(LemmaContract):
    lemma = "attention-step"
