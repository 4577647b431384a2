from flint import arb, ctx

from lemmas.measure_maps import depth_limit
from proofcheck.testing import LemmaContract


class TestDepthLimit(LemmaContract):
    lemma = "depth-limit"
    redundant = {
        ("MM-25.velocity", 4): "r enters by its square only, and a distance is not negative",
        ("MM-25.moved", 3): "k may be replaced by -k with f by -f; a step is not negative",
        ("MM-25.moved", 4): "M enters by its square only, and a speed is not negative",
        ("MM-25.substeps", 4): "k may be replaced by -k with q by -q; a step is not negative",
        ("MM-25.substeps", 5): "G enters by its square only, and a constant is not negative",
    }


def layers(points, weights, A, v, h, errors):
    """One layer x + h (v E_x[y] + e) for every token, scores <A x, y>, in balls."""
    moved = []
    for x, e in zip(points, errors, strict=True):
        query = [A[i][0] * x[0] + A[i][1] * x[1] for i in range(2)]
        kernel = [w * (query[0] * y[0] + query[1] * y[1]).exp() for w, y in zip(weights, points, strict=True)]
        total = sum(kernel, arb(0))
        mean = [sum((k * y[i] for k, y in zip(kernel, points, strict=True)), arb(0)) / total for i in range(2)]
        moved.append([x[i] + h * (v * mean[i] + e[i]) for i in range(2)])
    return moved


def test_layers_with_errors_need_the_larger_ball():
    """With L on the ball of radius R in place of R' the bound of (c) is false: 60.2916 for a gap of 60.2928."""
    ctx.prec = 200
    a, v, size, depth = arb("0.0087378576"), arb("0.01"), arb("59.985279"), 300
    turn = arb("1.20867293")
    A = [[a * turn.cos(), -a * turn.sin()], [a * turn.sin(), a * turn.cos()]]
    weights = [arb("0.2120928"), arb("0.7879072"), arb("1e-12")]
    errors = [[size * arb(s).cos(), size * arb(s).sin()] for s in ("0.0430330", "-0.3602375", "0")]
    exact = wrong = [[arb(1), arb(0)], [arb(-1), arb(0)], [arb(0), arb(0)]]
    for _ in range(depth):
        exact = layers(exact, weights, A, v, arb(1) / depth, [[arb(0)] * 2] * 3)
        wrong = layers(wrong, weights, A, v, arb(1) / depth, errors)
    gap = sum(((x - y) * (x - y) for x, y in zip(exact[2], wrong[2], strict=True)), arb(0)).sqrt()

    def bound(radius):
        lipschitz = v * (1 + 2 * a * radius * radius)
        return size * (lipschitz.exp() - 1) / lipschitz

    assert gap > bound(v.exp())
    assert gap < bound((1 + size) * v.exp())
    values = {depth_limit.v: 0.01, depth_limit.a: 0.0087378576, depth_limit.R0: 1, depth_limit.T: 1}
    stated = depth_limit.BOUNDS["velocity_error"].subs({**values, depth_limit.eps: 59.985279})
    assert abs(float(stated) / float(bound((1 + size) * v.exp())) - 1) < 1e-12
