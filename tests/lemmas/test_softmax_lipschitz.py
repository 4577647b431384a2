from proofcheck.testing import LemmaContract


class TestSoftmaxLipschitz(LemmaContract):
    lemma = "softmax-lipschitz"
