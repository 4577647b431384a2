"""LayerNorm with eps = 0 jumps at a constant token: (t, -t) and (-t, t) go to (1, -1) and (-1, 1) for every t > 0."""

from fractions import Fraction

import torch
from harness import caught, changed, finding, replay
from torch.nn.functional import layer_norm

CLAIMED = 1000  # any constant will do


def without():
    return 0.0, CLAIMED


def with_a_quarter():
    return 0.25, 2  # eps^(-1/2)


def find(candidate):
    eps, constant = candidate()
    for k in range(60):
        t = Fraction(1, 2**k)
        if violated(Fraction(constant), Fraction(eps), t):
            x = torch.tensor([float(t), -float(t)], dtype=torch.float64)
            out = layer_norm(x, (2,), eps=eps)
            assert out.tolist() == [1.0, -1.0]  # the code does what the formula says
            says = (
                f"{[str(t), str(-t)]} and its opposite are at distance {2 * float(t):.3g} sqrt(2), their images at "
                f"2 sqrt(2): ratio {1 / float(t):.6g}, and 1/t for every t > 0."
            ).replace("'", "")
            return finding(f"LayerNorm is {constant}-Lipschitz", says, constant=constant, eps=eps, t=t)
    return None


def violated(constant, eps, t):
    # (t, -t) has variance t^2: |LN(x) - LN(y)|^2 = 8 t^2 / (t^2 + eps) against constant^2 8 t^2
    return 8 * t**2 / (t**2 + eps) > constant**2 * 8 * t**2


def test_caught_and_the_fixed_twin_passes():
    found = caught(find, violated, buggy=without, fixed=with_a_quarter)
    assert not replay(changed(found, eps=Fraction(1, 10**6)), violated)


def test_at_the_constant_token_there_is_no_value_at_all():
    assert torch.isnan(layer_norm(torch.ones(2, dtype=torch.float64), (2,), eps=0.0)).all()
