"""|V| sqrt(R_h^2 r^2 (n + 1) + n), R_h = max |A x_i|, r = diam: no sqrt(3), the wrong lengths, and no bound."""

import torch
from harness import caught, changed, finding, replay, square
from torch.func import jacrev

from torch_impl.reference.exact import apply, dot, exact_matrix, squared_distance

A = [[0.0, 1.0], [0.0, 0.0]]
PLACES = [[[3.0, 0.0], [-3.0, 0.0]], [[1.0, 0.0], [-1.0, 0.0]], [[1.0, 0.0], [0.0, 0.0], [-1.0, 0.0]]]


def attention(X):
    """f(X)_i = sum_j P_ij x_j, P_i = softmax_j <A x_i, x_j>; V = I."""
    return torch.softmax(X @ torch.tensor(A, dtype=X.dtype).mT @ X.mT, dim=-1) @ X


def without_root_three(A, X):
    """The square of the bound, in rationals."""
    n = len(X)
    reach = max(square(apply(A, x)) for x in X)
    diameter = max(squared_distance(x, y) for x in X for y in X)
    return reach * diameter * (n + 1) + n


def in_the_ball(A, X):
    """3 |V|^2 (|A|^2 R^4 (n + 1) + n): sqrt(3) is the price of three terms. |A|^2 <= |A|_F^2."""
    n, radius = len(X), max(square(x) for x in X)
    return 3 * (sum(square(row) for row in A) * radius**2 * (n + 1) + n)


def find(bound):
    rows = exact_matrix(A)
    for place in PLACES:
        X = torch.tensor(place, dtype=torch.float64)
        J = jacrev(attention)(X).reshape(X.numel(), X.numel())
        top = torch.linalg.svd(J)[2][0]
        e = torch.round(top / top[top.abs().argmax()]).reshape(X.shape).tolist()
        limit = bound(rows, exact_matrix(X))
        if violated(rows, exact_matrix(X), exact_matrix(e), limit):
            moved = square([c for row in derivative(rows, exact_matrix(X), exact_matrix(e)) for c in row])
            ratio = float(moved / square([c for row in exact_matrix(e) for c in row])) ** 0.5
            says = f"the bound at these tokens is {float(limit) ** 0.5:.6g}, the derivative stretches e by {ratio:.6g}."
            claim = "the local Lipschitz constant is at most the bound"
            return finding(claim, says, A=A, X=place, e=e, bound_squared=limit)
    return None


def derivative(A, X, e):
    """D f(X)[e] where the scores of each row agree: mean e_j + C A e_i + mean (x_j - m) <A x_i, e_j>, P_ij = 1/n."""
    n, d = len(X), range(len(X[0]))
    assert all(dot(apply(A, x), y) == dot(apply(A, x), X[0]) for x in X for y in X)
    m = [sum(x[k] for x in X) / n for k in d]
    centred = [[c - b for c, b in zip(x, m, strict=True)] for x in X]
    rows = []
    for x, own in zip(X, e, strict=True):
        Ae, Ax = apply(A, own), apply(A, x)
        rows.append(
            [sum(v[k] + c[k] * (dot(c, Ae) + dot(Ax, v)) for c, v in zip(centred, e, strict=True)) / n for k in d]
        )
    return rows


def violated(A, X, e, bound_squared):
    moved = [c for row in derivative(A, X, e) for c in row]
    return square(moved) > bound_squared * square([c for row in e for c in row])


def test_caught_and_the_fixed_twin_passes():
    found = caught(find, violated, buggy=without_root_three, fixed=in_the_ball)
    assert found.numbers["bound_squared"] == "2"
    assert not replay(changed(found, bound_squared=83), violated)


def test_the_exact_derivative_is_that_of_the_code():
    X = torch.tensor(PLACES[0], dtype=torch.float64)
    e = torch.tensor([[0.0, 1.0], [0.0, -1.0]], dtype=torch.float64)
    J = jacrev(attention)(X).reshape(4, 4)
    exactly = derivative(exact_matrix(A), exact_matrix(X), exact_matrix(e))
    # every entry is a sum of a few integers and halves: floats make no error here
    assert (J @ e.reshape(-1)).tolist() == [float(c) for row in exactly for c in row]
