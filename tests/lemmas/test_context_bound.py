from proofcheck.testing import LemmaContract


class TestContextBound(LemmaContract):
    lemma = "context-bound"
