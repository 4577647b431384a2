from proofcheck.testing import LemmaContract


class TestLogPartitionDerivatives(LemmaContract):
    lemma = "log-partition-derivatives"
    redundant = {
        ("LT-02.quotient", 0): "F[1] != 0 is the domain, and a positive functional then has F[1] > 0",
        ("LT-02.convex", 0): "the same",
    }
