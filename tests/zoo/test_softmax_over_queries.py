"""softmax over the axis of the queries: for one query every token gets the weight 1 and the step grows with n."""

import torch
from harness import caught, changed, finding, minus, replay
from torch import nn

from proofcheck.testing import adapt
from proofcheck.testing.against_lemma import check_module
from torch_impl.reference.exact import apply, exact_measure, uniform_attention

PLACES = {"query": "x", "context": "memory", "weights": "mass", "A": "A", "step": "eta"}


class Attention(nn.Module):
    axis = -1

    def __init__(self):
        super().__init__()
        self.A = nn.Parameter(torch.eye(2))

    def forward(self, x, memory, mass, eta):
        p = torch.softmax(x @ self.A @ memory.mT + mass.log(), dim=self.axis)
        return x - eta * p @ memory @ self.A.mT


class OverQueries(Attention):
    axis = -2


def find(module):
    from proofcheck.hammer import campaign

    try:
        check_module("LT-05", module(), measures=200, **PLACES)
    except AssertionError as failure:
        fields = campaign(adapt("LT-05", module(), **PLACES), measures=200, workers=1, adversary=False).counterexample
        numbers = {k: _numbers(v) for k, v in fields["fields"].items() if k != "y"}
        step = fields["witness"]["step"]
        says = str(failure).splitlines()[0]
        return finding("the module is x - step E_x[A y]", says, **numbers, step=step)
    return None


def violated(points, weights, A, x, step):
    """At equal scores the formula is rational; one query under the wrong axis gives every token the weight 1."""
    right = uniform_attention(exact_measure(points, weights), x, A, step)
    total = [sum(c) for c in zip(*(apply(A, y) for y in points), strict=True)]
    return minus(x, [step * c for c in total]) != list(right)


def _numbers(value):
    return [_numbers(v) for v in value] if isinstance(value, list) else value


def test_caught_and_the_fixed_twin_passes():
    found = caught(find, violated, buggy=OverQueries, fixed=Attention)
    assert not replay(changed(found, points=[["1"]], weights=["1"], A=[["1"]], x=["0"]), violated)
