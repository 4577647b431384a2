"""A lemma whose every text tries to break out of the page: ids, names, sentences, file name, models, code."""

import importlib
import sys

from proofcheck import registry
from proofcheck.audit.check import Checked
from proofcheck.audit.result import LemmaResult, Part
from proofcheck.review import document, page
from proofcheck.verdict import Verdict

BREAK = (
    '</script></style></pre><script>window.hacked=1</script><img src=x onerror="window.hacked=1">]]>\u2028'
    '\'"onload="hacked()'
)

SOURCE = """{docstring}
import sympy as sp
from proofcheck.derive.statement import model, statement
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Refuted, Source

B = {bad}
ID = {ident}
TITLE = {bad}
SOURCE = Source({bad}, {bad}, {bad})
LABEL = "sharp"
ASSUMES = ()
USES = ()
x = sp.Symbol(B)
BOUNDS = {{B: x + 1, "plain": x**2}}
SYMBOLS = {{B: B}}
HAMMER = None
BINDINGS = (Binding(B + ":" + B, B, B),)


def derivation():
    return [DerivationStep(B, x, x, B)]


def claims():
    made = statement({claim}, B, {{B: "t >= 1"}}, "t > 0")
    return [made]


def counterexamples():
    return [Counterexample({claim}, 0, model({{"t": -1}}), B)]


def refuted():
    return [Refuted(B, B, statement("bad.claim", "", {{}}, "t > 0").text, model({{"t": -1}}))]
"""
DOCSTRING = f"""Title {BREAK}.

Statement
    {BREAK} eta^{BREAK} <{BREAK[:8]}, y>

Proof
    1. {BREAK}    kernel    {BREAK}

Sharpness
    {BREAK}

Source
    {BREAK}

Audit
    {BREAK}
"""


def build(place):
    """(document, html) of the hostile lemma, written below the folder `place`, with hostile results as well."""
    root = place / "hostile_lemmas"
    folder = root / "paper"
    folder.mkdir(parents=True)
    for path in (root / "__init__.py", folder / "__init__.py"):
        path.write_text("")
    (root / "assumed.py").write_text("FACTS = {}\n")
    name = "bad'\"><b onload=x> &.py"
    text = SOURCE.format(
        docstring=repr(DOCSTRING), bad=repr(BREAK), ident=repr(f"ID{BREAK[:40]}"), claim=repr("Bad.claim")
    )
    (folder / name).write_text(text, encoding="utf-8")
    sys.path.insert(0, str(root.parent))
    try:
        importlib.invalidate_caches()
        headers = registry.headers(root)
        parts = (
            Part("graph", "failed", {"bindings": [], "agree": 0, "entries": 0}, BREAK),
            Part("hammer", "failed", {"bound": BREAK, "ratio": BREAK, "command": BREAK, "families": [BREAK]}, BREAK),
            Part("mutants", "skipped", {}, BREAK),
            Part(BREAK, "ok", {BREAK: BREAK}),
        )
        result = LemmaResult(headers[0].id, Verdict.UNKNOWN, BREAK, (), "sharp", ("Bad.claim",), parts, 0.0)
        made = document.build(headers, headers, [Checked(result, BREAK, False)], stamp=BREAK)
        rows = [{"lemma": BREAK, "kind": "changed", "what": BREAK, "old": BREAK, "new": BREAK}]
        return made, page.render(made, rows, against=BREAK)
    finally:
        sys.path.remove(str(root.parent))
        for module in [m for m in sys.modules if m.startswith("hostile_lemmas")]:
            del sys.modules[module]
