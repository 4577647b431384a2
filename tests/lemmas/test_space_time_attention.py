from proofcheck.testing import LemmaContract


class TestSpaceTimeAttention(LemmaContract):
    lemma = "space-time-attention"
