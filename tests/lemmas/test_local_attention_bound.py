from proofcheck.testing import LemmaContract


class TestLocalAttentionBound(LemmaContract):
    lemma = "local-attention-bound"
