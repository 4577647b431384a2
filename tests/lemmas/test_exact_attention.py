from proofcheck.testing import LemmaContract


class TestExactAttention(LemmaContract):
    lemma = "exact-attention"
