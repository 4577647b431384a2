"""The text of a new lemma file and of its test.

Every section and every field is there. The claim is a placeholder that is true, x + 1/x >= 2 for x > 0, with its
counterexample and its false variant, so that each part of a check has something to run on. What the author has to
replace carries the mark TODO, and while one is left the verdict is UNKNOWN (`proofcheck.audit.gaps`).
"""

from __future__ import annotations

import json

from proofcheck.scaffold.names import Names

_LEMMA = '''"""TODO: the lemma in one line.

Statement
    TODO: the sentence with all quantifiers: for all ..., for every dimension ..., in which norms, with which constants.

Proof
    1. TODO: the placeholder, x (x + 1/x - 2) = (1 - x)^2 >= 0.      kernel    @ID@.example
    2. TODO: x + 1/x - 2 = (1 - x)^2/x.                              symbolic  derivation

Sharpness
    TODO: where the constant is attained, or why it is only a bound.

Source
    TODO: where the statement comes from, with the source's own number.

Audit
    TODO: what differs from the source; what was false, narrower or improvable.
"""

from __future__ import annotations

import sympy as sp

from proofcheck.derive.statement import model, statement
from proofcheck.derive.sympy_bridge import text
from proofcheck.lemma import Claim, Counterexample, DerivationStep, Refuted, Source

ID = "@ID@"
TITLE = @TITLE@
SOURCE = Source("@KEY@", "", "@PLACE@")
LABEL = "lower"  # TODO: sharp, upper, lower or identity
ASSUMES = ()  # names of lemmas/assumed.py
USES = ()  # ids of lemmas whose claims may be used

# TODO: the constants, exact, and the meaning of each symbol; claims and torch code take them from here
x = sp.Symbol("x", positive=True)
BOUNDS = {"least": sp.Integer(2)}
SYMBOLS = {"x": "a positive number"}


def derivation() -> list[DerivationStep]:
    # TODO: identities that explain the claims
    return [DerivationStep("slack", x + 1 / x - BOUNDS["least"], (1 - x) ** 2 / x, "common denominator")]


def claims() -> list[Claim]:
    # TODO: the claims; `proofcheck prove` tries one without a file
    return [
        statement(
            "@ID@.example",
            "A positive number and its reciprocal are together at least 2.",
            {"x is positive": "x > 0"},
            f"x + 1/x >= {text(BOUNDS['least'])}",
        ),
    ]


def counterexamples() -> list[Counterexample]:
    # TODO: for each assumption, a model that satisfies the others and violates the target
    return [Counterexample("@ID@.example", 0, model({"x": -1}), "a negative number")]


def refuted() -> list[Refuted]:
    # TODO: false variants: the constant past its boundary, a wrong sign
    past = statement("@ID@.past", "", {"x is positive": "x > 0"}, "x + 1/x >= 21/10")
    return [Refuted("past the boundary", "They are at least 2.1.", past.text, model({"x": 1}))]


HAMMER = None  # a Property where there is torch code to try, see docs/extending.md
BINDINGS = ()  # Binding("module:callable", "formula") for each torch callable
'''

_TEST = """from proofcheck.testing import LemmaContract


class Test@CLASS@(LemmaContract):
    lemma = "@SLUG@"
"""


def lemma_text(names: Names) -> str:
    """The lemma file; the title and nothing else of `names` is free text, and it is written as a literal."""
    place = "TODO: arXiv number and place" if names.key else "TODO: key in references.bib, arXiv number, place"
    text = _LEMMA.replace("@ID@", names.id).replace("@KEY@", names.key or "todo").replace("@PLACE@", place)
    return text.replace("@TITLE@", json.dumps(names.title, ensure_ascii=False))


def contract_text(names: Names) -> str:
    """The lemma's test file."""
    name = "".join(word.capitalize() for word in names.stem.split("_"))
    return _TEST.replace("@CLASS@", name).replace("@SLUG@", names.slug)
