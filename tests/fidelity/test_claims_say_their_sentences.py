"""Tested: each claim that has a reading says what its sentence says, at sampled points; the others are listed.

Readings are written from sentences: they import nothing but proofcheck.fidelity, and no claim's text.
"""

import ast
import random
from fractions import Fraction
from pathlib import Path

import pytest

from proofcheck.fidelity import load_readings
from proofcheck.fidelity.compare import Reader, names_of, sample
from proofcheck.fidelity.library import check_reading, library
from proofcheck.fidelity.meaning import exp, sqrt
from proofcheck.kernel.claim import read_claim
from proofcheck.witness.evaluate import Evaluator

FOLDER = Path(__file__).parent
READINGS = load_readings(FOLDER)
ALLOWED = {"proofcheck.fidelity.meaning", "proofcheck.fidelity.reading", "fractions", "math", "itertools"}


@pytest.fixture(scope="module")
def stated():
    return library()


@pytest.mark.parametrize("name", READINGS)
def test_the_claim_says_what_the_sentence_says(name, stated):
    assert check_reading(stated[name], READINGS[name]).faults == []


def test_claims_without_a_reading_are_listed(stated):
    listed = (FOLDER / "unread.txt").read_text(encoding="utf-8").split()
    assert sorted(set(stated) - set(READINGS)) == sorted(listed), "unread.txt and the readings do not match the library"
    assert set(READINGS) <= set(stated), "a reading of a claim that is gone"


@pytest.mark.parametrize("path", sorted(FOLDER.glob("readings_*.py")), ids=lambda path: path.stem)
def test_readings_are_independent_of_the_derive_layer(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    imported |= {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    assert imported <= ALLOWED
    assert not {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)} & {"open", "eval", "exec", "__import__"}


def test_the_assumptions_are_as_many_as_the_lemma_words(stated):
    for name, reading in READINGS.items():
        points = sample(reading, names_of(stated[name].text), random.Random(name), stated[name].models, 1, 0)
        said = reading.at(points[0].arguments())
        assert len(said[0]) == len(stated[name].assumptions), name


@pytest.mark.parametrize("name", ["LT-06.context", "AS-03.remembered", "MM-21.sharp", "AS-01U.weight"])
def test_fast_exponentials_lie_in_the_enclosures_of_the_witness(name, stated):
    claim = read_claim(stated[name].text)
    model = stated[name].models[0]
    fast, slow = Reader(claim, model), Evaluator(claim, model)
    for (a, _), (low, high) in zip(fast.everywhere(claim.target[0]), slow.everywhere(claim.target[0]), strict=True):
        assert low - Fraction(1, 2**200) <= a <= high + Fraction(1, 2**200)
        assert high - low < Fraction(1, 2**140)


def test_roots_and_exponentials():
    assert sqrt(Fraction(9, 4)) == Fraction(3, 2)
    assert abs(sqrt(2) ** 2 - 2) < Fraction(1, 2**290)
    assert exp(0) == 1
    assert abs(exp(1) * exp(-1) - 1) < Fraction(1, 2**290)
    assert abs(float(exp(Fraction(1, 2))) - 1.6487212707001282) < 1e-15
