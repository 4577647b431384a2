from proofcheck.testing import LemmaContract


class TestUniformIntegration(LemmaContract):
    lemma = "uniform-integration"
