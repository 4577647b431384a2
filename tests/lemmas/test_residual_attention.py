from proofcheck.testing import LemmaContract


class TestResidualAttention(LemmaContract):
    lemma = "residual-attention"
