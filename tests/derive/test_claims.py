"""Tested: claim texts from EXPR, their meaning on finite measures, messages. Not tested: the kernel's reading."""

import itertools
import json
import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proofcheck.derive.claims import build_claim, claim_json
from proofcheck.derive.expr import ExprError, parse_relation
from proofcheck.derive.nodes import Call, Moment, Name, Number, Power, Product, Sum
from proofcheck.errors import ArgumentError


def claim(target, assume=(), **options):
    (text,) = build_claim("c", assume, target, **options)
    return json.loads(text)


def test_mlp_step_claim_text():
    (text,) = build_claim(
        "LT-01.step", ["tau >= 0", "tau*w**2 <= 2"], "norm2(u) >= inner(u - tau*z, u - tau*z)", vectors="u,z"
    )
    assert (
        text
        == """\
{
  "assume": [
    "tau >= 0",
    "tau*w**2 <= 2"
  ],
  "format": "proofcheck-claim/1",
  "functionals": {},
  "name": "LT-01.step",
  "scalars": [
    "tau",
    "w"
  ],
  "target": "inner(u, u) >= inner(u - tau*z, u - tau*z)",
  "vectors": [
    "u",
    "z"
  ]
}
"""
    )


@pytest.mark.parametrize(
    ("written", "kernel"),
    [
        ("x >= 0.1", "x >= 1/10"),
        ("x**2/0.25 >= -0.5", "x**2/(1/4) >= -1/2"),
        ("x != y", "(x - y)**2 > 0"),
        ("x != 0", "x**2 > 0"),
        ("0 != x", "(-x)**2 > 0"),
        ("Max(a, b, c, d, e) >= a", "Max(Max(Max(a, b), c), Max(d, e)) >= a"),
        ("Min(a, b) <= Abs(a)", "Min(a, b) <= Abs(a)"),
        ("norm2(u - v) >= 0", "inner(u - v, u - v) >= 0"),
        ("norm(u) >= 0", "sqrt(inner(u, u)) >= 0"),
        ("u == v", "inner(u - v, u - v) == 0"),
        ("u != 2*v", "inner(u - 2*v, u - 2*v) > 0"),
        ("u == 0", "inner(u, u) == 0"),
        ("Var(t) >= 0", "E[t**2] - E[t]**2 >= 0"),
        ("Var(t - 1) >= 0", "E[(t - 1)**2] - E[t - 1]**2 >= 0"),
        ("Cov(t, inner(X, u)) <= 1", "E[t*inner(X, u)] - E[t]*E[inner(X, u)] <= 1"),
        ("Var(r) >= 0", "F[r**2] - F[r]**2 >= 0"),
        ("E(t)^2 <= E(t^2)", "E[t]**2 <= E[t**2]"),
        ("Rational(-1, 3)*x <= 0", "(-1/3)*x <= 0"),
        ("--x >= x", "-(-x) >= x"),
    ],
)
def test_sugar_becomes(written, kernel):
    assert claim(written, vectors="u, v, X", random="t, X", functionals=["F:r"])["target"] == kernel


def test_chains_and_lists_become_several_relations():
    assert claim("x >= 0", ["0 <= x < y <= 1"])["assume"] == ["0 <= x", "x < y", "y <= 1"]
    texts = [json.loads(t) for t in build_claim("c", [], ["0 <= x <= 1", "y > x"])]
    assert [(t["name"], t["target"]) for t in texts] == [("c.1", "0 <= x"), ("c.2", "x <= 1"), ("c.3", "y > x")]
    assert texts[0]["scalars"] == ["x"]


def test_log_is_defined_by_exp():
    data = claim("E[log(t)] <= log(m)", ["x >= 1", "m == E[t]"], random="t")
    assert data["assume"] == ["x >= 1", "m == E[t]", "exp(log_1) == t", "exp(log_2) == m"]
    assert data["target"] == "E[log_1] <= log_2"
    assert data["functionals"]["E"]["scalars"] == ["log_1", "t"]
    assert data["scalars"] == ["log_2", "m", "x"]


def test_log_in_one_target_does_not_restrict_another():
    first, second = (json.loads(t) for t in build_claim("c", [], ["log(x) <= x - 1", "x > 0"]))
    assert first["assume"] == ["exp(log_1) == x"]
    assert second["assume"] == []


