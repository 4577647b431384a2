"""The norm of a kernel reshaped to (out, in * width) is not the norm of the convolution: up to sqrt(width) below it."""

from fractions import Fraction

import torch
from harness import caught, changed, finding, replay, square
from torch.nn.functional import conv1d, pad

from proofcheck.testing import expanding_vector
from torch_impl.norms import certified_norm
from torch_impl.reference.exact import apply

KERNEL = torch.ones(1, 1, 4, dtype=torch.float64)
SIGNAL = (1, 1, 8)


def convolve(x, kernel):
    return conv1d(pad(x, (0, kernel.shape[-1] - 1), mode="circular"), kernel)


def by_reshaped_kernel(x):
    return convolve(x, KERNEL / torch.linalg.matrix_norm(KERNEL.reshape(1, -1), 2))


def by_operator(x):
    units = torch.eye(8, dtype=torch.float64).reshape(8, 1, 8)
    return convolve(x, KERNEL / certified_norm(convolve(units, KERNEL).reshape(8, 8)))


def find(layer):
    found = expanding_vector(layer, SIGNAL)
    if found is None:
        return None
    says = found.text().splitlines()[0].replace(", decided exactly, at", ".")
    return finding("the normalised convolution is 1-Lipschitz", says, M=found.fields["M"], x=found.x)


def violated(M, x):
    return square(apply(M, x)) > square(x)


def test_caught_and_the_fixed_twin_passes():
    found = caught(find, violated, buggy=by_reshaped_kernel, fixed=by_operator)
    assert found.numbers["x"] == ["1"] * 8
    halved = [[Fraction(v) / 2 for v in row] for row in found.numbers["M"]]
    assert not replay(changed(found, M=halved), violated)
