from proofcheck.testing import LemmaContract


class TestRepresentableLimit(LemmaContract):
    lemma = "representable-limit"
