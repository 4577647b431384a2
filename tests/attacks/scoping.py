"""Facts about one point, used where all points are meant: DESIGN section 3, "scoping decides soundness"."""

from .build import (
    ONE,
    attack,
    claim,
    definition,
    equation,
    gram,
    have,
    mean,
    norm2,
    proof,
    split,
    square,
    term,
    use,
)

# t >= E[t] is false for every t that is not constant; its negation integrates to 0 > 0.
FALSE = claim("t >= E[t]", E="t")
VACUOUS = claim("t >= E[t]", "t < E[t]", E="t")  # assumes that very negation almost everywhere: contradictory
TRUE = claim("t >= E[t]", "t >= E[t]", E="t")
GREATER = claim("y > x", "y > x", scalars="x y", name="greater")


def launder(source):
    return proof(term(mean("E", term("h"))), steps=[have("E[t] > t", "h", proof("not h", source))])


def by_lemma(source):
    step = use("greater", "h", {"x": "t", "y": "E[t]"}, proofs=[proof("not h.a0", source)])
    return proof(term(mean("E", term("h"))), steps=[step])


def by_split(negative):
    return split("t - E[t]", "s", proof("target", "s"), negative)


def nested(closing):
    inner = split("t - E[t]", "s", proof("not k", "s"), closing)
    return proof("target", "k", steps=[have("t >= E[t]", "k", inner)])


BELOW = claim("t >= E[t] - 1", E="t")  # false: its negation integrates to -1 > 0
BELOW_VACUOUS = claim("t >= E[t] - 1", "t < E[t] - 1", E="t")
MEAN_POSITIVE = claim("G[r] >= 0", "r >= 0", G="+ r", name="mean_positive")


def mean_positive(target, assume, source):
    """From E[t] >= 0, wrongly obtained at one point, and E[t] <= -1."""
    step = use("mean_positive", functionals={"G": "E"}, random={"r": "t"}, proofs=[proof("not l.a0", source)])
    text = claim(target, "E[t] <= -1", *assume, scalars="x", E="t")
    return text, proof("l", "a0", ONE, steps=[step]), {"mean_positive": MEAN_POSITIVE}


LIKE = claim("t < x", "E[t] < x", scalars="x", E="t")  # false; its negation makes Max(t, x) == t at that point
LIKE_VACUOUS = claim("t < x", "E[t] < x", "t >= x", scalars="x", E="t")


def equation_by(source):
    """E[Max(t, x)] == E[t] and Max(t, x) >= x contradict E[t] < x."""
    below, above = ({"fact": definition("Max(t, x)", part)} for part in (0, 1))
    flat = definition("Max(t, x)", 2)
    zero = [
        proof("not e", term(below)),
        proof(term("not e", "not e"), term(source, "not e"), equation(flat, "-1")),
    ]
    terms = term(mean("E", equation("e", "-1"))), term(mean("E", term(above))), "a0"
    return proof(*terms, steps=[have("Max(t, x) == t", "e", zero)])


def by_equation(source):
    """Max(t, 0) == t where t > 0, and Max(t, 0) >= 0: so t >= 0, by an equation."""
    below, above = ({"fact": definition("Max(t, 0)", part)} for part in (1, 0))
    flat = definition("Max(t, 0)", 2)
    same = [
        proof("not e", term(below)),
        proof(term("not e", "not e"), term(source, "not e"), equation(flat, "-1")),
    ]
    nonneg = proof("not h", term(above), equation("e", "-1"))
    steps = [have("Max(t, 0) == t", "e", same), have("t >= 0", "h", nonneg)]
    return proof(term(mean("E", term("h"))), "a0", ONE, steps=steps)


CROSSED = claim("t >= y", "t >= x", "E[s**2]*(x - y) > 0", scalars="x y", E="t s")


def crossed(label):
    """At a point where t < y, y > x: a fact about numbers, which may be integrated."""
    steps = [have("y > x", "h", proof("not h", "target", "a0"))]
    return proof(term(mean("E", term(label, square("s")))), "a1", steps=steps)


