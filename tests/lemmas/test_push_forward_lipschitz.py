from proofcheck.testing import LemmaContract


class TestPushForwardLipschitz(LemmaContract):
    lemma = "push-forward-lipschitz"
