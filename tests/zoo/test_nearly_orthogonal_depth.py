"""Layers orthogonal up to 1e-6 pass a test layer by layer; a thousand of them multiply what each is off by."""

from fractions import Fraction

import torch
from harness import caught, changed, finding, replay

from torch_impl.norms import certified_norm_exact

DEPTH = 1000


def rotation():
    """By the angle of (3, 4, 5), stored in float32: c^2 + s^2 is not 1."""
    return torch.tensor([[0.6, -0.8], [0.8, 0.6]], dtype=torch.float32)


def rotation_divided_by_its_norm():
    Q = rotation()
    shorter = Q * (1 - 2**-23)  # the next factor below 1 that float32 can hold; one more if that is not enough
    while certified_norm_exact(shorter) > 1:
        shorter = shorter * (1 - 2**-23)
    return shorter


def looks_orthogonal(Q):
    return bool((Q @ Q.mT - torch.eye(2)).abs().max() < 1e-6)


def find(make):
    Q = make()
    assert looks_orthogonal(Q)
    c, s = (Fraction(float(v)) for v in Q[:, 0])
    if not violated(c, s, Fraction(DEPTH)):
        return None
    growth = float((c * c + s * s) ** DEPTH) ** 0.5 - 1
    says = (
        f"one layer has norm {float(c * c + s * s) ** 0.5:.12g}, certified; {DEPTH} of them stretch every vector by "
        f"1 + {growth:.3g}, which is {growth / 1e-6:.0f} times what the test of a layer allows."
    )
    return finding(f"a network of {DEPTH} orthogonal layers is 1-Lipschitz", says, c=c, s=s, depth=DEPTH)


def violated(c, s, depth):
    # [[c, -s], [s, c]] stretches every vector by sqrt(c^2 + s^2)
    return (c * c + s * s) ** int(depth) > 1


def test_caught_and_the_fixed_twin_passes():
    found = caught(find, violated, buggy=rotation, fixed=rotation_divided_by_its_norm)
    assert not replay(changed(found, c=Fraction(3, 5), s=Fraction(4, 5)), violated)
