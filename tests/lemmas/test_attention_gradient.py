from proofcheck.testing import LemmaContract


class TestAttentionGradient(LemmaContract):
    lemma = "attention-gradient"
