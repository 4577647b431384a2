"""u <- W v / (|W v| + eps) is not a unit vector, so u^T W v falls short of |W|, by a lot where |W| is near eps."""

from fractions import Fraction

import torch
from harness import caught, changed, replay
from own_step import Layer, find, violated

from torch_impl.norms import certified_norm


class WithEpsilon(Layer):
    def norm_squared(self):
        W, eps = self.W.detach(), 1e-12
        v = torch.ones(W.shape[1], dtype=W.dtype)
        for _ in range(50):
            u = W @ v / ((W @ v).norm() + eps)
            v = W.mT @ u / ((W.mT @ u).norm() + eps)
        return float(u @ W @ v) ** 2


class Certified(Layer):
    def norm_squared(self):
        return certified_norm(self.W) ** 2 * (1 + 2**-50)  # two roundings of the quotient, one of the square


def test_caught_and_the_fixed_twin_passes():
    found = caught(find, violated, buggy=WithEpsilon, fixed=Certified)
    w = Fraction(found.numbers["W"][0][0])
    assert not replay(changed(found, step=2 / w**2), violated)
