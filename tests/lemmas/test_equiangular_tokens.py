from proofcheck.testing import LemmaContract


class TestEquiangularTokens(LemmaContract):
    lemma = "equiangular-tokens"
