"""The remaining rules: equations and inequalities, coefficients, Gram determinants, labels."""

from .build import (
    ONE,
    attack,
    claim,
    definition,
    equation,
    fact,
    forall,
    gram,
    have,
    instance,
    mean,
    norm2,
    proof,
    split,
    square,
    term,
    use,
)

XY = {"scalars": "x y"}
TRUE = claim("x >= 0", "x >= 0", **XY)


def closing(*extra, **more):
    return proof("target", "a0", *extra, **more)


def determinant(*entries, target="inner(u, u)*inner(v, v) >= inner(u, v)**2", **more):
    return claim(target, scalars="x", vectors="u v w", E="t | X"), proof("target", term(gram(*entries, **more)))


def weighted(weight, functional="E"):
    text = claim("E[a*t**2] >= 0", "a >= 0", scalars="x", E="a t", F="+ r")
    return text, proof("target", term(gram("t", functional=functional, weight=weight)))


def labelled(label, text=TRUE):
    return text, closing(steps=[have("y**2 >= 0", label, proof(term(fact(f"not {label}")), term(square("y"))))])


ATTACKS = {
    "inequality as an equation": attack(
        "x <= 0 from x >= 0, multiplied by -1",
        "an equality required",
        (claim("x <= 0", "x >= 0", **XY), proof("target", equation("a0", "-1"))),
        (claim("x <= 0", "x == 0", **XY), proof("target", equation("a0", "-1"))),
    ),
    "strict inequality as an equation": attack(
        "x <= 0 from x > 0",
        "an equality required",
        (claim("x <= 0", "x > 0", **XY), proof("target", equation("a0", "-1"))),
        (claim("x <= 0", "x == 0", **XY), proof("target", equation("a0", "-1"))),
    ),
    "target as an equation": attack(
        "anything: the negated target multiplied by 0... and by -1",
        "an equality required",
        (claim("x >= 0", **XY), proof("target", equation("target", "-1"))),
        (claim("x >= x", **XY), proof("target", equation({"definition": "Max(x, y)", "part": 2}, "0"))),
    ),
    "equation as a factor": attack(
        "x*y <= 0-like: an equality multiplied by a strict fact and counted nonnegative",
        "an inequality required",
        (claim("x >= 0", "x == 0", **XY), proof("target", "a0")),
        (claim("x >= 0", "x >= 0", **XY), proof("target", "a0")),
    ),
    "equation under E as an inequality": attack(
        "E[t] <= 0 from t == t**2-like equation used as >=",
        "an inequality required",
        (claim("E[t] >= 0", "t == 0", E="t"), proof("target", term(mean("E", term("a0"))))),
        (claim("E[t] >= 0", "t >= 0", E="t"), proof("target", term(mean("E", term("a0"))))),
    ),
    "inequality as an equation under E": attack(
        "E[t] <= 0 from t >= 0",
        "an equality required",
        (claim("E[t] <= 0", "t >= 0", E="t"), proof("target", term(mean("E", equation("a0", "-1"))))),
        (claim("E[t] <= 0", "t == 0", E="t"), proof("target", term(mean("E", equation("a0", "-1"))))),
    ),
    "equation without its multiplier": attack(
        "times left out",
        "missing keys ['times']",
        (claim("x >= 0", "x == 0", **XY), proof("target", {"equation": "a0"})),
        (claim("x >= 0", "x == 0", **XY), proof("target", equation("a0"))),
    ),
    "equation times a vector": attack(
        "a vector for a multiplier",
        "scalar expression required",
        (
            claim("x >= 0", "x == 0", scalars="x", vectors="u"),
            proof("target", equation("a0"), equation("a0", "0*x*u + u")),
        ),
        (
            claim("x >= 0", "x == 0", scalars="x", vectors="u"),
            proof("target", equation("a0"), equation("a0", "0*x")),
        ),
    ),
    "negative coefficient": attack(
        "x <= 0 from x >= 0, times -1",
        ">= 0 required",
        (claim("x <= 0", "x >= 0", **XY), proof("target", term("a0", c="-1"))),
        (claim("x <= 0", "x <= 0", **XY), proof("target", term("a0", c="1"))),
    ),
    "negative coefficient under E": attack(
        "E[t] <= 0 from t >= 0",
        ">= 0 required",
        (claim("E[t] <= 0", "t >= 0", E="t"), proof("target", term(mean("E", term("a0", c="-1"))))),
        (claim("E[t] <= 0", "t <= 0", E="t"), proof("target", term(mean("E", term("a0", c="1"))))),
    ),
    "negative weight": attack(
        "E[a*t**2] <= 0",
        ">= 0 required",
        weighted(term("a0", c="-1")),
        weighted(term("a0", c="1")),
    ),
    "coefficient with the wrong value": attack(
        "x >= 0 from 2*x >= -1",
        "sum to 0",
        (claim("x >= 0", "2*x >= 0", **XY), proof("target", term("a0", c="1"))),
        (claim("x >= 0", "2*x >= 0", **XY), proof("target", term("a0", c="1/2"))),
    ),
    "gram of scalars and vectors": attack(
        "a row of numbers and a row of vectors",
        "vectors required",
        determinant("u", "x"),
        determinant("u", "v"),
    ),
    "gram of too many": attack(
        "five vectors",
        "1 to 4 entries",
        determinant("u", "v", "w", "u", "v", target="1 >= 1"),
        determinant("u", "v", "w", "u", target="1 >= 1"),
    ),
    "gram of none": attack(
        "the empty determinant is 1",
        "1 to 4 entries",
        determinant(target="x >= 1"),
        determinant("x", target="x*x >= 0"),
    ),
    "gram with its minor signs": attack(
        "the permanent of a Gram matrix",
        "sum to 0",
        determinant("u", "v", target="inner(u, u)*inner(v, v) + inner(u, v)**2 >= 0"),
        determinant("u", "v"),
    ),
    "gram of three with a wrong sign": attack(
        "a determinant of order three with one sign exchanged",
        "sum to 0",
        determinant(
            "u",
            "v",
            "w",
            target="inner(u,u)*inner(v,v)*inner(w,w) + 2*inner(u,v)*inner(v,w)*inner(u,w)"
            " >= inner(u,u)*inner(v,w)**2 + inner(v,v)*inner(u,w)**2 - inner(w,w)*inner(u,v)**2",
        ),
        determinant(
            "u",
            "v",
            "w",
            target="inner(u,u)*inner(v,v)*inner(w,w) + 2*inner(u,v)*inner(v,w)*inner(u,w)"
            " >= inner(u,u)*inner(v,w)**2 + inner(v,v)*inner(u,w)**2 + inner(w,w)*inner(u,v)**2",
        ),
    ),
    "gram of moments without a functional": attack(
        "E[t**2] >= E[t]**2 from the deterministic gram of 1 and E[t]: det = 0",
        "sum to 0",
        (claim("E[t**2] >= E[t]**2", E="t"), proof("target", term(gram("1", "E[t]")))),
        (claim("E[t**2] >= E[t]**2", E="t"), proof("target", term(gram("1", "t", functional="E")))),
    ),
    "weight without a functional": attack(
        "a weight for a plain Gram determinant",
        "a functional if there is a weight",
        weighted(term("a0"), None),
        weighted(term("a0"), "E"),
    ),
    "weight that is an equation": attack(
        "a density that is only zero",
        "missing keys ['factors']",
        weighted(equation("a0", "1")),
        weighted(term("a0")),
    ),
    "weight empty": attack("{} for a weight", "missing keys ['factors']", weighted({}), weighted(term("a0"))),
    "weight false": attack("false for no weight", "dict required", weighted(False), weighted(term("a0"))),
    "weight not nonnegative": attack(
        "E[r*t**2] >= 0 for a density that may be negative",
        "not known here",
        weighted(term("a1")),
        weighted(term("a0")),
    ),
    "weight random under another functional": attack(
        "the density of E is random under F",
        "random under ['E']",
        weighted(term("a0"), "F"),
        weighted(term("a0"), "E"),
    ),
    "gram of an unknown functional": attack(
        "G[...]", "random under ['E']", weighted(term("a0"), "G"), weighted(term("a0"))
    ),
    "mean of an unknown functional": attack(
        "G[1] >= 0",
        "not a functional",
        (TRUE, closing(term(mean("G", ONE), c="0"))),
        (claim("x >= 0", "x >= 0", scalars="x y", G="+ r"), closing(term(mean("G", ONE), c="0"))),
    ),
    "mean of a functional whose name a terminal obeys": attack(
        "E, carriage return: a message that shows it as it is hides what was said before",
        "E\\r[...]: not a functional",
        (TRUE, closing(term(mean("E\r", ONE), c="0"))),
        (claim("x >= 0", "x >= 0", scalars="x y", G="+ r"), closing(term(mean("G", ONE), c="0"))),
    ),
    "mean of the empty functional": attack(
        'the functional "" is the outside',
        "not a functional",
        (TRUE, closing(term(mean("", ONE), c="0"))),
        (claim("x >= 0", "x >= 0", scalars="x y", G="+ r"), closing(term(mean("G", ONE), c="0"))),
    ),
    "norm of a scalar": attack(
        "|x|**2 for a number by inner",
        "vectors required",
        (claim("x**2 >= 0", scalars="x", vectors="u"), proof("target", term(norm2("x")))),
        (claim("inner(u, u) >= 0", scalars="x", vectors="u"), proof("target", term(norm2("u")))),
    ),
    "square of a vector": attack(
        "u**2",
        "scalar expression required",
        (claim("inner(u, u) >= 0", vectors="u"), proof("target", term(square("u")))),
        (claim("inner(u, u) >= 0", vectors="u"), proof("target", term(norm2("u")))),
    ),
    "norm of a product of vectors": attack(
        "<uv, uv>",
        "vectors required",
        (claim("inner(u, u) >= 0", vectors="u v"), proof("target", term(norm2("u*v")))),
        (claim("inner(u, u) >= 0", vectors="u v"), proof("target", term(norm2("u")))),
    ),
    "inner product of a product and a number": attack(
        "inner(u*v, x): two vectors, both on one side",
        "vectors required",
        (
            claim("inner(u*v, x) == inner(u*v, x)", scalars="x", vectors="u v"),
            [proof("target"), proof("target")],
        ),
        (
            claim("inner(u, v*x) == inner(u, v*x)", scalars="x", vectors="u v"),
            [proof("target"), proof("target")],
        ),
    ),
    "sum of a vector and a number": attack(
        "inner(u + x, u)",
        "vectors required",
        (claim("inner(u, u) >= 0", scalars="x", vectors="u"), proof("target", term(norm2("u + x")))),
        (claim("inner(u, u) >= 0", scalars="x", vectors="u"), proof("target", term(norm2("u + 0*x")))),
    ),
    "label target": attack("a step named target", "is taken", labelled("target"), labelled("h")),
    "label of an assumption": attack("a step named a0", "is taken", labelled("a0"), labelled("a1")),
    "label twice": attack(
        "two steps of one name",
        "is taken",
        (
            TRUE,
            closing(steps=[have("y**2 >= 0", k, proof(f"not {k}", term(square("y")))) for k in ("h", "h")]),
        ),
        (
            TRUE,
            closing(steps=[have("y**2 >= 0", k, proof(f"not {k}", term(square("y")))) for k in ("h", "k")]),
        ),
    ),
    "label of a negation": attack('a step named "not h"', "a name of letters", labelled("not h"), labelled("noth")),
    "label of a lemma assumption": attack(
        'a step named "h.a0"', "a name of letters", labelled("h.a0"), labelled("ha0")
    ),
    "label empty": attack("a step with no name", "a name of letters", labelled(""), labelled("h")),
    "label of a function": attack("a step named Max", "a name of letters", labelled("Max"), labelled("Maxi")),
    "label of a wrong type": attack(
        "a list for a label",
        "str required",
        (TRUE, closing(steps=[{**have("y**2 >= 0", "h", proof("not h", term(square("y")))), "as": ["h"]}])),
        labelled("h"),
    ),
    "label missing": attack(
        "a step without as",
        "str required",
        (TRUE, closing(steps=[{"have": "y**2 >= 0", "proof": proof("not h", term(square("y")))}])),
        labelled("h"),
    ),
    "split label taken": attack(
        "a split named target",
        "is taken",
        (TRUE, split("y", "target", closing(), closing())),
        (TRUE, split("y", "s", closing(), closing())),
    ),
    "split label of a wrong type": attack(
        "a number for a label",
        "str required",
        (TRUE, split("y", 1, closing(), closing())),
        (TRUE, split("y", "s", closing(), closing())),
    ),
    "label taken inside its proof": attack(
        "the negation of an inner h shadows that of the outer",
        "is taken",
        (
            TRUE,
            closing(
                steps=[
                    have(
                        "y**2 >= 0",
                        "h",
                        proof("not h", term(square("y")), steps=[labelled("h")[1]["steps"][0]]),
                    )
                ]
            ),
        ),
        (
            TRUE,
            closing(
                steps=[
                    have(
                        "y**2 >= 0",
                        "h",
                        proof("not h", term(square("y")), steps=[labelled("k")[1]["steps"][0]]),
                    )
                ]
            ),
        ),
    ),
    "label of a lemma step taken": attack(
        "a lemma named as an assumption",
        "is taken",
        (
            TRUE,
            closing(steps=[use("lemma", "a0", {"x": "y"})]),
            {"lemma": claim("x**2 >= 0", scalars="x", name="lemma")},
        ),
        (
            TRUE,
            closing(steps=[use("lemma", "l", {"x": "y"})]),
            {"lemma": claim("x**2 >= 0", scalars="x", name="lemma")},
        ),
    ),
    "label of an instance taken": attack(
        "an instance named target",
        "is taken",
        (
            claim("x >= 0", "x >= 0", forall("c*c >= 0", c="scalar"), **XY),
            closing(steps=[instance(1, "target", c="y")]),
        ),
        (
            claim("x >= 0", "x >= 0", forall("c*c >= 0", c="scalar"), **XY),
            closing(steps=[instance(1, "i", c="y")]),
        ),
    ),
    "unknown fact": attack("a9", "not known here", (TRUE, proof("target", "a9")), (TRUE, proof("target", "a0"))),
    "fact by its number": attack(
        "0 for a0", "str required", (TRUE, proof("target", term({"fact": 0}))), (TRUE, closing())
    ),
    "fact null": attack(
        "null for a0", "str required", (TRUE, proof("target", term({"fact": None}))), (TRUE, closing())
    ),
    "factor of two kinds": attack(
        "a fact and a square in one factor",
        "unknown keys ['square']",
        (TRUE, proof("target", term({"fact": "a0", "square": "x"}))),
        (TRUE, closing()),
    ),
    "factor of no kind": attack(
        "a sum of squares",
        "factor",
        (TRUE, closing(term({"sum": "x"}, c="0"))),
        (TRUE, closing(term(square("x"), c="0"))),
    ),
    "step of no kind": attack(
        "a step that only claims",
        "missing keys",
        (TRUE, closing(steps=[{"assume": "x >= 1", "as": "h"}])),
        labelled("h"),
    ),
    "step of two kinds": attack(
        "a step that is proved and used",
        "unknown keys",
        (TRUE, closing(steps=[{**labelled("h")[1]["steps"][0], "use": "lemma"}])),
        labelled("h"),
    ),
    "have without a proof": attack(
        "a step believed",
        "missing keys ['proof']",
        (TRUE, closing(steps=[{"have": "y**2 >= 0", "as": "h"}])),
        labelled("h"),
    ),
    "proof that splits and sums": attack(
        "both kinds of proof at once",
        "unknown keys ['terms']",
        (TRUE, {**split("y", "s", closing(), closing()), "terms": []}),
        (TRUE, split("y", "s", closing(), closing())),
    ),
    "split without a branch": attack(
        "the negative branch left out",
        "missing keys ['neg']",
        (TRUE, {"split": "y", "as": "s", "nonneg": closing()}),
        (TRUE, {"split": "y", "as": "s", "nonneg": closing(), "neg": closing()}),
    ),
    "split on a vector": attack(
        "the sign of u",
        "scalar expression required",
        (claim("x >= 0", "x >= 0", scalars="x", vectors="u"), split("u", "s", closing(), closing())),
        (
            claim("x >= 0", "x >= 0", scalars="x", vectors="u"),
            split("inner(u, u)", "s", closing(), closing()),
        ),
    ),
    "definition as an unknown kind": attack(
        "a definition by another key",
        "missing keys",
        (TRUE, closing(equation({"define": "Max(x, y)", "part": 2}, "0"))),
        (TRUE, closing(equation(definition("Max(x, y)", 2), "0"))),
    ),
}
