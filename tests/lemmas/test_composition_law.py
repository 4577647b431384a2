from proofcheck.testing import LemmaContract


class TestCompositionLaw(LemmaContract):
    lemma = "composition-law"
