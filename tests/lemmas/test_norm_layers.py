from proofcheck.testing import LemmaContract


class TestNormLayers(LemmaContract):
    lemma = "norm-layers"
    redundant = {
        ("AS-09.secant", 1): "the sign of a root: with s < 0 < t the left side is at most 0",
        ("AS-09.secant", 3): "the sign of a root: with t < 0 < s the left side is at most 0",
        ("AS-09.lipschitz", 5): "for eps < 0 the left side is at most 0",
    }
