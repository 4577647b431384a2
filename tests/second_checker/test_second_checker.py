"""Tested: the second checker agrees with the kernel on every certificate, on the attack corpus, and on forged numbers.

The large texts that it accepts beyond the kernel are listed: they are within its own limits of size, which are others.
"""

import json
import os
import subprocess

import pytest
from attacks.corpus import ATTACKS

from proofcheck import kernel, registry
from proofcheck.second_checker import SCRIPT, node, verdicts

if node() is None and os.environ.get("PROOFCHECK_REQUIRE_NODE") != "1":
    pytest.skip("no Node: the second checker did not run", allow_module_level=True)

CERTIFICATES = registry.lemmas_root() / "certificates"
PROOFS = {name: attack for name, attack in ATTACKS.items() if attack.bad.kind == "proof"}
# too large for the kernel, within this checker's limits; each is a true proof or an honest text otherwise
SMALL_ENOUGH_HERE = {
    f"resources: {name}"
    for name in ("certificate expansion", "many steps", "a lemma read again and again", "large gram")
}


def question(case):
    return {"claim": case.claim, "certificate": case.evidence, "lemmas": case.lemmas}


def is_text(case):
    return isinstance(case.claim, str) and isinstance(case.evidence, str)


def test_it_accepts_every_certificate():
    done = subprocess.run([node(), str(SCRIPT), str(CERTIFICATES)], capture_output=True, text=True)
    count = len(list(CERTIFICATES.glob("*.claim.json")))
    assert done.stdout.splitlines()[-1] == f"{count} claims proved, 0 refused", done.stdout
    assert count > 300
    assert done.returncode == 0


def test_it_accepts_the_proof_beside_every_attack():
    goods = (attack.good for attack in PROOFS.values())
    controls = [case for case in goods if case.kind == "proof" and is_text(case)]
    assert len(controls) > 200
    answers = verdicts([question(case) for case in controls])
    assert [a["reason"] for a in answers if not a["accepted"]] == []


def accepted(slow):
    """The attacks that it accepts, and how many were asked."""
    cases = {name: attack.bad for name, attack in PROOFS.items() if is_text(attack.bad) and attack.slow == slow}
    answers = verdicts([question(case) for case in cases.values()])
    return {name for name, answer in zip(cases, answers, strict=True) if answer["accepted"]}, len(cases)


def test_it_refuses_every_attack():
    found, asked = accepted(slow=False)
    assert found == set()
    assert asked > 200


@pytest.mark.slow
def test_it_refuses_large_texts_or_they_are_small_enough_here():
    found, asked = accepted(slow=True)
    assert found == SMALL_ENOUGH_HERE
    assert asked > len(SMALL_ENOUGH_HERE)


def test_a_folder_in_a_folder_is_checked(tmp_path):
    (tmp_path / "in" / "side").mkdir(parents=True)
    for kind in ("claim", "cert"):
        source = CERTIFICATES / f"LT-01.step.{kind}.json"
        (tmp_path / "in" / "side" / source.name).write_text(source.read_text())
    (tmp_path / "in" / "loop").symlink_to(tmp_path)
    done = subprocess.run([node(), str(SCRIPT), str(tmp_path)], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "1 claims proved, 0 refused"


def changed(certificate):
    """Certificates with one coefficient changed, one for each coefficient that is written."""
    parts = certificate.split('"coefficient":')
    for k in range(1, len(parts)):
        old = json.loads(parts[k].lstrip().split(",")[0].split("}")[0])
        yield '"coefficient":'.join(parts[:k]) + '"coefficient":' + parts[k].replace(f'"{old}"', f'"{old}1"', 1)


def test_both_judge_a_changed_coefficient_alike():
    questions = []
    for path in sorted(CERTIFICATES.glob("*.claim.json"))[::3]:
        certificate = path.with_name(path.name.replace(".claim.", ".cert.")).read_text(encoding="utf-8")
        if '"use"' in certificate:
            continue
        questions += [
            {"claim": path.read_text(encoding="utf-8"), "certificate": c} for c in list(changed(certificate))[:2]
        ]
    assert len(questions) > 100
    disagreed = []
    for asked, answer in zip(questions, verdicts(questions), strict=True):
        try:
            kernel.check(asked["claim"], asked["certificate"])
            ours = True
        except kernel.KernelError:
            ours = False
        if ours != answer["accepted"]:
            disagreed.append((json.loads(asked["claim"])["name"], ours, answer["reason"]))
    assert disagreed == []


def test_a_forged_pair_ends_with_exit_1(tmp_path):
    source = CERTIFICATES / "LT-01.step.claim.json"
    forged = json.loads(source.with_name("LT-01.step.cert.json").read_text())
    forged["proof"]["terms"][0]["coefficient"] = "8/7"
    (tmp_path / source.name).write_text(source.read_text())
    (tmp_path / "LT-01.step.cert.json").write_text(json.dumps(forged))
    done = subprocess.run([node(), str(SCRIPT), str(tmp_path)], capture_output=True, text=True)
    assert done.returncode == 1
    assert "REFUSED" in done.stdout


@pytest.mark.parametrize("odd", ["\x85", "\u2028", "\ud800", "\x1c", "\r"])
def test_an_answer_is_one_line_whatever_the_text_holds(odd):
    data = {
        "format": "proofcheck-claim/1",
        "name": "c",
        "scalars": ["x"],
        "vectors": [],
        "functionals": {},
        "assume": [],
    }
    claim = json.dumps({**data, "target": f"x {odd} >= x"}, ensure_ascii=False)
    answers = verdicts([{"claim": claim}, {"claim": odd}, {"claim": claim.replace("x", odd), "certificate": odd}])
    assert [answer["accepted"] for answer in answers] == [False] * 3