def by_abs(sign):
    """Abs(t) >= t by cases, integrated."""
    above = {"fact": definition("Abs(t)", 1)}
    cases = split("t", "s", proof("not h", term(above)), proof("not h", term(above), term("s", c="0")))
    return proof(
        "target",
        term(mean("E", term("h")), c="1" if sign > 0 else "2"),
        steps=[have("Abs(t) >= t", "h", cases)],
    )


NO_POINT = claim("x >= 0", "x >= t**2", scalars="x", F="+ t")  # false: F = 0, x = -1
POINT = claim("F[1]*x >= 0", "x >= t**2", scalars="x", F="+ t")
OPEN = claim("t*x >= 0", "x >= t**2", "t > 0", scalars="x", F="+ t")


def split_at(text):
    """Inside the proof of (s + 1)**2 >= 0 within that of t**2 >= 0, points of both F and G are fixed."""
    branch = proof("not h", term(square("s + 1")))
    return proof("target", term(square("t")), steps=[have("(s + 1)**2 >= 0", "h", split(text, "k", branch, branch))])


ATTACKS = {
    "target at one point under E": attack(
        "t >= E[t], from the negated target integrated",
        "pinned to a point",
        (FALSE, proof(term(mean("E", term("target"))))),
        (VACUOUS, proof(term(mean("E", term("a0"))))),
    ),
    "have from a pinned fact under E": attack(
        "t >= E[t], the negated target renamed by `have`",
        "pinned to a point",
        (FALSE, launder("target")),
        (VACUOUS, launder("a0")),
    ),
    "lemma from a pinned fact under E": attack(
        "t >= E[t], the negated target passed through a lemma without functionals",
        "pinned to a point",
        (FALSE, by_lemma("target"), {"greater": GREATER}),
        (VACUOUS, by_lemma("a0"), {"greater": GREATER}),
    ),
    "split fact under E": attack(
        "t >= E[t], the branch t < E[t] integrated",
        "pinned to a point",
        (FALSE, by_split(proof(term(mean("E", term("s")))))),
        (TRUE, by_split(proof("s", "a0"))),
    ),
    "nonnegative branch under E": attack(
        "t <= E[t] - 1 or so: the branch t >= E[t] + 1 integrated",
        "pinned to a point",
        (
            claim("t < E[t] + 1", E="t"),
            split("t - E[t] - 1", "s", proof(term(mean("E", term("s"))), ONE), proof("target", "s")),
        ),
        (
            claim("t < E[t] + 1", "t >= E[t] + 1", E="t"),
            split("t - E[t] - 1", "s", proof(term(mean("E", term("a0"))), ONE), proof("target", "s")),
        ),
    ),
    "split inside have under E": attack(
        "t >= E[t], the branch of a split inside a `have` integrated",
        "pinned to a point",
        (FALSE, nested(proof(term(mean("E", term("s")))))),
        (TRUE, nested(proof("s", "a0"))),
    ),
    "have inside split inside have under E": attack(
        "t >= E[t], the branch renamed by a `have` inside it",
        "pinned to a point",
        (FALSE, nested(launder("s"))),
        (VACUOUS, nested(launder("a0"))),
    ),
    "negated have under E": attack(
        "t >= E[t], the negation of a `have` integrated",
        "pinned to a point",
        (FALSE, proof("target", "h", steps=[have("t >= E[t]", "h", proof(term(mean("E", term("not h")))))])),
        (VACUOUS, proof("target", "h", steps=[have("t >= E[t]", "h", proof(term(mean("E", term("a0")))))])),
    ),
    "negated lemma assumption under E": attack(
        "t >= E[t], the negated assumption of a lemma integrated while it is proved",
        "pinned to a point",
        (
            FALSE,
            proof(
                "target",
                "l",
                steps=[
                    use(
                        "self",
                        "l",
                        {"x": "t", "y": "E[t]"},
                        proofs=[proof(term(mean("E", term("not l.a0"))))],
                    )
                ],
            ),
            {"self": claim("x >= y", "x >= y", scalars="x y", name="self")},
        ),
        (
            TRUE,
            proof(
                "target",
                "l",
                steps=[use("self", "l", {"x": "t", "y": "E[t]"}, proofs=[proof("a0", "not l.a0")])],
            ),
            {"self": claim("x >= y", "x >= y", scalars="x y", name="self")},
        ),
    ),
    "pinned fact under E under E": attack(
        "t >= E[t], integrated twice",
        "pinned to a point",
        (FALSE, proof(term(mean("E", term(mean("E", term("target"))))))),
        (VACUOUS, proof(term(mean("E", term(mean("E", term("a0"))))))),
    ),
    "pinned factor of a product under E": attack(
        "t >= E[t], the negated target times a square, integrated",
        "pinned to a point",
        (BELOW, proof(term(mean("E", term("target", square("1")))), ONE)),
        (BELOW_VACUOUS, proof(term(mean("E", term("a0", square("1")))), ONE)),
    ),
    "pinned gram weight": attack(
        "t >= E[t] - 1, the negated target as a density",
        "pinned to a point",
        (BELOW, proof(term(gram("1", functional="E", weight=term("target"))), ONE)),
        (BELOW_VACUOUS, proof(term(gram("1", functional="E", weight=term("a0"))), ONE)),
    ),
    "pinned gram weight inside E": attack(
        "t >= E[t] - 1, the pinned density below another E",
        "pinned to a point",
        (BELOW, proof(term(mean("E", term(gram("1", functional="E", weight=term("target"))))), ONE)),
        (BELOW_VACUOUS, proof(term(mean("E", term(gram("1", functional="E", weight=term("a0"))))), ONE)),
    ),
    "weight carries its pins out of a have": attack(
        "t >= E[t] - 1: pins of a factor that stands beside an unpinned one",
        "pinned to a point",
        (
            BELOW,
            proof(
                term(mean("E", term("h"))),
                ONE,
                steps=[have("E[t] - 1 >= t", "h", proof("not h", term("target", square("1"))))],
            ),
        ),
        (
            BELOW_VACUOUS,
            proof(
                term(mean("E", term("h"))),
                ONE,
                steps=[have("E[t] - 1 >= t", "h", proof("not h", term("a0", square("1"))))],
            ),
        ),
    ),
    "pins of the second branch": attack(
        "t >= E[t]: a split whose second branch alone uses the pinned fact",
        "pinned to a point",
        (
            claim("t >= E[t]", scalars="x", E="t"),
            proof(
                term(mean("E", term("h"))),
                steps=[have("E[t] > t", "h", split("x", "s", proof("not h", "target"), proof("not h", "target")))],
            ),
        ),
        (
            claim("t >= E[t]", "t < E[t]", scalars="x", E="t"),
            proof(
                term(mean("E", term("h"))),
                steps=[have("E[t] > t", "h", split("x", "s", proof("not h", "a0"), proof("not h", "a0")))],
            ),
        ),
    ),
    "pinned equation under E": attack(
        "t <= x from E[t] <= x - 2: an equality that holds at one point is integrated",
        "pinned to a point",
        (LIKE, equation_by("target")),
        (LIKE_VACUOUS, equation_by("a1")),
    ),
    "pinned equation out of a have": attack(
        "t <= 0 from E[t] <= -1: t >= 0 rests on an equation that holds at one point",
        "pinned to a point",
        (claim("t <= 0", "E[t] <= -1", E="t"), by_equation("target")),
        (claim("t <= 0", "E[t] <= -1", "t > 0", E="t"), by_equation("a1")),
    ),
    "deterministic fact from a pinned one": attack(
        "the pinned fact itself is used, not the deterministic fact that follows from it",
        "pinned to a point",
        (CROSSED, crossed("target")),
        (CROSSED, crossed("h")),
    ),
    "have by a random split": attack(
        "t >= E[t] from the negative branch of a split inside a `have`",
        "sum to 0",
        (FALSE, by_abs(-1)),
        (claim("E[Abs(t)] >= E[t]", E="t"), by_abs(1)),
    ),
    "lemma about an open functional": attack(
        "t <= 0 from E[t] <= -1: the lemma's assumption is proved at one point only",
        "point fixed",
        mean_positive("t <= 0", [], "target"),
        mean_positive("x <= 0", ["t > 0"], "a1"),
    ),
    "pointwise fact where no point is fixed": attack(
        "x >= 0 from x >= t**2 F-almost everywhere, for a measure F that may be 0",
        "no point is fixed",
        (NO_POINT, proof("target", "a0", term(square("t")))),
        (POINT, proof("target", term(mean("F", term("a0"))), term(mean("F", term(square("t")))))),
    ),
    "pointwise equation where no point is fixed": attack(
        "x == 0 from t == x and t == 0 F-almost everywhere, for F = 0",
        "no point is fixed",
        (
            claim("x >= 0", "t == x", "t == 0", scalars="x", F="+ t"),
            proof("target", equation("a0"), equation("a1", "-1")),
        ),
        (
            claim("x*F[1] >= 0", "t == x", "t == 0", scalars="x", F="+ t"),
            proof("target", term(mean("F", equation("a0", "-1"), equation("a1", "1")))),
        ),
    ),
    "random square where no point is fixed": attack(
        "a sum whose random parts cancel, though no point is fixed",
        "no point is fixed",
        (claim("x >= 0", "x >= 0", scalars="x", F="+ t"), proof("target", "a0", term(square("t"), c="0"))),
        (claim("x >= 0", "x >= 0", scalars="x", F="+ t"), proof("target", "a0", term(square("x"), c="0"))),
    ),
    "random norm where no point is fixed": attack(
        "a squared norm of a random vector outside its functional",
        "no point is fixed",
        (
            claim("x >= 0", "x >= 0", scalars="x", vectors="u", F="+ | X"),
            proof("target", "a0", term(norm2("X"), c="0")),
        ),
        (
            claim("x >= 0", "x >= 0", scalars="x", vectors="u", F="+ | X"),
            proof("target", "a0", term(norm2("u"), c="0")),
        ),
    ),
    "random multiplier where no point is fixed": attack(
        "an equation times a random expression outside its functional",
        "no point is fixed",
        (
            claim("x >= 0", "x >= 0", "y == 0", scalars="x y", F="+ t"),
            proof("target", "a0", equation("a1", "t"), equation("a1", "-t")),
        ),
        (
            claim("x >= 0", "x >= 0", "y == 0", scalars="x y", F="+ t"),
            proof("target", "a0", equation("a1", "y"), equation("a1", "-y")),
        ),
    ),
    "random split where no point is fixed": attack(
        "a case split on the sign of a random variable in a deterministic proof",
        "no point is fixed",
        (
            claim("x >= 0", "x >= 0", scalars="x", F="+ t"),
            split("t", "s", proof("target", "a0"), proof("target", "a0")),
        ),
        (
            claim("x >= 0", "x >= 0", scalars="x", F="+ t"),
            split("x", "s", proof("target", "a0"), proof("target", "a0")),
        ),
    ),
    "random gram where no point is fixed": attack(
        "a Gram determinant of random scalars outside their functional",
        "no point is fixed",
        (claim("x >= 0", "x >= 0", scalars="x", F="+ t"), proof("target", "a0", term(gram("t"), c="0"))),
        (claim("x >= 0", "x >= 0", scalars="x", F="+ t"), proof("target", "a0", term(gram("x"), c="0"))),
    ),
    "random definition where no point is fixed": attack(
        "x >= 0 from x >= Max(t, 0) F-almost everywhere, for F = 0",
        "no point is fixed",
        (
            claim("x >= 0", "x >= Max(t, 0)", scalars="x", F="+ t"),
            proof("target", "a0", term({"fact": definition("Max(t, 0)", 0)})),
        ),
        (
            claim("x*F[1] >= 0", "x >= Max(t, 0)", scalars="x", F="+ t"),
            proof("target", term(mean("F", term("a0"), term({"fact": definition("Max(t, 0)", 0)})))),
        ),
    ),
    "foreign random name under a functional": attack(
        "a square of G's variable inside F[...]: F[s**2] is not a number",
        "random under ['G']",
        (
            claim("x >= 0", "x >= 0", scalars="x", F="+ t", G="+ s"),
            proof("target", "a0", term(mean("F", term(square("s"), c="0")))),
        ),
        (
            claim("x >= 0", "x >= 0", scalars="x", F="+ t", G="+ s"),
            proof("target", "a0", term(mean("F", term(square("t"), c="0")))),
        ),
    ),
    "foreign open point under a functional": attack(
        "a square of G's variable inside F[...], where a point of G is fixed",
        "random under ['G']",
        (
            claim("s**2 >= 0", F="+ t", G="+ s"),
            proof("target", term(square("s")), term(mean("F", term(square("s"), c="0")))),
        ),
        (
            claim("s**2 >= 0", F="+ t", G="+ s"),
            proof("target", term(square("s")), term(mean("F", term(square("t"), c="0")))),
        ),
    ),
    "two random functionals in one target": attack(
        "t >= s, almost everywhere of what?",
        "several functionals",
        (claim("t >= s", "t >= 1", "s <= 1", F="+ t", G="s"), proof("target", "a0", "a1")),
        (
            claim("t >= G[s]", "t >= 1", "s <= 1", F="+ t", G="s"),
            proof("target", "a0", term(mean("G", term("a1")))),
        ),
    ),
    "two random functionals in one assumption": attack(
        "t >= s for t of F and s of G",
        "several functionals",
        (claim("t >= G[s]", "t >= s", F="+ t", G="s"), proof("target", term(mean("G", term("a0"))))),
        (claim("t >= G[s]", "t >= G[s]", F="+ t", G="s"), proof("target", "a0")),
    ),
    "two random functionals in a have": attack(
        "t >= s proved as a step",
        "several functionals",
        (
            claim("t**2 >= 0", F="+ t", G="s"),
            proof(
                "target",
                term(square("t")),
                steps=[have("(t - s)**2 >= 0", "h", proof("not h", term(square("t - s"))))],
            ),
        ),
        (
            claim("t**2 >= 0", F="+ t", G="s"),
            proof(
                "target",
                term(square("t")),
                steps=[have("(t - G[s])**2 >= 0", "h", proof("not h", term(square("t - G[s]"))))],
            ),
        ),
    ),
    "two random functionals in a split": attack(
        "a split at t - s, where a point of each functional is fixed",
        "several functionals",
        (claim("t**2 >= 0", F="+ t", G="s"), split_at("t - s")),
        (claim("t**2 >= 0", F="+ t", G="s"), split_at("t - G[s]")),
    ),
    "two random functionals under Max": attack(
        "Max(t, s) is random under two functionals",
        "several functionals",
        (claim("F[Max(t, s)] == F[Max(t, s)]", F="+ t", G="s"), [proof("target"), proof("target")]),
        (claim("F[Max(t, 1)] == F[Max(t, 1)]", F="+ t", G="s"), [proof("target"), proof("target")]),
    ),
    "two random functionals in an inner product": attack(
        "inner(X, Y) for X of F and Y of G",
        "several functionals",
        (claim("inner(X, Y) - inner(X, Y) >= 0", F="+ | X", G="| Y"), proof("target")),
        (claim("inner(X, X) - inner(X, X) >= 0", F="+ | X", G="| Y"), proof("target")),
    ),
    "foreign random name under a moment": attack(
        "F[t*s] for s of G",
        "random name of another",
        (claim("F[t*s] == F[t*s]", F="+ t", G="s"), [proof("target"), proof("target")]),
        (claim("F[t*G[s]] == F[t]*G[s]", F="+ t", G="s"), [proof("target"), proof("target")]),
    ),
    "open proof does not open the rest": attack(
        "after a pointwise `have`, its functional is used outside as if a point were still fixed",
        "no point is fixed",
        (
            NO_POINT,
            proof(
                "target",
                "h",
                steps=[have("x - t**2 + t**2/2 >= 0", "h", proof("not h", "a0", term(square("t"), c="1/2")))],
            ),
        ),
        (
            claim("t**2 + x >= 0", "x >= t**2", scalars="x", F="+ t"),
            proof(
                "target",
                "h",
                term(square("t"), c="3/2"),
                steps=[have("x - t**2 + t**2/2 >= 0", "h", proof("not h", "a0", term(square("t"), c="1/2")))],
            ),
        ),
    ),
}
