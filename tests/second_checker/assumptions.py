"""The committed claims, each without one of its assumptions.

An assumption is replaced by 0 >= 0 (0 == 0 for an equality), so that the labels of the certificate stay what they were;
0 is written with its two sides, so that what it divides by is not taken away too: a refusal is about what it says.
"""

import json
import re

from proofcheck import registry

CERTIFICATES = registry.lemmas_root() / "certificates"
# true without it, and kept because it says what the name stands for
UNNEEDED = {
    (
        "AS-03.tokens",
        3,
    ): "w >= 0: w is a norm; the target holds w squared, and w < 0 only strengthens the first assumption",
    ("AS-09.secant", 1): "s > 0: s is a root; that it divides says s != 0, and the identity needs no sign",
    ("AS-09.secant", 3): "t > 0: t is a root, as s",
    ("LT-02.convex", 0): "F[1] > 0: it divides in the target, so it is not 0, and squares are >= 0 under any F",
    ("LT-02.quotient", 0): "F[1] > 0: it divides in the target, so it is not 0, and an identity needs no sign",
    ("MM-25.moved", 3): "k >= 0: a step size; only (k M)^2 and j >= 0 matter",
    ("MM-25.moved", 4): "M >= 0: a bound of a norm; only its square matters",
    ("MM-25.substeps", 4): "k >= 0: a step size; only k^2 matters",
    ("MM-25.substeps", 5): "G >= 0: a bound of a norm; only its square matters",
    ("MM-26.collides", 2): "t > 0: an exponential; the identity needs no sign",
    ("MM-26.radius", 2): "R >= 0: a radius; only its square matters, once v >= 0 and h >= 0",
}


# a functional is called a probability, as in the sentence, and the claim holds for any mass
ANY_MASS = """
    AS-01.own:E AS-01L.keys:E AS-01L.outside:E AS-06.row:E AS-07.hardy:E AS-07.minkowski:E LT-06.context:E
    LT-07.context:E LT-09.layer_inf:E LT-12.marginal:E LT-12.marginal:F LT-14.context:E LT-14.readout:E
    LT-15.context:E LT-20.loss:E MM-01.pushforward:E MM-01.pushforward:F MM-01.pushforward:H MM-01.shift:E
    MM-02.split:E MM-03.flat:M MM-03.flat:N MM-03.range:P MM-05.arrives:M MM-11.move:E MM-13.bracket:E
    MM-13.exact:E MM-15.ball:E MM-15.markov:E MM-16.mean:E MM-16.mean2:E MM-16.w1:E MM-16.w2:E MM-16.w_inf:E
    MM-18.push_inf:E MM-21.covariance:E MM-21.drift:E MM-21.drift2:E MM-21.holder:E MM-21.near:E
    MM-21.query_step:E MM-21.step:E MM-22.layer_inf:E MM-31.covariance:E MM-31.mean:G MM-31.tangent:E
    MM-32.attention:E MM-32.layer:E MM-32.mean:E MM-33.marginal:E MM-42.lower:E MM-42.upper:E MM-43.shift:E
    MM-44.range:E
"""
UNNEEDED |= {
    tuple(word.split(":")): "called a probability as in the sentence, true for any mass" for word in ANY_MASS.split()
}


def claims():
    return {
        p.name.removesuffix(".claim.json"): p.read_text(encoding="utf-8") for p in CERTIFICATES.glob("*.claim.json")
    }


def without(claim, index, bare=False):
    """`claim`, whose assumption number `index` says nothing any more; `bare`: a plain 0, without its two sides.

    An `index` that is a functional: its mass need not be 1.
    """
    data = json.loads(claim)
    if index in data.get("functionals", {}):
        data["functionals"][index]["probability"] = False
        return json.dumps(data)
    old = data["assume"][index]
    body = old["holds"] if isinstance(old, dict) else old
    left, sign, right = map(str.strip, re.split("(>=|==|<=|>|<)", body))
    zero = "0" if bare else f"({left}) - ({right}) - ({left}) + ({right})"
    empty = f"{zero} {'==' if sign == '==' else '>='} 0"
    data["assume"][index] = {**old, "holds": empty} if isinstance(old, dict) else empty
    return json.dumps(data)


def all_assumptions(texts):
    """(claim, number of an assumption), and (claim, functional) for each that is a probability."""
    found = []
    for name in sorted(texts):
        data = json.loads(texts[name])
        found += [(name, k) for k in range(len(data["assume"]))]
        found += [(name, label) for label, functional in data["functionals"].items() if functional["probability"]]
    return found
