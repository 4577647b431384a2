from proofcheck.testing import LemmaContract


class TestContextBoundSharp(LemmaContract):
    lemma = "context-bound-sharp"
    redundant = {
        ("LT-07.sharp", 6): "a is a weight; for a >= 1 the right side is <= 0 and the mean still moves inwards"
    }
