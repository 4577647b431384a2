"""Properties of a kernel (or of a mutant of it) on random terms; each returns how many cases it decided.

A violation raises AssertionError. What is undefined at the random point, or too large, is skipped and not counted.
"""

import importlib
import re

from attacks.build import Case, certificate, definition, equation, model, proof, use
from attacks.corpus import run

from kernel import terms
from kernel.evaluator import Undefined, normal_form, printed, value


def submodule(kernel, name):
    return importlib.import_module(f"{kernel.__name__}.{name}")


def normal_form_of(kernel, text, *assume):
    """(claim, polynomial) of a text, read as the target `text >= 0`."""
    reading = kernel.read_claim(terms.signature(f"{text} >= 0", *assume))
    return reading, reading.target[0]


def normal_form_agrees(kernel, rng, text, open_in, there):
    reading, poly = normal_form_of(kernel, text)
    print_poly = submodule(kernel, "algebra").text
    assert all(poly.values()), text  # no monomial with coefficient 0
    assert all(exponent for monomial in poly for _, exponent in monomial), text
    assert all(list(monomial) == sorted(monomial) for monomial in poly), text
    for point in terms.points(there, open_in):
        expected = value(text, point)
        assert normal_form(poly, point) == expected, text
        assert printed(print_poly(poly), point) == expected, text
    assert reading.ctx.free(poly) <= ({open_in} - {""}), text
    return True


def decided(kernel, check):
    """Whether `check` ran to its end; undefined values and refusals of large texts do not count."""
    try:
        return check()
    except (Undefined, kernel.KernelError):
        return False


CANCELLING = (
    "(x - y)*(x + y)",
    "(x + y)*(x - y)*(x*x + y*y)",
    "(t - s)*(t + s)",
    "E[(t - s)*(t + s)]",
    "inner(u - v, u + v)",
    "inner(u - v, u + v)*(x - y)*(x + y)",
    "E[inner(X - u, X + u)]",
    "(x/y)*y",
    "Max(x, x) + Max((x - y)*(x + y), 0)",
)


def normal_forms(kernel, rng, count):
    """Random texts and texts in which terms cancel: the normal form has their value, and no idle parts."""
    done = 0
    for text in CANCELLING:
        open_in = "E" if text.startswith("(t") else ""
        done += decided(kernel, lambda t=text, o=open_in: normal_form_agrees(kernel, rng, t, o, terms.world(rng)))
    for _ in range(count):
        there, open_in = terms.world(rng), rng.choice(("", "", "E", "F"))
        text = terms.scalar(rng, open_in, rng.choice((2, 3, 4)))
        done += decided(kernel, lambda t=text, o=open_in, w=there: normal_form_agrees(kernel, rng, t, o, w))
    return done


def fact_texts(rng, there):
    """Assumptions that hold in `there`, and the labels of the inequalities and equations among them by randomness."""
    assume, labels, equations = [], {"": [], "E": [], "F": []}, []
    for label in ("", "", "E", "E", "F"):
        text = terms.scalar(rng, label, 2, False)
        values = [value(text, point) for point in terms.points(there, label)]
        low = min(values, default=terms.number(rng))
        relation = rng.choice((">=", ">"))
        labels[label].append(f"a{len(assume)}")
        assume.append(f"{text} {relation} {low if relation == '>=' else low - 1}")
    text = terms.scalar(rng, "", 2, False)
    equations.append(f"a{len(assume)}")
    assume.append(f"{text} == {value(text, there)}")
    return assume, labels, equations


def checker(kernel, assume, opened):
    module = submodule(kernel, "proof")
    reading = kernel.read_claim(terms.signature("1 >= 0", *assume))
    facts = {f"a{i}": module.Fact(a.poly, a.rel) for i, a in enumerate(reading.assumptions)}
    return module.Checker(reading, {}), module.Scope(facts, frozenset(opened), 1)


def sum_is_nonnegative(kernel, rng):
    there, open_in = terms.world(rng), rng.choice(("", "E", "F"))
    assume, labels, equations = fact_texts(rng, there)
    data = [terms.term(rng, labels, open_in) for _ in range(rng.choice((1, 2)))]
    if rng.random() < 0.3:
        data.append(equation(rng.choice(equations), terms.scalar(rng, open_in, 2, False)))
    judge, scope = checker(kernel, assume, {open_in} - {""})
    total = judge.terms(data, scope, "")
    for point in terms.points(there, open_in):
        number = normal_form(total.poly, point)
        assert number >= 0, (number, data, assume)
        assert number > 0 or total.rel != ">", (number, data, assume)
    return bool(total.poly)


def factors(kernel, rng, count):
    """Random sums of terms are >= 0, and > 0 where the kernel says so, at random worlds where the facts hold."""
    return sum(decided(kernel, lambda: sum_is_nonnegative(kernel, rng)) for _ in range(count))


PARTS = {"Max": 3, "Min": 3, "Abs": 3, "sqrt": 2, "exp": 2, "1/": 1}


