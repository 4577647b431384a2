"""Tested: contexts from files, their domain, the enclosure in balls, the data version of the step, and roundoff."""

import json
from fractions import Fraction

import numpy as np
import pytest
import torch
from flint import arb_mat
from safetensors.torch import save_file

from proofcheck.certify import certify, roundoff
from proofcheck.certify import layers as module
from proofcheck.certify.contexts import exact_contexts, load_contexts
from proofcheck.certify.data import on_contexts
from proofcheck.certify.enclosure import Matrix, enclose, largest_gap
from proofcheck.errors import ArgumentError
from torch_impl.measures import Measure, measure
from torch_impl.network import AttentionStep, MLPStep, Network
from torch_impl.reference.balls import gradient_attention, lower, upper
from torch_impl.reference.exact import diameter_squared, exact_matrix, exact_measure, exact_vector, gradient_mlp

F64 = torch.float64
POINTS = [[0.5, 0.25, 0.0], [-0.5, 0.125, 0.5]]


def cloud(batch, n, d, seed=0, dtype=F64):
    y = torch.randn(batch, n, d, dtype=F64, generator=torch.Generator().manual_seed(seed))
    return (y / y.norm(dim=-1, keepdim=True) * 0.99).to(dtype)


def test_every_format_gives_the_same_contexts(tmp_path):
    points, weights = np.array([POINTS]), np.array([[1.0, 3.0]])
    np.save(tmp_path / "c.npy", points)
    save_file({"points": torch.tensor(points), "weights": torch.tensor(weights)}, tmp_path / "c.safetensors")
    (tmp_path / "c.json").write_text(json.dumps({"points": POINTS, "weights": [1, 3]}))
    (tmp_path / "plain.json").write_text(json.dumps(POINTS))
    found = [load_contexts(tmp_path / name, 3, F64) for name in ("c.safetensors", "c.json", "c.npy", "plain.json")]
    assert all(torch.equal(c.points, torch.tensor(points)) for c in found)
    assert [c.weights.tolist() for c in found] == [[[0.25, 0.75]]] * 2 + [[[0.5, 0.5]]] * 2
    assert load_contexts(tmp_path / "c.npy", 3, torch.bfloat16).points.dtype == torch.bfloat16


