from proofcheck.testing import LemmaContract


class TestAttentionLargestWeights(LemmaContract):
    lemma = "attention-largest-weights"
    redundant = {
        ("AS-10.row", 4): "where q < 0 no other weight fits below it: one token is left, whose row is 0",
        ("AS-10.row", 7): "only chi^2 occurs, and tokens that are all 0 make w = 0",
    }
