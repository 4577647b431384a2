"""`worst > 1` is False for NaN, so one undefined ratio turns a verdict into "holds", whatever the others are."""

from fractions import Fraction

import torch
from harness import caught, changed, finding, minus, replay, square

from proofcheck import registry
from proofcheck.hammer import campaign
from proofcheck.hammer.trial import trial

PAIRS = torch.tensor(
    [[[2, 0], [1, 0]], [[0, 0.25], [0, -0.25]], [[0, 0], [1, 0]]],
    dtype=torch.float64,
)


def unit(x):
    """x / |x|: 0 / 0 at the origin, and no Lipschitz constant near it."""
    return x / x.norm(dim=-1, keepdim=True)


def ratios():
    x, y = PAIRS[:, 0], PAIRS[:, 1]
    return (unit(x) - unit(y)).norm(dim=-1) / (x - y).norm(dim=-1)


def by_comparison():
    return "violated" if ratios().max() > 1 else "holds"


def by_every_ratio():
    if any(r > 1 for r in ratios().tolist()):
        return "violated"
    return "holds" if all(r <= 1 for r in ratios().tolist()) else "unknown"


def find(verdict):
    if verdict() != "holds":
        return None
    for x, y in PAIRS.tolist():
        if any(x) and any(y) and violated([Fraction(v) for v in x], [Fraction(v) for v in y]):
            says = "the worst ratio is NaN, from x = 0: nothing can be compared with it. This pair is moved apart."
            return finding("x / |x| moves no pair that was tried apart", says, x=x, y=y)
    return None


def violated(x, y):
    """Along an axis |x| is rational."""
    F, G = ([c / sum(map(abs, v)) for c in v] for v in (x, y))
    return square(minus(F, G)) > square(minus(x, y))


def test_caught_and_the_fixed_twin_passes():
    found = caught(find, violated, buggy=by_comparison, fixed=by_every_ratio)
    assert by_every_ratio() == "violated"
    assert not replay(changed(found, x=[0, 2], y=[0, 1]), violated)


def test_the_hammer_calls_nan_unknown():
    lemma = trial(registry.load(registry.find("attention-step")))
    broken = lemma.with_function(lambda mu, x, A, step: lemma.function(mu, x, A, step) * (0 * x) / (0 * x))
    result = campaign(broken, measures=100, adversary=False)
    assert result.decision == "unknown"
    assert "NaN" in result.reason
