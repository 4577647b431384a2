from fractions import Fraction

from proofcheck.testing import LemmaContract


class TestDomainPropagation(LemmaContract):
    lemma = "domain-propagation"
    over_claimed = Fraction(999, 1000)