def test_nested_logs_and_clashing_names():
    data = claim("log(log(x)) <= log_1")
    assert data["assume"] == ["exp(log_3) == x", "exp(log_2) == log_3"]
    assert data["target"] == "log_2 <= log_1"


def test_mean_vector_is_defined_by_its_action():
    data = claim("norm2(E(X)) <= E(norm2(X))", vectors="X", random="X")
    assert data["vectors"] == ["mean_1"]
    assert data["assume"] == [{"forall": {"q_1": "vector"}, "holds": "inner(mean_1, q_1) == E[inner(X, q_1)]"}]
    assert data["target"] == "inner(mean_1, mean_1) <= E[inner(X, X)]"


def test_vector_equality_is_assumed_against_every_vector():
    data = claim("norm2(u) == norm2(v)", ["u == v", "X == u"], vectors="u,v,X", random="X")
    assert data["assume"] == [
        {"forall": {"q_1": "vector"}, "holds": "inner(u - v, q_1) == 0"},
        "inner(X - u, X - u) == 0",
    ]


def test_quantified_assumption():
    data = claim(
        "1 > 0", ["forall vector q, scalar c: c*inner(m, q) == E(c*inner(X, q)) != 1"], vectors="m,X", random="X"
    )
    bound = {"c": "scalar", "q": "vector"}
    assert data["assume"] == [
        {"forall": bound, "holds": "c*inner(m, q) == E[c*inner(X, q)]"},
        {"forall": bound, "holds": "(E[c*inner(X, q)] - 1)**2 > 0"},
    ]
    assert data["scalars"] == []


def test_functionals():
    data = claim("F[r] + G[1] >= 0", random="t", functionals={"F": "r,s", "G!": ["Y"]}, vectors="Y")
    assert data["functionals"] == {
        "E": {"probability": True, "scalars": ["t"], "vectors": []},
        "F": {"probability": True, "scalars": ["r", "s"], "vectors": []},
        "G": {"probability": False, "scalars": [], "vectors": ["Y"]},
    }
    assert claim("E[1] >= 0", functionals="E!:t")["functionals"]["E"]["probability"] is False
    assert claim("E[1] >= 0", random="t", probability=False)["functionals"]["E"]["probability"] is False
    assert claim("x >= 0")["functionals"] == {}
    assert list(claim("E[1] == 1")["functionals"]) == ["E"]


def test_a_functional_is_a_probability_unless_said_otherwise():
    text = claim_json("c", functionals={"E": {}, "F": {"probability": False}}, target="1 > 0")
    assert {k: f["probability"] for k, f in json.loads(text)["functionals"].items()} == {"E": True, "F": False}


def test_text_is_canonical():
    one = build_claim("c", ["b >= a"], "x >= 0", vectors="v,u", random="t,s")
    two = build_claim("c", ["b >= a"], "x >= 0", vectors=["u", "v", "u"], random=["s", "t"])
    assert one == two
    data = json.loads(one[0])
    assert one[0] == json.dumps(data, indent=2, sort_keys=True) + "\n"
    assert one[0] == claim_json(
        "c", scalars=data["scalars"], vectors=data["vectors"], functionals=data["functionals"],
        assume=data["assume"], target=data["target"],
    )  # fmt: skip


