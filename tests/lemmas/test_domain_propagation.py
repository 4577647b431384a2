from proofcheck.testing import LemmaContract


class TestDomainPropagation(LemmaContract):
    lemma = "domain-propagation"
