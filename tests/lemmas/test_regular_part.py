from proofcheck.testing import LemmaContract


class TestRegularPart(LemmaContract):
    lemma = "regular-part"
