from fractions import Fraction

from proofcheck.testing import LemmaContract


class TestComposition(LemmaContract):
    lemma = "composition"
    over_claimed = Fraction(999, 1000)
