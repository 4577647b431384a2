from proofcheck.testing import LemmaContract


class TestMaskedMeanField(LemmaContract):
    lemma = "masked-mean-field"
    redundant = {
        ("AS-07.hardy", 2): "q <= 0: the tangent of z -> z^q lies below it too; 0 < q < 1: no k has e^k (q - 1) >= q"
    }
