from proofcheck.testing import LemmaContract


class TestMeanFieldLowerBound(LemmaContract):
    lemma = "mean-field-lower-bound"
    redundant = {("AS-03L.twice", 1): "s + sqrt(1 + s^2) e^s <= (1 + s) e^s holds for negative s = a R^2 too"}
