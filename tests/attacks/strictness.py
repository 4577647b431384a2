"""Which terms are strictly positive, and what the negation of each relation is."""

from .build import ONE, attack, claim, equation, fact, gram, have, mean, norm2, proof, split, square, term

X = {"scalars": "x"}

ATTACKS = {
    "zero coefficient counted strict": attack(
        "x >= 1 for all x: 0 times the strict target",
        "one be > 0",
        (claim("x >= 1", **X), proof(term("target", c="0"))),
        (claim("x >= x", **X), proof(term("target", c="1"))),
    ),
    "zero constant counted strict": attack(
        "0 > 0",
        "one be > 0",
        (claim("x >= 1", **X), proof(term(c="0"))),
        (claim("x >= 1", "x >= 1", **X), proof(term(c="0"), "target", "a0")),
    ),
    "square counted strict": attack(
        "x**2 > 0 at x = 0",
        "one be > 0",
        (claim("x**2 > 0", **X), proof("target", term(square("x")))),
        (claim("x**2 >= 0", **X), proof("target", term(square("x")))),
    ),
    "norm counted strict": attack(
        "inner(u, u) > 0 at u = 0",
        "one be > 0",
        (claim("inner(u, u) > 0", vectors="u"), proof("target", term(norm2("u")))),
        (claim("inner(u, u) >= 0", vectors="u"), proof("target", term(norm2("u")))),
    ),
    "gram counted strict": attack(
        "strict Cauchy-Schwarz for parallel vectors",
        "one be > 0",
        (
            claim("inner(u, u)*inner(v, v) > inner(u, v)**2", vectors="u v"),
            proof("target", term(gram("u", "v"))),
        ),
        (
            claim("inner(u, u)*inner(v, v) >= inner(u, v)**2", vectors="u v"),
            proof("target", term(gram("u", "v"))),
        ),
    ),
    "gram with strict weight counted strict": attack(
        "E[w*t**2] > 0 at t = 0",
        "one be > 0",
        (
            claim("E[w*t**2] > 0", "w > 0", E="w t"),
            proof("target", term(gram("t", functional="E", weight=term("a0")))),
        ),
        (
            claim("E[w*t**2] >= 0", "w > 0", E="w t"),
            proof("target", term(gram("t", functional="E", weight=term("a0")))),
        ),
    ),
    "mean of a nonstrict fact counted strict": attack(
        "E[t] > 0 at t = 0",
        "one be > 0",
        (claim("E[t] > 0", "t >= 0", E="t"), proof("target", term(mean("E", term("a0"))))),
        (claim("E[t] > 0", "t > 0", E="t"), proof("target", term(mean("E", term("a0"))))),
    ),
    "mean of an equation counted strict": attack(
        "E[t] > 0 at t = 0",
        "one be > 0",
        (claim("E[t] > 0", "t == 0", E="t"), proof("target", term(mean("E", equation("a0"))))),
        (claim("E[t] >= 0", "t == 0", E="t"), proof("target", term(mean("E", equation("a0"))))),
    ),
    "empty mean counted strict": attack(
        "0 > 0 from E[an empty sum]",
        "one be > 0",
        (claim("0 > 0", E="t"), proof(term(mean("E")))),
        (claim("0 >= 0", E="t"), proof("target", term(mean("E")))),
    ),
    "product with one nonstrict factor": attack(
        "x*y > 0 from x > 0 and y >= 0",
        "one be > 0",
        (claim("x*y > 0", "x > 0", "y >= 0", scalars="x y"), proof("target", ("a0", "a1"))),
        (claim("x*y > 0", "x > 0", "y > 0", scalars="x y"), proof("target", ("a0", "a1"))),
    ),
    "product that ends with a strict factor": attack(
        "x*y > 0 from x >= 0 and y > 0",
        "one be > 0",
        (claim("x*y > 0", "x >= 0", "y > 0", scalars="x y"), proof("target", ("a0", "a1"))),
        (claim("x*y > 0", "x > 0", "y > 0", scalars="x y"), proof("target", ("a0", "a1"))),
    ),
    "strict factor times a square": attack(
        "x*y**2 > 0 from x > 0",
        "one be > 0",
        (claim("x*y**2 > 0", "x > 0", scalars="x y"), proof("target", term(fact("a0"), square("y")))),
        (claim("x*y**2 >= 0", "x > 0", scalars="x y"), proof("target", term(fact("a0"), square("y")))),
    ),
    "assumption >= counted strict": attack(
        "x > 0 from x >= 0",
        "one be > 0",
        (claim("x > 0", "x >= 0", **X), proof("target", "a0")),
        (claim("x > 0", "x > 0", **X), proof("target", "a0")),
    ),
    "assumption <= counted strict": attack(
        "x < 0 from x <= 0",
        "one be > 0",
        (claim("x < 0", "x <= 0", **X), proof("target", "a0")),
        (claim("x < 0", "x < 0", **X), proof("target", "a0")),
    ),
    "negated > counted strict": attack(
        "0 > 0: its negation is 0 >= 0, not 0 > 0",
        "one be > 0",
        (claim("0 > 0"), proof("target")),
        (claim("0 >= 0"), proof("target")),
    ),
    "negated < counted strict": attack(
        "0 < 0",
        "one be > 0",
        (claim("0 < 0"), proof("target")),
        (claim("0 <= 0"), proof("target")),
    ),
    "sign of the negated target": attack(
        "x >= 0 from x <= 0: target and assumption cancel only if the target is negated wrongly",
        "sum to 0",
        (claim("x >= 0", "x <= 0", **X), proof("target", "a0")),
        (claim("x >= 0", "x >= 0", **X), proof("target", "a0")),
    ),
    "sign of the negated strict target": attack(
        "x > 0 from x < 0",
        "sum to 0",
        (claim("x > 0", "x < 0", **X), proof("target", "a0")),
        (claim("x > 0", "x > 0", **X), proof("target", "a0")),
    ),
    "sign of <=": attack(
        "x <= 0 from x >= 0",
        "sum to 0",
        (claim("x <= 0", "x >= 0", **X), proof("target", "a0")),
        (claim("x <= 0", "x <= 0", **X), proof("target", "a0")),
    ),
    "sign of <": attack(
        "x < 0 from x > 0",
        "sum to 0",
        (claim("x < 0", "x > 0", **X), proof("target", "a0")),
        (claim("x < 0", "x < 0", **X), proof("target", "a0")),
    ),
    "negated target not strict in a have": attack(
        "x > 0 from x >= 0, through a step",
        "one be > 0",
        (
            claim("x > 0", "x >= 0", **X),
            proof("target", "h", steps=[have("x > 0", "h", proof("not h", "a0"))]),
        ),
        (
            claim("x >= 0", "x >= 0", **X),
            proof("target", "h", steps=[have("x >= 0", "h", proof("not h", "a0"))]),
        ),
    ),
    "have keeps its own relation": attack(
        "x > 0 from a step x >= 0",
        "one be > 0",
        (
            claim("x > 0", "x >= 0", **X),
            proof("target", "h", steps=[have("x >= 0", "h", proof("not h", "a0"))]),
        ),
        (
            claim("x > 0", "x > 0", **X),
            proof("target", "h", steps=[have("x > 0", "h", proof("not h", "a0"))]),
        ),
    ),
    "nonnegative branch counted strict": attack(
        "x**2 > 0: in the branch x >= 0 the branch itself is used as x > 0",
        "one be > 0",
        (
            claim("x**2 > 0", **X),
            split("x", "s", proof("target", ("s", "s")), proof("target", ("s", "s"))),
        ),
        (
            claim("x**2 >= 0", **X),
            split("x", "s", proof("target", ("s", "s")), proof("target", ("s", "s"))),
        ),
    ),
    "sign of the negative branch": attack(
        "x >= 0: in the branch x < 0 the branch is used as x > 0",
        "sum to 0",
        (
            claim("x >= 0", "x <= 0", **X),
            split("x", "s", proof("target", "s"), proof("target", "s")),
        ),
        (
            claim("x >= 0", "x >= 0", **X),
            split("x", "s", proof("target", "s"), proof("s", "a0")),
        ),
    ),
    "sign of the nonnegative branch": attack(
        "x <= 0: in the branch x >= 0 the branch is used as x <= 0",
        "sum to 0",
        (claim("x <= 0", **X), split("x", "s", proof("target", "s"), proof("target", "s"))),
        (claim("x <= 0", "x <= 0", **X), split("x", "s", proof("target", "a0"), proof("target", "s"))),
    ),
    "equality from one side": attack(
        "x == 0 from x >= 0, one proof given",
        "two proofs required",
        (claim("x == 0", "x >= 0", **X), [proof("target", "a0")]),
        (
            claim("x == 0", "x == 0", **X),
            [proof("target", equation("a0")), proof("target", equation("a0", "-1"))],
        ),
    ),
    "equality from the same side twice": attack(
        "x == 0 from x >= 0, the proof of >= given twice",
        "sum to 0",
        (claim("x == 0", "x >= 0", "x <= 0", **X), [proof("target", "a0"), proof("target", "a0")]),
        (claim("x == 0", "x >= 0", "x <= 0", **X), [proof("target", "a0"), proof("target", "a1")]),
    ),
    "equality with sides exchanged": attack(
        "x == 0: the fact in the first proof is -x > 0, in the second x > 0",
        "sum to 0",
        (claim("x == 0", "x >= 0", "x <= 0", **X), [proof("target", "a1"), proof("target", "a0")]),
        (claim("x == 0", "x >= 0", "x <= 0", **X), [proof("target", "a0"), proof("target", "a1")]),
    ),
    "equality have from one side": attack(
        "x == 0 as a step from x >= 0 alone",
        "two proofs required",
        (
            claim("x <= 0", "x >= 0", **X),
            proof("target", equation("h", "-1"), steps=[have("x == 0", "h", [proof("not h", "a0")])]),
        ),
        (
            claim("x <= 0", "x >= 0", "x <= 0", **X),
            proof(
                "target",
                equation("h", "-1"),
                steps=[have("x == 0", "h", [proof("not h", "a0"), proof("not h", "a1")])],
            ),
        ),
    ),
    "no terms at all": attack(
        "anything from the empty sum",
        "one be > 0",
        (claim("x >= 1", **X), proof()),
        (claim("x >= 1", "x >= 1", **X), proof("target", "a0")),
    ),
    "remainder left over": attack(
        "x >= 0 from x >= -1",
        "sum to 0",
        (claim("x >= 0", "x >= -1", **X), proof("target", "a0")),
        (claim("x >= 0", "x >= 0", **X), proof("target", "a0")),
    ),
    "mean keeps its sum": attack(
        "E[t] >= 0 from t >= -1",
        "sum to 0",
        (claim("E[t] >= 0", "t >= -1", E="t"), proof("target", term(mean("E", term("a0"))))),
        (claim("E[t] >= 0", "t >= 0", E="t"), proof("target", term(mean("E", term("a0"))))),
    ),
    "strictness of one term only": attack(
        "x + y > 0 from x >= 0 and y >= 0, beside a strict term of coefficient 0",
        "one be > 0",
        (claim("x + y > 0", "x >= 0", "y >= 0", scalars="x y"), proof("target", "a0", "a1", term(c="0"))),
        (claim("x + y > 0", "x >= 0", "y > 0", scalars="x y"), proof("target", "a0", "a1", term(c="0"))),
    ),
    "one branch only": attack(
        "Abs(x) == x from the branch x >= 0; the other is closed by nothing",
        "sum to 0",
        (claim("x >= 0", **X), split("x", "s", proof("target", "s"), proof("s"))),
        (claim("x >= 0", "x >= 0", **X), split("x", "s", proof("target", "s"), proof("s", "a0"))),
    ),
    "the empty product is one": attack(
        "1 counted as 2",
        "sum to 0",
        (claim("x >= 1", "x >= 0", **X), proof("target", "a0", ONE, ONE)),
        (claim("x >= -1", "x >= 0", **X), proof("target", "a0", ONE)),
    ),
}
