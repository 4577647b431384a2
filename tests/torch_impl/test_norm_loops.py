"""RMSNorm and LayerNorm against loops and torch's own: values, gradients, refusals."""

import pytest
import torch
from slow_attention import agree, near, normal

from proofcheck.errors import ArgumentError
from torch_impl.norm_layers import layer_norm, rms_norm

D = 3
EPS = 0.25  # large: a wrong eps is seen


def slow_norm(x, gain, bias=None):
    rows = []
    for token in x.reshape(-1, D):
        numbers = list(token) if bias is None else [entry - sum(token) / D for entry in token]
        size = (sum(c * c for c in numbers) / D + EPS) ** 0.5
        row = [g * c / size for g, c in zip(gain, numbers, strict=True)]
        rows.append(torch.stack(row if bias is None else [r + b for r, b in zip(row, bias, strict=True)]))
    return torch.stack(rows).reshape(x.shape)


@pytest.mark.parametrize("shape", [(D,), (4, D), (2, 4, D)])
def test_values_and_gradients(shape):
    x, gain, bias = normal(shape, (D,), (D,), seed=1)
    assert agree(lambda x, g: rms_norm(x, g, EPS), slow_norm, x, gain)
    assert agree(lambda x, g, b: layer_norm(x, g, b, EPS), slow_norm, x, gain, bias)
    functional = torch.nn.functional
    assert near(rms_norm(x, gain, EPS), functional.rms_norm(x, (D,), gain, EPS))
    assert near(layer_norm(x, gain, bias, EPS), functional.layer_norm(x, (D,), gain, bias, EPS))
    assert not near(rms_norm(x, gain, EPS), rms_norm(x, gain, EPS / 2))


def test_bad_arguments_are_refused():
    x, gain = normal((4, D), (D,))
    for eps in (0.0, -1.0, torch.nan):
        with pytest.raises(ArgumentError, match="eps > 0 required"):
            rms_norm(x, gain, eps)
    for bias in (gain[:2], gain.float()):
        with pytest.raises(ArgumentError, match="of one dtype required"):
            layer_norm(x, gain, bias, EPS)
