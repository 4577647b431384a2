"""Denominators, roots, exponentials and maxima: where they are defined, and what their definitions say."""

from .build import ONE, Case, attack, claim, definition, equation, fact, mean, proof, split, square, term

X = {"scalars": "x"}


def root(part, *extra):
    return {"fact": definition("sqrt(x)", part)}


def exp_case(parts, target="exp(x)*exp(y) == exp(x + y)"):
    reference = {"exp_sum": parts}
    return claim(target, scalars="x y z"), [
        proof("target", equation(reference)),
        proof("target", equation(reference, "-1")),
    ]


def part_case(text, part):
    return claim("Max(x, y) >= x", scalars="x y z"), proof("target", term({"fact": definition(text, part)}))


def flat(times):
    """The third part of Max: (m - x)(m - y) == 0, with m >= y > x gives m == y."""
    steps = proof("target", equation(definition("Max(x, y)", 2), times))
    return steps


def divided_by_x(assumption):
    """y == 0 from x*y == 0, by 1/x, in a claim with a further assumption."""
    proofs = [proof("target", equation("a0", sign + "1/x")) for sign in ("", "-")]
    return claim("y == 0", "x*y == 0", assumption, scalars="x y z"), proofs


ATTACKS = {
    "a divisor to the power 0": attack(
        "y == 0 from x*y == 0: false at x == 0, where 1/x**0 is 1",
        "domain",
        divided_by_x("1/x**0 >= 0"),
        divided_by_x("1/x**2 >= 0"),
    ),
    "a divisor with a factor to the power 0": attack(
        "y == 0 from x*y == 0: false at x == 0, where 1/(x**0*z) is 1/z",
        "domain",
        divided_by_x("1/(x**0*z) > 0"),
        divided_by_x("1/(x**-1*z) > 0"),
    ),
    "division by a root that may be 0": attack(
        "x > 0 from sqrt(x) >= 0: false at x = 0, where the root is defined",
        "domain",
        (
            claim("x > 0", "sqrt(x) >= 0", **X),
            proof(
                term(fact("target"), square("1/sqrt(x)")),
                equation(definition("sqrt(x)", 1), "-(1/sqrt(x))*(1/sqrt(x))"),
                ONE,  # s**2/s**2, if s were invertible
            ),
        ),
        (
            claim("x > 0", "1/sqrt(x) >= 0", **X),
            proof(
                term(fact("target"), square("1/sqrt(x)")),
                equation(definition("sqrt(x)", 1), "-(1/sqrt(x))*(1/sqrt(x))"),
                equation(definition("1/sqrt(x)", 0), "sqrt(x)*(1/sqrt(x)) + 1"),
                ONE,
            ),
        ),
    ),
    "negative power of a root that may be 0": attack(
        "sqrt(x)**-1 in the certificate",
        "domain",
        (
            claim("x >= 0", "sqrt(x) >= 0", "x >= 0", **X),
            proof("target", "a1", term(square("sqrt(x)**-1"), c="0")),
        ),
        (
            claim("x >= 0", "sqrt(x) >= 0", "x >= 0", **X),
            proof("target", "a1", term(square("sqrt(x)**1"), c="0")),
        ),
    ),
    "division only in the certificate": attack(
        "x**2 > 0 with the square of 1/x: false at x = 0",
        "domain",
        (claim("x**2 > 0", **X), proof(term(fact("target"), square("1/x")), ONE)),
        (claim("x**2 > 0", "x/x >= 1", **X), proof(term(fact("target"), square("1/x")), ONE)),
    ),
    "negative power only in the certificate": attack(
        "x**2 > 0 with the square of x**-1",
        "domain",
        (claim("x**2 > 0", **X), proof(term(fact("target"), square("x**-1")), ONE)),
        (claim("x**2 > 0", "x**-2 >= 0", **X), proof(term(fact("target"), square("x**-1")), ONE)),
    ),
    "division by a sum only in the certificate": attack(
        "(x + y)**2 > 0 with inv(x + y)",
        "domain",
        (
            claim("x >= 0", "x >= 0", scalars="x y"),
            proof("target", "a0", equation(definition("1/(x + y)", 0), "0")),
        ),
        (
            claim("x >= 0*(1/(x + y))", "x >= 0", scalars="x y"),
            proof("target", "a0", equation(definition("1/(x + y)", 0), "0")),
        ),
    ),
    "division by one factor of a nonzero sum": attack(
        "1/(x + y) in the claim says nothing of 1/x",
        "domain",
        (claim("x**2 > 0", "1/(x + y) >= 0", scalars="x y"), proof(term(fact("target"), square("1/x")), ONE)),
        (claim("x**2 > 0", "1/(x*y) >= 0", scalars="x y"), proof(term(fact("target"), square("1/x")), ONE)),
    ),
    "division by another moment": attack(
        "E[t] != 0 says nothing of E[t**2]... but of its own",
        "domain",
        (claim("E[t]**2 > 0", "1/E[t**2] >= 0", E="t"), proof(term(fact("target"), square("1/E[t]")), ONE)),
        (claim("E[t]**2 > 0", "1/E[t] >= 0", E="t"), proof(term(fact("target"), square("1/E[t]")), ONE)),
    ),
    "division by a moment because of its random name": attack(
        "t != 0 almost everywhere does not make E[t] != 0",
        "domain",
        (claim("E[t]**2 > 0", "1/t >= -5", E="t"), proof(term(fact("target"), square("1/E[t]")), ONE)),
        (claim("E[t]**2 > 0", "1/E[t] >= -5", E="t"), proof(term(fact("target"), square("1/E[t]")), ONE)),
    ),
    "root only in the certificate": attack(
        "x >= 0 for all x, as the square of sqrt(x)",
        "domain",
        (
            claim("x >= 0", **X),
            proof("target", equation(definition("sqrt(x)", 1), "-1"), term(square("sqrt(x)"))),
        ),
        (
            claim("x >= 0", "sqrt(x) >= 0", **X),
            proof("target", equation(definition("sqrt(x)", 1), "-1"), term(square("sqrt(x)"))),
        ),
    ),
    "root of -1 only in the certificate": attack(
        "-1 >= 0",
        "domain",
        (
            claim("-1 >= 0"),
            proof("target", equation(definition("sqrt(-1)", 1), "-1"), term(square("sqrt(-1)"))),
        ),
        (
            claim("-1 >= 0", "sqrt(-1) >= 0"),
            proof("target", equation(definition("sqrt(-1)", 1), "-1"), term(square("sqrt(-1)"))),
        ),
    ),
    "root of another argument": attack(
        "sqrt(x) in the claim says nothing of sqrt(-x)",
        "domain",
        (
            claim("x <= 0", "sqrt(x) >= 0", **X),
            proof("target", equation(definition("sqrt(-x)", 1), "-1"), term(square("sqrt(-x)"))),
        ),
        (
            claim("x <= 0", "sqrt(-x) >= 0", **X),
            proof("target", equation(definition("sqrt(-x)", 1), "-1"), term(square("sqrt(-x)"))),
        ),
    ),
    "negative part of a root counted": attack(
        "sqrt(x) <= 0: part 0 says s >= 0",
        "sum to 0",
        (claim("sqrt(x) <= 0", **X), proof("target", term(root(0)))),
        (claim("sqrt(x) >= 0", **X), proof("target", term(root(0)))),
    ),
    "root strict": attack(
        "sqrt(x) > 0 at x = 0",
        "one be > 0",
        (claim("sqrt(x) > 0", **X), proof("target", term(root(0)))),
        (claim("sqrt(x) >= 0", **X), proof("target", term(root(0)))),
    ),
    "square of a root is not another": attack(
        "sqrt(x)**2 >= x + 1",
        "sum to 0",
        (claim("sqrt(x)**2 >= x + 1", **X), proof("target", equation(definition("sqrt(x)", 1)))),
        (claim("sqrt(x)**2 >= x", **X), proof("target", equation(definition("sqrt(x)", 1)))),
    ),
    "inverse is not twice": attack(
        "(1 + x)*(1/(1 + x)) >= 2",
        "sum to 0",
        (claim("(1 + x)/(1 + x) >= 2", **X), proof("target", equation(definition("1/(1 + x)", 0)))),
        (claim("(1 + x)/(1 + x) >= 1", **X), proof("target", equation(definition("1/(1 + x)", 0)))),
    ),
    "inverse of a multiple": attack(
        "1/(2 + 2*x) >= 1/(1 + x)*2 - ..., the leading coefficient lost",
        "one be > 0",
        (claim("1/(2 + 2*x) - 1/(2 + 2*x) > 0", **X), proof("target")),
        (claim("2/(2 + 2*x) - 1/(1 + x) >= 0", **X), proof("target")),
    ),
    "inverse of half": attack(
        "1/(1/2 + x) == 1/(1 + 2*x), the leading coefficient 1/2 lost",
        "sum to 0",
        (claim("2/(1 + 2*x) - 1/(1/2 + x) >= 1", **X), proof("target")),
        (claim("2/(1 + 2*x) - 1/(1/2 + x) >= 0", **X), proof("target")),
    ),
    "zero in the claim's denominator": attack(
        "1/0 in a claim",
        "division by zero",
        Case("read", claim("1/0 >= 1", **X)),
        Case("read", claim("1/1 >= 1", **X)),
    ),
    "hidden zero in a denominator": attack(
        "1/(x - x)",
        "division by zero",
        Case("read", claim("1/(x - x) >= 1", **X)),
        Case("read", claim("1/(x + x) >= 1", **X)),
    ),
    "hidden zero behind an identity": attack(
        "1/((x + 1)**2 - x**2 - 2*x - 1)",
        "division by zero",
        Case("read", claim("1/((x + 1)**2 - x**2 - 2*x - 1) >= 1", **X)),
        Case("read", claim("1/((x + 1)**2 - x**2 - 2*x - 2) >= -1", **X)),
    ),
    "negative power of zero": attack(
        "0**-1",
        "division by zero",
        Case("read", claim("0**-1 >= 1", **X)),
        Case("read", claim("0**1 >= 1", **X)),
    ),
    "division by a vector": attack(
        "x/u",
        "scalar expression required",
        Case("read", claim("inner(u/u, u) >= 1", vectors="u")),
        Case("read", claim("inner(u/2, u) >= 1", vectors="u")),
    ),
    "power of a vector": attack(
        "u**1",
        "scalar expression required",
        Case("read", claim("inner(u**1, u) >= 1", vectors="u")),
        Case("read", claim("inner(2**1*u, u) >= 1", vectors="u")),
    ),
    "Max below its second argument": attack(
        "Max(x, y) <= y",
        "sum to 0",
        (claim("Max(x, y) <= y", scalars="x y"), proof("target", term({"fact": definition("Max(x, y)", 1)}))),
        (claim("Max(x, y) >= y", scalars="x y"), proof("target", term({"fact": definition("Max(x, y)", 1)}))),
    ),
    "Max equal to one argument": attack(
        "(Max(x, y) - x)*Max(x, y) == 0: part 2 has both factors",
        "sum to 0",
        (
            claim("(Max(x, y) - x)*Max(x, y) <= 0", scalars="x y"),
            proof("target", equation(definition("Max(x, y)", 2), "-1")),
        ),
        (
            claim("(Max(x, y) - x)*(Max(x, y) - y) <= 0", scalars="x y"),
            proof("target", equation(definition("Max(x, y)", 2), "-1")),
        ),
    ),
    "Max strict": attack(
        "Max(x, y) > x",
        "one be > 0",
        (claim("Max(x, y) > x", scalars="x y"), proof("target", term({"fact": definition("Max(x, y)", 0)}))),
        (claim("Max(x, y) >= x", scalars="x y"), proof("target", term({"fact": definition("Max(x, y)", 0)}))),
    ),
    "Max complementarity as an inequality": attack(
        "an equation is no factor",
        "an inequality required",
        (
            claim("(Max(x, y) - x)*(Max(x, y) - y) >= 0", scalars="x y"),
            proof("target", term({"fact": definition("Max(x, y)", 2)})),
        ),
        (
            claim("(Max(x, y) - x)*(Max(x, y) - y) >= 0", scalars="x y"),
            proof("target", equation(definition("Max(x, y)", 2))),
        ),
    ),
    "Min is not Max": attack(
        "Min(x, y) >= x",
        "sum to 0",
        (claim("Min(x, y) >= x", scalars="x y"), proof("target", term({"fact": definition("Min(x, y)", 0)}))),
        (claim("Min(x, y) <= x", scalars="x y"), proof("target", term({"fact": definition("Min(x, y)", 0)}))),
    ),
    "Abs below its argument": attack(
        "Abs(x) <= x",
        "sum to 0",
        (claim("Abs(x) <= x", **X), proof("target", term({"fact": definition("Abs(x)", 1)}))),
        (claim("Abs(x) >= x", **X), proof("target", term({"fact": definition("Abs(x)", 1)}))),
    ),
    "Max of different arguments": attack(
        "Max(x, y) >= Max(x, z)",
        "sum to 0",
        (claim("Max(x, y) >= Max(x, z)", scalars="x y z"), proof("target")),
        (claim("Max(x, y) >= Max(y, x)", scalars="x y z"), proof("target")),
    ),
    "Max of sums in another order": attack(
        "Max(x + y, 0) >= Max(y - x, 0); but the order of a sum does not matter",
        "sum to 0",
        (claim("Max(x + y, 0) >= Max(y - x, 0)", scalars="x y"), proof("target")),
        (claim("Max(x + y, 0) >= Max(y + x, 0)", scalars="x y"), proof("target")),
    ),
    "Max of products in another order": attack(
        "Max(x*y, 0) >= Max(y*y, 0)",
        "sum to 0",
        (claim("Max(x*y, 0) >= Max(y*y, 0)", scalars="x y"), proof("target")),
        (claim("Max(x*y, 0) >= Max(y*x, 0)", scalars="x y"), proof("target")),
    ),
    "Max of one expression": attack(
        "Max(x, x) >= x + 1; but it is x",
        "sum to 0",
        (claim("Max(x, x) >= x + 1", **X), proof("target", ONE)),
        (claim("Max(x, x) >= x - 1", **X), proof("target", ONE)),
    ),
    "definition of a sum": attack(
        "1 - 2*exp(x) is no function value, though one stands in it",
        "one Max, sqrt, inv or exp required",
        (claim("exp(x) >= 1 + x", **X), proof("target", term({"fact": definition("1 - 2*exp(x)", 1)}))),
        (claim("exp(x) >= 1 + x", **X), proof("target", term({"fact": definition("0*x - 2**3*exp(x)/3/5", 1)}))),
    ),
    "definition of a power": attack(
        "exp(x)**2 is no function value, though one stands in it",
        "one Max, sqrt, inv or exp required",
        (claim("exp(x) >= 1 + x", **X), proof("target", term({"fact": definition("exp(x)**2", 1)}))),
        (claim("exp(x) >= 1 + x", **X), proof("target", term({"fact": definition("-1/2*exp(x)", 1)}))),
    ),
    "exp above its tangent, more": attack(
        "exp(x) >= 2 + x",
        "sum to 0",
        (claim("exp(x) >= 2 + x", **X), proof("target", term({"fact": definition("exp(x)", 1)}))),
        (claim("exp(x) >= 1 + x", **X), proof("target", term({"fact": definition("exp(x)", 1)}))),
    ),
    "exp strictly above its tangent": attack(
        "exp(x) > 1 + x at x = 0",
        "one be > 0",
        (claim("exp(x) > 1 + x", **X), proof("target", term({"fact": definition("exp(x)", 1)}))),
        (claim("exp(x) >= 1 + x", **X), proof("target", term({"fact": definition("exp(x)", 1)}))),
    ),
    "exp negative": attack(
        "exp(x) < 0",
        "sum to 0",
        (claim("exp(x) < 0", **X), proof("target", term({"fact": definition("exp(x)", 0)}))),
        (claim("exp(x) > 0", **X), proof("target", term({"fact": definition("exp(x)", 0)}))),
    ),
    "exp of 0 is not 0": attack(
        "exp(0) >= 2",
        "sum to 0",
        (claim("exp(0) >= 2"), proof("target")),
        (claim("exp(0) >= 1"), proof("target")),
    ),
    "exp additive": attack(
        "exp(x)*exp(y) == exp(x + z)",
        "sum to 0",
        exp_case(["x", "y"], "exp(x)*exp(y) == exp(x + z)"),
        exp_case(["x", "y"]),
    ),
    "exp_sum of three": attack(
        "exp(x)*exp(y) == exp(x + y) by three",
        "two expressions",
        exp_case(["x", "y", "z"]),
        exp_case(["x", "y"]),
    ),
    "exp_sum of one": attack("by one", "two expressions", exp_case(["x"]), exp_case(["x", "y"])),
    "exp_sum of a text": attack("a text for a list", "list required", exp_case("xy"), exp_case(["x", "y"])),
    "exp_sum with another key": attack(
        "exp_sum beside a part",
        "unknown keys ['part']",
        (
            claim("exp(x)*exp(y) >= exp(x + y)", scalars="x y z"),
            proof("target", equation({"exp_sum": ["x", "y"], "part": 0})),
        ),
        (
            claim("exp(x)*exp(y) >= exp(x + y)", scalars="x y z"),
            proof("target", equation({"exp_sum": ["x", "y"]})),
        ),
    ),
    "definition of a sum of two": attack(
        "two atoms", "definition: one", part_case("Max(x, y) + Max(x, z)", 0), part_case("Max(x, y)", 0)
    ),
    "definition of a name": attack(
        "x defines nothing", "definition: one", part_case("x", 0), part_case("Max(x, y)", 0)
    ),
    "definition of a number": attack("nothing at all", "definition: one", part_case("0", 0), part_case("Max(x, y)", 0)),
    "definition of a product": attack(
        "Max times x", "definition: one", part_case("x*Max(x, y)", 0), part_case("Max(x, y)", 0)
    ),
    "part that is not there": attack(
        "part 3 of Max", "part 0 to 2", part_case("Max(x, y)", 3), part_case("Max(x, y)", 0)
    ),
    "negative part": attack(
        "part -3 of Max is part 0 in Python",
        "part 0 to 2",
        part_case("Max(x, y)", -3),
        part_case("Max(x, y)", 0),
    ),
    "part that is a bool": attack(
        "false is not 0", "int required", part_case("Max(x, y)", False), part_case("Max(x, y)", 0)
    ),
    "part that is missing": attack(
        "no part",
        "missing keys ['part']",
        (
            claim("Max(x, y) >= x", scalars="x y z"),
            proof("target", term({"fact": {"definition": "Max(x, y)"}})),
        ),
        part_case("Max(x, y)", 0),
    ),
    "sign of a split under a root": attack(
        "sqrt(x)**2 == -x by cases",
        "sum to 0",
        (
            claim("sqrt(x**2) <= -x", **X),
            split("x", "s", proof("target", "s"), proof("target", "s")),
        ),
        (
            claim("sqrt(x**2) >= 0", **X),
            split(
                "x",
                "s",
                proof("target", term({"fact": definition("sqrt(x**2)", 0)})),
                proof("target", term({"fact": definition("sqrt(x**2)", 0)})),
            ),
        ),
    ),
    "Laurent cancellation inside E": attack(
        "E[t*(1/t)] = 1 where t may be 0",
        "domain",
        (claim("E[t**2] > 0", E="t"), proof(term(fact("target")), term(mean("E", term(square("t*t**-1")))))),
        (
            claim("E[t**2] > 0", "t*t**-1 >= 1", E="t"),
            proof(
                "target",
                "h",
                steps=[
                    {
                        "have": "E[t**2] > 0",
                        "as": "h",
                        "proof": proof(
                            "not h",
                            term(mean("E", term("p"))),
                            steps=[
                                {
                                    "have": "t**2 > 0",
                                    "as": "p",
                                    "proof": proof(term(fact("not p"), square("1/t")), ONE),
                                }
                            ],
                        ),
                    }
                ],
            ),
        ),
    ),
}
