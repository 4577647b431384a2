"""A power iteration approaches |W| from below: a step made of it is too long, and training finds that out slowly."""

import torch
from harness import caught, changed, replay
from own_step import Layer, find, violated

from torch_impl.modules import GradientMLP


class TenIterations(Layer):
    def norm_squared(self):
        W = self.W.detach()
        v = torch.randn(W.shape[1], dtype=W.dtype, generator=torch.Generator().manual_seed(0))
        for _ in range(10):
            v = W.mT @ (W @ v)
            v = v / v.norm()
        return float((W @ v).norm()) ** 2


class Fixed(Layer):
    def step(self):
        shipped = GradientMLP(*reversed(self.W.shape), dtype=self.W.dtype)
        shipped.W.data = self.W.data
        return shipped.admissible_step()


def test_caught_and_the_fixed_twin_passes():
    found = caught(find, violated, buggy=TenIterations, fixed=Fixed)
    assert not replay(changed(found, step=2), violated)
