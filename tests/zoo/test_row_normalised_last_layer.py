"""Rows of norm 1 make every logit 1-Lipschitz, not the vector of logits: k equal rows have norm sqrt(k)."""

import torch
from harness import caught, changed, finding, replay, square
from torch import nn

from proofcheck.testing import expanding_vector
from torch_impl.norms import certified_norm
from torch_impl.reference.exact import apply

WEIGHT = torch.tensor([[2.0, 0.0], [3.0, 0.0], [0.0, 1.0]], dtype=torch.float64)


class RowNormalised(nn.Module):
    def forward(self, x):
        return x @ nn.functional.normalize(WEIGHT, dim=1).mT


class Normalised(nn.Module):
    def forward(self, x):
        return x @ (WEIGHT / (certified_norm(WEIGHT) * (1 + 2**-52))).mT  # the quotient rounds by 2^-53


def find(layer):
    found = expanding_vector(layer(), (1, 2))
    if found is None:
        return None
    says = found.text().splitlines()[0].replace(", decided exactly, at", ".")
    return finding("the last layer is 1-Lipschitz", says, M=found.fields["M"], x=found.x)


def violated(M, x):
    return square(apply(M, x)) > square(x)


def test_caught_and_the_fixed_twin_passes():
    found = caught(find, violated, buggy=RowNormalised, fixed=Normalised)
    assert found.numbers["x"] == ["1", "0"]
    assert not replay(changed(found, x=[0, 1]), violated)
