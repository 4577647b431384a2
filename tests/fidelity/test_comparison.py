"""Tested: the comparison refuses what it should, each fault with a reading that has it; its parts by hand."""

import json
import random
import re
from fractions import Fraction
from pathlib import Path

import pytest

from proofcheck.derive.claims import claim_json
from proofcheck.fidelity import load_readings
from proofcheck.fidelity.compare import compare, names_of, sample
from proofcheck.fidelity.library import check_reading, library
from proofcheck.fidelity.meaning import (
    Measure,
    UndefinedError,
    Vector,
    dot,
    eq,
    every,
    ge,
    gt,
    le,
    semidefinite,
    sq,
    sqrt,
    times,
    weaker,
)
from proofcheck.fidelity.points import Steering, draw
from proofcheck.fidelity.reading import Reading
from proofcheck.lemma import Claim

CLAIM = claim_json("toy", scalars="cx", assume=["x >= 1", "c >= 0"], target="c*x >= c")
MODEL = {
    "format": "proofcheck-model/1",
    "metric": [],
    "scalars": {"x": "2", "c": "3"},
    "vectors": {},
    "functionals": {},
}


def reading(says, names=("x", "c"), signs=()):
    return Reading("toy", names, says, frozenset(signs), frozenset(), "")


def faults(says, text=CLAIM, **options):
    read = reading(says, **options)
    points = sample(reading(honest), names_of(CLAIM), random.Random(1), [MODEL], 8, 0)
    return compare(text, read, points).faults


def honest(x, c):
    return [ge(x, 1), ge(c, 0)], ge(c * x, c)


def test_an_honest_reading_has_no_faults():
    assert faults(honest) == []
    assert isinstance(Claim("toy", CLAIM, ""), Claim)


@pytest.mark.parametrize(
    ("says", "fault"),
    [
        (lambda x, c: ([ge(x, 1)], ge(c * x, c)), "assumptions: the sentence has 1, the claim 2"),
        (lambda x, c: ([gt(x, 1), ge(c, 0)], ge(c * x, c)), "a0: the sentence says > 0, the claim >= 0"),
        (lambda x, c: ([ge(x, 2), ge(c, 0)], ge(c * x, c)), "a0: the sentence has slack"),
        (lambda x, c: ([ge(x, 1), ge(c, 0)], ge(c * x, 2 * c)), "target: the sentence has slack"),
        (lambda x, c: ([ge(x, 1), ge(c, 0)], le(c * x, c)), "target: the sentence has slack"),
        (lambda x, c: ([ge(x, 1), ge(c, 0)], times(-1, le(c * x, c))), "target: the factor -1 of the reading is not"),
        (lambda x, c: ([ge(x, 1), ge(c, x - x - 10**6)], ge(c * x, c)), "a1: the sentence has slack"),
        (lambda x, c: ([ge(x, 1), ge(-1 - c * c, 0)], ge(c * x, c)), "vacuous: no point satisfies the assumptions"),
        (
            lambda x, c: ([weaker(ge(x, -10), ge(x, 1)), ge(c, 0)], ge(c * x, c)),
            "a0: what the sentence says does not imply",
        ),
    ],
)
def test_other_readings_have(says, fault):
    assert any(f.startswith(fault) for f in faults(says))


def test_a_reading_of_other_names_is_refused():
    assert faults(lambda x: ([], ge(x, 0)), names=("x",))[0].startswith("names: the sentence speaks of ['x']")


def test_signs_alone_need_both_outcomes_and_a_part_of_the_claim():
    assert faults(lambda x, c: ([ge(x**3, 1), ge(c, 0)], ge(c * x, c)), signs=("a0",)) == []
    assert faults(honest, signs=("a7",)) == ["reads: signs names ['a7'], which the claim does not have"]
    wrong = faults(lambda x, c: ([ge(x**2, 1), ge(c, 0)], ge(c * x, c)), signs=("a0",))
    assert wrong[0].startswith("a0: the sentence's is True, the claim's False")


@pytest.mark.parametrize("claim", ["AS-10.row", "AS-07.minkowski"])
def test_an_assumption_on_the_expectation_is_not_one_at_every_atom(claim):
    stated, read = library()[claim], load_readings(Path(__file__).parent)[claim]
    data = json.loads(stated.text)
    (label,) = data["functionals"]
    left, sign, right = re.split("(>=|<=)", data["assume"][0])
    data["assume"][0] = f"{label}[{left}] {sign} {label}[{right}]"
    assert check_reading(stated, read).faults == []
    assert check_reading(stated, read, text=json.dumps(data)).faults[0].startswith("a0: the sentence has ")


def test_identities_are_told_by_their_left_sides():
    text = claim_json("toy", scalars="cx", target="(x + c)**2 == x**2 + 2*x*c + c**2")
    same = faults(lambda x, c: ([], eq((x + c) ** 2, x**2 + 2 * x * c + c**2)), text=text)
    other = faults(lambda x, c: ([], eq((x - c) ** 2, x**2 - 2 * x * c + c**2)), text=text)
    assert same == []
    assert other[0].startswith("target: both are identities, with other left sides")


def test_the_matrix_of_a_quantified_relation():
    a, b = Vector([1, 2]), Vector([3, -1])
    assert every(2, lambda q: le(dot(a, q) ** 2, sq(a) * sq(q))).holds()
    assert not every(2, lambda q: le(dot(a, q) ** 2, (sq(a) - Fraction(1, 1000)) * sq(q))).holds()
    assert every(2, lambda q: eq(dot(a, q) + dot(b, q), dot(a + b, q))).holds()
    assert not every(2, lambda q: eq(dot(a, q), dot(b, q))).holds()
    assert every(2, lambda q, r: ge(sq(q + r), 0)).holds()
    assert not semidefinite([[Fraction(0), Fraction(1)], [Fraction(1), Fraction(5)]])


def test_measures_integrate_and_quantify():
    half = Measure([(Fraction(1, 2), {"x": Fraction(1)}), (Fraction(1, 2), {"x": Fraction(3)})])
    assert half(lambda x: x) == 2
    assert half.mass == 1
    assert half.all(lambda x: ge(x, 1)).holds()
    assert not half.all(lambda x: gt(x, 1)).holds()
    assert Measure([]).all(lambda x: gt(x, x)).holds()
    assert Measure([])(lambda x: x) == 0


def test_a_root_of_a_negative_number_is_undefined():
    with pytest.raises(UndefinedError):
        sqrt(-1)


def test_steering_finds_points_of_each_kind():
    def says(x, c):
        return [eq(c**2, 2 * x), ge(x, 1), ge(c, 0)], ge(c, 1)

    rng = random.Random(3)
    steering = Steering(reading(says), rng, effort=60)
    start = draw(names_of(CLAIM), rng)
    inside = steering.steer(start)
    outside = steering.steer(start, violate=1)
    tight = steering.steer(start, tight=1)
    assert all(r.holds() for r in says(**inside.values)[0])
    assert [r.holds() for r in says(**outside.values)[0]] == [True, False, True]
    assert abs(tight.values["x"] - 1) < Fraction(1, 2**100)
