from proofcheck.testing import LemmaContract


class TestDepthLimit(LemmaContract):
    lemma = "depth-limit"
    redundant = {
        ("MM-25.velocity", 4): "r enters by its square only, and a distance is not negative",
        ("MM-25.moved", 3): "k may be replaced by -k with f by -f; a step is not negative",
        ("MM-25.moved", 4): "M enters by its square only, and a speed is not negative",
        ("MM-25.substeps", 4): "k may be replaced by -k with q by -q; a step is not negative",
        ("MM-25.substeps", 5): "G enters by its square only, and a constant is not negative",
    }
