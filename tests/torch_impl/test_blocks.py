"""Constructed networks against direct evaluation: rationals where every score is 0, balls elsewhere."""

import math
import random
from fractions import Fraction

import flint
import pytest
import torch

from proofcheck.errors import ArgumentError
from torch_impl import blocks
from torch_impl.blocks_matrices import dense
from torch_impl.measures import measure
from torch_impl.network import AttentionStep, MLPStep, Network
from torch_impl.network_file import load_network, save_network

F = Fraction


def run(network, atoms, query, number=F):
    """Read-outs as Fractions (all scores must be 0) or arb balls, by loops over the definition (LT-09)."""

    def entries(matrix):
        sparse = matrix.coalesce() if matrix.is_sparse else matrix.to_sparse()
        return list(zip(*sparse.indices().tolist(), [number(v) for v in sparse.values().tolist()], strict=True))

    def apply(rows, count, x):
        out = [number(0)] * count
        for r, c, v in rows:
            out[r] += v * x[c]
        return out

    def relu(v):
        return max(v, F(0)) if number is F else v.max(flint.arb(0))

    def exp(v):
        if number is not F:
            return v.exp()
        if v != 0:
            raise ArithmeticError(f"a score is {v}: not uniform")
        return F(1)

    def layer_map(layer, context):
        step = number(layer.step)
        if isinstance(layer, MLPStep):
            rows, w, bias = entries(layer.W), layer.W.shape[0], [number(v) for v in layer.b.tolist()]

            def mlp(x):
                hidden = [relu(h + v) for h, v in zip(apply(rows, w, x), bias, strict=True)]
                back = apply([(c, r, v) for r, c, v in rows], len(x), hidden)
                return [a - step * g for a, g in zip(x, back, strict=True)]

            return mlp
        rows = entries(layer.A)
        values = [(weight, apply(rows, layer.A.shape[0], y)) for weight, y in context]

        def attention(x):
            tilted = [weight * exp(sum((a * b for a, b in zip(x, v, strict=True)), number(0))) for weight, v in values]
            total = sum(tilted, number(0))
            mean = [
                sum((t * v[k] for t, (_, v) in zip(tilted, values, strict=True)), number(0)) / total
                for k in range(len(x))
            ]
            return [a - step * g for a, g in zip(x, mean, strict=True)]

        return attention

    lift = entries(network.lift)
    context = [(number(w), apply(lift, network.width, [number(v) for v in y])) for w, y in atoms]
    x = apply(lift, network.width, [number(v) for v in query])
    for layer in network.layers:
        move = layer_map(layer, context)
        context, x = [(w, move(y)) for w, y in context], move(x)
    return apply(entries(network.readout), network.readout.shape[0], x)


def contexts(d, counts=(1, 2, 4), seed=0):
    """Equal weights 1/n with n a power of two, dyadic atoms, and a query."""
    rng = random.Random(seed)
    for n in counts:
        atoms = [(F(1, n), [F(rng.randint(-16, 16), 8) for _ in range(d)]) for _ in range(n)]
        yield atoms, [F(rng.randint(-16, 16), 8) for _ in range(d)]


def inadmissible(network):
    """The MLP layers with step |W|^2 > 2, by an exact upper bound of |W|^2: none for every construction.

    |W|^2 <= |W|_1 |W|_inf, and per block of rows that share columns with no other (a block-diagonal W).
    """
    bad = []
    for k, layer in enumerate(network.layers):
        if not isinstance(layer, MLPStep):
            continue
        W = [[F(v) for v in row] for row in dense(layer.W).tolist()]
        blocks_of_rows = []
        for row in W:
            support = {j for j, v in enumerate(row) if v}
            touching = [b for b in blocks_of_rows if b[0] & support]
            blocks_of_rows = [b for b in blocks_of_rows if not b[0] & support]
            blocks_of_rows.append(
                (support.union(*(b[0] for b in touching)), [r for b in touching for r in b[1]] + [row])
            )
        for support, rows in blocks_of_rows:
            widest = max(sum(abs(v) for v in row) for row in rows)
            tallest = max((sum(abs(row[j]) for row in rows) for j in support), default=F(0))
            frobenius = sum(v * v for row in rows for v in row)
            if F(layer.step) < 0 or F(layer.step) * min(widest * tallest, frobenius) > 2:
                bad.append(k)
    return bad


def random_pieces(rng, d, count):
    """Slopes with dyadic entries and |a| <= 1, dyadic offsets."""
    return [([rng.randint(-4, 4) / (4 * d) for _ in range(d)], rng.randint(-8, 8) / 8) for _ in range(count)]


def value(groups, x):
    def piece(a, b):
        return sum((F(p) * q for p, q in zip(a, x, strict=True)), F(b))

    return max(min(piece(a, b) for a, b in group) for group in groups)


