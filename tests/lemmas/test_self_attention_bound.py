from proofcheck.testing import LemmaContract


class TestSelfAttentionBound(LemmaContract):
    lemma = "self-attention-bound"
