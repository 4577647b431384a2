"""Use of a proved claim: every name replaced, every assumption proved here, nothing believed outside it."""

from .build import ONE, attack, claim, forall, have, mean, proof, split, term, use

PRODUCT = claim("x*y >= 0", "x >= 0", "y >= 0", scalars="x y", name="product")
HERE = claim("p*q >= 0", "p >= 0", "q >= 0", scalars="p q r", vectors="v", E="t | X")
A0, A1 = proof("not l.a0", "a0"), proof("not l.a1", "a1")
GOOD = {"fixed": {"x": "p", "y": "q"}, "proofs": [A0, A1]}
VARIANCE = claim("G[s**2] >= G[s]**2*y**0", scalars="y", G="s", name="variance")
SPREAD = claim("E[t**2] >= E[t]**2", scalars="x", E="t", F="+ r")


def product(**changes):
    return HERE, proof("target", "l", steps=[use("product", **{**GOOD, **changes})]), {"product": PRODUCT}


def raw(**changes):
    return HERE, proof("target", "l", steps=[{**use("product", **GOOD), **changes}]), {"product": PRODUCT}


def variance(**changes):
    given = {"fixed": {"y": "x"}, "functionals": {"G": "E"}, "random": {"s": "t"}, **changes}
    return SPREAD, proof("target", "l", steps=[use("variance", **given)]), {"variance": VARIANCE}


def lemma(text, body, target="p >= 0", *assume, **names):
    here = claim(target, *assume, scalars="p q", **names)
    return here, body, {"lemma": text}


def single(value, *assume):
    """x > 0 -> 1/x > 0-like lemma about the value of x."""
    text = claim("x*(1/x) >= 1", scalars="x", name="lemma")
    return lemma(text, proof("target", ONE, steps=[use("lemma", "l", {"x": value})]), "1 >= 0", *assume)


