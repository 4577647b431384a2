from proofcheck.testing import LemmaContract


class TestScalarResnets(LemmaContract):
    lemma = "scalar-resnets"
