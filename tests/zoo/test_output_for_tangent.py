"""torch.func.jvp returns (f(X), J u). A power iteration that takes [0] returns q = |J^T f(X)|^(1/2), not |J|."""

import pytest
import torch
from harness import caught, changed, finding, replay
from torch.func import jvp, vjp

from proofcheck.testing import classify

W = 2


def iterate(which):
    def estimate(f, X):
        u, value = torch.randn_like(X), torch.zeros(())
        for k in range(1000):
            before = value
            u = vjp(f, X)[1](jvp(f, (X,), (u,))[which])[0]
            if u.norm() == 0:
                return 0.0
            value, u = u.norm().sqrt(), u / u.norm()
            if k and abs(value - before) <= 1e-15 * value:
                break
        return value

    return estimate


with_the_output, with_the_tangent = iterate(0), iterate(1)


def doubling(X):
    return W * X


def find(estimator):
    report = classify(estimator, repeats=1)
    if report.verdict == "norm":
        return None
    X = torch.ones(16, 1, dtype=torch.float64)
    return finding(
        "the estimator returns |J|_2",
        f"the estimator returns {report.verdict}: {report.laws[0]}.",
        w=W,
        X=[row[0] for row in X.tolist()],
        estimate=float(estimator(doubling, X)),
    )


def violated(w, X, estimate):
    """f(X) = w X has |J| = |w|; the estimate is the fourth root of |J^T f(X)|^2 = w^4 |X|^2."""
    return estimate**4 == w**4 * sum(x * x for x in X) and estimate != abs(w)


@pytest.mark.filterwarnings("ignore:.*jit.*:DeprecationWarning")
def test_caught_and_the_fixed_twin_passes():
    found = caught(find, violated, buggy=with_the_output, fixed=with_the_tangent)
    assert "grows like n^(1/4) on a token-wise linear map" in found.says
    assert found.numbers["estimate"] == "4"
    assert not replay(changed(found, estimate=2), violated)
