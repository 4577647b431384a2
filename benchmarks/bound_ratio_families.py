"""Inputs that come near the bounds of MM-*, AS-03 and AS-07: what the torch code does over what is allowed.

One function a bound, in `FAMILIES`; what it returns is at most 1, and near 1 where the constant is sharp. No hammer
visits these corners, or a campaign of a few thousand measures comes less near.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import NamedTuple

import torch
from mpmath import mp
from scipy.stats import wasserstein_distance
from torch import Tensor

from torch_impl.attention import attend, residual_attention, self_attention
from torch_impl.bounds import lemma_bound
from torch_impl.gamma_head import Gamma, gamma
from torch_impl.layers import affine_mean
from torch_impl.log_laplace import log_laplace, tilted_mean
from torch_impl.measures import Measure, measure
from torch_impl.vlasov import depth_flow, vlasov_flow

F64 = torch.float64
MEAN_FIELD, LAYER = "attention_smoothness.mean_field_lipschitz", "measure_maps.attention_lipschitz"
SHARES = [k / 500 for k in range(1, 500)]
ONE, ZERO = torch.ones(1, 1, dtype=F64), torch.zeros(1, 1, dtype=F64)


class Family(NamedTuple):
    """ratio(): at most 1.   words: which inputs."""

    ratio: Callable[[], float]
    words: str


def bound(lemma: str, key: str, **values: float) -> float:
    """The bound as the lemma has it, evaluated by SymPy: real exponents are allowed."""
    expr = lemma_bound(lemma, key)
    return float(expr.subs({symbol: values[str(symbol)] for symbol in expr.free_symbols}))


def law(points: list[float], weights: list[float]) -> Measure:
    masses = torch.tensor(weights, dtype=F64)
    return Measure(torch.tensor(points, dtype=F64).unsqueeze(-1), masses / masses.sum())


def probe_shift() -> float:
    D, t, s = 2.0, 0.25, 1.5
    moved = float(attend(law([0.0, D], [1 - t, t]), ONE, s / D * ONE, ONE))
    return moved / bound("measure_maps.composition_law", "probe_shift", D=D, t=t, s=s)


def remainder(key: str) -> float:
    """Two atoms of unequal weights on the line, tilts of both signs and all sizes up to 1/D."""
    best = 0.0
    for share in (0.5, 0.6, 0.7, 0.8, 0.9):
        mu = law([0.0, 1.0], [1 - share, share])
        m, D = share, share
        for s in (0.01, 0.1, 0.3, 0.5, 1.0):
            for theta in (s, -s):
                at = torch.full((1, 1), theta, dtype=F64)
                if key == "mean_remainder":
                    done = abs(float(tilted_mean(mu, at)) - m - share * (1 - share) * theta)
                else:
                    done = float(log_laplace(mu, at)) - m * theta
                best = max(best, done / bound("measure_maps.attention_gradient", key, D=D, s=s))
    return best


def time_step() -> float:
    r, L, m, n = 1.5, 2.0, 0.75, 0.25
    scores = L / (2 * r) * ONE
    before, after = (float(attend(mu, ONE, scores, ONE)) for mu in (law([-r], [1.0]), law([-r, r], [m, n])))
    return (after - before) / bound("measure_maps.space_time_attention", "time_step", r=r, L=L, m=m, n=n)


def reweighting() -> float:
    """W_1 of weights (1/2, 1/2) and (5/8, 3/8) on two atoms at distance D, their l1 distance kappa, by SciPy."""
    D, weights = 2.0, ([0.5, 0.5], [0.625, 0.375])
    kappa = sum(abs(p - q) for p, q in zip(*weights, strict=True))
    done = wasserstein_distance([0.0, D], [0.0, D], *weights)
    return float(done) / bound("measure_maps.label_recovery", "reweighting_shift", D=D, kappa=kappa)


def added_atom(key: str) -> float:
    """G(mu, x) = x + m mean(mu), an atom of mass eps at the end of the space; the test function has slope ell."""
    ell, m, D, eps = 2.0, 3.0, 1.0, 1e-3
    x = D * ONE
    before, after = (float(affine_mean(mu, x, 1.0, m)) for mu in (law([0.0], [1.0]), law([0.0, D], [1 - eps, eps])))
    moved = ell * (after - before)
    done = moved if key == "error" else (1 - eps) / eps * moved
    return done / bound("measure_maps.regular_part", key, ell=ell, m=m, D=D, eps=eps)


def oscillating_slope() -> float:
    """Point masses at e^{pi/4 - 2 pi} and a little beyond, 60 digits: the slope of M sin(log M) is sqrt(2) there."""
    with mp.workdps(60):
        M, h = mp.exp(mp.pi / 4 - 2 * mp.pi), mp.mpf(10) ** -20
        slope = ((M + h) * mp.sin(mp.log(M + h)) - M * mp.sin(mp.log(M))) / h
        return float(slope / mp.sqrt(2))


def oscillating_jump() -> float:
    """The image of the atom at 1 of (1 - a) delta_0 + a delta_1 for log a = pi/2 and -pi/2 less 40 pi, 60 digits."""
    with mp.workdps(60):
        ends = [mp.sin(mp.log(mp.exp(sign * mp.pi / 2 - 40 * mp.pi))) for sign in (1, -1)]
        return float((ends[0] - ends[1]) / 2)


def cut_off(key: str) -> float:
    """Point masses at M below 60 values of eta, and near eta = e^{-2 pi}, where the cosine of the slope is 1."""
    if key == "error":
        best = 0.0
        for j in range(60):
            eta = math.exp(-2 * math.pi * j / 60)
            moved = (share * abs(math.sin(math.log(eta * share)) - math.sin(math.log(eta))) for share in SHARES)
            best = max(best, max(moved) / bound("measure_maps.representable_limit", key, eta=1.0))
        return best
    eta = math.exp(-2 * math.pi)
    step = eta * 1e-6
    slope = (math.sin(math.log(eta + step)) - math.sin(math.log(eta))) / step
    return slope / bound("measure_maps.representable_limit", key, eta=eta)


def translates() -> float:
    L, M, w = 0.5, 1.5, 0.25
    points = torch.tensor([[0.0], [1.0], [3.0]], dtype=F64)
    images = [affine_mean(measure(y), y, L, M) for y in (points, points + w)]
    return (
        float((images[1] - images[0]).min())
        / w
        / bound("measure_maps.push_forward_lipschitz", "lipschitz_constant", L=L, M=M)
    )


def rare_atom(strength: float = 2.0) -> float:
    """An atom of weight b at R = 1 moves inwards by h; all other mass is opposite; query R, s = 2."""
    b, h = 2.0**-14 * math.exp(-2 * strength), 2.0**-14
    A = strength * ONE
    out = [float(attend(law([-1.0, end], [1 - b, b]), ONE, A, ONE)) for end in (1.0, 1 - h)]
    return (out[0] - out[1]) / (b * h) / bound("measure_maps.attention_lipschitz", "on_ball", v=1, a=strength, R=1, p=1)


def centre_query() -> float:
    t = 2.0**-12
    mu = law([-1.0, 1.0], [0.5, 0.5])
    out = attend(mu, torch.tensor([[t], [-t]], dtype=F64), ONE, ONE)
    return float(out[0] - out[1]) / (2 * t) / bound("measure_maps.attention_lipschitz", "query_on_ball", v=1, a=1, R=1)


def without_scores(lemma: str, key: str, **values: float) -> float:
    """A = 0, V = 1: the mean of a translate moves by all of the translation."""
    y = torch.tensor([[-1.0], [0.5]], dtype=F64)
    out = [float(attend(measure(z), ONE, ZERO, ONE)) for z in (y, y + 0.5)]
    return (out[1] - out[0]) / 0.5 / bound(lemma, key, v=1.0, a=0.0, R=1.0, **values)


def sphere() -> float:
    """A = 0, V = diag(1, -1): token and query e_1 both move towards e_2 by w."""
    w = 2.0**-16
    V = torch.diag(torch.tensor([1.0, -1.0], dtype=F64))

    def velocity(angle: float) -> Tensor:
        x = torch.tensor([[math.cos(angle), math.sin(angle)]], dtype=F64)
        u = attend(measure(x), x, torch.zeros(2, 2, dtype=F64), V)
        return u - (u * x).sum() * x

    distance = 2 * math.sin(w / 2)
    done = float((velocity(w) - velocity(0.0)).norm()) / distance
    return done / bound("measure_maps.residual_attention", "sphere_inf", v=1.0, a=0.0)


def flow_of_one(key: str) -> float:
    """One token, A = 0, v = T = 1: its distance to another such token, or its norm, grows by e."""
    x, y = 0.5 * ONE, ONE
    ends = [float(vlasov_flow(measure(z), ZERO, ONE, 1.0).measure.points) for z in (x, y)]
    if key == "radius":
        return ends[1] / bound("measure_maps.vlasov_stability", key, v=1.0, R0=1.0, T=1.0)
    return math.log((ends[1] - ends[0]) / 0.5)  # the exponent at a = 0 is v T = 1 for every p


def query_without_scores() -> float:
    """A = 0, v = T = 1: a query follows the mean of its context, by (e - 1) times the difference of the means."""
    ends = [float(vlasov_flow(measure(z), ZERO, ONE, 1.0, 0.25 * ONE).queries) for z in (0.5 * ONE, ONE)]
    return (ends[1] - ends[0]) / 0.5 / (math.e - 1)


def depth_of_one(key: str) -> float:
    """One token, A = 0, one layer, v = 1 and T = 1e-3 (velocity_error: 1,024 layers, T = 1)."""
    T, lemma = 1e-3, "measure_maps.depth_limit"
    at = {"v": 1.0, "a": 0.0, "R0": 1.0}
    if key == "depth_error":
        ends = [
            float(s.measure.points)
            for s in (depth_flow(measure(ONE), ZERO, ONE, T, 1), vlasov_flow(measure(ONE), ZERO, ONE, T))
        ]
        return (ends[1] - ends[0]) / bound(lemma, key, T=T, N=1.0, **at)
    if key == "drift_error":  # V(t) = 1/2 + t; |Att_t - Att_s| <= D |t - s| on the ball of radius R, D = R
        v = 0.5 + T
        end = math.exp(0.5 * T + T * T / 2)
        done = end - float(residual_attention(measure(ONE), ONE, ZERO, 0.5 * ONE, T))
        return done / bound(lemma, key, T=T, N=1.0, v=v, a=0.0, R0=1.0, D=math.exp(v * T))
    eps, N = 0.25, 1024
    pair = [ONE, ONE]
    for _ in range(N):
        pair = [residual_attention(measure(z), z, ZERO, ONE, 1 / N) for z in pair]
        pair[1] = pair[1] + eps / N
    return float(pair[1] - pair[0]) / bound(lemma, key, T=1.0, eps=eps, **at)


def collision() -> float:
    """Tokens +-1, A = b, V = -1 meet at h = 1/tanh b: h v a R^2 = b/tanh b, and below 1 nothing meets."""
    b = 0.01
    h = 1 / math.tanh(b)
    X = torch.tensor([[1.0], [-1.0]], dtype=F64)
    if float(residual_attention(measure(X), X, b * ONE, -ONE, h).abs().max()) > 1e-12:
        raise AssertionError("the tokens do not meet")
    return bound("measure_maps.no_collision", "step_max", v=1.0, a=b, R=1.0) / h


def prefix_means(key: str) -> float:
    """A = 0, V = 1, x_i = i^(-1/p), 1,024 tokens, p = 4: nearly extremal for Hardy (p infinite: equal tokens)."""
    n, p = 1024, 4.0
    if key == "lipschitz_constant_inf":
        out = self_attention(torch.ones(8, 1, dtype=F64), ZERO, ONE, mask="causal")
        return float(out.abs().max()) / bound("attention_smoothness.masked_mean_field", key, v=1, a=0, R=1)
    X = torch.arange(1, n + 1, dtype=F64).unsqueeze(-1) ** (-1 / p)
    out = self_attention(X, ZERO, ONE, mask="causal")
    done = float((out.pow(p).sum() / X.pow(p).sum()) ** (1 / p))
    more = {"r": 1.0} if key == "lipschitz_constant" else {}
    return done / bound("attention_smoothness.masked_mean_field", key, v=1, a=0, R=1, p=p, **more)


def bernstein(n: int = 64) -> float:
    """|u - 1/2| at u = 1/2, in fractions: what its Bernstein polynomial is off by, twice for two laws."""
    half = Fraction(1, 2)
    mean = sum(math.comb(n, k) * abs(Fraction(k, n) - half) for k in range(n + 1)) / Fraction(2) ** n
    return float(mean) / bound("measure_maps.laplace_injective", "error", ell=1, d=1, n=n)


def absolute_value() -> float:
    """|y| - p_k(y) on 2,001 points, k up to 200."""
    y = torch.linspace(-1, 1, 2001, dtype=F64)
    p, best = torch.zeros_like(y), 0.0
    for k in range(200):
        best = max(best, float((y.abs() - p).max()) / bound("measure_maps.gamma_density", "error", k=k))
        p = p + (y * y - p * p) / 2
    return best


def largest_gamma() -> float:
    """Token and query at the end of the ball, a b >= 0, v > 0."""
    a, b, R, v = 2.0, 0.5, 1.5, 3.0
    number = lambda value: torch.tensor(value, dtype=F64)  # noqa: E731
    parameters = Gamma(torch.tensor([a], dtype=F64), number(b), number(1.0), number(v))
    return float(gamma(measure(R * ONE), R * ONE, parameters)) / bound(
        "measure_maps.gamma_head", "radius", v=v, a=a, b=b, R=R
    )


def product_error() -> float:
    """k factors B, every product err too large."""
    B, k, err = 2.0, 6, 1e-3
    value = 0.0  # the error so far: e -> B e + err
    for _ in range(k):
        value = B * value + err
    return value / bound("measure_maps.gamma_head", "product_error", B=B, k=k, err=err)


def cell_centre(key: str) -> float:
    """A token at the centre of a cell of the grid goes to its 2^d corners."""
    d, h = 3, 0.25
    corners = torch.cartesian_prod(*[torch.tensor([0.0, h], dtype=F64)] * d)
    cost = float((corners - h / 2).norm(dim=-1).mean())
    more = {} if key == "spread" else {"L": 2.0}
    return (2.0 if more else 1.0) * cost / bound("measure_maps.lifted_mean_pooling", key, h=h, d=d, **more)


FAMILIES: dict[tuple[str, str], Family] = {
    ("AS-03", "lipschitz_constant_inf"): Family(
        lambda: without_scores(MEAN_FIELD, "lipschitz_constant_inf"), "A = 0, translates"
    ),
    ("AS-03", "as_remembered"): Family(
        lambda: without_scores(MEAN_FIELD, "as_remembered"), "A = 0, translates"
    ),
    **{
        ("AS-07", key): Family(lambda key=key: prefix_means(key), words)
        for key, words in (
            ("lipschitz_constant", "A = 0, x_i = i^(-1/4), 1,024 tokens, p = 4, r = 1"),
            ("lipschitz_constant_1", "A = 0, x_i = i^(-1/4), 1,024 tokens, p = 4"),
            ("lipschitz_constant_inf", "A = 0, equal tokens"),
        )
    },
    ("MM-01", "probe_shift"): Family(probe_shift, "all other mass at one value"),
    ("MM-03", "mean_remainder"): Family(lambda: remainder("mean_remainder"), "two atoms on the line"),
    ("MM-03", "potential_remainder"): Family(lambda: remainder("potential_remainder"), "two atoms on the line"),
    ("MM-05", "time_step"): Family(time_step, "the prefix at one end of the ball, the rest at the other"),
    ("MM-11", "reweighting_shift"): Family(reweighting, "two atoms, W_1 by SciPy"),
    ("MM-13", "error"): Family(lambda: added_atom("error"), "x + m mean, an atom at the end"),
    ("MM-13", "singular_part"): Family(lambda: added_atom("singular_part"), "x + m mean, an atom at the end"),
    ("MM-16", "lipschitz_constant"): Family(oscillating_slope, "point masses at e^(pi/4 - 2 pi), 60 digits"),
    ("MM-16", "jump"): Family(oscillating_jump, "weights e^(+-pi/2 - 40 pi), 60 digits"),
    ("MM-17", "error"): Family(lambda: cut_off("error"), "point masses below eta, 60 values of eta"),
    ("MM-17", "context_constant"): Family(lambda: cut_off("context_constant"), "point masses at eta = e^(-2 pi)"),
    ("MM-18", "lipschitz_constant"): Family(translates, "x -> L x + M mean on translates"),
    ("MM-21", "on_ball"): Family(rare_atom, "W_1: a rare atom at the edge, all else opposite, a R^2 = 2"),
    ("MM-21", "query_on_ball"): Family(centre_query, "tokens +-R, queries near 0"),
    **{
        ("MM-21", key): Family(
            lambda key=key, more=more: without_scores(LAYER, key, **more), "A = 0, translates"
        )
        for key, more in (("on_ball_2", {"p": 2.0}), ("on_ball_inf", {}))
    },
    ("MM-21", "on_tokens"): Family(
        lambda: without_scores(LAYER, "on_tokens", p=1e9, n=2.0), "A = 0, translates, p large"
    ),
    ("MM-22", "sphere_inf"): Family(sphere, "A = 0, V = diag(1, -1), one token at the query"),
    **{
        ("MM-23", key): Family(lambda key=key: flow_of_one(key), "one token, A = 0, v = T = 1")
        for key in ("exponent", "exponent_inf", "radius")
    },
    ("MM-24", "context_constant"): Family(query_without_scores, "A = 0, a query and one token, v = T = 1"),
    **{
        ("MM-25", key): Family(lambda key=key: depth_of_one(key), words)
        for key, words in (
            ("depth_error", "one token, A = 0, one layer, v T = 1e-3"),
            ("drift_error", "one token, A = 0, V(t) = 1/2 + t, one layer, T = 1e-3"),
            ("velocity_error", "one token, A = 0, a constant error, 1,024 layers"),
        )
    },
    ("MM-26", "step_max"): Family(collision, "tokens +-1 that meet, A = 0.01, V = -1"),
    ("MM-42", "error"): Family(bernstein, "abs(u - 1/2) at u = 1/2, degree 64"),
    ("MM-43", "error"): Family(absolute_value, "2,001 points, 200 steps"),
    ("MM-44", "radius"): Family(largest_gamma, "token and query at the end of the ball"),
    ("MM-44", "product_error"): Family(product_error, "factors B, errors of one sign"),
    ("MM-45", "spread"): Family(lambda: cell_centre("spread"), "a token at the centre of a cell"),
    ("MM-45", "error"): Family(lambda: cell_centre("error"), "the same, a target with slope L"),
}  # fmt: skip
