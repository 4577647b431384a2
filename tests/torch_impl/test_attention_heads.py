"""Multi-head attention: sums of single heads, torch's own modules, padding, grouped heads, and refusals.

Tolerances: two ways of summing the same products differ by at most gamma(count) times the sum of their sizes, with
count the longest chain of roundings (n + 3 d for scores, softmax, values and output, times 8 for exp and division).
"""

import pytest
import torch
from torch import nn
from torch.func import jacrev
from torch.nn.functional import scaled_dot_product_attention

from proofcheck.errors import ArgumentError
from torch_impl.attention import self_attention
from torch_impl.attention_heads import Heads, heads_of, multi_head_attention

N, D, K, H = 6, 8, 4, 4


def normal(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed + sum(shape)), dtype=torch.float64)


def make(h=H, g=H, k=K, v=K, d=D, out=D, biased=True):
    biases = (normal(h, k), normal(g, k, seed=1), normal(g, v, seed=2), normal(out, seed=3)) if biased else ()
    return Heads(normal(h, k, d) / 2, normal(g, k, d, seed=1) / 2, normal(g, v, d, seed=2), normal(out, h * v), *biases)


@pytest.fixture
def module():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = nn.MultiheadAttention(D, H, batch_first=True, dtype=torch.float64).eval()
        for bias in (module.in_proj_bias, module.out_proj.bias):
            nn.init.normal_(bias)  # torch starts them at 0, where their places could be swapped unseen
    return module


def close(gamma, a, b, scale=None):
    a, b = a.detach(), b.detach()
    scale = float(b.abs().max()) if scale is None else scale
    return float((a - b).abs().max()) <= scale * gamma(8 * (N + 3 * D) * H, a.dtype)