ERRORS = [
    ("u >= 0", {"vectors": "u"}, """\
claim: u is a vector, a number is needed here.
  u >= 0
  ^
Write norm2(u), norm(u) or inner(u, v)."""),
    ("x + exp(u) >= 0", {"vectors": "u"}, """\
claim: u is a vector, a number is needed here.
  x + exp(u) >= 0
          ^
Write norm2(u), norm(u) or inner(u, v)."""),
    ("inner(u, vv) >= 0", {"vectors": "u, v"}, """\
claim: inner takes vectors, and 'vv' is not declared as one.
  inner(u, vv) >= 0
           ^
Did you mean v?"""),
    ("norm2(w) >= 0", {}, """\
claim: norm2 takes vectors, and 'w' is not declared as one.
  norm2(w) >= 0
        ^
Is w a vector? Declare it with --vectors w ."""),
    ("norm2(u - tau*g) >= 0", {"vectors": "u"}, """\
claim: a vector and a number cannot be added.
  norm2(u - tau*g) >= 0
            ^
Is tau a vector? Declare it with --vectors tau ."""),
    ("u*v >= 0", {"vectors": "u, v"}, """\
claim: a product of two vectors.
  u*v >= 0
    ^
Write inner(u, v)."""),
    ("norm2(u/v) >= 0", {"vectors": "u, v"}, """\
claim: division by a vector.
  norm2(u/v) >= 0
          ^"""),
    ("1 + u**2 >= 0", {"vectors": "u"}, """\
claim: a power of a vector.
  1 + u**2 >= 0
      ^
Write norm2(u) for its squared length."""),
    ("u == x", {"vectors": "u"}, """\
claim: a vector and a number cannot be compared.
  u == x
       ^
Is x a vector? Declare it with --vectors x ."""),
    ("t + r >= 0", {"random": "t", "functionals": ["F:r"]}, """\
claim: one relation is random under two functionals, t of E, r of F.
  t + r >= 0
  ^"""),
    ("E[t*r] >= 0", {"random": "t", "functionals": ["F:r"]}, """\
claim: E[...] holds random names of another functional, r of F.
  E[t*r] >= 0
    ^"""),
    ("E[t**2] == E[t]**2", {}, """\
claim: E has no random name, so it would average nothing.
  E[t**2] == E[t]**2
    ^
Declare what is random, such as --random t ."""),
    ("Var(x) >= 0", {"random": "t"}, """\
claim: Var needs random names of one functional, got none.
  Var(x) >= 0
  ^
Declare them with --random."""),
    ("Var(t) >= 0", {"random": "t", "probability": False}, """\
claim: Var needs a probability, and E is not declared as one.
  Var(t) >= 0
  ^"""),
    ("alpah >= 0", {"scalars": "alpha, beta"}, """\
claim: 'alpah' is not declared.
  alpah >= 0
  ^
Did you mean alpha?"""),
    ("forall q: norm2(q) >= 0", {}, """\
claim: a claim holds for all values of its names already.
  forall q: norm2(q) >= 0
         ^
Drop forall."""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "options", "message"), ERRORS)
def test_error_points_at_the_part(text, options, message):
    with pytest.raises(ExprError) as caught:
        build_claim("c", [], text, **options)
    assert str(caught.value) == message


ASSUME_ERRORS = [
    ("forall q: q >= 0", """\
assume[1]: q is a vector, a number is needed here.
  forall q: q >= 0
            ^
Write norm2(q), norm(q) or inner(q, v). If q is a number, write forall scalar q."""),
    ("forall vector x: norm2(x) >= 0", """\
assume[1]: 'x' is quantified here and free elsewhere.
  forall vector x: norm2(x) >= 0
                ^
Rename the quantified variable."""),
    ("forall scalar c: log(c) >= 0", """\
assume[1]: log of an expression in the quantified c.
  forall scalar c: log(c) >= 0
                   ^"""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), ASSUME_ERRORS)
def test_error_in_an_assumption(text, message):
    with pytest.raises(ExprError) as caught:
        build_claim("c", ["x >= 0", text], "x >= 0")
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "options",
    [
        {"vectors": "2x"},
        {"vectors": "inner"},
        {"vectors": ["u v"]},
        {"random": [3]},
        {"functionals": ["F"]},
        {"functionals": ["F:r:s"]},
        {"functionals": [3]},
        {"functionals": ["F:t"], "random": "t"},
        {"functionals": ["F:t", "G:t"]},
        {"vectors": "E"},
        {"functionals": ["F:F"]},
        {"scalars": "u", "vectors": "u"},
        {"vectors": "x" * 65},
        {"vectors": 5},
        {"vectors": {"u": "v"}},
        {"random": None},
        {"functionals": 5},
        {"functionals": {"F": 5}},
        {"functionals": {5: "r"}},
        {"functionals": ["F:r", "F!:s"]},
        {"functionals": {"": "r"}},
        {"functionals": [":r"]},
        {"functionals": ["exp:r"]},
        {"assume": 5},
        {"assume": [5]},
        {"assume": None},
        {"claim": {"x": 1}},
    ],
)
def test_malformed_declarations_are_refused(options):
    with pytest.raises(ArgumentError, match="required, got"):
        build_claim(**{"name": "c", "assume": [], "claim": "1 > 0", **options})


def test_no_target_is_refused():
    with pytest.raises(ArgumentError, match="at least one relation"):
        build_claim("c", [], [])


# -- meaning: EXPR by definition against the kernel text, which is evaluated by the same rules without sugar

