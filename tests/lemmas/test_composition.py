from proofcheck.testing import LemmaContract


class TestComposition(LemmaContract):
    lemma = "composition"
