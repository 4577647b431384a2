"""MM-27: the contract, and each variant through the torch code against its flow.

Controls: a step of T/sqrt(N), layers without the mask, an MLP that sees the first tokens.
"""

import math

import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from lemmas.measure_maps import depth_variants
from proofcheck.testing import LemmaContract
from torch_impl.attention import self_attention
from torch_impl.equiangular import sphere_layer, sphere_velocity
from torch_impl.norms import certified_norm

F64 = torch.float64
DEPTHS, T = (8, 32, 128), 1.0


class TestDepthVariants(LemmaContract):
    lemma = "depth-variants"


def drawn(n=5, d=3):
    g = torch.Generator().manual_seed(7)
    X, A, V, W, U, b = (torch.randn(*s, generator=g, dtype=F64) for s in ((n, d), (d, d), (d, d), (4, d), (d, 4), (4,)))
    A, V, W, U = (size * m / torch.linalg.matrix_norm(m, 2) for size, m in ((0.8, A), (0.5, V), (0.7, W), (0.6, U)))
    return X, A, V, lambda x: torch.relu(x @ W.mT + b / 4) @ U.mT, 0.7 * 0.6


X0, A, V, PHI, BETA = drawn()
BALL, SPHERE = X0 / X0.norm(dim=-1).max(), X0 / X0.norm(dim=-1, keepdim=True)


def causal(X):
    return self_attention(X, A, V, mask="causal")


def split(X, h, phi=PHI):
    X = X + h * self_attention(X, A, V)
    return X + h * phi(X)


def tangential(X, h):
    moved = X + h * sphere_velocity(X, A, V)
    return moved / moved.norm(dim=-1, keepdim=True)


# name -> (start, velocity of the flow, layer, the lemma's bound)
VARIANTS = {
    "causal": (BALL, causal, lambda X, h: X + h * causal(X), "masked_error"),
    "split": (BALL, lambda X: self_attention(X, A, V) + PHI(X), split, "splitting_error"),
    "sphere": (SPHERE, lambda X: sphere_velocity(X, A, V), tangential, "sphere_error"),
    "post-norm": (SPHERE, lambda X: sphere_velocity(X, A, V), lambda X, h: sphere_layer(X, A, V, h), "post_norm_error"),
}


def flow(start, velocity):
    def f(_, flat):
        return velocity(torch.from_numpy(flat).reshape(start.shape)).reshape(-1).numpy()

    found = solve_ivp(f, (0, T), start.reshape(-1).numpy(), method="DOP853", rtol=1e-12, atol=1e-13)
    states = torch.from_numpy(np.ascontiguousarray(found.y.T)).reshape(-1, *start.shape)
    return states[-1], float(states.norm(dim=-1).max())


def layers(start, layer, N, step):
    states = [start]
    for _ in range(N):
        states.append(layer(states[-1], step))
    between = [X + step * self_attention(X, A, V) for X in states]  # what the MLP reads
    return states[-1], float(torch.stack([*states, *between]).norm(dim=-1).max())


def bound(key, N, R):
    """R: of tokens, of the flow at its times, of the values between attention and MLP; 1 % for the times between."""
    v, a = certified_norm(V), certified_norm(A)
    R = 1.01 * R
    largest = v * R + BETA * R + float(PHI(torch.zeros(1, 3, dtype=F64)).norm())
    known = {"v": v, "a": a, "T": T, "N": N, "R0": 1.0, "R": R, "beta": BETA, "M": largest}
    expr = depth_variants.BOUNDS[key]
    return float(expr.subs({s: known[s.name] for s in expr.free_symbols}))


def errors(name, layer=None, step=lambda N: T / N):
    """(error, bound) at each depth."""
    start, velocity, own, key = VARIANTS[name]
    end, reach = flow(start, velocity)
    found = []
    for N in DEPTHS:
        _, radius = layers(start, own, N, T / N)
        last, _ = layers(start, layer or own, N, step(N))
        found.append((float((last - end).norm(dim=-1).max()), bound(key, N, max(reach, radius))))
    return found


@pytest.mark.parametrize("name", VARIANTS)
def test_the_error_is_below_the_bound_and_of_order_one(name):
    found = errors(name)
    ratios = [error / allowed for error, allowed in found]
    assert 2e-3 < max(ratios) <= 1
    orders = [math.log(found[i][0] / found[i + 1][0], 4) for i in range(2)]
    assert orders == pytest.approx([1, 1], abs=0.1)


@pytest.mark.parametrize("name", VARIANTS)
def test_control_a_step_of_t_over_root_n_exceeds_the_bound(name):
    error, allowed = errors(name, step=lambda N: T / math.sqrt(N))[-1]
    assert error > allowed


def test_control_layers_without_the_mask_do_not_follow_the_causal_flow():
    error, allowed = errors("causal", lambda X, h: X + h * self_attention(X, A, V))[-1]
    assert error > allowed


def test_control_an_mlp_that_sees_the_first_tokens_does_not_follow_the_flow():
    (first, _), *_, (last, _) = errors("split", lambda X, h: split(X, h, lambda x: PHI(BALL)))
    assert last > first / 2  # of order one it would be first / 16
