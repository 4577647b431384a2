from proofcheck.testing import LemmaContract


class TestLattice(LemmaContract):
    lemma = "lattice"