BAD = {
    "other dimension": ([[1.0, 2.0]], r"\(n, 3\)"),
    "one axis": ([1.0, 2.0, 3.0], r"\(n, 3\)"),
    "empty": ([], "numbers|must hold points"),
    "ragged": ([[1.0, 2.0, 3.0], [1.0]], "cannot be read|full array"),
    "text": ([["a", "b", "c"]], "must be numbers"),
    "NaN": ([[float("nan"), 0.0, 0.0]], "finite"),
    "weights of another length": ({"points": POINTS, "weights": [1.0]}, "weights must be"),
    "negative weights": ({"points": POINTS, "weights": [1.0, -1.0]}, ">= 0"),
    "no mass": ({"points": POINTS, "weights": [0.0, 0.0]}, "not all 0"),
    "infinite mass": ({"points": POINTS, "weights": [float("inf"), 0.0]}, "finite"),
    "other names": ({"tokens": POINTS}, "points"),
    "a word": ("points", "must be numbers"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_contexts_are_refused(tmp_path, name):
    content, message = BAD[name]
    (tmp_path / "c.json").write_text(json.dumps(content))
    with pytest.raises(ArgumentError, match=message):
        load_contexts(tmp_path / "c.json", 3, F64)


@pytest.mark.parametrize(
    ("name", "content"),
    [("c.npy", b"\x93NUMPY"), ("c.json", b"{"), ("c.json", b"[" * 10**5), ("c.safetensors", b"{}"), ("c.txt", b"")],
)
def test_files_that_cannot_be_read(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ArgumentError, match="load_contexts"):
        load_contexts(tmp_path / name, 3, F64)


def test_pickled_arrays_do_not_run(tmp_path):
    np.save(tmp_path / "c.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ArgumentError, match="cannot be read"):
        load_contexts(tmp_path / "c.npy", 3, F64)


def test_contexts_outside_the_domain_are_named():
    contexts = measure(torch.tensor([[[0.6], [-0.8]], [[0.0], [1.0]]], dtype=F64))
    apart = Fraction(0.6) + Fraction(0.8)  # not 7/5: the floats are a little more
    assert len(exact_contexts(contexts, Fraction(1), apart)) == 2
    with pytest.raises(ArgumentError, match="context 0 is wider"):
        exact_contexts(contexts, Fraction(1), apart - Fraction(1, 10**30))
    with pytest.raises(ArgumentError, match="context 1 leaves the ball"):
        exact_contexts(contexts, Fraction(1) - Fraction(1, 10**20), Fraction(2))
    with pytest.raises(ArgumentError, match=r"context 0 is wider .* 1\.4"):
        exact_contexts(contexts, Fraction(1), Fraction(1))


def test_a_token_of_weight_zero_is_padding():
    far = Measure(torch.tensor([[[0.5], [99.0]]], dtype=F64), torch.tensor([[1.0, 0.0]], dtype=F64))
    assert len(exact_contexts(far, Fraction(1), Fraction(0))) == 1


def test_the_enclosure_is_the_exact_network(deep):
    """Layer by layer against rationals and balls of the reference, one token at a time."""
    network = deep(4, 3, 2, 1)
    mu = exact_measure(cloud(1, 3, 3)[0])
    lift = exact_matrix(network.lift)
    tokens = [tuple(sum(a * b for a, b in zip(row, y, strict=True)) for row in lift) for y in mu.points]
    mlp, attention = network.layers
    tokens = [gradient_mlp(t, exact_matrix(mlp.W), exact_vector(mlp.b), Fraction(mlp.step)) for t in tokens]
    inner = exact_measure([[v for v in t] for t in tokens], mu.weights)
    A = exact_matrix(attention.A)
    images = [gradient_attention(inner, t, A, Fraction(attention.step)) for t in tokens]
    found = enclose(network, mu)
    below, above = found.squares[1]
    assert below <= diameter_squared(inner, A) <= above
    assert above - below < Fraction(1, 2**200)
    expected = Matrix(network.readout).apply(arb_mat(images))
    for i in range(3):
        for j in range(2):
            assert found.outputs[i, j].overlaps(expected[i, j])
            assert found.outputs[i, j].rad() < 1e-55


def test_sparse_and_dense_enclosures_agree(deep):
    network = deep(4, 3, 4, 1)
    layers = tuple(
        MLPStep(s.W.to_sparse(), s.b, s.step) if isinstance(s, MLPStep) else AttentionStep(s.A.to_sparse(), s.step)
        for s in network.layers
    )
    mu = exact_measure(cloud(1, 4, 3)[0])
    dense, sparse = (enclose(n, mu) for n in (network, Network(network.lift, layers, network.readout)))
    assert all(dense.outputs[i, j].overlaps(sparse.outputs[i, j]) for i in range(4) for j in range(2))


def test_large_sparse_matrices_are_applied_entry_by_entry():
    n = 700
    W = torch.sparse_coo_tensor(
        torch.arange(n).repeat(2, 1), torch.ones(n, dtype=F64) / 3, (n, n), check_invariants=True
    )
    M = Matrix(W.coalesce())
    assert M._dense is None
    x = arb_mat([[1] * n])
    assert M.apply(x)[0, 5].overlaps(Matrix(torch.ones(1, 1, dtype=F64) / 3).apply(arb_mat([[1]]))[0, 0])
    assert M.reduced(x, transposed=True)[0, 5].overlaps(M.apply(x)[0, 5])


def test_the_data_version_admits_more_than_the_domain():
    """A narrow cloud far out: D is that of the tokens."""
    eye = torch.eye(2, dtype=F64)
    points = torch.tensor([[[0.5, 0.0], [0.5, 0.25]]], dtype=F64)
    network = Network(eye, (AttentionStep(eye, 100.0),), eye)
    certificate = certify(network, radius=Fraction(1))
    assert not certificate.ok
    layer = on_contexts(network, certificate, measure(points)).layers[0]
    assert layer.verdict.word == "admissible"
    assert abs(layer.verdict.safe - 128) < Fraction(1, 2**200)
    wide = measure(torch.tensor([[[0.5, 0.0], [0.5, 0.25]], [[0.0, 0.5], [0.5, 0.5]]], dtype=F64))
    layer = on_contexts(network, certificate, wide).layers[0]
    assert (layer.worst, layer.verdict.word) == (1, "not admissible")
    assert layer.words == {"admissible": 1, "not admissible": 1, "undecided": 0}


@pytest.mark.parametrize("dtype", [F64, torch.float32, torch.bfloat16])
@pytest.mark.parametrize("layers", [0, 1, 2, 5])
def test_roundoff_covers_what_floats_do(deep, dtype, layers):
    network = deep(4, 3, layers, 3, dtype)
    certificate = certify(network, radius=Fraction(1), tokens=12)
    found = on_contexts(network, certificate, measure(cloud(5, 12, 3, 1, dtype)))
    assert found.error > 0
    assert found.error <= upper(certificate.roundoff)
    unit = torch.finfo(dtype).eps / 2
    assert upper(certificate.roundoff) < 3000 * unit * 5 ** max(layers, 1)  # and is not absurd


def test_roundoff_is_a_check(deep, monkeypatch):
    """Control: with a unit roundoff 1000 times too small the floats exceed it."""
    network = deep(4, 3, 4, 3)
    real = roundoff.Arithmetic.of

    def small(dtype, tokens):
        found = real(dtype, tokens)
        return roundoff.Arithmetic(found.unit / 1000, found.tiny, tokens)

    monkeypatch.setattr(roundoff.Arithmetic, "of", small)
    certificate = certify(network, radius=Fraction(1), tokens=12)
    found = on_contexts(network, certificate, measure(cloud(5, 12, 3, 1)))
    assert found.error > upper(certificate.roundoff)


def test_no_roundoff_bound_is_said_to_be_none(deep):
    assert certify(deep(4, 3, 2, 0, torch.bfloat16), radius=Fraction(1), tokens=10**4).roundoff is None
    eye = torch.eye(1, dtype=F64)
    tall = Network(eye, (AttentionStep(eye, 1.0),) * 4, eye)
    assert certify(tall, radius=Fraction(10) ** 12, diameter=Fraction(1)).roundoff is None


def test_the_tokens_error_counts(deep, monkeypatch):
    """Control: the recursion needs LT-08's part; a large perturbation of the tokens shows it."""
    network = deep(4, 3, 4, 3)
    with_tokens = upper(certify(network, radius=Fraction(1)).roundoff)
    plain = module.bound
    monkeypatch.setattr(
        module, "bound", lambda lemma, *a, **k: plain(lemma, *a, **k) * (0 if lemma == "context_bound_w_inf" else 1)
    )
    assert upper(certify(network, radius=Fraction(1)).roundoff) < with_tokens


def test_the_gap_is_a_distance():
    floats = torch.tensor([[3.0, 4.0], [0.0, 1.0]], dtype=F64)
    assert abs(largest_gap(floats, arb_mat([[0, 0], [0, 0]])) - 5) < Fraction(1, 2**200)
    assert lower(arb_mat([[1]])[0, 0]) == 1
