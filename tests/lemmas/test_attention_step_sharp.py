from proofcheck.testing import LemmaContract


class TestAttentionStepSharp(LemmaContract):
    lemma = "attention-step-sharp"
    redundant = {("LT-05.negative", 0): "s != 0 is the domain, and the ratio is even in s"}
