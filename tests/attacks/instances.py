"""Quantified assumptions: instantiated at deterministic values only, with no capture and no new domain."""

from .build import ONE, Case, attack, claim, fact, forall, gram, instance, mean, proof, square, term

EVERY = forall("(t - c)**2 > 0", c="scalar")  # for each c, t is almost surely not c: true if t has no atoms
MEAN = forall("inner(m, q) == E[inner(X, q)]", q="vector")
SPREAD = forall("E[inner(X, q)**2] <= L*inner(q, q)", q="vector")


def at(value, target="target"):
    return proof("i", steps=[instance(0, "i", c=value)])


def spread(**values):
    return proof("target", "i", steps=[instance(0, "i", **values)])


def vector_case(value, target="E[inner(X, u)**2] <= L*inner(u, u)"):
    return (
        claim(target, SPREAD, scalars="L x", vectors="u v", E="s | X"),
        spread(q=value),
    )


def number(index):
    text = claim("E[inner(X, u)**2] <= L*inner(u, u)", SPREAD, "L >= 0", scalars="L", vectors="u", E="| X")
    return text, proof("target", "i", steps=[{"instance": index, "with": {"q": "u"}, "as": "i"}])


def quantified(*assume, **names):
    return Case("read", claim("x >= 0", *assume, scalars="x y", vectors="u", E="t | X", **names))


