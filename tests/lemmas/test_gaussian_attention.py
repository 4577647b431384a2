from proofcheck.testing import LemmaContract


class TestGaussianAttention(LemmaContract):
    lemma = "gaussian-attention"
    redundant = {("MM-31.mean", 2): "it defines k, and such a k always exists"}
