"""Every op against torch: the graph's formula at a rational point, in balls, against the float64 result.

Tolerance: torch rounds each of at most N elementary operations on values of size at most S with relative error u,
so the result is off by N*u*S to first order; N = 2**12 and S = max(1, |result|)*2**6 cover these tiny graphs with
room (a wrong op is off by far more than 2**18 units), and the balls are exact to 2**-150.
"""

import random
from fractions import Fraction

import numpy as np
import pytest
import torch
from bind_op_cases import CASES
from flint import arb

from proofcheck.bind import formula_of
from proofcheck.bind.evaluate import Evaluator
from proofcheck.bind.inputs import Input, symbols
from proofcheck.bind.normal import Field

TOLERANCE = 2.0**-53 * 2**12 * 2**6


def point_of(entries, seed, positive):
    """Rationals k/8, exact in float64, no two of them equal: amax and where have no ties."""
    source = random.Random(seed)
    ladder = [Fraction(k, 8) for k in range(1 if positive else -20, 28) if k]
    values = [ladder[i % len(ladder)] for i in source.sample(range(max(len(entries), len(ladder))), len(entries))]
    return dict(zip(entries, values, strict=True))


GROUPS = [CASES[i : i + 8] for i in range(0, len(CASES), 8)]  # one export costs more than eight graphs


@pytest.mark.parametrize("cases", GROUPS, ids=[group[0][0] for group in GROUPS])
def test_ops_equal_torch(cases):
    inputs = {
        f"x{number}_{i}": Input(shape, kind)
        for number, (_, _, shapes, kind) in enumerate(cases)
        for i, shape in enumerate(shapes)
    }

    def together(*tensors):
        rest, results = list(tensors), []
        for _, function, shapes, _ in cases:
            results.append(function(*(rest.pop(0) for _ in shapes)))
        return tuple(results)

    formulas = formula_of(together, inputs)
    arrays = [symbols(name, spec) for name, spec in inputs.items()]
    for seed in range(2):
        point, tensors = {}, []
        for made, spec in zip(arrays, inputs.values(), strict=True):
            point |= point_of(list(made.ravel()), seed + len(point), spec.kind == "positive")
            tensors.append(
                torch.tensor([float(point[s]) for s in made.ravel()], dtype=torch.float64).reshape(made.shape)
            )
        evaluator = Evaluator(point)
        for (name, *_), formula, expected in zip(cases, formulas, together(*tensors), strict=True):
            assert formula.shape == tuple(expected.shape), name
            for place in np.ndindex(*formula.shape):
                value = evaluator.value(formula[place])
                ball = value if isinstance(value, arb) else arb(value)
                assert abs(float(ball) - float(expected[place])) <= TOLERANCE * max(1.0, abs(float(ball))), (
                    name,
                    place,
                )
    for (name, *_), formula in zip(cases, formulas, strict=True):
        entry, field = formula.ravel()[-1], Field()
        # the conversion neither fails nor loses the entry
        assert field.equal(entry, entry + 1 - 1), name
        assert not field.equal(entry, entry + 1), name
