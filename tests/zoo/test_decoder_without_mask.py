"""The causal mask is built by the model around the block: the block called on its own looks at later tokens."""

from fractions import Fraction

import torch
from harness import caught, changed, finding, replay
from torch import nn


class Block(nn.Module):
    """Single-head attention with queries, keys and values x; the mask is somebody else's business."""

    def forward(self, X, mask=None):
        scores = X @ X.mT
        if mask is not None:
            scores = scores.masked_fill(~mask, -torch.inf)
        return torch.softmax(scores, -1) @ X


class Model(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = Block()

    def forward(self, X):
        return self.block(X, torch.ones(len(X), len(X), dtype=torch.bool).tril())


def the_block_alone():
    return Model().block


def find(make):
    layer, later = make(), [1.0, 2.0]
    first = [float(layer(torch.tensor([[0.0], [y]], dtype=torch.float64))[0, 0]) for y in later]
    if first[0] == first[1]:
        return None
    says = f"the output at token 1 is {first[0]:g} and {first[1]:g} while only token 2 changes, from 1 to 2."
    return finding("the output at a token does not depend on later tokens", says, first=0, later=later, outputs=first)


def violated(first, later, outputs):
    # the query 0 scores every token alike: over what it sees, the output is the mean, in rationals
    assert first == 0
    return outputs == [(first + y) / 2 for y in later] and outputs[0] != outputs[1]


def test_caught_and_the_fixed_twin_passes():
    found = caught(find, violated, buggy=the_block_alone, fixed=Model)
    assert not replay(changed(found, outputs=[0, 0]), violated)
    assert not replay(changed(found, later=[1, 1], outputs=[Fraction(1, 2)] * 2), violated)


def test_the_strict_upper_block_of_the_jacobian():
    X = torch.tensor([[0.0], [1.0], [-1.0]], dtype=torch.float64)
    for make, zero in ((Model, True), (the_block_alone, False)):
        J = torch.func.jacrev(make())(X)[:, 0, :, 0]
        assert bool((J.triu(1) == 0).all()) is zero
