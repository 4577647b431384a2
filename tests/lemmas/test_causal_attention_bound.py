from proofcheck.testing import LemmaContract


class TestCausalAttentionBound(LemmaContract):
    lemma = "causal-attention-bound"
