from proofcheck.testing import LemmaContract


class TestSelfAttentionBoundUniform(LemmaContract):
    lemma = "self-attention-bound-uniform"
