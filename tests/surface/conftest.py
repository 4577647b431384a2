"""A tree with two small lemmas, one of which uses the other, made anew for each test that asks for it."""

import importlib
import json
import sys
from itertools import count

import pytest

_NUMBER = count()

ASSUMED = '''"""Facts assumed by the sample lemmas."""
from proofcheck.lemma import AssumedFact

FACTS = {"square_is_convex": AssumedFact("square_is_convex", "t -> t^2 is convex.", "any textbook")}
'''

SQUARE = '''"""t(1 - t) is at most 1/4.

Statement
    For all real t, t (1 - t) <= 1/4.

Proof
    1. 1/4 - t (1 - t) = (t - 1/2)^2.     symbolic  derivation
    2. A square is nonnegative.           kernel    SQ-01.step

Sharpness
    Attained at t = 1/2.

Source
    folklore

Audit
    Nothing to report: 100 % & no_trouble.
"""

import json

import sympy as sp

from proofcheck.lemma import Claim, Counterexample, DerivationStep, Refuted, Source

ID = "SQ-01"
ALIASES = ("quarter",)
TITLE = "A product of complementary parts"
SOURCE = Source("folklore", "", "Exercise 1")
LABEL = "sharp"
ASSUMES = ()
USES = ()

t = sp.Symbol("t", real=True)
CONSTANT = sp.Rational(1, 4)
BOUNDS = {"product_max": CONSTANT}
SYMBOLS = {"t": "a part of 1"}
HAMMER = None
BINDINGS = ()


def text(name, assume, target):
    data = {"format": "proofcheck-claim/1", "name": name, "scalars": ["t"], "vectors": [], "functionals": {},
            "assume": assume, "target": target}
    return json.dumps(data, indent=1, sort_keys=True) + "\\n"


def derivation():
    return [DerivationStep("square", CONSTANT - t * (1 - t), (t - sp.Rational(1, 2)) ** 2, "complete the square")]


def claims():
    return [Claim("SQ-01.step", text("SQ-01.step", [], f"t*(1 - t) <= {CONSTANT}"), "t (1 - t) <= 1/4 for all t.")]


def counterexamples():
    return []


def refuted():
    model = {"format": "proofcheck-model/1", "metric": [], "scalars": {"t": "1/2"}, "vectors": {}, "functionals": {}}
    return [Refuted("smaller", "the constant 249/1000", text("SQ-01.smaller", [], "t*(1 - t) <= 249/1000"), model)]
'''

POSITIVE = '''"""t + 1/4 is at least t (2 - t) for t >= 0.

Statement
    For all t >= 0, t (1 - t) <= t + 1/4.

Proof
    1. t (1 - t) <= 1/4 by SQ-01.         kernel    SQ-02.step
    2. The square is convex.              assumed   square_is_convex

Sharpness
    None claimed.

Source
    folklore

Audit
    Nothing to report.
"""

import json

import sympy as sp

from proofcheck.lemma import Claim, Counterexample, Source

ID = "SQ-02"
TITLE = "A consequence"
SOURCE = Source("folklore", "2602.15503", "Exercise 2")
LABEL = "upper"
ASSUMES = ("square_is_convex",)
USES = ("SQ-01",)
BOUNDS = {"sum_max": sp.Rational(1, 4) + sp.Symbol("t", nonnegative=True)}
SYMBOLS = {"t": "a part of 1"}
HAMMER = None
BINDINGS = ()


def derivation():
    return []


def claims():
    data = {"format": "proofcheck-claim/1", "name": "SQ-02.step", "scalars": ["t"], "vectors": [], "functionals": {},
            "assume": ["t >= 0"], "target": "t*(1 - t) <= t + 1/4"}
    text = json.dumps(data, indent=1, sort_keys=True) + "\\n"
    return [Claim("SQ-02.step", text, "t (1 - t) <= t + 1/4 for t >= 0.", ("t is not negative",))]


def counterexamples():
    return []


def refuted():
    return []
'''

FILES = {
    "SQ-01.step.cert": {
        "format": "proofcheck-certificate/1",
        "proof": {"terms": [{"factors": [{"fact": "target"}]}, {"factors": [{"square": "t - 1/2"}]}]},
    },
    "SQ-01.step.model": {
        "format": "proofcheck-model/1", "metric": [], "scalars": {"t": "0"}, "vectors": {}, "functionals": {},
    },
    "SQ-02.step.cert": {
        "format": "proofcheck-certificate/1",
        "proof": {
            "steps": [
                {"use": "SQ-01.step", "with": {"t": "t"}, "functionals": {}, "random": {}, "proofs": {}, "as": "p"}
            ],
            "terms": [{"factors": [{"fact": name}]} for name in ("target", "a0", "p")],
        },
    },
    "SQ-02.step.model": {
        "format": "proofcheck-model/1", "metric": [], "scalars": {"t": "0"}, "vectors": {}, "functionals": {},
    },
}  # fmt: skip


class Tree:
    """A folder of lemmas that is importable as a package of its own name."""

    def __init__(self, root):
        self.root = root

    def lemma(self, name="square"):
        return self.root / "algebra" / f"{name}.py"

    def file(self, name):
        return self.root / "certificates" / f"{name}.json"

    def edit(self, path, old, new):
        text = path.read_text()
        assert old in text, f"{path} has no {old!r}"
        path.write_text(text.replace(old, new))
        forget(self.root.name)

    def headers(self):
        from proofcheck.registry import headers

        return headers(self.root)

    def header(self, name="SQ-01"):
        from proofcheck.registry import find

        return find(name, self.headers())


def forget(package):
    for name in [name for name in sys.modules if name.split(".")[0] == package]:
        del sys.modules[name]
    importlib.invalidate_caches()


@pytest.fixture
def tree(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("PROOFCHECK_CACHE", str(tmp_path / "cache"))
    root = tmp_path / f"sample{next(_NUMBER)}"
    (root / "algebra").mkdir(parents=True)
    (root / "certificates").mkdir()
    (root / "__init__.py").write_text("")
    (root / "algebra" / "__init__.py").write_text("")
    (root / "assumed.py").write_text(ASSUMED)
    (root / "algebra" / "square.py").write_text(SQUARE)
    (root / "algebra" / "positive_part.py").write_text(POSITIVE)
    for name, document in FILES.items():
        (root / "certificates" / f"{name}.json").write_text(json.dumps(document, indent=1, sort_keys=True) + "\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("proofcheck.registry.lemmas_root", lambda: root)
    made = Tree(root)
    from proofcheck.registry import load

    for header in made.headers():
        for claim in load(header).claims():
            (root / "certificates" / f"{claim.name}.claim.json").write_text(claim.text)
    yield made
    forget(root.name)