ATTACKS = {
    "instance at a random scalar": attack(
        "a contradiction from (t - c)**2 > 0 for all c, at c := t",
        "deterministic value required",
        (claim("t >= 1", EVERY, scalars="x", E="t"), at("t")),
        (claim("t >= 1", forall("c**2 - 2*c*x > -x**2", c="scalar"), scalars="x", E="t"), at("x")),
    ),
    "instance at a partly random scalar": attack(
        "the same with a value that is only partly random",
        "deterministic value required",
        (claim("t >= 1", EVERY, scalars="x", E="t"), at("t + x - x")),
        (claim("t >= 1", forall("(x - c)**2 > 0", c="scalar"), scalars="x", E="t"), at("x + E[t] - E[t]")),
    ),
    "instance at a random vector": attack(
        "E[inner(X, X)**2] <= L*E|X|**2-like: a bound in every fixed direction used along X itself",
        "deterministic value required",
        vector_case("X", "E[inner(X, u)**2] <= L*inner(u, u)"),
        vector_case("u"),
    ),
    "instance at a random multiple of a vector": attack(
        "a fixed direction with a random coefficient",
        "deterministic value required",
        vector_case("s*u"),
        vector_case("u"),
    ),
    "instance at a scalar for a vector": attack(
        "a number where a direction is bound",
        "vectors required",
        vector_case("x"),
        vector_case("u"),
    ),
    "instance at a product of vectors": attack(
        "u*v is no vector",
        "vectors required",
        vector_case("u*v"),
        vector_case("u"),
    ),
    "instance at a vector for a scalar": attack(
        "a direction where a number is bound",
        "scalar expression required",
        (
            claim("x**2 > 0", forall("c**2 - 2*c*x > -x**2", c="scalar"), scalars="x", vectors="u"),
            proof("i", steps=[instance(0, "i", c="u")]),
        ),
        (
            claim("x**2 > 0", forall("c**2 - 2*c*x > -x**2", c="scalar"), scalars="x", vectors="u"),
            proof("i", steps=[instance(0, "i", c="x")]),
        ),
    ),
    "instance without its value": attack(
        "a bound name left free",
        "missing keys ['q']",
        (*vector_case("u")[:1], spread()),
        vector_case("u"),
    ),
    "instance with a value too many": attack(
        "a value for a name that is not bound",
        "unknown keys ['x']",
        (*vector_case("u")[:1], spread(q="u", x="u")),
        vector_case("u"),
    ),
    "instance replaces a name of the claim": attack(
        "L := 0 for a name that is not bound",
        "unknown keys ['L']",
        (*vector_case("u")[:1], spread(q="u", L="0")),
        vector_case("u"),
    ),
    "instance of an unquantified assumption": attack(
        "assumption 1 has no bound names",
        "binds no name",
        number(1),
        number(0),
    ),
    "instance of an assumption that is not there": attack("assumption 2", "binds no name", number(2), number(0)),
    "instance of a negative number": attack("assumption -2", "binds no name", number(-2), number(0)),
    "instance numbered by a bool": attack("false is not 0", "int required", number(False), number(0)),
    "instance numbered by a text": attack('"0" is not 0', "int required", number("0"), number(0)),
    "bound name in the certificate": attack(
        "the bound name q used outside its assumption",
        "no name here",
        (vector_case("u")[0], proof("target", "i", term(gram("q"), c="0"), steps=[instance(0, "i", q="u")])),
        (vector_case("u")[0], proof("target", "i", term(gram("u"), c="0"), steps=[instance(0, "i", q="u")])),
    ),
    "bound name in another assumption": attack(
        "q of assumption 0 is free in assumption 1",
        "no name here",
        quantified(forall("inner(u, q) >= 0", q="vector"), "inner(u, q) >= 0"),
        quantified(forall("inner(u, q) >= 0", q="vector"), "inner(u, u) >= 0"),
    ),
    "bound name in the target": attack(
        "c of assumption 0 is free in the target",
        "no name here",
        Case("read", claim("c >= 0", forall("c*x >= 0", c="scalar"), scalars="x")),
        Case("read", claim("x >= 0", forall("c*x >= 0", c="scalar"), scalars="x")),
    ),
    "bound name captures a scalar": attack(
        "for all x: x >= y, where x is a number of the claim too",
        "must be a new name",
        quantified(forall("x >= y", x="scalar")),
        quantified(forall("c >= y", c="scalar")),
    ),
    "bound name captures a random name": attack(
        "for all t, where t is random",
        "must be a new name",
        quantified(forall("E[t] >= y", t="scalar")),
        quantified(forall("E[t] >= y*c", c="scalar")),
    ),
    "bound name captures a functional": attack(
        "for all E",
        "must be a new name",
        quantified(forall("y >= 0", E="scalar")),
        quantified(forall("y >= 0", c="scalar")),
    ),
    "bound name of no kind": attack(
        "for all matrices",
        "must be a new name",
        quantified(forall("y >= 0", c="matrix")),
        quantified(forall("y >= 0", c="scalar")),
    ),
    "bound kind of a wrong type": attack(
        "a list for a kind",
        "must be a new name",
        quantified(forall("y >= 0", c=["scalar"])),
        quantified(forall("y >= 0", c="scalar")),
    ),
    "bound name is a function": attack(
        "for all exp",
        "a name of letters",
        quantified(forall("y >= 0", exp="scalar")),
        quantified(forall("y >= 0", expo="scalar")),
    ),
    "forall enlarges the domain": attack(
        "y >= 0 from 1/c >= 0 - ... for all c, read at c = 0 where nothing is said",
        "domain",
        quantified(forall("c*(1/c) >= 1 + y", c="scalar")),
        quantified(forall("c*(1 + y) >= 1", c="scalar")),
    ),
    "forall takes roots": attack(
        "sqrt(c) for all c, also negative",
        "domain",
        quantified(forall("sqrt(c)**2 >= 0", c="scalar")),
        quantified(forall("Abs(c)**2 >= 0", c="scalar")),
    ),
    "forall divides by a sum": attack(
        "1/(x + c) for all c",
        "domain",
        quantified(forall("1/(x + c) >= 0", c="scalar")),
        quantified(forall("1*(x + c) >= 0", c="scalar")),
    ),
    "instance enlarges the domain": attack(
        "a value 1/x where the claim does not say x != 0",
        "domain",
        (
            claim("1 >= 0", forall("c*x >= c*x", c="scalar"), scalars="x"),
            proof("target", ONE, steps=[instance(0, "i", c="1/x")]),
        ),
        (
            claim("1 >= 0", forall("c*x >= c*x", c="scalar"), scalars="x"),
            proof("target", ONE, steps=[instance(0, "i", c="1*x")]),
        ),
    ),
    "quantified assumption used as it stands": attack(
        "a0 itself, with its bound name, is no fact",
        "not known here",
        (claim("x >= 0", forall("c*x >= 0", c="scalar"), scalars="x"), proof("target", term("a0"))),
        (
            claim("x >= 0", forall("c*x >= 0", c="scalar"), scalars="x"),
            proof("target", "i", steps=[instance(0, "i", c="1")]),
        ),
    ),
    "random instance outside its functional": attack(
        "for all q, inner(X, q) >= 0 almost everywhere, used where no point is fixed",
        "no point is fixed",
        (
            claim("x >= 0", forall("x >= inner(X, q)**2", q="vector"), scalars="x", vectors="u", F="+ | X"),
            proof("target", "i", term(square("inner(X, u)")), steps=[instance(0, "i", q="u")]),
        ),
        (
            claim("x*F[1] >= 0", forall("x >= inner(X, q)**2", q="vector"), scalars="x", vectors="u", F="+ | X"),
            proof(
                "target",
                term(mean("F", term("i"), term(square("inner(X, u)")))),
                steps=[instance(0, "i", q="u")],
            ),
        ),
    ),
    "instance keeps its relation": attack(
        "x > 0 from c*x >= 0 for all c",
        "one be > 0",
        (
            claim("x > 0", forall("c*x >= 0", c="scalar"), scalars="x"),
            proof("target", "i", steps=[instance(0, "i", c="1")]),
        ),
        (
            claim("x > 0", forall("c*c*x > 0", c="scalar"), scalars="x"),
            proof("target", "i", steps=[instance(0, "i", c="1")]),
        ),
    ),
    "instance of an equality as an inequality": attack(
        "an equality is no factor",
        "an inequality required",
        (
            claim("inner(m, m) >= E[inner(X, m)]", MEAN, vectors="m", E="| X"),
            proof("target", term(fact("i")), steps=[instance(0, "i", q="m")]),
        ),
        (
            claim("inner(m, m) >= E[inner(X, m)]", MEAN, vectors="m", E="| X"),
            proof("target", {"equation": "i", "times": "1"}, steps=[instance(0, "i", q="m")]),
        ),
    ),
}
