from proofcheck.testing import LemmaContract


class TestMeanFieldLipschitz(LemmaContract):
    lemma = "mean-field-lipschitz"
    redundant = {("AS-03.tokens", 3): "for w < 0 the other root of w^2 only makes o smaller: L g + M w <= L g + M |w|"}
