"""Log-Laplace transform, moments and derivatives of attention: loops, automatic differentiation, padding."""

import torch
from slow_attention import F64, agree, masses, near, normal, slow_attend

from torch_impl import log_laplace as laplace
from torch_impl.measures import Measure

N, Q, D, OUT = 5, 4, 3, 2


def tilted(points, weights, theta):
    """Per query: log of the sum, mean, covariance."""
    found = []
    for t in theta:
        p = [a * torch.exp((t * y).sum()) for a, y in zip(weights, points, strict=True)]
        mean = sum(w * y for w, y in zip(p, points, strict=True)) / sum(p)
        spread = sum(w * torch.outer(y - mean, y - mean) for w, y in zip(p, points, strict=True)) / sum(p)
        found.append((torch.log(sum(p)), mean, spread))
    return [torch.stack(part) for part in zip(*found, strict=True)]


FUNCTIONS = (laplace.log_laplace, laplace.tilted_mean, laplace.tilted_covariance)


def test_transform_mean_and_covariance():
    points, theta = normal((N, D), (Q, D))
    a = masses(N)
    batch = Measure(torch.stack([points, -points]), masses(2, N))
    for k, function in enumerate(FUNCTIONS):
        fast = lambda y, a, t, f=function: f(Measure(y, a), t)  # noqa: E731
        assert agree(fast, lambda y, a, t, k=k: tilted(y, a, t)[k], points, a, theta)
        both = function(batch, torch.stack([theta, theta]))
        assert near(both[1], tilted(-points, batch.weights[1], theta)[k])
    assert near(
        torch.autograd.functional.jacobian(lambda t: laplace.log_laplace(Measure(points, a), t).sum(), theta),
        tilted(points, a, theta)[1],
    )


def test_jacobians_are_those_of_the_loops():
    points, x, A, V = normal((N, D), (Q, D), (D, D), (OUT, D))
    a = masses(N)

    def by_query(y, a, x, A, V):
        rows = [
            torch.autograd.functional.jacobian(lambda q: slow_attend(y, a, q[None], A, V)[0], q, create_graph=True)
            for q in x
        ]
        return torch.stack(rows)

    def by_token(y, a, x, A, V):
        rows = [
            torch.autograd.functional.jacobian(lambda z, q=q: slow_attend(z, a, q[None], A, V)[0], y, create_graph=True)
            for q in x
        ]
        return torch.stack(rows).transpose(-3, -2)

    assert agree(lambda y, a, *rest: laplace.query_jacobian(Measure(y, a), *rest), by_query, points, a, x, A, V)
    assert agree(lambda y, a, *rest: laplace.token_jacobian(Measure(y, a), *rest), by_token, points, a, x, A, V)
    batch = Measure(torch.stack([points, -points]), masses(2, N))
    queries = torch.stack([x, 2 * x])
    for fast, slow in ((laplace.query_jacobian, by_query), (laplace.token_jacobian, by_token)):
        assert near(fast(batch, queries, A, V)[1], slow(-points, batch.weights[1], 2 * x, A, V))


def test_the_flat_derivative_is_the_derivative_along_mixtures():
    points, x, A, V, others = normal((N, D), (Q, D), (D, D), (OUT, D), (7, D))
    a, b = masses(N), masses(7)

    def mixed(eps, y, a, x, A, V, z):
        return slow_attend(torch.cat([y, z]), torch.cat([(1 - eps) * a, eps * b]), x, A, V)

    def slow(y, a, x, A, V, z):
        zero = torch.zeros((), dtype=F64, requires_grad=True)
        return torch.autograd.functional.jacobian(lambda e: mixed(e, y, a, x, A, V, z), zero, create_graph=True)

    def fast(y, a, x, A, V, z):
        mu = Measure(y, a)
        return b @ laplace.flat_derivative(mu, x, z, A, V) - a @ laplace.flat_derivative(mu, x, y, A, V)

    assert near(fast(points, a, x, A, V, others), slow(points, a, x, A, V, others))
    centred = a @ laplace.flat_derivative(Measure(points, a), x, points, A, V)
    assert near(centred, torch.zeros(Q, OUT, dtype=F64))  # normalised: its mean over the context is 0
    assert agree(lambda *t: b @ laplace.flat_derivative(Measure(t[0], t[1]), t[2], t[5], t[3], t[4]),
                 slow, points, a, x, A, V, others)  # fmt: skip


def test_padding_is_inert():
    points, theta, A, V = normal((N, D), (Q, D), (D, D), (OUT, D))
    weights = torch.tensor([0.5, 0.0, 0.25, 0.0, 0.25], dtype=F64)
    kept = [0, 2, 4]
    lost = points.clone()
    lost[[1, 3]] = torch.nan
    mu = Measure(lost, weights)
    for k, function in enumerate(FUNCTIONS):
        assert near(function(mu, theta), tilted(points[kept], weights[kept], theta)[k])
    jacobian = laplace.token_jacobian(mu, theta, A, V)
    assert bool((jacobian[:, [1, 3]] == 0).all())
    assert near(jacobian[:, kept], laplace.token_jacobian(Measure(points[kept], weights[kept]), theta, A, V))
