from proofcheck.testing import LemmaContract


class TestStoneWeierstrass(LemmaContract):
    lemma = "stone-weierstrass"
