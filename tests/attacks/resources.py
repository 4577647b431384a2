"""Texts that ask for endless work: each is refused within two seconds of processor time, with a clear reason."""

import json

from .build import ONE, Case, attack, claim, forall, have, model, proof, square, term, use

NAMES = [f"v{i}" for i in range(1000)]


def reads(bad, good, reason, why, slow=True, **names):
    given = names or {"scalars": "x y z w"}
    return attack(why, reason, Case("read", claim(bad, **given)), Case("read", claim(good, **given)), slow=slow)


def nested(depth, inside="x", pattern="Abs(1 + {})"):
    for _ in range(depth):
        inside = pattern.format(inside)
    return inside + " >= 0"


def splits(depth):
    body = proof("target", "a0")
    for i in range(depth):
        body = {"split": "x", "as": f"s{i}", "nonneg": body, "neg": proof("target", "a0")}
    return body


X = claim("x >= 0", "x >= 0", scalars="x")
LONG = "7" * 140
HEAVY = claim("(x + y + z)**20*(x - y - z)**5 >= (x + y + z)**20*(x - y - z)**5", scalars="x y z", name="heavy")
ATOM = [("1/64", {"t": str(i)}) for i in range(64)]


def models(bad, good, reason, why, values, slow=True, **atoms):
    names = {"scalars": " ".join(values), **{f: "t" for f in atoms}}
    text = model(scalars=values, **atoms)
    return attack(
        why,
        reason,
        Case("model", claim("0 >= 1", bad, **names), text),
        Case("model", claim("0 >= 1", good, **names), text),
        slow=slow,
    )


def deep_text(depth, prefix=""):
    return f'{{"format": "proofcheck-claim/1", "note": "{prefix}", "name": ' + "[" * depth + "]" * depth + "}"


def steps(count):
    return proof("target", "a0", steps=[have("1 > 0", f"h{i}", proof(f"not h{i}", ONE)) for i in range(count)])