WEIGHTS = (Fraction(1, 3), Fraction(2, 3))
RELATIONS = {
    "<=": lambda a, b: a <= b, "<": lambda a, b: a < b, ">=": lambda a, b: a >= b, ">": lambda a, b: a > b,
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b,
}  # fmt: skip


def dot(u, v):
    return sum(a * b for a, b in zip(u, v, strict=True))


def evaluate(node, world, atom):
    """Numbers are Fractions, vectors tuples; `world` = (names, random names -> value at each of two atoms)."""
    names, random = world
    match node:
        case Number(value=value):
            return value
        case Name(name=name):
            return random[name][atom] if name in random else names[name]
        case Sum(terms=terms):
            parts = [(sign, evaluate(t, world, atom)) for sign, t in terms]
            if isinstance(parts[0][1], tuple):
                return tuple(sum(s * v[i] for s, v in parts) for i in range(2))
            return sum(s * v for s, v in parts)
        case Product(factors=factors):
            number, vector = Fraction(1), None
            for sign, factor in factors:
                value = evaluate(factor, world, atom)
                if isinstance(value, tuple):
                    vector = value
                else:
                    number *= value**sign
            return number if vector is None else tuple(number * c for c in vector)
        case Power(base=base, exponent=exponent):
            return evaluate(base, world, atom) ** exponent
        case Moment(body=body):
            return mean(lambda i: evaluate(body, world, i))
        case Call(function=function, arguments=arguments):
            values = [evaluate(a, world, atom) for a in arguments]
            match function:
                case "Var" | "Cov":
                    f, g = arguments[0], arguments[-1]
                    at = [[evaluate(a, world, i) for i in range(2)] for a in (f, g)]
                    means = [mean(lambda i, v=v: v[i]) for v in at]
                    return mean(lambda i: (at[0][i] - means[0]) * (at[1][i] - means[1]))
                case "norm2":
                    return dot(values[0], values[0])
                case "inner":
                    return dot(*values)
                case "Abs":
                    return abs(values[0])
                case "Max" | "Min":
                    return (max if function == "Max" else min)(values)
    raise NotImplementedError(node)


def mean(f):
    return sum(w * f(i) for i, w in enumerate(WEIGHTS))


def holds(text, world):
    relation = parse_relation(text)
    pairs = list(zip(relation.operators, itertools.pairwise(relation.operands), strict=True))

    def side(node, atom):
        value = evaluate(node, world, atom)
        return (0, 0) if value == 0 and has_vectors else value

    has_vectors = any(isinstance(evaluate(node, world, 0), tuple) for node in relation.operands)
    return all(
        RELATIONS[operator](*(side(node, atom) for node in sides)) for operator, sides in pairs for atom in range(2)
    )


rationals = st.fractions(min_value=-2, max_value=2, max_denominator=3)
points = st.tuples(rationals, rationals)
TEMPLATES = [
    "Var(t) <= (M - m)**2/4",
    "Cov(t, s) != Var(2*t - s)",
    "m <= E[t] <= M",
    "Cov(t - m, inner(X, u)) == E[(t - E[t])*inner(X, u)]",
    "norm2(u - m*v) >= 0.3*norm2(u)",
    "Max(m, M, 0.5, m*M) <= Min(m, M, 1) + 1",
    "u == v",
    "u != m*v",
    "0 == u",
    "m != M",
    "Abs(m) - M/0.7 != Rational(-3, 7)",
    "Var(inner(X, u))/4 <= norm2(u)*E[norm2(X)]/8",
]


@pytest.mark.parametrize("text", TEMPLATES)
@given(m=rationals, M=rationals, t=points, s=points, u=points, v=points, X=st.tuples(points, points))
def test_kernel_text_means_what_was_written(text, m, M, t, s, u, v, X):
    world = {"m": m, "M": M, "u": u, "v": v}, {"t": t, "s": s, "X": X}
    claims = build_claim("c", [], text, vectors="u,v,X", random="t,s,X")
    assert all(holds(json.loads(c)["target"], world) for c in claims) == holds(text, world)


def test_the_meaning_oracle_tells_true_from_false():
    world = {"m": Fraction(0), "M": Fraction(1)}, {"t": (Fraction(0), Fraction(1))}
    assert holds("Var(t) == 2/9", world)
    assert not holds("Var(t) == 1/4", world)
    assert math.prod(WEIGHTS) == Fraction(2, 9)
