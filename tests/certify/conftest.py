"""Networks for the tests of certify, and the command line."""

import pytest
import torch
from click.testing import CliRunner

from torch_impl.network import AttentionStep, MLPStep, Network

F64 = torch.float64


def matrix(k, d, seed, scale=1.0, dtype=F64):
    return (torch.randn(k, d, dtype=F64, generator=torch.Generator().manual_seed(seed)) * scale).to(dtype)


@pytest.fixture
def deep():
    """deep(m, d, layers, seed, dtype): MLP and attention layers in turn, steps small enough to be admissible."""

    def make(m=4, d=3, layers=4, seed=0, dtype=F64, step=0.1, outputs=2):
        steps = []
        for k in range(layers):
            if k % 2:
                steps.append(AttentionStep(matrix(m, m, 10 * seed + k, 0.4 / m**0.5, dtype), step))
            else:
                b = matrix(1, m + 2, 99 + k, 0.3, dtype)[0]
                steps.append(MLPStep(matrix(m + 2, m, 10 * seed + k, 0.5, dtype), b, step))
        return Network(matrix(m, d, 7 + seed, 0.5, dtype), tuple(steps), matrix(outputs, m, 8 + seed, 0.7, dtype))

    return make


@pytest.fixture
def one_layer():
    """one_layer(layer): between identities."""

    def make(layer):
        m = (layer.W if isinstance(layer, MLPStep) else layer.A).shape[1]
        eye = torch.eye(m, dtype=F64)
        return Network(eye, (layer,), eye)

    return make


@pytest.fixture
def run():
    """run(*words, code) -> result of `proofcheck` with these words."""
    from proofcheck.cli import app

    def call(*words, code=None):
        result = CliRunner().invoke(app, [str(w) for w in words])
        assert "Traceback" not in result.output
        if code is not None:
            assert result.exit_code == code, result.output
        return result

    return call