def definition_holds(kernel, rng):
    there, open_in, name = terms.world(rng), rng.choice(("", "E", "F")), rng.choice([*PARTS, "exp_sum"])
    first, second = (terms.scalar(rng, open_in, 2, False) for _ in range(2))
    if name == "exp_sum":
        text, reference = "1", {"exp_sum": [first, second]}
    else:
        inside = f"{first}, {second}" if name in ("Max", "Min") else f"({first})**2" if name == "sqrt" else first
        text = f"{name}({inside})"
        reference = definition(text, rng.randrange(PARTS[name]))
    judge, _ = checker(kernel, [f"{text} == {text}"], {open_in} - {""})
    fact = judge.definition(reference)
    for point in terms.points(there, open_in):
        if name == "exp_sum" and (value(first, point).denominator, value(second, point).denominator) != (
            1,
            1,
        ):
            return False
        number = normal_form(fact.poly, point)
        assert {">=": number >= 0, ">": number > 0, "==": number == 0}[fact.rel], (
            reference,
            fact.rel,
            number,
        )
    return True


def definitions(kernel, rng, count):
    """Each part of a definition holds at random points, with the relation it is given."""
    return sum(decided(kernel, lambda: definition_holds(kernel, rng)) for _ in range(count))


RELATIONS = {
    ">=": lambda a, b: a >= b,
    ">": lambda a, b: a > b,
    "==": lambda a, b: a == b,
    "<=": lambda a, b: a <= b,
    "<": lambda a, b: a < b,
}


def relation_text(rng, there):
    """(text, whether it holds in `there`); often true or false by little."""
    open_in = rng.choice(("", "", "E", "F"))
    if not terms.points(there, open_in):  # vacuous if the text is random, not if it only might have been
        open_in = ""
    left = terms.scalar(rng, open_in, 3)
    values = [value(left, point) for point in terms.points(there, open_in)]
    right = rng.choice([*values, terms.number(rng)])
    sign = rng.choice(list(RELATIONS))
    return f"{left} {sign} {right}", all(RELATIONS[sign](number, right) for number in values)


def model_text(there):
    def row(numbers):
        return [str(x) for x in numbers]

    def parts(values):
        scalars = {x: str(q) for x, q in values.items() if not isinstance(q, list)}
        return scalars, {x: row(q) for x, q in values.items() if isinstance(q, list)}

    measures = {label: [(str(w), *parts(values)) for w, values in atoms] for label, atoms in there.measures.items()}
    return model(row(there.metric), *parts(there.values), **measures)


def model_agrees(kernel, witness, rng):
    there = terms.world(rng)
    relations = [relation_text(rng, there) for _ in range(rng.choice((1, 2, 2)))]
    *assume, target = relations
    text = terms.signature(target[0], *(a for a, _ in assume))
    if "exp" in text:
        return False
    satisfied = all(true for _, true in assume)
    for kind, expected in (("model", satisfied), ("refutes", satisfied and not target[1])):
        error = run(Case(kind, text, model_text(there)), kernel, witness)
        assert error is None or isinstance(error, kernel.KernelError), error
        if "division" in str(error):  # undefined under a measure that is zero
            return False
        assert (error is None) == expected, (kind, text, model_text(there), str(error))
    return True


def models(kernel, witness, rng, count):
    """check_model accepts what the evaluator finds true, and nothing else."""
    return sum(decided(kernel, lambda: model_agrees(kernel, witness, rng)) for _ in range(count))


def substituted(text, values, functionals):
    """`text` with each name replaced at once."""
    table = {**{x: f"({v})" for x, v in values.items()}, **functionals}
    return re.sub(r"[A-Za-z][A-Za-z0-9_]*", lambda m: table.get(m[0], m[0]), text)


def instance_is_substitution(kernel, rng):
    ours = rng.choice(({"E": "E", "F": "F"}, {"E": "E", "F": "E"}))
    fixed = {x: terms.scalar(rng, "", 2, False) for x in terms.SCALARS}
    fixed |= {u: terms.vector(rng, "") for u in terms.VECTORS}
    drawn = {}
    for label, (scalars, vectors) in terms.RANDOM.items():
        drawn |= {x: terms.scalar(rng, ours[label], 2, False) for x in scalars}
        drawn |= {u: terms.vector(rng, ours[label]) for u in vectors}
    text = terms.scalar(rng, "", 3)
    lemma = terms.signature(f"{text} >= 0")
    here = substituted(text, fixed | drawn, ours)
    body = proof("target", "l", steps=[use("lemma", "l", fixed, ours, drawn)])
    claims = [terms.signature(f"{here} + {shift} >= 0") for shift in (0, 1)]
    polys = [kernel.read_claim(c).target[0] for c in claims]
    error = run(Case("proof", claims[0], certificate(body), {"lemma": lemma}), kernel, None)
    if any(
        reason in str(error) for reason in ("too large", "domain", "division by zero")
    ):  # a value that the lemma does not mention
        return False
    assert error is None, (text, fixed, drawn, ours, str(error))
    assert polys[0] != polys[1]
    assert run(Case("proof", claims[1], certificate(body), {"lemma": lemma}), kernel, None) is not None
    return True


def substitution(kernel, rng, count):
    """A lemma at given values says what its text says with the values put in."""
    return sum(decided(kernel, lambda: instance_is_substitution(kernel, rng)) for _ in range(count))