@pytest.mark.parametrize("sizes", [[1], [2], [1, 1], [3, 1, 2], [5, 4, 1, 2, 7]])
@pytest.mark.parametrize("d", [1, 2, 3])
def test_max_min_of_affine_maps_is_exact(sizes, d):
    rng = random.Random(1)
    groups = [random_pieces(rng, d, n) for n in sizes]
    network = blocks.max_min_affine(groups)
    assert not inadmissible(network)
    bias = any(b for group in groups for _, b in group)
    assert len(network.layers) == bias + math.ceil(math.log2(max(sizes))) + math.ceil(math.log2(len(sizes)))
    for atoms, x in contexts(d):
        assert run(network, atoms, x) == [value(groups, x)]


def test_absolute_value_from_two_slopes():
    network = blocks.max_min_affine([[([1.0], 0.0)], [([-1.0], 0.0)]])
    x = torch.tensor([[-0.3], [0.0], [2.0]], dtype=torch.float64)
    assert network(measure(x), x)[:, 0].tolist() == [0.3, 0.0, 2.0]
    assert len(network.layers) == 1


def test_many_maxima_share_their_layers():
    rng = random.Random(2)
    outputs = [[random_pieces(rng, 2, n) for n in sizes] for sizes in ([2, 3], [1], [4])]
    network = blocks.max_min_affines(outputs)
    assert len(network.layers) == 4
    assert not inadmissible(network)
    for atoms, x in contexts(2):
        assert run(network, atoms, x) == [value(groups, x) for groups in outputs]


def test_max_min_of_read_outs_with_offsets():
    f = blocks.linear([[3.0, 0.5], [-1.0, 2.0], [0.0, 0.25]])
    network = blocks.max_min(f, [[0, 1], [2, 0, 2]], [[0.5, 0.0], [1.0, -2.0, 0.25]])
    assert not inadmissible(network)
    for atoms, (p, q) in contexts(2):
        f0, f1, f2 = 3 * p + q / 2, 2 * q - p, q / 4
        assert run(network, atoms, [p, q]) == [max(min(f0 + F(1, 2), f1), min(f2 + 1, f0 - 2, f2 + F(1, 4)))]


@pytest.mark.parametrize("scale", [2.0**-30, 0.3, 1.0, 1.5, 2.0**40])
def test_coordinates_hold_the_read_outs_at_an_admissible_step(scale):
    f = blocks.linear([[scale, 0.0], [scale, -scale]])
    network = blocks.coordinates(f, [0.25, -1.0])
    assert not inadmissible(network)
    for atoms, (p, q) in contexts(2):
        assert run(network, atoms, [p, q]) == [F(scale) * p + F(1, 4), F(scale) * (p - q) - 1]


@pytest.mark.parametrize(
    ("one", "two"), [([1.0, 0.0], [0.0, 1.0]), ([2.0, 0.0], [0.5, 0.5]), ([0.5, 0.5], [-2.0, 0.0])]
)
def test_maximum_and_minimum_of_networks(one, two):
    f, g = blocks.linear([one]), blocks.linear([two])
    high, low = blocks.maximum(f, g), blocks.minimum(f, g)
    assert not inadmissible(high)
    assert not inadmissible(low)
    for atoms, x in contexts(2):
        a, b = (sum(F(v) * c for v, c in zip(row, x, strict=True)) for row in (one, two))
        assert run(high, atoms, x) == [max(a, b)]
        assert run(low, atoms, x) == [min(a, b)]


def test_maximum_with_a_norm_that_is_no_float_rounds_the_step_down():
    f, g = blocks.linear([[1.0, 1.0, 1.0]]), blocks.linear([[1.0, -1.0, 1.0]])  # 1/|v|^2 = 1/3
    network = blocks.maximum(f, g)
    assert not inadmissible(network)
    assert F(network.layers[-1].step) <= F(1, 3)
    u = F(1, 2**53)
    for atoms, x in contexts(3):
        a, b = x[0] + x[1] + x[2], x[0] - x[1] + x[2]
        assert abs(run(network, atoms, x)[0] - max(a, b)) <= 2 * u * max(b - a, 0)


def test_an_inadmissible_maximum_is_seen():
    network = blocks.maximum(blocks.linear([[1.0]]), blocks.linear([[-1.0]]))
    last = network.layers[-1]
    pushed = Network(network.lift, (MLPStep(last.W, last.b, 1.01 * last.step),), network.readout)
    assert inadmissible(pushed) == [0]
    # and it expands: the unit is on, the pair lies along W = (-1, -1)
    x, y = (torch.tensor([[v, v]], dtype=torch.float64) for v in (-4.0, -3.0))
    step = pushed.layers[0]
    gap = (step(measure(x), x) - step(measure(y), y)).norm() / (x - y).norm()
    assert gap > 1.019


