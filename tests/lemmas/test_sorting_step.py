from proofcheck.testing import LemmaContract


class TestSortingStep(LemmaContract):
    lemma = "sorting-step"
