"""Tested: no assumption of a claim is idle. Each is taken away in turn; the kernel and the second checker must refuse.

An assumption is replaced by 0 >= 0 (0 == 0 for an equality), so that the labels of the certificate stay what they were;
0 is written with its two sides, so that what it divides by is not taken away too: a refusal is about what it says.
Where both checkers still accept, the certificate did not need it: such assumptions are listed below, with the reason
for which they stay, and any other is reported. A default run takes the listed ones and every 25th; `-m slow` all.
"""

import json
import os
import re

import pytest

from proofcheck import kernel, registry
from proofcheck.second_checker import node, verdicts

if node() is None and os.environ.get("PROOFCHECK_REQUIRE_NODE") != "1":
    pytest.skip("no Node: the second checker did not run", allow_module_level=True)

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


def claims():
    return {
        p.name.removesuffix(".claim.json"): p.read_text(encoding="utf-8") for p in CERTIFICATES.glob("*.claim.json")
    }


def without(claim, index):
    """`claim`, whose assumption number `index` says nothing any more."""
    data = json.loads(claim)
    old = data["assume"][index]
    body = old["holds"] if isinstance(old, dict) else old
    left, sign, right = map(str.strip, re.split("(>=|==|<=|>|<)", body))
    empty = f"({left}) - ({right}) - ({left}) + ({right}) {'==' if sign == '==' else '>='} 0"
    data["assume"][index] = {**old, "holds": empty} if isinstance(old, dict) else empty
    return json.dumps(data)


def question(name, index, texts):
    certificate = (CERTIFICATES / f"{name}.cert.json").read_text(encoding="utf-8")
    used = {x: text for x, text in texts.items() if f'"{x}"' in certificate and x != name}
    return {"claim": without(texts[name], index), "certificate": certificate, "lemmas": used}


def all_assumptions(texts):
    return [(name, k) for name in sorted(texts) for k in range(len(json.loads(texts[name])["assume"]))]


def still_proved(cases, texts):
    """The cases that the kernel accepts, and those that the second checker accepts."""
    asked = [question(name, index, texts) for name, index in cases]
    kernels = []
    for case, q in zip(cases, asked, strict=True):
        try:
            kernel.check(q["claim"], q["certificate"], q["lemmas"])
            kernels.append(case)
        except kernel.KernelError:
            pass
    second = [case for case, answer in zip(cases, verdicts(asked), strict=True) if answer["accepted"]]
    return set(kernels), set(second)


def test_a_claim_loses_its_proof_with_an_assumption():
    texts = claims()
    cases = sorted({*all_assumptions(texts)[::25], *UNNEEDED})
    assert len(cases) > 50
    kernels, second = still_proved(cases, texts)
    assert kernels == second == set(UNNEEDED)


@pytest.mark.slow
def test_every_claim_loses_its_proof_with_any_assumption():
    texts = claims()
    cases = all_assumptions(texts)
    assert len(cases) > 1300
    kernels, second = still_proved(cases, texts)
    print(f"{len(cases)} assumptions of {len(texts)} claims taken away: {len(cases) - len(kernels)} refused by both")
    assert kernels == second == set(UNNEEDED)


def test_what_an_assumption_divides_by_stays_defined():
    text = without(json.dumps({"assume": ["x >= 1/N"]}), 0)
    assert json.loads(text)["assume"] == ["(x) - (1/N) - (x) + (1/N) >= 0"]


def test_an_idle_assumption_is_reported():
    texts = claims()
    data = json.loads(texts["LT-01.step"])
    data["assume"].append("inner(u, u) >= 0")
    texts["LT-01.step"] = json.dumps(data)
    case = ("LT-01.step", len(data["assume"]) - 1)
    assert still_proved([case], texts) == ({case}, {case})