ATTACKS = {
    "lemma that is not proved": attack(
        "a name that nobody proved",
        "not a proved claim",
        (HERE, proof("target", "l", steps=[use("product", **GOOD)])),
        product(),
    ),
    "lemma under another name": attack(
        "a name that is near",
        "not a proved claim",
        (HERE, proof("target", "l", steps=[use("Product", **GOOD)]), {"product": PRODUCT}),
        product(),
    ),
    "lemma that is the claim itself": attack(
        "a claim used in its own proof",
        "not a proved claim",
        (claim("x >= 1", scalars="x", name="c"), proof("target", "l", steps=[use("c", "l", {"x": "x"})])),
        (
            claim("x >= 1", scalars="x", name="c"),
            proof("target", "l", steps=[use("c", "l", {"x": "x"})]),
            {"c": claim("x >= 1", scalars="x", name="c")},
        ),
    ),
    "lemma name of a wrong type": attack("a list for a name", "str required", raw(use=["product"]), product()),
    "assumption not proved": attack(
        "x*y >= 0 without y >= 0",
        "missing keys ['a1']",
        product(proofs=[A0]),
        product(),
    ),
    "assumption proved from something else": attack(
        "y >= 0 from p >= 0",
        "sum to 0",
        product(proofs=[A0, proof("not l.a1", "a0")]),
        product(),
    ),
    "assumption proved from the conclusion": attack(
        "circular: the fact of the step used inside the step",
        "not known here",
        product(proofs=[A0, proof("not l.a1", "l")]),
        product(),
    ),
    "assumption proved from another negation": attack(
        "the negation of a0 used for a1",
        "not known here",
        product(proofs=[A0, proof("not l.a0", "not l.a1", "a1")]),
        product(),
    ),
    "negation used outside": attack(
        "the negated assumption after its proof",
        "not known here",
        (
            HERE,
            proof("target", "l", term("not l.a0", c="0"), steps=[use("product", **GOOD)]),
            {"product": PRODUCT},
        ),
        product(),
    ),
    "assumption too many": attack(
        "a proof of an assumption that is not there",
        "unknown keys ['a2']",
        product(proofs=[A0, A1, A1]),
        product(),
    ),
    "assumption proof is a list": attack(
        "two proofs of an inequality", "dict required", product(proofs=[[A0], A1]), product()
    ),
    "equality assumption from one side": attack(
        "x == 0 proved as x >= 0",
        "two proofs required",
        lemma(
            claim("x <= 0", "x == 0", scalars="x", name="lemma"),
            proof("target", "l", steps=[use("lemma", "l", {"x": "p"}, proofs=[[proof("not l.a0", "a0")]])]),
            "p <= 0",
            "p >= 0",
            "p <= 0",
        ),
        lemma(
            claim("x <= 0", "x == 0", scalars="x", name="lemma"),
            proof(
                "target",
                "l",
                steps=[use("lemma", "l", {"x": "p"}, proofs=[[proof("not l.a0", "a0"), proof("not l.a0", "a1")]])],
            ),
            "p <= 0",
            "p >= 0",
            "p <= 0",
        ),
    ),
    "strict assumption proved as nonstrict": attack(
        "x > 0 from p >= 0",
        "one be > 0",
        lemma(
            claim("x > 0", "x > 0", scalars="x", name="lemma"),
            proof("target", "l", steps=[use("lemma", "l", {"x": "p"}, proofs=[proof("not l.a0", "a0")])]),
            "p > 0",
            "p >= 0",
        ),
        lemma(
            claim("x > 0", "x > 0", scalars="x", name="lemma"),
            proof("target", "l", steps=[use("lemma", "l", {"x": "p"}, proofs=[proof("not l.a0", "a0")])]),
            "p > 0",
            "p > 0",
        ),
    ),
    "value missing": attack("y of the lemma left open", "missing keys ['y']", product(fixed={"x": "p"}), product()),
    "value for an unknown name": attack(
        "a value for z",
        "unknown keys ['z']",
        product(fixed={"x": "p", "y": "q", "z": "p"}),
        product(),
    ),
    "value that names nothing": attack(
        "a name of the lemma in its own value",
        "no name here",
        product(fixed={"x": "p", "y": "y"}),
        product(),
    ),
    "vector for a scalar": attack(
        "x := v",
        "scalar expression required",
        product(fixed={"x": "v", "y": "q"}),
        product(),
    ),
    "scalar for a vector": attack(
        "u := p in a lemma about vectors",
        "vectors required",
        (
            claim("p >= p", scalars="p", vectors="v"),
            proof("target", "l", steps=[use("lemma", "l", {"u": "p"})]),
            {"lemma": claim("inner(u, u) >= inner(u, u)", vectors="u", name="lemma")},
        ),
        (
            claim("p >= p", scalars="p", vectors="v"),
            proof("target", "l", steps=[use("lemma", "l", {"u": "v"})]),
            {"lemma": claim("inner(u, u) >= inner(u, u)", vectors="u", name="lemma")},
        ),
    ),
    "random value for a deterministic name": attack(
        "a lemma with a functional applied at a random y",
        "may be random under [] only",
        variance(fixed={"y": "t"}),
        variance(),
    ),
    "value random under another functional": attack(
        "G becomes E, but its s becomes r of F",
        "may be random under ['E'] only",
        variance(random={"s": "r"}),
        variance(),
    ),
    "random value missing": attack("s left open", "missing keys ['s']", variance(random={}), variance()),
    "random name given as deterministic": attack(
        "s among the deterministic names",
        "unknown keys ['s']",
        variance(fixed={"y": "x", "s": "t"}, random={}),
        variance(),
    ),
    "functional missing": attack("G left open", "missing keys ['G']", variance(functionals={}), variance()),
    "functional too many": attack(
        "a functional that the lemma has not",
        "unknown keys ['H']",
        variance(functionals={"G": "E", "H": "E"}),
        variance(),
    ),
    "functional that is none": attack("G := x", "not a functional", variance(functionals={"G": "x"}), variance()),
    "functional that is not a probability": attack(
        "F[r**2] >= F[r]**2 for a measure",
        "must be a probability",
        variance(functionals={"G": "F"}, random={"s": "r"}),
        variance(),
    ),
    "functional of a wrong type": attack("a list", "str required", variance(functionals={"G": ["E"]}), variance()),
    "functionals of a wrong type": attack(
        "a list of functionals",
        "dict required",
        (
            SPREAD,
            proof(
                "target",
                "l",
                steps=[{**use("variance", "l", {"y": "x"}, {}, {"s": "t"}), "functionals": ["G"]}],
            ),
            {"variance": VARIANCE},
        ),
        variance(),
    ),
    "functionals null": attack("null for no functionals", "dict required", raw(functionals=None), product()),
    "lemma name of a functional that is ours": attack(
        "the lemma's F is our E, and ours is not meant: F[s] must become E[t], not F[t]",
        "sum to 0",
        (
            claim("F[r] >= 0", "t >= 0", E="t", F="+ r"),
            proof(
                "target",
                "l",
                steps=[use("mean", "l", {}, {"F": "E"}, {"s": "t"}, [proof("not l.a0", "a0")])],
            ),
            {"mean": claim("F[s] >= 0", "s >= 0", F="+ s", name="mean")},
        ),
        (
            claim("E[t] >= 0", "t >= 0", E="t", F="+ r"),
            proof(
                "target",
                "l",
                steps=[use("mean", "l", {}, {"F": "E"}, {"s": "t"}, [proof("not l.a0", "a0")])],
            ),
            {"mean": claim("F[s] >= 0", "s >= 0", F="+ s", name="mean")},
        ),
    ),
    "names exchanged": attack(
        "x := q, y := p is simultaneous, not one after the other: the lemma x >= y becomes q >= p",
        "sum to 0",
        lemma(
            claim("x >= y", "x >= y", scalars="x y", name="lemma"),
            proof(
                "target",
                "l",
                steps=[use("lemma", "l", {"x": "y", "y": "x"}, proofs=[proof("not l.a0", "a0")])],
            ),
            "x >= y",
            "y >= x",
            vectors="",
            E="x y",
        ),
        lemma(
            claim("x >= y", "x >= y", scalars="x y", name="lemma"),
            proof(
                "target",
                "l",
                steps=[use("lemma", "l", {"x": "y", "y": "x"}, proofs=[proof("not l.a0", "a0")])],
            ),
            "y >= x",
            "y >= x",
            vectors="",
            E="x y",
        ),
    ),
    "quantified lemma assumption": attack(
        "a lemma whose assumption is for all c",
        "quantified",
        lemma(
            claim("x >= 0", forall("x >= 0", c="scalar"), scalars="x", name="lemma"),
            proof("target", "l", steps=[use("lemma", "l", {"x": "p"}, proofs=[proof("not l.a0", "a0")])]),
            "p >= 0",
            "p >= 0",
        ),
        lemma(
            claim("x >= 0", "x >= 0", scalars="x", name="lemma"),
            proof("target", "l", steps=[use("lemma", "l", {"x": "p"}, proofs=[proof("not l.a0", "a0")])]),
            "p >= 0",
            "p >= 0",
        ),
    ),
    "lemma at zero where it divides": attack("x*(1/x) >= 1 at x := 0", "division by zero", single("0"), single("2")),
    "lemma where nothing says that it is defined": attack(
        "x*(1/x) >= 1 at x := q, which may be 0",
        "domain",
        single("q"),
        single("q", "q/q >= 1"),
    ),
    "lemma with a root where nothing says that it is defined": attack(
        "sqrt(x)**2 >= 0 at x := q, which may be negative",
        "domain",
        lemma(
            claim("sqrt(x)**2 >= 0", scalars="x", name="lemma"),
            proof("target", ONE, steps=[use("lemma", "l", {"x": "q"})]),
            "1 >= 0",
        ),
        lemma(
            claim("sqrt(x)**2 >= 0", scalars="x", name="lemma"),
            proof("target", ONE, steps=[use("lemma", "l", {"x": "q"})]),
            "1 >= 0",
            "sqrt(q) >= 0",
        ),
    ),
    "lemma target changed by its values": attack(
        "x*y >= 0 at x := p, y := q, used as p*p >= 0 for q",
        "sum to 0",
        (
            claim("p*r >= 0", "p >= 0", "q >= 0", scalars="p q r", vectors="v"),
            product()[1],
            {"product": PRODUCT},
        ),
        (
            claim("p*q >= 0", "p >= 0", "q >= 0", scalars="p q r", vectors="v"),
            product()[1],
            {"product": PRODUCT},
        ),
    ),
    "pinned assumption under E": attack(
        "what a lemma concludes from the negated target, integrated",
        "pinned to a point",
        (
            claim("t <= 0", E="t"),
            proof(
                term(mean("E", term("l"))),
                ONE,
                steps=[use("lemma", "l", {"x": "t"}, proofs=[proof("not l.a0", "target")])],
            ),
            {"lemma": claim("x >= 0", "x > 0", scalars="x", name="lemma")},
        ),
        (
            claim("t <= 0", "t > 0", "t <= -1", E="t"),
            proof(
                term(mean("E", term("l"), term("a1"))),
                ONE,
                steps=[use("lemma", "l", {"x": "t"}, proofs=[proof("not l.a0", "a0")])],
            ),
            {"lemma": claim("x >= 0", "x > 0", scalars="x", name="lemma")},
        ),
    ),
    "steps of one branch in the other": attack(
        "a fact of the nonnegative branch used in the negative one",
        "not known here",
        (
            claim("x >= 0", "x >= 0", scalars="x"),
            split(
                "x",
                "s",
                proof("target", "h", steps=[have("x >= 0", "h", proof("not h", "s"))]),
                proof("target", "h"),
            ),
        ),
        (
            claim("x >= 0", "x >= 0", scalars="x"),
            split(
                "x",
                "s",
                proof("target", "h", steps=[have("x >= 0", "h", proof("not h", "s"))]),
                proof("target", "a0"),
            ),
        ),
    ),
    "later step used before": attack(
        "a step that uses the next one",
        "not known here",
        (
            claim("x >= 0", "x >= 0", scalars="x"),
            proof(
                "target",
                "h",
                steps=[have("x >= 0", "h", proof("not h", "k")), have("x >= 0", "k", proof("not k", "a0"))],
            ),
        ),
        (
            claim("x >= 0", "x >= 0", scalars="x"),
            proof(
                "target",
                "h",
                steps=[have("x >= 0", "h", proof("not h", "a0")), have("x >= 0", "k", proof("not k", "h"))],
            ),
        ),
    ),
    "negated have outside": attack(
        "the negation of a step after its proof",
        "not known here",
        (
            claim("x >= 1", "x >= 0", scalars="x"),
            proof("not h", "h", steps=[have("x >= 0", "h", proof("not h", "a0"))]),
        ),
        (
            claim("x >= 0", "x >= 0", scalars="x"),
            proof("target", "h", steps=[have("x >= 0", "h", proof("not h", "a0"))]),
        ),
    ),
}
