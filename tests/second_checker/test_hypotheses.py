"""Tested: no assumption of a claim is idle. Each is taken away in turn; the kernel and the second checker must refuse.

Where both checkers still accept, the certificate did not need it: such assumptions are listed (`UNNEEDED`), with the
reason for which they stay, and any other is reported. A default run takes those and every 25th; `-m slow` all.
"""

import json
import os

import pytest
from second_checker.assumptions import CERTIFICATES, UNNEEDED, all_assumptions, claims, without

from proofcheck import kernel
from proofcheck.second_checker import node, verdicts

if node() is None and os.environ.get("PROOFCHECK_REQUIRE_NODE") != "1":
    pytest.skip("no Node: the second checker did not run", allow_module_level=True)


def question(name, index, texts):
    certificate = (CERTIFICATES / f"{name}.cert.json").read_text(encoding="utf-8")
    used = {x: text for x, text in texts.items() if f'"{x}"' in certificate and x != name}
    return {"claim": without(texts[name], index), "certificate": certificate, "lemmas": used}


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
    cases = list(dict.fromkeys([*all_assumptions(texts)[::25], *UNNEEDED]))
    assert len(cases) > len(UNNEEDED) + 50
    kernels, second = still_proved(cases, texts)
    assert kernels == second == set(UNNEEDED)


@pytest.mark.slow
def test_every_claim_loses_its_proof_with_any_assumption():
    texts = claims()
    cases = all_assumptions(texts)
    assert len(cases) > 1400
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
