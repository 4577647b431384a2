from proofcheck.testing import LemmaContract


class TestAttentionLipschitz(LemmaContract):
    lemma = "attention-lipschitz"
    redundant = {
        ("MM-21.query_pair", 5): "D occurs as D^2 only: a negative D has the same three inequalities",
        ("MM-21.sharp", 6): "b is a weight; for b >= 1 the right side is <= 0 and the mean still moves inwards",
    }