@pytest.mark.parametrize("mask", [None, "causal"])
@pytest.mark.parametrize("groups", [1, 2, 4])
def test_it_is_the_sum_of_its_heads(gamma, mask, groups):
    heads, X = make(g=groups), normal(2, N, D)
    summed = heads.b_o + sum(self_attention(X, h.A, h.W @ h.V, mask=mask, beta=h.beta) for h in heads.split())
    # rows of P sum to 1: the bias of the values passes through
    through = heads.W @ heads.b_v.repeat_interleave(H // groups, 0).flatten()
    assert close(gamma, multi_head_attention(X, heads, mask=mask), summed + through)


@pytest.mark.parametrize("mask", [None, "causal"])
def test_jacobian_is_that_of_the_sum_of_heads(gamma, mask):
    heads, X = make(g=2), normal(N, D)

    def summed(X):
        return sum(self_attention(X, h.A, h.W @ h.V, mask=mask, beta=h.beta) for h in heads.split())

    J = jacrev(lambda X: multi_head_attention(X, heads, mask=mask))(X)
    assert close(gamma, J, jacrev(summed)(X), scale=10 * float(J.abs().max()))


def test_value_and_query_widths_may_differ(gamma):
    heads, X = make(g=2, k=3, v=5, out=7), normal(N, D)
    summed = heads.b_o + sum(self_attention(X, h.A, h.W @ h.V, beta=h.beta) for h in heads.split())
    summed = summed + heads.W @ heads.b_v.repeat_interleave(2, 0).flatten()
    assert close(gamma, multi_head_attention(X, heads), summed)


def test_scale(gamma):
    h, X = make(h=1, g=1, biased=False), normal(N, D)
    scaled = Heads(h.Q, h.K, h.V, h.W, scale=1.0)
    assert close(gamma, multi_head_attention(X, scaled), multi_head_attention(X, Heads(h.Q * 2, h.K, h.V, h.W)))
    assert torch.equal(scaled.split()[0].A, h.K[0].mT @ h.Q[0])


@pytest.mark.parametrize("causal", [False, True])
def test_agrees_with_multihead_attention(gamma, module, causal):
    X = normal(3, N, D)
    forbidden = ~torch.ones(N, N, dtype=torch.bool).tril() if causal else None
    theirs, _ = module(X, X, X, attn_mask=forbidden, need_weights=False)
    ours = multi_head_attention(X, heads_of(module), mask="causal" if causal else None)
    assert close(gamma, ours, theirs)


def test_agrees_with_multihead_attention_without_bias(gamma):
    module = nn.MultiheadAttention(D, 2, bias=False, batch_first=True, dtype=torch.float64).eval()
    X = normal(N, D)
    assert close(gamma, multi_head_attention(X, heads_of(module)), module(X, X, X)[0])


def test_agrees_with_multihead_attention_on_padded_batches(gamma, module):
    X, lengths = normal(3, N, D), torch.tensor([6, 3, 1])
    tokens = torch.arange(N) < lengths.unsqueeze(-1)
    theirs, _ = module(X, X, X, key_padding_mask=~tokens, need_weights=False)
    ours = multi_head_attention(X, heads_of(module), padding=tokens)
    assert close(gamma, ours[tokens], theirs[tokens])
    assert not ours[~tokens].any()


@pytest.mark.parametrize("groups", [1, 2, 4])
@pytest.mark.parametrize("causal", [False, True])
def test_agrees_with_scaled_dot_product_attention(gamma, groups, causal):
    heads, X = make(g=groups), normal(2, N, D)
    q, k, v = (
        (X.unsqueeze(1) @ M.mT) + b.unsqueeze(-2)
        for M, b in ((heads.Q, heads.b_q), (heads.K, heads.b_k), (heads.V, heads.b_v))
    )
    theirs = scaled_dot_product_attention(q, k, v, is_causal=causal, enable_gqa=True)
    theirs = theirs.transpose(1, 2).flatten(-2) @ heads.W.mT + heads.b_o
    assert close(gamma, multi_head_attention(X, heads, mask="causal" if causal else None), theirs)


@pytest.mark.parametrize("mask", [None, "causal"])
@pytest.mark.parametrize("left", [False, True])
def test_padding_is_as_if_it_were_not_there(gamma, mask, left):
    heads, X = make(), normal(N, D)
    tokens = torch.ones(N, dtype=torch.bool)
    tokens[slice(0, 2) if left else slice(4, 6)] = False
    padded = X.clone()
    padded[~tokens] = torch.nan
    alone = multi_head_attention(X[tokens], heads, mask=mask)
    assert close(gamma, multi_head_attention(padded, heads, mask=mask, padding=tokens)[tokens], alone)
    J = jacrev(lambda X: multi_head_attention(X, heads, mask=mask, padding=tokens))(X)
    assert not J[:, :, ~tokens].any()
    assert not J[~tokens].any()


def test_a_mask_of_torchs_module_is_the_wrong_way_round(gamma, module):
    X, allowed = normal(N, D), torch.ones(N, N, dtype=torch.bool).tril()
    ours = multi_head_attention(X, heads_of(module), mask=allowed)
    assert close(gamma, ours, module(X, X, X, attn_mask=~allowed, need_weights=False)[0])
    swapped = multi_head_attention(X, heads_of(module), mask=allowed.mT)
    assert not close(gamma, swapped, ours)


@pytest.mark.parametrize("wrong", ["transposed heads", "no query bias", "groups interleaved"])
def test_the_agreement_can_fail(gamma, wrong):
    heads, X = make(g=2), normal(N, D)
    group = [0, 1, 0, 1] if wrong == "groups interleaved" else [0, 0, 1, 1]
    W = heads.W.unflatten(1, (H, K)) if wrong != "transposed heads" else heads.W.unflatten(1, (K, H)).mT
    summed = heads.b_o
    for h in range(H):
        b_q = None if wrong == "no query bias" else heads.b_q[h]
        one = Heads(heads.Q[h : h + 1], *(M[group[h]][None] for M in (heads.K, heads.V)), W[:, h])
        beta = None if b_q is None else heads.factor * (b_q @ one.K[0])
        summed = summed + self_attention(X, one.split()[0].A, one.W @ one.V[0], beta=beta) + one.W @ heads.b_v[group[h]]
    assert not close(gamma, multi_head_attention(X, heads), summed)


def bad(**changed):
    parts = {name: getattr(make(g=2), name) for name in ("Q", "K", "V", "W", "b_q", "b_k", "b_v", "b_o")}
    return lambda: Heads(**{**parts, **changed})


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (bad(Q=normal(K, D)), r"required Q \(heads, k, d\).* got Q \(4, 8\)"),
        (bad(K=normal(3, K, D), V=normal(3, K, D), b_k=None, b_v=None), "must divide the number of heads"),
        (bad(b_q=normal(K)), r"b_q \(4,\)"),
        (bad(W=normal(D, D)), r"W \(8, 8\)"),
        (bad(b_o=normal(D).float()), "share a floating dtype"),
        (lambda: multi_head_attention(normal(N, D + 1), make()), r"X must be \(\*batch, n, 8\)"),
        (lambda: multi_head_attention(normal(N, D).float(), make()), "share dtype and device"),
        (lambda: multi_head_attention(normal(N, D), make(), padding=torch.ones(N)), r"padding must be bool \(6,\)"),
        (lambda: multi_head_attention(normal(N, D), make(), mask="casual"), 'mask None, "causal"'),
        (
            lambda: multi_head_attention(
                normal(N, D), make(), mask=~torch.eye(N, dtype=torch.bool), padding=torch.arange(N) < 1
            ),
            "a token to attend to that is no padding",
        ),
        (lambda: heads_of(nn.MultiheadAttention(D, 2, kdim=4, vdim=4)), "kdim=4"),
        (lambda: heads_of(nn.MultiheadAttention(D, 2, add_bias_kv=True)), "sink"),
        (lambda: heads_of(nn.MultiheadAttention(D, 2, add_zero_attn=True)), "sink"),
        (lambda: heads_of(nn.MultiheadAttention(D, 2, dropout=0.1)), "dropout=0.1 in training"),
    ],
)
def test_refusals(call, says):
    with pytest.raises(ArgumentError, match=says):
        call()
