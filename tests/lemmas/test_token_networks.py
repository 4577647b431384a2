from proofcheck.testing import LemmaContract


class TestTokenNetworks(LemmaContract):
    lemma = "token-networks"
