from proofcheck.testing import LemmaContract


class TestL2Attention(LemmaContract):
    lemma = "l2-attention"
    redundant = {("AS-11.row", 3): "only eps^2 occurs"}
