from proofcheck.testing import LemmaContract


class TestContextBoundWInf(LemmaContract):
    lemma = "context-bound-w-inf"