def test_constants_and_affine_combinations():
    f = blocks.affine(
        blocks.product(blocks.linear([[1.0]]), blocks.constant(-3.5, 1)), [[2.0, 1.0], [0.0, 4.0]], [0.25, 0.0]
    )
    assert not inadmissible(f)
    for atoms, (p,) in contexts(1):
        assert run(f, atoms, [p]) == [2 * p - F(7, 2) + F(1, 4), F(-14)]


def test_product_merges_steps_that_differ_by_a_power_of_four_only():
    one = torch.eye(1, dtype=torch.float64)
    f = Network(one, (MLPStep(one, torch.tensor([0.5], dtype=torch.float64), 2.0),), one)
    g = Network(f.lift, (MLPStep(2 * f.layers[0].W, f.layers[0].b, 0.5),), f.readout)
    h = Network(f.lift, (MLPStep(f.layers[0].W, f.layers[0].b, 1.0),), f.readout)
    assert len(blocks.product(f, g).layers) == 1
    assert len(blocks.product(f, h).layers) == 2
    both = blocks.product(f, g, h)
    assert len(both.layers) == 2
    assert not inadmissible(both)
    for atoms, x in contexts(1):
        assert run(both, atoms, x) == [run(n, atoms, x)[0] for n in (f, g, h)]


def attention(A, step, readout):
    A = torch.tensor(A, dtype=torch.float64)
    return Network(
        torch.eye(2, dtype=torch.float64), (AttentionStep(A, step),), torch.tensor(readout, dtype=torch.float64)
    )


def test_product_of_attention_is_exact_and_one_layer_for_both_is_not():
    f = attention([[1.0, 0.5], [0.0, -1.0]], 0.5, [[1.0, 2.0]])
    g = attention([[-0.5, 0.0], [1.0, 0.25]], 1.0, [[0.5, -1.0]])
    both = blocks.product(f, g)
    A = dense(both.layers[0].A) + 2 * dense(both.layers[1].A)
    merged = Network(both.lift, (AttentionStep(A, 0.5),), both.readout)
    flint.ctx.prec = 120
    told = 0
    for atoms, x in contexts(2, (1, 2, 4, 8)):
        apart = [run(n, atoms, x, to_arb)[0] for n in (f, g)]
        for expected, got in zip(apart, run(both, atoms, x, to_arb), strict=True):
            assert expected.overlaps(got)
            assert got.rad() < 2.0**-100
        told += not all(a.overlaps(b) for a, b in zip(apart, run(merged, atoms, x, to_arb), strict=True))
    assert told == 3  # a single token has no scores to add


def to_arb(v):
    return flint.arb(flint.fmpq(v.numerator, v.denominator)) if isinstance(v, F) else flint.arb(v)


@pytest.mark.parametrize("c", [1.0, 0.125, 4.0])
def test_one_layer_integrates_many_read_outs_for_any_number_of_tokens(c):
    rng = random.Random(3)
    outputs = [[random_pieces(rng, 2, 2), random_pieces(rng, 2, 1)] for _ in range(3)]
    f = blocks.max_min_affines(outputs)
    network = blocks.integral(f, [4 * math.sqrt(2)] * 3, c=c, keep=True)
    last = network.layers[-1]
    assert F(last.step) * F(c) ** 2 * 3 * F(4 * math.sqrt(2)) ** 2 <= 8
    for atoms, x in contexts(2, (1, 2, 4, 8)):
        means = [sum(w * value(groups, y) for w, y in atoms) for groups in outputs]
        assert run(network, atoms, x) == [value(groups, x) for groups in outputs] + means


def test_the_step_of_an_integral_is_admissible_for_the_tokens_that_reach_it():
    network = blocks.integral(blocks.linear([[1.0], [0.5]]), [4.0, 2.0])
    y = [F(2), F(-2)]
    images = [[F(v) * t for v in dense(network.layers[0].A)[:, :1].reshape(-1).tolist()] for t in y]
    squared = sum((a - b) ** 2 for a, b in zip(*images, strict=True))
    assert squared == 20
    assert F(network.layers[0].step) * squared <= 8
    assert F(2 * network.layers[0].step) * squared > 8  # the largest power of two


def test_a_used_coordinate_does_not_integrate_again():
    once = blocks.integral(blocks.linear([[1.0]]), 4.0)
    twice = Network(once.lift, once.layers * 2, once.readout / 2)
    fresh = blocks.integral(Network(once.lift, once.layers, torch.tensor([[1.0, 0.0]], dtype=torch.float64)), 4.0)
    atoms, x = [(F(1, 2), [F(1)]), (F(1, 2), [F(2)])], [F(0)]
    assert run(once, atoms, x) == [F(3, 2)]
    assert run(fresh, atoms, x) == [F(3, 2)]
    with pytest.raises(ArithmeticError, match="not uniform"):
        run(twice, atoms, x)
    assert not run(twice, atoms, x, to_arb)[0].overlaps(to_arb(F(3, 2)))


