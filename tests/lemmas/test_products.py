from proofcheck.testing import LemmaContract


class TestProducts(LemmaContract):
    lemma = "products"
