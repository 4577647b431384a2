"""torch.var divides by d - 1 unless told otherwise: the normalised token has norm sqrt(d - 1), not sqrt(d)."""

import torch
from harness import caught, changed, finding, replay

from proofcheck.hammer import exact
from proofcheck.hammer.confirm import code_deviation

TOKEN = [2.0, -2.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]


def unbiased(x):
    return (x - x.mean(-1, keepdim=True)) / x.var(-1, keepdim=True).sqrt()


def biased(x):
    return (x - x.mean(-1, keepdim=True)) / x.var(-1, keepdim=True, correction=0).sqrt()


def formula():
    """(x - mean) / sqrt(mean (x - mean)^2), in balls."""
    x = [exact.rational(v) for v in TOKEN]
    m = sum(x, exact.fmpq(0)) / len(x)
    s = exact.sqrt(exact.norm2([v - m for v in x]) / len(x))
    return [(v - m) / s for v in x]


def find(normalise):
    out = normalise(torch.tensor(TOKEN, dtype=torch.float64))
    d = len(TOKEN)
    # mean, centring, squares, their sum, quotient and root: at most 2 d + 8 roundings, on a vector of norm sqrt(d)
    allowed = (2 * d + 8) * 2.0**-53 * d**0.5
    decision = code_deviation(normalise.__name__, out, formula, allowed, {})
    if not decision.refuted:
        return None
    return finding("a normalised token has norm sqrt(d)", decision.detail, x=TOKEN, output=out.tolist())


def violated(x, output):
    """The unbiased output is rational here: x itself."""
    m = sum(x) / len(x)
    variance = sum((v - m) ** 2 for v in x) / (len(x) - 1)
    proportional = all(o**2 * variance == (v - m) ** 2 for o, v in zip(output, x, strict=True))
    return proportional and sum(o * o for o in output) != len(x)


def test_caught_and_the_fixed_twin_passes():
    found = caught(find, violated, buggy=unbiased, fixed=biased)
    assert found.numbers["output"] == found.numbers["x"]
    assert not replay(changed(found, x=[3, 1], output=[1, -1]), violated)
