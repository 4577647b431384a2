from proofcheck.testing import LemmaContract


class TestAttentionJacobian(LemmaContract):
    lemma = "attention-jacobian"
