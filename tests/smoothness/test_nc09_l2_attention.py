"""NC9: L2 attention keeps its constant (AS-11), and four changes that look harmless lose it.

Wrong power of ||W_h||, no W_h W_h^T behind the weights, no own token, untied queries and keys.
"""

import math

import pytest
import torch

from torch_impl.l2_attention import l2_attention, l2_lipschitz_constant, phi_inverse

ONE = torch.ones(1, 1, dtype=torch.float64)


def norm(f, X):
    """The operator norm of the derivative of f at X."""
    jacobian = torch.func.jacrev(f)(X)
    return float(torch.linalg.matrix_norm(jacobian.reshape(math.prod(jacobian.shape[:2]), -1), ord=2))


def draws(count):
    generator = torch.Generator().manual_seed(3)
    for _ in range(count):
        n, d, k, heads = (int(torch.randint(1, high, (1,), generator=generator)) for high in (9, 4, 4, 3))
        size = 10 ** (2 * torch.rand(2, generator=generator, dtype=torch.float64) - 1)
        W, V, O, X = (
            torch.randn(*s, generator=generator, dtype=torch.float64)
            for s in ((heads, d, k), (heads, d, 2), (2 * heads, d), (n, d))
        )
        yield size[0] * W, V, O, size[1] * X


def excesses(constant, count=60):
    """How often the derivative exceeds the constant: the check on trial."""
    over = 0
    for W, V, O, X in draws(count):
        for causal in (False, True):
            over += norm(lambda x, w=(W, V, O), c=causal: l2_attention(x, *w, causal=c), X) > constant(len(X), W, V, O)
    return over


def test_the_constant_holds():
    assert excesses(lambda n, *w: float(l2_lipschitz_constant(n, *w)) * (1 + 1e-9)) == 0


def test_the_wrong_power_of_the_weights_fails():
    def wrong(n, W, V, O):
        """(sum_h ||W_h||^2 ||V_h||^2)^{1/2} in place of ||W_h||^4."""
        w, v = (torch.linalg.matrix_norm(m, ord=2) for m in (W, V))
        right = ((w**4 * v**2).sum() / (w**2 * v**2).sum()).sqrt()
        return float(l2_lipschitz_constant(n, W, V, O) / right)

    assert excesses(wrong) > 10


def scores(x, query, key):
    """Minus the squared distances of x Q and x K, over sqrt(k)."""
    gaps = (x @ query).unsqueeze(-2) - (x @ key).unsqueeze(-3)
    return -gaps.square().sum(-1) / math.sqrt(query.shape[1])


def constant_of(n, W, d):
    eye = torch.eye(d, dtype=torch.float64)
    return float(l2_lipschitz_constant(n, W[None], eye[None], eye))


def test_without_the_matrix_behind_the_weights_it_fails():
    W = torch.tensor([[1.0], [0.0]], dtype=torch.float64)
    dropped = lambda x: torch.softmax(scores(x, W, W), -1) @ x  # noqa: E731
    kept = lambda x: torch.softmax(scores(x, W, W), -1) @ x @ W @ W.mT  # noqa: E731
    X = torch.tensor([[0.0, 0.0], [0.5, 1e4]], dtype=torch.float64)
    assert norm(kept, X) <= constant_of(2, W, 2)
    assert norm(dropped, X) > 100 * constant_of(2, W, 2)


def test_without_the_own_token_it_fails():
    hidden = torch.eye(3, dtype=torch.bool)
    alone = lambda x: torch.softmax(scores(x, ONE, ONE).masked_fill(hidden, -torch.inf), -1) @ x  # noqa: E731
    for distance in (0.5, 1.0, 10.0, 100.0):
        X = torch.tensor([[0.0], [distance], [-distance]], dtype=torch.float64)
        whole = norm(lambda x: l2_attention(x, ONE[None], ONE[None], ONE), X)
        assert whole <= constant_of(3, ONE, 1)
        if distance >= 10:
            assert norm(alone, X) >= 2 * distance**2 > constant_of(3, ONE, 1)


def test_with_untied_queries_and_keys_it_fails():
    query = torch.tensor([[1.0], [0.0]], dtype=torch.float64)
    key = torch.tensor([[0.0], [1.0]], dtype=torch.float64)
    untied = lambda x: torch.softmax(scores(x, query, key), -1) @ x @ query @ query.mT  # noqa: E731
    tied = lambda x: torch.softmax(scores(x, query, query), -1) @ x @ query @ query.mT  # noqa: E731
    X = torch.tensor([[0.0, 1e3], [1e4, 1.0], [-1e4, -1.0]], dtype=torch.float64)
    assert norm(tied, X) <= constant_of(3, query, 2)
    assert norm(untied, X) > 100 * constant_of(3, query, 2)


@pytest.mark.parametrize("others", [0, 1, 2, 10, 1000, 10**6])
def test_phi_inverse_is_an_upper_bound_and_tight(others):
    from flint import arb

    c = phi_inverse(others)
    exactly = lambda x: arb(x) * (arb(x) + 1).exp()  # noqa: E731
    assert exactly(c) >= others
    assert others == 0 or exactly(c * (1 - 2.0**-40)) < others
