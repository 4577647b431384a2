"""Seeded random expressions, worlds and certificate terms over one fixed signature."""

from fractions import Fraction

from attacks.build import claim, gram, mean, norm2, square

from kernel.evaluator import World

SCALARS, VECTORS = ["x", "y"], ["u", "v"]
RANDOM = {"E": (["t", "s"], ["X"]), "F": (["r"], ["Y"])}  # E a probability, F a finite measure


def signature(target, *assume):
    return claim(target, *assume, scalars="x y", vectors="u v", E="t s | X", F="+ r | Y")


def number(rng):
    return Fraction(rng.choice((-3, -2, -1, 0, 1, 1, 2, 3)), rng.choice((1, 1, 1, 2, 3)))


def world(rng):
    """Two dimensions, measures with one to three atoms; F may be zero."""

    def vector():
        return [number(rng), number(rng)]

    values = {x: number(rng) for x in SCALARS} | {u: vector() for u in VECTORS}
    measures = {}
    for label, (scalars, vectors) in RANDOM.items():
        count = rng.choice((1, 2, 3)) if label == "E" else rng.choice((0, 1, 2, 2))
        weights = [Fraction(rng.randint(1, 4)) for _ in range(count)]
        total = sum(weights) if label == "E" else 1
        measures[label] = [
            (w / total, {x: number(rng) for x in scalars} | {u: vector() for u in vectors}) for w in weights
        ]
    return World([Fraction(1), Fraction(rng.choice((1, 2)), 3)], values, measures)


def points(there, label):
    """The worlds where a relation random under `label` must hold."""
    return [there.at(values) for _, values in there.measures[label]] if label else [there]


def vector(rng, open_in, depth=2):
    names = VECTORS + (RANDOM[open_in][1] if open_in else [])
    parts = []
    for _ in range(rng.choice((1, 1, 2))):
        name = rng.choice(names)
        parts.append(name if rng.random() < 0.6 else f"({scalar(rng, open_in, depth - 1)})*{name}")
    return rng.choice((" + ", " - ")).join(parts)


def scalar(rng, open_in="", depth=4, functions=True):
    """A random expression, random under `open_in` at most; division by what may be 0 included."""
    names = SCALARS + (RANDOM[open_in][0] * 2 if open_in else [])
    kind = rng.random() if depth > 0 else rng.random() * 0.3

    def more():
        return scalar(rng, open_in, depth - 1, functions)

    if kind < 0.2:
        return rng.choice(names)
    if kind < 0.3:
        return rng.choice(("0", "1", "2", "3", "(1/2)", "(-2)"))
    if kind < 0.45:
        return f"({more()} {rng.choice('+-')} {more()})"
    if kind < 0.57:
        return f"{more()}*{more()}"
    if kind < 0.63:
        return f"(-{more()})"
    if kind < 0.69:
        return f"({more()})**{rng.choice((0, 1, 2, 2, 3, -1, -2))}"
    if kind < 0.74:
        return f"({more()})/({more()})"
    if kind < 0.84:
        return f"inner({vector(rng, open_in)}, {vector(rng, open_in)})"
    if kind < 0.93 or not functions:
        label = rng.choice(list(RANDOM))
        return f"{label}[{scalar(rng, label, depth - 1, functions)}]"
    name = rng.choice(("Max", "Min", "Abs", "exp", "sqrt", "Max"))
    if name == "sqrt":
        return f"sqrt(({more()})**2)"
    return f"{name}({more()}, {more()})" if name in ("Max", "Min") else f"{name}({more()})"


def factor(rng, facts, open_in="", inside="", depth=2):
    """A factor of a certificate: `facts` maps "" or a functional to labels of inequalities random under it at most."""
    here = inside or open_in
    kind = rng.random()
    labels = facts[""] + (facts[here] if here else [])
    if kind < 0.3 and labels:
        return {"fact": rng.choice(labels)}
    if kind < 0.5:
        return square(scalar(rng, here, 2, False))
    if kind < 0.6:
        return norm2(vector(rng, here))
    if kind < 0.8 and depth:
        label = rng.choice(list(RANDOM))
        return mean(label, *(term(rng, facts, "", label, depth - 1) for _ in range(rng.choice((1, 2)))))
    label = rng.choice((None, "E", "F"))
    entries = [
        scalar(rng, label or here, 1, False) if kind < 0.9 else vector(rng, label or here, 1)
        for _ in range(rng.choice((1, 2, 2, 3)))
    ]
    if label is None or rng.random() < 0.5:
        return gram(*entries, functional=label)
    return gram(*entries, functional=label, weight=term(rng, facts, "", label, 0))


def term(rng, facts, open_in="", inside="", depth=2):
    factors = [factor(rng, facts, open_in, inside, depth) for _ in range(rng.choice((0, 1, 1, 1, 2)))]
    return {"coefficient": rng.choice(("1", "2", "1/3", "1", "0")), "factors": factors}
