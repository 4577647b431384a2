"""Functions of one op or a few, with the shapes they are tried at; shared by the op tests.

Each entry: name, function, shapes of its float inputs, kind of the symbols.
"""

import torch
import torch.nn.functional as F

CAUSAL = torch.ones(3, 3, dtype=torch.bool).tril()
HIDE_LAST = torch.tensor([[0.0, 0.0, -torch.inf]] * 3, dtype=torch.float64)
ROWS = torch.tensor([2, 0, 1])
PAIRS = torch.tensor([[0, 1], [2, 2]])


def written(x):
    out = torch.zeros(2, 3, dtype=x.dtype)
    out[0] = x[1]
    out[1, 2] = x[0, 0]
    out[:, 1] += 1
    return out


def scattered(x):
    return torch.zeros(3, 2, dtype=x.dtype).scatter_add(0, PAIRS, x)


CASES = [
    # products
    ("mm", lambda a, b: a @ b, [(2, 3), (3, 2)], "real"),
    ("bmm", torch.bmm, [(2, 2, 3), (2, 3, 1)], "real"),
    ("matmul broadcast", torch.matmul, [(2, 1, 2, 3), (3, 2)], "real"),
    ("mv", lambda a, b: a @ b, [(2, 3), (3,)], "real"),
    ("dot", torch.dot, [(3,), (3,)], "real"),
    ("addmm", lambda c, a, b: torch.addmm(c, a, b, beta=2, alpha=-3), [(2,), (2, 3), (3, 2)], "real"),
    ("baddbmm", lambda c, a, b: torch.baddbmm(c, a, b, beta=0.5), [(2, 2, 1), (2, 2, 3), (2, 3, 1)], "real"),
    ("linear", F.linear, [(2, 3), (2, 3), (2,)], "real"),
    ("einsum", lambda a, b: torch.einsum("bij,bkj->bik", a, b), [(2, 2, 2), (2, 1, 2)], "real"),
    ("einsum trace", lambda a: torch.einsum("ii->", a), [(3, 3)], "real"),
    ("bilinear", F.bilinear, [(2, 2), (2, 3), (1, 2, 3)], "real"),
    ("outer", torch.outer, [(2,), (3,)], "real"),
    ("cdist", torch.cdist, [(2, 2), (3, 2)], "real"),
    ("conv1d", lambda x, w, b: F.conv1d(x, w, b, stride=2, padding=1), [(1, 2, 4), (2, 2, 3), (2,)], "real"),
    ("conv2d groups", lambda x, w: F.conv2d(x, w, groups=2), [(1, 2, 2, 3), (2, 1, 2, 2)], "real"),
    # arithmetic
    ("add alpha", lambda a, b: torch.add(a, b, alpha=2), [(2, 2), (2,)], "real"),
    ("sub", lambda a, b: 1 - a - 3 * b, [(2,), (2,)], "real"),
    ("div", lambda a, b: a / b + 1 / b, [(2,), (2,)], "positive"),
    ("pow", lambda a: a**3 + a**-2 + 2**a, [(2,)], "positive"),
    ("pow half", lambda a: a**0.5 + a**-0.5, [(2,)], "positive"),
    ("sqrt", lambda a: a.sqrt() + a.rsqrt() + a.reciprocal() + a.square(), [(2,)], "positive"),
    ("exp", lambda a: a.exp() + torch.exp2(a) + torch.expm1(a), [(2,)], "real"),
    ("log", lambda a: a.log() + a.log2() + a.log10() + a.log1p(), [(2,)], "positive"),
    ("addcmul", lambda a, b, c: torch.addcmul(a, b, c, value=0.5), [(2,), (2,), (2,)], "real"),
    ("addcdiv", lambda a, b, c: torch.addcdiv(a, b, c, value=2), [(2,), (2,), (2,)], "positive"),
    ("lerp", lambda a, b: torch.lerp(a, b, 0.25), [(2,), (2,)], "real"),
    ("trigonometric", lambda a: a.sin() + a.cos() + a.sinh() + a.cosh() + a.atan(), [(2,)], "real"),
    # activations
    ("relu", lambda a: a.relu() + F.relu6(3 * a), [(4,)], "real"),
    ("abs sign", lambda a: a.abs() + a.sign(), [(4,)], "real"),
    ("gelu", F.gelu, [(3,)], "real"),
    ("gelu tanh", lambda a: F.gelu(a, approximate="tanh"), [(3,)], "real"),
    ("sigmoid", lambda a: a.sigmoid() + a.tanh() + F.silu(a) + F.logsigmoid(a), [(3,)], "real"),
    ("softplus", lambda a: F.softplus(a) + F.softplus(a, beta=2.0) + F.mish(a), [(3,)], "real"),
    ("elu", lambda a: F.elu(a) + F.leaky_relu(a) + F.selu(a) + F.celu(a, 0.5), [(3,)], "real"),
    ("erf", lambda a: torch.erf(a) + torch.erfc(a), [(3,)], "real"),
    ("hard", lambda a: F.hardtanh(a) + F.hardswish(a) + F.hardsigmoid(a), [(3,)], "real"),
    ("clamp", lambda a: a.clamp(-0.5, 0.5) + a.clamp(min=0) + a.clamp(max=0.25), [(4,)], "real"),
    ("maximum", lambda a, b: torch.maximum(a, b) + 2 * torch.minimum(a, b), [(3,), (3,)], "real"),
    # comparisons and choices
    ("where", lambda a, b: torch.where(a > b, a * a, b), [(3,), (3,)], "real"),
    ("where and", lambda a: torch.where((a > 0) & ~(a >= 1) | (a == 2), a, -a), [(4,)], "real"),
    ("mask as factor", lambda a: a * (a <= 0) + a * (a != 0).to(a.dtype), [(4,)], "real"),
    ("masked_fill", lambda a: a.masked_fill(CAUSAL, 2.0), [(3, 3)], "real"),
    ("heaviside", lambda a, b: torch.where(a.lt(b).logical_xor(a.gt(0)), 1.0, 0.0) * a, [(3,), (3,)], "real"),
    # reductions
    ("sum", lambda a: a.sum(0) + a.sum() + a.sum((0, 1), keepdim=True)[0], [(2, 3)], "real"),
    ("mean", lambda a: a.mean(-1, keepdim=True) + a.mean(), [(2, 3)], "real"),
    ("var", lambda a: a.var(-1) + a.var(-1, unbiased=False) + a.var(), [(2, 3)], "real"),
    ("std", lambda a: a.std(-1) + a.std(0, correction=0).sum(), [(2, 3)], "real"),
    ("var_mean", lambda a: torch.var_mean(a, -1)[0] + torch.var_mean(a, -1)[1], [(2, 3)], "real"),
    ("prod", lambda a: a.prod(-1) + a.prod(), [(2, 2)], "real"),
    ("amax", lambda a: a.amax(-1) - a.amin(-1) + a.max(-1).values + a.min(), [(2, 3)], "real"),
    ("any", lambda a: torch.where((a > 0).any(-1) & (a > -1).all(-1), 1.0, 2.0) * a[:, 0], [(3, 2)], "real"),
    ("cumsum", lambda a: a.cumsum(0) + a.cumprod(1), [(2, 3)], "real"),
    ("logcumsumexp", lambda a: a.logcumsumexp(-1), [(2, 3)], "real"),
    ("norm", lambda a: a.norm(dim=-1) + torch.linalg.vector_norm(a, 1, -1), [(2, 3)], "real"),
    (
        "norms",
        lambda a: torch.linalg.vector_norm(a, torch.inf, -1) + torch.linalg.vector_norm(a, 4, -1),
        [(2, 2)],
        "real",
    ),
    ("norm 3", lambda a: torch.linalg.vector_norm(a, 3, -1) + torch.linalg.norm(a), [(2, 2)], "positive"),
    ("normalize", lambda a: F.normalize(a, dim=-1), [(2, 2)], "real"),
    ("cosine", lambda a, b: F.cosine_similarity(a, b, dim=-1), [(2, 2), (2, 2)], "real"),
    # softmax and attention
    ("softmax 0", lambda a: a.softmax(0), [(2, 3)], "real"),
    ("softmax 1", lambda a: a.softmax(1), [(2, 3, 2)], "real"),
    ("log_softmax", lambda a: a.log_softmax(-2), [(2, 3)], "real"),
    (
        "logsumexp",
        lambda a: torch.logsumexp(a, (0, 1)) + torch.logsumexp(a, -1, keepdim=True),
        [(2, 2)],
        "real",
    ),
    ("masked softmax", lambda a: a.masked_fill(~CAUSAL, -torch.inf).softmax(-1), [(3, 3)], "real"),
    ("triu mask", lambda a: (a + torch.full((3, 3), -torch.inf).triu(1)).softmax(-1), [(3, 3)], "real"),
    ("stable softmax", lambda a: (a - a.amax(-1, keepdim=True)).exp(), [(2, 3)], "real"),
    ("sdpa", F.scaled_dot_product_attention, [(2, 2, 2), (2, 3, 2), (2, 3, 1)], "real"),
    (
        "sdpa causal",
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
        [(1, 2, 2), (1, 3, 2), (1, 3, 1)],
        "real",
    ),
    (
        "sdpa bool",
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, attn_mask=CAUSAL),
        [(3, 2), (3, 2), (3, 1)],
        "real",
    ),
    (
        "sdpa float",
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, attn_mask=HIDE_LAST),
        [(3, 2), (3, 2), (3, 1)],
        "real",
    ),
    (
        "sdpa data mask",
        lambda q, k, v, m: F.scaled_dot_product_attention(q, k, v, attn_mask=m),
        [(2, 1), (2, 1), (2, 1), (2, 2)],
        "real",
    ),
    (
        "sdpa scale",
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, scale=0.25),
        [(2, 2), (2, 2), (2, 1)],
        "real",
    ),
    (
        "sdpa gqa",
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, enable_gqa=True),
        [(1, 2, 1, 2), (1, 1, 2, 2), (1, 1, 2, 1)],
        "real",
    ),
    (
        "sdpa blind",
        lambda q, k, v: F.scaled_dot_product_attention(q, k, v, attn_mask=~CAUSAL),
        [(3, 1), (3, 1), (3, 1)],
        "real",
    ),
    ("layer_norm", lambda x, w, b: F.layer_norm(x, (3,), w, b, 1e-3), [(2, 3), (3,), (3,)], "real"),
    ("layer_norm two axes", lambda x: F.layer_norm(x, (2, 2), eps=0.5), [(2, 2, 2)], "real"),
    ("rms_norm", lambda x, w: F.rms_norm(x, (3,), w, 1e-2), [(2, 3), (3,)], "real"),
    ("rms_norm default", lambda x: F.rms_norm(x, (2,)), [(2, 2)], "positive"),
    ("group_norm", lambda x, w, b: F.group_norm(x, 2, w, b), [(1, 4, 2), (4,), (4,)], "real"),
    # shapes
    (
        "views",
        lambda a: a.reshape(3, 2).t().flatten()[None].squeeze(0).unsqueeze(-1).contiguous(),
        [(2, 3)],
        "real",
    ),
    (
        "permute",
        lambda a: a.permute(2, 0, 1).transpose(0, 1).movedim(-1, 0).swapaxes(0, 2),
        [(2, 3, 1)],
        "real",
    ),
    (
        "expand",
        lambda a: a.expand(2, -1, 3) + a.repeat(1, 2, 1)[:, :3, :1] + a.broadcast_to(2, 3, 3),
        [(1, 3, 1)],
        "real",
    ),
    ("slices", lambda a: a[..., 1:] - a[:, :-1] + a[0:1, ::2], [(2, 3)], "real"),
    (
        "split",
        lambda a: sum(a.split(2, 0)) * a.chunk(2, 1)[1][:2] + torch.unbind(a, 1)[0].sum(),
        [(4, 2)],
        "real",
    ),
    (
        "cat stack",
        lambda a, b: torch.cat([torch.stack([a, b], 1), torch.stack([b, a], 1)], -1),
        [(2, 2), (2, 2)],
        "real",
    ),
    ("flip roll", lambda a: a.flip(0, 1) + a.roll(1, 1) + a.roll(1), [(2, 3)], "real"),
    (
        "tril triu",
        lambda a: a.tril() + 2 * a.triu(1) + a.diagonal().sum() + torch.diag_embed(a[0]),
        [(3, 3)],
        "real",
    ),
    ("pad", lambda a: F.pad(a, (1, 0, -1, 2), value=0.5), [(2, 2)], "real"),
    ("index", lambda a: a[ROWS] + a[:, ROWS] + a[PAIRS, PAIRS].sum(), [(3, 3)], "real"),
    ("index mask", lambda a: a[CAUSAL].sum() + a[0, 1] + a[:, None, [0, 2]].sum(1), [(3, 3)], "real"),
    ("gather", lambda a: a.gather(0, PAIRS) + a.index_select(1, torch.tensor([1, 0]))[:2], [(3, 2)], "real"),
    ("embedding", lambda w: F.embedding(PAIRS, w), [(3, 2)], "real"),
    ("one_hot", lambda w: F.one_hot(PAIRS, 3).to(w.dtype) @ w, [(3, 2)], "real"),
    ("writes", written, [(2, 3)], "real"),
    ("scatter", scattered, [(2, 2)], "real"),
    (
        "created",
        lambda a: a + torch.ones_like(a) * torch.zeros(2) + torch.arange(2) + torch.eye(2)[0] + torch.linspace(0, 1, 2),
        [(2,)],
        "real",
    ),
    (
        "floor of constants",
        lambda a: a * torch.floor(torch.tensor([1.5, -1.5])) + torch.tensor([7, 8]) // 3,
        [(2,)],
        "real",
    ),
    ("detach clone", lambda a: a.detach() + a.clone() + a.to(torch.float32).double(), [(2,)], "real"),
]
