from proofcheck.testing import LemmaContract


class TestAttentionLargeRadius(LemmaContract):
    lemma = "attention-large-radius"
    redundant = {("AS-05.tilt", 7): "the other root: for W < 0 the target is weaker"}
