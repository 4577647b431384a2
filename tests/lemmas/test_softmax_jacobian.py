from proofcheck.testing import LemmaContract


class TestSoftmaxJacobian(LemmaContract):
    lemma = "softmax-jacobian"
    redundant = {
        ("SM-02.jacobian", 4): "where q < 0 no other weight fits below it: one token is left, whose derivative is 0"
    }
