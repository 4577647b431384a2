from proofcheck.testing import LemmaContract


class TestStoneWeierstrassFinite(LemmaContract):
    lemma = "stone-weierstrass-finite"
