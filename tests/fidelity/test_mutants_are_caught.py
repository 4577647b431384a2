"""Tested: wrong claims, at least one for each lemma, are told from their sentences.

mutants.txt: claim | part, kind and number of the edit | the relation that came out | the part that gave it away.
survivors.txt: claim | edit | why no point can tell it from the claim.
"""

from pathlib import Path

import pytest

from proofcheck.fidelity import load_readings
from proofcheck.fidelity.library import check_reading, library
from proofcheck.fidelity.mutation import mutants

FOLDER = Path(__file__).parent
READINGS = load_readings(FOLDER)


def rows(name):
    lines = (FOLDER / name).read_text(encoding="utf-8").splitlines()
    return [[word.strip() for word in line.split("|")] for line in lines]


def squeezed(text):
    return text.replace(" ", "")


@pytest.fixture(scope="module")
def stated():
    return library()


@pytest.mark.parametrize(("claim", "edit", "relation", "part"), rows("mutants.txt"), ids=lambda x: None)
def test_a_wrong_claim_is_caught(claim, edit, relation, part, stated):
    (mutant,) = mutants(stated[claim].text, only=edit)
    assert squeezed(mutant.relation) == squeezed(relation), "the claim has changed: pick its mutant again"
    faults = check_reading(stated[claim], READINGS[claim], text=mutant.text).faults
    assert faults, f"{claim}: {edit} is not told from the sentence"
    assert faults[0].startswith(part)


@pytest.mark.parametrize(("claim", "edit", "reason"), rows("survivors.txt"), ids=lambda x: None)
def test_survivors_are_as_listed(claim, edit, reason, stated):
    (mutant,) = mutants(stated[claim].text, only=edit)
    assert check_reading(stated[claim], READINGS[claim], text=mutant.text).faults == []
    assert reason


def test_there_are_enough_of_them(stated):
    chosen = rows("mutants.txt")
    assert len(chosen) >= 50
    assert {stated[claim].lemma for claim, *_ in chosen} == {s.lemma for s in stated.values()}
    kinds = {edit.split()[1] for _, edit, *_ in chosen}
    assert kinds == {"drop", "sign", "number", "swap", "strict", "flip", "double", "void", "mass"}


def test_a_removed_assumption_is_caught(stated):
    (mutant,) = mutants(stated["LT-01.step"].text, only="a4 remove 0")
    faults = check_reading(stated["LT-01.step"], READINGS["LT-01.step"], text=mutant.text).faults
    assert faults == ["assumptions: the sentence has 5, the claim 4"]


def test_a_sum_that_became_an_expectation_is_caught(stated):
    """MM-45.sum once said it for d = 1 only, as S[1] == d of an expectation is 1 == d."""
    (mutant,) = mutants(stated["MM-45.sum"].text, only="S mass 0")
    faults = check_reading(stated["MM-45.sum"], READINGS["MM-45.sum"], text=mutant.text).faults
    assert faults == ["S: a sum or integral of any mass in the sentence, an expectation in the claim"]


def test_a_dropped_function_is_caught(stated):
    """Six free points were too few: none had t < -1."""
    clip = stated["LT-20.clip"]
    weaker = clip.text.replace("Abs(Max(-1, Min(1, t)))", "Max(-1, Min(1, t))")
    assert weaker != clip.text
    assert check_reading(clip, READINGS["LT-20.clip"], text=weaker).faults
