from proofcheck.testing import LemmaContract


class TestLinearAttention(LemmaContract):
    lemma = "linear-attention"
