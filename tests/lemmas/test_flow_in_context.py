from proofcheck.testing import LemmaContract


class TestFlowInContext(LemmaContract):
    lemma = "flow-in-context"
