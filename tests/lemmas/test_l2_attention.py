from proofcheck.testing import LemmaContract


class TestL2Attention(LemmaContract):
    lemma = "l2-attention"
