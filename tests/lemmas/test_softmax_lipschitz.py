from fractions import Fraction

from proofcheck.testing import LemmaContract


class TestSoftmaxLipschitz(LemmaContract):
    lemma = "softmax-lipschitz"
    over_claimed = Fraction(999, 1000)
