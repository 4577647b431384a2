from proofcheck.testing import LemmaContract


class TestMlpStep(LemmaContract):
    lemma = "mlp-step"
