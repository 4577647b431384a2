from proofcheck.testing import LemmaContract

NEGATIVE = "a length; where it is negative the right side is at most 0"


class TestAttentionNotLipschitz(LemmaContract):
    lemma = "attention-not-lipschitz"
    redundant = {
        (
            "AS-04.row",
            1,
        ): "a weight; past 1 both parts cancel only where h v >= R w, and then the right side is negative",
        ("AS-04.row", 6): NEGATIVE,
        ("AS-04.row", 9): NEGATIVE,
    }
