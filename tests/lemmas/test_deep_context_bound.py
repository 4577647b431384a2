from proofcheck.testing import LemmaContract


class TestDeepContextBound(LemmaContract):
    lemma = "deep-context-bound"
