from proofcheck.testing import LemmaContract


class TestAttentionStepSharp(LemmaContract):
    lemma = "attention-step-sharp"
