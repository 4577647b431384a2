from proofcheck.testing import LemmaContract


class TestPrefixMerge(LemmaContract):
    lemma = "prefix-merge"
