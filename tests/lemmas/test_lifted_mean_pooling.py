from proofcheck.testing import LemmaContract


class TestLiftedMeanPooling(LemmaContract):
    lemma = "lifted-mean-pooling"
