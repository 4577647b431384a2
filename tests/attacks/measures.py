"""A positive functional may be zero: what holds almost everywhere of it may hold nowhere, and F[1] need not be 1."""

from .build import ONE, Case, attack, claim, gram, have, mean, model, proof, square, term, use

SQUARE_BELOW = claim("t >= 0", "t >= s**2", G="+ t s", name="below")  # almost everywhere under G
PLAIN_BELOW = claim("t >= 0", "t >= s**2", scalars="t s", name="below")
ALWAYS = claim("0 >= x", "t/t >= 1 + x", scalars="x", G="+ t", name="always")  # reads 1 >= 1 + x
ZERO_MASS = claim("x >= 0", "x >= r**2", scalars="x", F="+ r")  # false: F = 0, x = -1
FROM_A0 = proof("not l.a0", "a0")


def below(functionals, names, target="target"):
    random, fixed = (names, {}) if functionals else ({}, names)
    return proof(target, "l", steps=[use("below", "l", fixed, functionals, random, [FROM_A0])])


ATTACKS = {
    "strict under a measure that may be zero": attack(
        "F[t] > 0 from t > 0, for F = 0",
        "sum to 0 and one be > 0",
        (claim("F[t] > 0", "t > 0", F="+ t"), proof("target", term(mean("F", term("a0"))))),
        (claim("F[t] > 0", "t > 0", F="t"), proof("target", term(mean("F", term("a0"))))),
    ),
    "mass of a measure that may be zero": attack(
        "F[1] > 0 for F = 0",
        "sum to 0 and one be > 0",
        (claim("F[1] > 0", F="+ t"), proof("target", term(mean("F", ONE)))),
        (claim("F[1] >= 0", F="+ t"), proof("target", term(mean("F", ONE)))),
    ),
    "mass one for a measure": attack(
        "F[x] == x for F = 0",
        "sum to 0 and one be > 0",
        (claim("F[x] == x", scalars="x", F="+ t"), [proof("target"), proof("target")]),
        (claim("F[x] == x", scalars="x", F="t"), [proof("target"), proof("target")]),
    ),
    "constant taken out of a measure": attack(
        "F[3] == 3",
        "sum to 0 and one be > 0",
        (claim("F[3] == 3", F="+ t"), [proof("target"), proof("target")]),
        (claim("F[3] == 3*F[1]", F="+ t"), [proof("target"), proof("target")]),
    ),
    "Jensen without mass one": attack(
        "F[t**2] >= F[t]**2 for F = 4 times a point mass",
        "sum to 0",
        (claim("F[t**2] >= F[t]**2", F="+ t"), proof("target", term(mean("F", term(square("t - F[t]")))))),
        (claim("F[t**2] >= F[t]**2", F="t"), proof("target", term(mean("F", term(square("t - F[t]")))))),
    ),
    "Cauchy-Schwarz strict": attack(
        "F[t**2]*F[1] > F[t]**2 for a point mass",
        "one be > 0",
        (claim("F[t**2]*F[1] > F[t]**2", F="+ t"), proof("target", term(gram("1", "t", functional="F")))),
        (claim("F[t**2]*F[1] >= F[t]**2", F="+ t"), proof("target", term(gram("1", "t", functional="F")))),
    ),
    "lemma loses its random name": attack(
        "x >= 0 from x >= r**2 almost everywhere of nothing: the lemma's t, random, becomes x",
        "its instance is not random",
        (ZERO_MASS, below({"G": "F"}, {"t": "x", "s": "r"}), {"below": SQUARE_BELOW}),
        (
            claim("F[r] >= 0", "r >= r**2", scalars="x", F="+ r"),
            proof(
                "target",
                term(mean("F", term("l"))),
                steps=[use("below", "l", {}, {"G": "F"}, {"t": "r", "s": "r"}, [FROM_A0])],
            ),
            {"below": SQUARE_BELOW},
        ),
    ),
    "lemma without functionals loses its random value": attack(
        "x >= 0 from x >= r**2 almost everywhere of nothing, with a lemma about numbers",
        "its instance is not random",
        (ZERO_MASS, below({}, {"t": "x", "s": "r"}), {"below": PLAIN_BELOW}),
        (
            claim("F[r] >= 0", "r >= r**2", scalars="x", F="+ r"),
            proof(
                "target",
                term(mean("F", term("l"))),
                steps=[use("below", "l", {"t": "r", "s": "r"}, proofs=[FROM_A0])],
            ),
            {"below": PLAIN_BELOW},
        ),
    ),
    "lemma assumption becomes random": attack(
        "0 >= x from (1+r)/(1+r) >= 1 + x almost everywhere of nothing: t/t cancels in the lemma, not here",
        "is not about a random variable",
        (
            claim("0 >= x", "(1+r)/(1+r) >= 1 + x", scalars="x", F="+ r"),
            proof("target", "l", steps=[use("always", "l", {"x": "x"}, {"G": "F"}, {"t": "1 + r"}, [FROM_A0])]),
            {"always": ALWAYS},
        ),
        (
            claim("0 >= x", "r/r >= 1 + x", scalars="x", F="+ r"),
            proof("target", "l", steps=[use("always", "l", {"x": "x"}, {"G": "F"}, {"t": "r"}, [FROM_A0])]),
            {"always": ALWAYS},
        ),
    ),
    "lemma about a probability at a measure": attack(
        "F[t**2] >= F[t]**2 for a finite measure, from the lemma about probabilities",
        "must be a probability",
        (
            claim("F[r**2] >= F[r]**2", F="+ r"),
            proof("target", "l", steps=[use("jensen", "l", {}, {"G": "F"}, {"t": "r"})]),
            {"jensen": claim("G[t**2] >= G[t]**2", G="t", name="jensen")},
        ),
        (
            claim("F[r**2] >= F[r]**2", F="r"),
            proof("target", "l", steps=[use("jensen", "l", {}, {"G": "F"}, {"t": "r"})]),
            {"jensen": claim("G[t**2] >= G[t]**2", G="t", name="jensen")},
        ),
    ),
    "pointwise have in a deterministic proof": attack(
        "1 <= 0 from a contradiction at every point of a measure that has none",
        "no point is fixed",
        (
            claim("x >= 0", "r >= 1", "r <= 0", scalars="x", F="+ r"),
            proof("h", "a0", ONE, ONE, steps=[have("r <= -1", "h", proof("a0", "a1", ONE))]),
        ),
        (
            claim("r >= 2", "r >= 1", "r <= 0", scalars="x", F="+ r"),
            proof("h", "a0", ONE, ONE, steps=[have("r <= -1", "h", proof("a0", "a1", ONE))]),
        ),
    ),
    "zero measure and a denominator that cancels": attack(
        "x = 0 said to refute x**2 > 0, though x**2*x/x does not exist there",
        "division",
        Case("refutes", claim("x**2*x/x > 0", scalars="x", F="+ r"), model(scalars={"x": "0"}, F=[])),
        Case("refutes", claim("x**2 > 0", scalars="x", F="+ r"), model(scalars={"x": "0"}, F=[])),
    ),
    "zero measure and a denominator under it": attack(
        "x = 0 said to refute x**2 > 0, though r/x does not exist there",
        "division",
        Case("refutes", claim("x**2 > 0", "F[r/x] >= 0", scalars="x", F="+ r"), model(scalars={"x": "0"}, F=[])),
        Case("refutes", claim("x**2 > 0", "F[r*x] >= 0", scalars="x", F="+ r"), model(scalars={"x": "0"}, F=[])),
    ),
}