ATTACKS = {
    "ten million characters": attack(
        "a long text",
        "at most 2000000 characters",
        Case("read", " " * 10_000_000),
        Case("read", X),
        slow=True,
    ),
    "one character too many": attack(
        "a text at the limit",
        "at most 2000000 characters",
        Case("read", X + " " * (2_000_001 - len(X))),
        Case("read", X + " " * (2_000_000 - len(X))),
    ),
    "ten million in a certificate": attack(
        "a long text",
        "at most 2000000 characters",
        Case("proof", X, " " * 10_000_000),
        Case("proof", X, json.dumps({"format": "proofcheck-certificate/1", "proof": proof("target", "a0")})),
        slow=True,
    ),
    "ten thousand brackets": attack(
        "a deep text", "nested deeper than 40", Case("read", deep_text(10_000)), Case("read", X)
    ),
    "a million brackets": attack(
        "a deep text", "nested deeper than 40", Case("read", deep_text(900_000)), Case("read", X), slow=True
    ),
    "escaped quotes without an end": attack(
        "each quote may begin a string: read in a square of the text's length, this takes an hour",
        "not JSON",
        Case("read", '"' + '\\"' * 400_000),
        Case("read", X),
    ),
    "brackets balanced by a string": attack(
        "closing brackets in a string make room for opening ones",
        "nested deeper than 40",
        Case("read", deep_text(10_000, "]" * 10_000)),
        Case("read", X),
    ),
    "brackets after an escaped quote": attack(
        'a string that goes on after \\"',
        "nested deeper than 40",
        Case("read", deep_text(10_000, '\\"' + "]" * 10_000)),
        Case("read", X),
    ),
    "splits below the limit of JSON": attack(
        "a split at depth 41", "nested deeper than 40", (X, splits(35)), (X, splits(34))
    ),
    "ten thousand round brackets": reads(
        "(" * 10_000 + "x" + ")" * 10_000 + " >= 0",
        "((x)) >= 0",
        "nested deeper than 40",
        "a deep expression",
        slow=False,
    ),
    "41 round brackets": reads(
        "(" * 40 + "x" + ")" * 40 + " >= 0",
        "(" * 39 + "x" + ")" * 39 + " >= 0",
        "nested deeper than 40",
        "a deep expression",
        slow=False,
    ),
    "brackets after many brackets": reads(
        "(1) + " * 200 + "(" * 60 + "x" + ")" * 60 + " >= 0",
        "(1) + " * 200 + "(" * 30 + "x" + ")" * 30 + " >= 0",
        "nested deeper than 40",
        "closed brackets make room for open ones",
        slow=False,
    ),
    "power of a sum": reads(
        "((x + y + z + w)**16)*(x + y + z)**20 >= 0",
        "(x + y)**16 >= 0",
        "expansion too large",
        "a short text, a long expansion",
    ),
    "nested powers": reads(
        "((((x + y)**32)**32)**32)**32 >= 0", "((x + y)**2)**2 >= 0", "", "(x + y) to the 32 to the 32"
    ),
    "many powers": reads(
        "+".join(["(x + y + z)**32*(1 + x)**6"] * 100) + " >= 0",
        "(x + y + z)**9 >= 0",
        "expansion too large",
        "a hundred expansions",
    ),
    "degree": reads("(x**32)**6*x**9 >= 0", "(x**32)**6*x**8 >= 0", "degree above 200", "a high degree", slow=False),
    "negative degree": reads(
        "(x**-32)**7 >= 0", "(x**-32)**6 >= 0", "degree above 200", "a high negative degree", slow=False
    ),
    "big coefficients": reads(
        f"(({LONG}**32)**32)**32*x >= 0", f"{LONG}*x >= 0", "bits", "a number of a million digits"
    ),
    "one bit too many": reads(
        "((2**32)**31)**10*2**32*2**32*2**16*x >= 0",
        "((2**32)**31)**10*2**32*2**32*2**15*x >= 0",
        "bits",
        "a number at the limit",
        slow=False,
    ),
    "big denominators": reads(
        "+".join(f"1/{10**290 + i}" for i in range(5000)) + " >= 0",
        "1/7 + 1/9 >= 0",
        "bits",
        "a denominator of a million digits",
    ),
    "powers of big coefficients": reads(
        "+".join([f"({LONG}*x + {LONG}1*y/{LONG}3 + {LONG}7*z + w)**32"] * 20) + " >= 0",
        "(x + y + z + w)**4 >= 0",
        "",
        "long numbers",
    ),
    "sum of many monomials": reads(
        "+".join(f"x**{i}*y**{j}*z**{k}" for i in range(32) for j in range(32) for k in range(-32, 32)) + " >= 0",
        "x + y >= 0",
        "too large",
        "a long sum",
    ),
    "sum of one monomial": reads("+".join(["x"] * 900_000) + " >= 0", "x + x >= 0", "too large", "900000 times x"),
    "nested Abs": reads(nested(38), nested(8), "too large", "an atom that doubles at each level"),
    "nested Min and Abs": reads(
        nested(19, pattern="Abs(Min(1, {}))"),
        nested(6, pattern="Abs(Min(1, {}))"),
        "too large",
        "Min and Abs in turn",
    ),
    "nested roots": reads(
        nested(19, pattern="Abs(sqrt(1 + {}))"),
        nested(6, pattern="Abs(sqrt(1 + {}))"),
        "too large",
        "roots and Abs in turn",
    ),
    "nested moments of Abs": reads(
        nested(19, inside="t", pattern="E[Abs(1 + t*{})]"),
        nested(5, inside="t", pattern="E[Abs(1 + t*{})]"),
        "too large",
        "moments of Abs of moments",
        E="t",
    ),
    "inner product of long sums": reads(
        f"inner({'+'.join(NAMES)}, {'+'.join(NAMES)}) >= 0",
        "inner(v0 + v1, v0 + v1) >= 0",
        "too large",
        "a million inner products",
        vectors=" ".join(NAMES),
    ),
    "long sum of vectors": reads(
        f"inner({'+'.join(NAMES * 200)}, v0) >= 0",
        "inner(v0 + v1, v0 + v1) >= 0",
        "too large",
        "200000 vectors",
        vectors=" ".join(NAMES),
    ),
    "long monomials": reads(
        f"({'*'.join(NAMES[:190])})*(1 + {'+'.join(NAMES[190:590])})*(1 + {'+'.join(NAMES[590:990])}) >= 0",
        "v0*v1*v2 >= 0",
        "too large",
        "products of long monomials",
        scalars=" ".join(NAMES),
    ),
    "moment of a long sum": reads(
        "E[(x + y + z)**32*(x - y - z)**32] >= 0",
        "E[(x + y + z)**8] >= 0",
        "",
        "a moment of a long sum",
        E="x y z",
    ),
    "quantified expansion": attack(
        "the same under a quantifier",
        "too large",
        Case(
            "read",
            claim("x >= 0", forall("(c + x + y + z)**32*(c - x + y)**20 >= 0", c="scalar"), scalars="x y z"),
        ),
        Case("read", claim("x >= 0", forall("(c + x + y + z)**4 >= 0", c="scalar"), scalars="x y z")),
        slow=True,
    ),
    "certificate expansion": attack(
        "the same in a certificate",
        "too large",
        (
            X,
            proof(
                "target",
                "a0",
                term(square("(1 + x + x**2 + 1/7)**32*(1 + x)**32"), c="0"),
                *[term(square("(1 + x)**32"), c="0")] * 2000,
            ),
        ),
        (X, proof("target", "a0", term(square("(1 + x)**8"), c="0"))),
        slow=True,
    ),
    "many steps": attack("ten thousand steps", "too large", (X, steps(10_000)), (X, steps(50)), slow=True),
    "many terms": attack(
        "a hundred thousand terms beside a long sum",
        "too large",
        (claim("(x + y + z)**30 >= 0", scalars="x y z"), proof("target", *[ONE] * 100_000)),
        (claim("(x + y + z)**30 >= (x + y + z)**30", scalars="x y z"), proof("target", *[term(c="0")] * 10)),
        slow=True,
    ),
    "a lemma read again and again": attack(
        "five hundred uses of a lemma that takes long to read",
        "too large",
        (
            X,
            proof("target", "a0", steps=[use("heavy", f"l{i}", dict.fromkeys("xyz", "x")) for i in range(500)]),
            {"heavy": HEAVY},
        ),
        (
            X,
            proof("target", "a0", steps=[use("heavy", f"l{i}", dict.fromkeys("xyz", "x")) for i in range(2)]),
            {"heavy": HEAVY},
        ),
        slow=True,
    ),
    "large gram": attack(
        "a determinant of long polynomials",
        "too large",
        (
            X,
            proof(
                "target",
                "a0",
                term({"gram": [f"(1 + x + {i})**30" for i in range(4)], "functional": None}, c="0"),
                *[term({"gram": ["(1 + x)**30"] * 4, "functional": None}, c="0")] * 30,
            ),
        ),
        (
            X,
            proof(
                "target",
                "a0",
                term({"gram": [f"(1 + x + {i})**3" for i in range(3)], "functional": None}, c="0"),
            ),
        ),
        slow=True,
    ),
    "nested moments in a model": models(
        nested(9, inside="t", pattern="E[Abs(t - {})]"),
        nested(1, inside="t", pattern="E[Abs(t - {})]"),
        "too large",
        "64**9 evaluations",
        {},
        E=ATOM,
    ),
    "long number under exp": models(
        "exp(x*x*x*x*x*x*x*x*x*x*x*x) >= 0",
        "exp(x*x*x*x) >= 0",
        "bits",
        "a long exact argument",
        {"x": "1/" + "7" * 290},
    ),
    "many exponentials in a model": models(
        "+".join(f"exp(t*{i}/64)" for i in range(1, 400)) + " >= E[t]",
        "exp(t/64) >= E[t] - 63",
        "too large",
        "25600 exponentials",
        {},
        E=ATOM,
    ),
    "growing sums in a model": models(
        "+".join(f"1/(x + {i})" for i in range(1, 3000)) + " >= 0",
        "1/(x + 1) >= 0",
        "",
        "a sum of many fractions",
        {"x": "1/" + "7" * 200},
    ),
    "large exponent of exp": models(
        "exp(x) >= 0", "exp(x - 2000000) >= 0", "above 1000", "exp of 2000000", {"x": "2000000"}, slow=False
    ),
}