def test_networks_compose_and_survive_a_file(tmp_path):
    f = blocks.integral(blocks.max_min_affine([[([1.0], 0.0)], [([-1.0], 0.0)]]), 2.0)
    blended = blocks.affine(blocks.product(f, blocks.linear([[1.0]])), [[1.0, 0.5], [1.0, -0.5]])
    network = blocks.max_min(blended, [[0], [1]])  # int |y| dmu + |x|/2
    save_network(network, tmp_path / "network.safetensors")
    network = load_network(tmp_path / "network.safetensors")
    assert not inadmissible(network)
    for atoms, (x,) in contexts(1, (1, 2, 4, 8)):
        exact = sum(w * abs(y[0]) for w, y in atoms) + abs(x) / 2
        assert run(network, atoms, [x]) == [exact]
        points = torch.tensor([[float(y[0])] for _, y in atoms], dtype=torch.float64)
        got = network(measure(points), torch.tensor([[float(x)]], dtype=torch.float64))
        # softmax of equal weights and a dozen operations on numbers below 2^4 at scale 2s <= 2^4
        assert abs(F(float(got)) - exact) <= 64 * F(1, 2**53) * 2**4


LINE = [([1.0], 0.0)]


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: blocks.max_min_affine([]), "every group must have an entry"),
        (lambda: blocks.max_min_affine([[]]), "every group must have an entry"),
        (lambda: blocks.max_min_affines([]), "at least one list"),
        (lambda: blocks.max_min_affine([[([1.0 + 2.0**-52], 0.0)]]), r"\|a\| <= 1"),
        (lambda: blocks.max_min_affine([[([0.6, 0.8000000000000003], 0.0)]]), r"\|a\| <= 1"),
        (lambda: blocks.max_min_affine([[([math.nan], 0.0)]]), "finite"),
        (lambda: blocks.max_min_affine([[([1.0], math.inf)]]), "finite"),
        (lambda: blocks.max_min_affine([[([1.0], 0.0), ([1.0, 0.0], 0.0)]]), "one length"),
        (lambda: blocks.max_min(blocks.linear([[1.0]]), [[1]]), "read-outs 0, ..., 0"),
        (lambda: blocks.max_min(blocks.linear([[1.0]]), [[0]], [[0.0, 1.0]]), "nesting"),
        (lambda: blocks.coordinates(blocks.linear([[1.0]]), [math.nan]), "finite"),
        (lambda: blocks.maximum(blocks.linear([[1.0], [2.0]]), blocks.linear([[1.0]])), "must be scalar, got 2"),
        (lambda: blocks.product(), "at least one"),
        (lambda: blocks.product(blocks.linear([[1.0]]), blocks.linear([[1.0, 2.0]])), "share d"),
        (lambda: blocks.product(blocks.linear([[1.0]]), blocks.linear([[1.0]], torch.float32)), "share d, dtype"),
        (lambda: blocks.affine(blocks.linear([[1.0]]), [[1.0, 2.0]]), r"\(p, 1\)"),
        (lambda: blocks.affine(blocks.linear([[1.0]]), [[1.0]], [1.0, 2.0]), "one offset per row"),
        (lambda: blocks.linear([1.0]), r"\(o, d\)"),
        (lambda: blocks.linear([[math.nan]]), "finite"),
        (lambda: blocks.constant(1.0, 0), "at least one coordinate"),
        (lambda: blocks.integral(blocks.linear([[1.0]]), -1.0), "bounds >= 0"),
        (lambda: blocks.integral(blocks.linear([[1.0]]), math.nan), "bounds >= 0"),
        (lambda: blocks.integral(blocks.linear([[1.0]]), [1.0, 1.0]), "one per read-out"),
        (lambda: blocks.integral(blocks.linear([[1.0]]), 1.0, c=3.0), "power of two"),
    ],
)
def test_bad_arguments_are_named(build, says):
    with pytest.raises(ArgumentError, match=says):
        build()


def test_a_zero_read_out_and_a_constant_integrand():
    zero = blocks.linear([[0.0]])
    same = blocks.maximum(zero, zero)
    level = blocks.integral(blocks.constant(2.5, 1), 0.0)
    for atoms, x in contexts(1):
        assert run(same, atoms, x) == [0]
        assert run(blocks.coordinates(zero), atoms, x) == [0]
        assert run(level, atoms, x) == [F(5, 2)]
