"""Models that are no models, and witnesses that refute nothing: exact evaluation decides, or refuses."""

from .build import Case, attack, claim, model

HALF = [("1/2", {"t": "0"}), ("1/2", {"t": "2"})]


def refutes(target, bad, good, reason, why, *assume, kind="refutes", **names):
    text = claim(target, *assume, **names)
    return attack(why, reason, Case(kind, text, bad), Case(kind, text, good))


def satisfies(*args, **names):
    return refutes(*args, kind="model", **names)


def measure(bad, good, reason, why):
    return refutes("E[t] >= 2", model(E=bad), model(E=good), reason, why, E="t")


def point(**x):
    return model(scalars=x)


ATTACKS = {
    "target that holds": refutes(
        "x >= 1", point(x="1"), point(x="0"), "the target holds", "x = 1 refutes x >= 1", scalars="x"
    ),
    "strict target that holds": refutes(
        "x > 1", point(x="2"), point(x="1"), "the target holds", "x = 2 refutes x > 1", scalars="x"
    ),
    "equality that holds": refutes(
        "x == 1", point(x="1"), point(x="0"), "the target holds", "x = 1 refutes x == 1", scalars="x"
    ),
    "<= that holds": refutes(
        "x <= 1", point(x="1"), point(x="2"), "the target holds", "x = 1 refutes x <= 1", scalars="x"
    ),
    "< that holds": refutes(
        "x < 1", point(x="0"), point(x="1"), "the target holds", "x = 0 refutes x < 1", scalars="x"
    ),
    "assumption violated": refutes(
        "x >= 1",
        point(x="-1"),
        point(x="0"),
        "assumption 0 is violated",
        "a point outside the assumption",
        "x >= 0",
        scalars="x",
    ),
    "strict assumption violated": refutes(
        "x >= 1",
        point(x="0"),
        point(x="1/9"),
        "assumption 0 is violated",
        "a point on the boundary",
        "x > 0",
        scalars="x",
    ),
    "equality assumption violated": refutes(
        "x >= 1",
        point(x="1/9"),
        point(x="0"),
        "assumption 0 is violated",
        "a point beside",
        "x == 0",
        scalars="x",
    ),
    "<= assumption violated": refutes(
        "x >= 9",
        point(x="1"),
        point(x="0"),
        "assumption 0 is violated",
        "a point above",
        "x <= 0",
        scalars="x",
    ),
    "second assumption violated": refutes(
        "x >= 9",
        point(x="3"),
        point(x="1"),
        "assumption 1 is violated",
        "a point outside the second",
        "x >= 0",
        "x <= 2",
        scalars="x",
    ),
    "assumption violated in a model": satisfies(
        "x >= 9",
        point(x="-1"),
        point(x="1"),
        "assumption 0 is violated",
        "assumptions said to be satisfied",
        "x >= 0",
        scalars="x",
    ),
    "weights that sum to less": measure(
        [("1/2", {"t": "0"})], [("1", {"t": "0"})], "of sum 1 for a probability", "half a probability"
    ),
    "weights that sum to more": measure(
        [("1", {"t": "0"}), ("1", {"t": "1"})], HALF, "of sum 1 for a probability", "twice a probability"
    ),
    "probability without atoms": measure([], HALF, "of sum 1 for a probability", "no probability at all"),
    "negative weight": measure(
        [("2", {"t": "0"}), ("-1", {"t": "1"})],
        [("1/2", {"t": "0"}), ("1/2", {"t": "1"})],
        "weights >= 0",
        "a signed measure",
    ),
    "negative weight of a measure": refutes(
        "F[t**2] >= 0",
        model(F=[("-1", {"t": "1"})]),
        model(F=[("1", {"t": "1"})]),
        "weights >= 0",
        "a negative measure",
        kind="model",
        F="+ t",
    ),
    "weight that is a float": attack(
        "a float for a weight",
        "numbers are strings",
        Case("refutes", claim("E[t] >= 2", E="t"), model(E=[(1.0, {"t": "0"})])),
        Case("refutes", claim("E[t] >= 2", E="t"), model(E=[("1", {"t": "0"})])),
    ),
    "atom of weight zero as a witness": refutes(
        "t >= 0",
        model(E=[("1", {"t": "0"}), ("0", {"t": "-1"})]),
        model(E=[("2/3", {"t": "0"}), ("1/3", {"t": "-1"})]),
        "the target holds",
        "a null set refutes what holds almost everywhere",
        E="t",
    ),
    "pointwise assumption violated at one atom": refutes(
        "E[t] >= 1",
        model(E=[("1/2", {"t": "1"}), ("1/2", {"t": "-1"})]),
        model(E=[("1/2", {"t": "1"}), ("1/2", {"t": "0"})]),
        "assumption 0 is violated",
        "an assumption that fails at the second atom",
        "t >= 0",
        E="t",
    ),
    "pointwise target that holds at each atom": refutes(
        "t >= 0",
        model(E=[("1/2", {"t": "1"}), ("1/2", {"t": "0"})]),
        model(E=[("1/2", {"t": "1"}), ("1/2", {"t": "-1"})]),
        "the target holds",
        "nothing refuted",
        E="t",
    ),
    "65 atoms": measure(
        [("1/65", {"t": "0"})] * 65,
        [("1/64", {"t": "0"})] * 64,
        "at most 64 atoms",
        "more atoms than allowed",
    ),
    "65 dimensions": refutes(
        "inner(u, u) >= 1",
        model(["1"] * 65, {}, {"u": ["0"] * 65}),
        model(["1"] * 64, {}, {"u": ["0"] * 64}),
        "at most 64",
        "more dimensions",
        vectors="u",
    ),
    "metric negative": refutes(
        "inner(u, u) >= 0",
        model(["-1"], {}, {"u": ["1"]}),
        model(["1"], {}, {"u": ["1"]}),
        "positive numbers",
        "no inner product",
        kind="model",
        vectors="u",
    ),
    "metric zero": refutes(
        "inner(u, u) > 0",
        model(["0"], {}, {"u": ["1"]}),
        model(["1"], {}, {"u": ["0"]}),
        "positive numbers",
        "a vector of length 0 that is not 0",
        vectors="u",
    ),
    "metric missing": attack(
        "no metric",
        "missing keys ['metric']",
        Case("refutes", claim("x >= 1", scalars="x"), point(x="0").replace('"metric": [], ', "")),
        Case("refutes", claim("x >= 1", scalars="x"), point(x="0")),
    ),
    "vector of a wrong dimension": refutes(
        "inner(u, u) >= 1",
        model(["1", "1"], {}, {"u": ["0"]}),
        model(["1", "1"], {}, {"u": ["0", "0"]}),
        "2 coordinates required",
        "a short vector",
        vectors="u",
    ),
    "random vector of a wrong dimension": refutes(
        "E[inner(X, X)] >= 1",
        model(["1"], E=[("1", {}, {"X": ["0", "0"]})]),
        model(["1"], E=[("1", {}, {"X": ["0"]})]),
        "1 coordinates required",
        "a long vector",
        E="| X",
    ),
    "scalar missing": refutes("x >= 1", point(), point(x="0"), "missing keys ['x']", "no value of x", scalars="x"),
    "scalar too many": refutes(
        "x >= 1", point(x="0", y="0"), point(x="0"), "unknown keys ['y']", "a value of y", scalars="x"
    ),
    "scalar twice": attack(
        "two values of x",
        "repeated key",
        Case("refutes", claim("x >= 1", scalars="x"), point(x="0").replace('"x": "0"', '"x": "2", "x": "0"')),
        Case("refutes", claim("x >= 1", scalars="x"), point(x="0")),
    ),
    "scalar that is a decimal": refutes(
        "x >= 1", point(x="0.5"), point(x="1/2"), "a rational such as", "a decimal", scalars="x"
    ),
    "functional missing": refutes("E[t] >= 2", model(), model(E=HALF), "missing keys ['E']", "no measure", E="t"),
    "functional too many": refutes(
        "E[t] >= 2", model(E=HALF, F=HALF), model(E=HALF), "unknown keys ['F']", "two measures", E="t"
    ),
    "random value missing": measure(
        [("1", {})], [("1", {"t": "0"})], "missing keys ['t']", "an atom without its value"
    ),
    "model that is a claim": refutes(
        "x >= 1",
        claim("x >= 1", scalars="x"),
        point(x="0"),
        "proofcheck-model/1",
        "the claim as its own model",
        scalars="x",
    ),
    "division by zero": refutes("1/x >= 1", point(x="0"), point(x="2"), "division", "1/0", scalars="x"),
    "division by a sum that is zero": refutes(
        "1/(x - 2) >= 1", point(x="2"), point(x="1"), "division", "1/0", scalars="x"
    ),
    "division that cancels": refutes(
        "x*x/x > 0", point(x="0"), point(x="-1"), "division", "0*0/0 read as 0", scalars="x"
    ),
    "division in an assumption that cancels": refutes(
        "x > 0", point(x="0"), point(x="-1"), "division", "x/x at 0", "x/x >= 1", scalars="x"
    ),
    "division by zero at one atom": refutes(
        "E[t*t/t] >= 2",
        model(E=HALF),
        model(E=[("1", {"t": "1"})]),
        "division",
        "t/t at an atom where t = 0",
        E="t",
    ),
    "division by a moment that is zero": refutes(
        "E[t]/E[t] >= 2", model(E=[("1", {"t": "0"})]), model(E=[("1", {"t": "1"})]), "division", "0/0", E="t"
    ),
    "root of a negative number": refutes(
        "sqrt(x) >= 2", point(x="-1"), point(x="0"), "sqrt", "a root that is not real", scalars="x"
    ),
    "root that cancels": refutes(
        "sqrt(x) - sqrt(x) >= 1 + x",
        point(x="-1/2"),
        point(x="1"),
        "sqrt",
        "an undefined root that cancels",
        scalars="x",
    ),
    "division by a root that is zero": refutes(
        "x/sqrt(x) >= 2", point(x="0"), point(x="1"), "division", "0/sqrt(0)", scalars="x"
    ),
    "irrational root undecided": refutes(
        "sqrt(x)**2 > 2", point(x="2"), point(x="1"), "does not decide", "sqrt(2)**2 > 2", scalars="x"
    ),
    "irrational equality undecided": refutes(
        "exp(x)*exp(-x) == 2",
        point(x="1"),
        point(x="0"),
        "does not decide",
        "exp(1)*exp(-1) == 1, by intervals",
        "exp(x)*exp(-x) == 1",
        scalars="x",
    ),
    "irrational assumption undecided": refutes(
        "x >= 9",
        point(x="2"),
        point(x="4"),
        "does not decide",
        "sqrt(2)**2 >= 2",
        "sqrt(x)**2 >= x",
        scalars="x",
    ),
    "enclosure of large numbers undecided": refutes(
        "exp(x) > exp(y)",
        point(x="900", y="900"),
        point(x="899", y="900"),
        "does not decide",
        "two equal numbers of 390 digits",
        scalars="x y",
    ),
    "difference too small to see": refutes(
        "exp(x) > exp(y)",
        point(x="0", y="-1/" + "9" * 200),
        point(x="-1", y="0"),
        "does not decide",
        "a difference of 10**-200",
        scalars="x y",
    ),
    **{
        f"enclosure of large factors, {relation}": satisfies(
            "x >= 99",
            point(x="50"),
            point(x="0"),
            "does not decide",
            "exp(50)*exp(-50) beside 1, by an error made in a squaring",
            f"exp(x)*exp(-x) {relation} 1",
            scalars="x",
        )
        for relation in (">=", "<=", "==")
    },
    "root rounded down": satisfies(
        "x >= 99",
        point(x="2"),
        point(x="4"),
        "does not decide",
        "sqrt(2)**2 <= 2",
        "sqrt(x)**2 <= x",
        scalars="x",
    ),
    "root between 7/5 and 3/2": refutes(
        "sqrt(x) >= 3/2",
        point(x="9/4"),
        point(x="2"),
        "the target holds",
        "sqrt(9/4) >= 3/2; but sqrt(2) is less",
        scalars="x",
    ),
    "exp between 27/10 and 11/4": refutes(
        "exp(x) >= 11/4",
        point(x="2"),
        point(x="1"),
        "the target holds",
        "exp(2) >= 11/4; but exp(1) is less",
        scalars="x",
    ),
    "exp above 27/10": refutes(
        "exp(x) <= 27/10",
        point(x="0"),
        point(x="1"),
        "the target holds",
        "exp(0) <= 27/10; but exp(1) is more",
        scalars="x",
    ),
    **{
        f"product of exponentials, {relation} at {x}": satisfies(
            "x >= 999",
            point(x=x, y="1"),
            point(x="0", y="0"),
            "does not decide",
            "two enclosures of one number, one of them not rounded outward",
            f"exp(x)*exp(y) {relation} exp(x + y)",
            scalars="x y",
        )
        for relation in (">=", "<=")
        for x in ("1", "7/3", "50", "100")
    },
    "enclosure that ends at 0 below": refutes(
        "Max(exp(x)*exp(-x) - y, 0) == 0",
        point(x="1", y="1"),
        point(x="1", y="1/2"),
        "does not decide",
        "from 0 to a little more",
        scalars="x y",
    ),
    "enclosure that ends at 0 above": refutes(
        "-1*Max(exp(x)*exp(-x) - y, 0) == 0",
        point(x="1", y="1"),
        point(x="1", y="1/2"),
        "does not decide",
        "from a little less to 0",
        scalars="x y",
    ),
    "root of an enclosure from 0": satisfies(
        "x >= 9",
        point(x="1", y="1"),
        point(x="0", y="1"),
        "does not decide",
        "the root of an enclosure taken as the root of its lower end",
        "sqrt(Max(exp(x)*exp(-x) - y, 0)) <= 0",
        scalars="x y",
    ),
    **{
        f"exponential of an enclosure, {relation}": satisfies(
            "x >= 9",
            point(x="1", y="1"),
            point(x="0", y="1"),
            "does not decide",
            "exp at one end only of an enclosure from or to 0",
            f"exp({sign}Max(exp(x)*exp(-x) - y, 0)) {relation} 1",
            scalars="x y",
        )
        for sign, relation in (("", "<="), ("-", ">="))
    },
    "root of an enclosure of 0": refutes(
        "sqrt(exp(x) - exp(y)) >= 1",
        point(x="1", y="1"),
        point(x="1/2", y="1/2000"),
        "sqrt of a number",
        "a root of what may be negative by little",
        scalars="x y",
    ),
    "division by an enclosure of 0": refutes(
        "1/(exp(x) - exp(y)) >= 1",
        point(x="1", y="1"),
        point(x="1", y="2"),
        "division",
        "1/0 by a difference of equal numbers",
        scalars="x y",
    ),
    "lower end of an inverse": satisfies(
        "x >= 9",
        point(x="1"),
        point(x="0"),
        "does not decide",
        "an inverse rounded upwards",
        "(1 + exp(x))/(1 + exp(x)) >= 1",
        scalars="x",
    ),
    "upper end of an inverse": satisfies(
        "x >= 9",
        point(x="1"),
        point(x="0"),
        "does not decide",
        "an inverse rounded downwards",
        "(1 + exp(x))/(1 + exp(x)) <= 1",
        scalars="x",
    ),
    **{
        f"{end} end of a maximum, enclosure {place}": satisfies(
            "x >= 9",
            point(x="1", y="0"),
            point(x="0", y="0"),
            "does not decide",
            "a maximum of an enclosure rounded to one side",
            f"Max(exp(x)*exp(-x), {other}) {relation} 1",
            scalars="x y",
        )
        for end, relation in (("lower", ">="), ("upper", "<="))
        for place, other in (("first", "y"), ("second", "0"))
    },
    "maximum that may be 0": refutes(
        "-1*Max(exp(x)*exp(-x) - y, 0) >= 0",
        point(x="1", y="1"),
        point(x="1", y="1/2"),
        "does not decide",
        "an enclosure that ends at 0",
        scalars="x y",
    ),
    "exp of a large number": refutes(
        "exp(x) <= 5", point(x="1001"), point(x="1000"), "above 1000", "exp(1001)", scalars="x"
    ),
}
