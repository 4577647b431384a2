from proofcheck.testing import LemmaContract


class TestVlasovStability(LemmaContract):
    lemma = "vlasov-stability"
    redundant = {
        ("MM-23.monotone", 1): "u = a r^2 is not negative; the proof uses it, and no model without it was found",
    }
