from proofcheck.testing import LemmaContract


class TestSupportPreserving(LemmaContract):
    lemma = "support-preserving"
