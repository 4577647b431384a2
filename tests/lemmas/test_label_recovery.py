from proofcheck.testing import LemmaContract


class TestLabelRecovery(LemmaContract):
    lemma = "label-recovery"
