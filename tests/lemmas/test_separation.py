from proofcheck.testing import LemmaContract


class TestSeparation(LemmaContract):
    lemma = "separation"
