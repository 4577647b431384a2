"""Tested: the construction in d = 1: exact on the net, inside its error elsewhere, inside its class, inside certify."""

import random
from dataclasses import replace
from fractions import Fraction as F

import pytest
import torch

from proofcheck.certify import certify
from proofcheck.errors import ArgumentError, InternalError
from torch_impl.construct import construct, layer_facts, unpruned_size, verify_class
from torch_impl.construct_geometry import towards_zero
from torch_impl.construct_net import covering_net
from torch_impl.construct_roundoff import roundoff_bound
from torch_impl.construct_targets import TARGETS, Blend, ClippedDistance, KernelRegression
from torch_impl.construct_verify import Attack, attack, evaluate, fresh_measures, verify
from torch_impl.network import AttentionStep, MLPStep, Network
from torch_impl.network_file import load_network, save_network
from torch_impl.reference.exact import exact_measure, exact_vector
from torch_impl.reference.network_exact import ExactNetwork

C = F(1, 2)
NET = covering_net(C, size=63)


@pytest.fixture(scope="module", params=sorted(TARGETS))
def built(request):
    target = TARGETS[request.param](C)
    return target, construct(target, NET, C=C)


def with_layer(network, k, layer):
    return Network(network.lift, (*network.layers[:k], layer, *network.layers[k + 1 :]), network.readout)


def test_the_network_meets_the_target_on_the_net_up_to_rounded_offsets(built):
    _, result = built
    # an offset is a multiple of 2^-44, and alpha is cut at 53 bits over budgets of at most 2
    assert F(result.certificate.net_error) <= F(1, 2**45) + F(1, 2**50)
    assert F(result.certificate.kappa) == 0


def test_the_net_error_is_the_worst_gap_also_from_below():
    for target in (Blend(C), KernelRegression(C), KernelRegression(F(1))):
        result = construct(target, NET, C=target.C, slack=F(1, 30))
        evaluate_exactly = ExactNetwork(result.network)
        gaps = [evaluate_exactly(p.measure, [p.x])[0][0] - target.exact(*p) for p in NET.points]
        assert F(result.certificate.net_error) == max(map(abs, gaps))
        assert (F(result.certificate.above), -F(result.certificate.below)) == (max(gaps), min(gaps))
        # the tight target of test_construct_plane errs from above only
        assert -min(gaps) > max(gaps) > 0


def test_the_network_is_the_max_min_of_its_interpolants_exactly(built):
    _, result = built
    evaluate_exactly = ExactNetwork(result.network)
    pick = random.Random(0)
    for _ in range(15):
        n = pick.randint(1, 6)
        context = exact_measure(
            [[F(pick.randint(-9, 99), 77)] for _ in range(n)], [pick.randint(1, 9) for _ in range(n)]
        )
        x = (F(pick.randint(-9, 99), 71),)
        expected = max(min(g(context, x) for g in group) for group in result.groups)
        assert evaluate_exactly(context, [x]) == [(expected,)]


def test_a_thousand_fresh_measures_are_within_the_stated_error(built):
    target, result = built
    found = verify(result, target, measures=1000)
    assert found.violations == 0
    assert found.tokens == (2, 200)
    assert found.worst_error <= found.uniform_bound == result.certificate.error
    assert found.worst_ratio <= 1


def test_the_adversary_exceeds_neither_bound(built):
    _, result = built
    found = attack(result)
    assert not found.broken
    assert found.query > 0
    assert found.context > 0


def test_the_saved_file_survives_certify_and_a_longer_step_does_not(built, tmp_path):
    _, result = built
    save_network(result.network, tmp_path / "model.safetensors")
    network = load_network(tmp_path / "model.safetensors")
    assert certify(network, radius=1).ok
    for k, layer in enumerate(network.layers):
        if isinstance(layer, MLPStep):
            assert not certify(with_layer(network, k, replace(layer, step=layer.step * (1 + 1e-6))), radius=1).ok


def test_floats_stay_within_the_stated_roundoff(built):
    _, result = built
    measures, queries = fresh_measures(20, 1, seed=4, tokens=(2, 40))
    floats, evaluate_exactly = evaluate(result.network, measures, queries), ExactNetwork(result.network)
    for k, (m, x) in enumerate(zip(measures, queries, strict=True)):
        (value,) = evaluate_exactly(exact_measure(m), [exact_vector(x[0])])[0]
        bound = roundoff_bound(result.network, radius=1, n=40, smallest_weight=float(m.weights.min()))
        assert abs(F(float(floats[k])) - value) <= bound < 1e-10


def test_contexts_of_any_length_go_through_the_same_network(built):
    _, result = built
    one, copies = torch.tensor([[0.3], [0.8]], dtype=torch.float64), 50
    measures, queries = fresh_measures(1, 1, seed=0)
    few = evaluate(
        result.network, [measures[0]._replace(points=one, weights=torch.tensor([0.5, 0.5]).double())], queries
    )
    many = one.repeat(copies, 1)
    weights = torch.full((2 * copies,), 0.5 / copies, dtype=torch.float64)
    again = evaluate(result.network, [measures[0]._replace(points=many, weights=weights)], queries)
    # two sums of at most 100 terms below 1, through at most 20 layers
    assert (few - again).abs().item() <= 2000 * 2**-53


def test_the_adversary_finds_a_network_that_is_one_percent_too_steep():
    result = construct(ClippedDistance(C), NET, C=C)
    network = Network(result.network.lift, result.network.layers, result.network.readout * 1.01)
    found = attack(replace(result, network=network))
    assert found.broken
    assert found.query > 1.005


@pytest.mark.parametrize("name", ["query", "context", "pairs"])
def test_each_of_the_three_ratios_breaks_a_bound_alone(name):
    within = Attack(query=1.0, context=0.5, context_bound=0.5, pairs=1.0, roundoff=0.0, slope_roundoff=1e-9, tried=1)
    assert not within.broken
    assert replace(within, **{name: getattr(within, name) + 1e-6}).broken


def test_verify_finds_a_network_that_is_off_by_more_than_its_error():
    target = Blend(C)
    result = construct(target, NET, C=C)
    shifted = result.network.layers[0]
    # the constant coordinate carries the last offset: move it by twice the stated error
    bias = shifted.b.clone()
    bias[-1] += 2 * result.certificate.error
    network = with_layer(result.network, 0, MLPStep(shifted.W, bias, shifted.step))
    moved = replace(result, network=network)
    assert verify(moved, target, measures=40).violations == 40
    # without a uniform error the bound at each measure decides
    alone = replace(moved, certificate=replace(result.certificate, error=None))
    assert verify(alone, target, measures=40).violations == 40


def test_steps_beyond_the_bound_are_refused():
    result = construct(Blend(C), NET, C=C)
    for k, layer in enumerate(result.network.layers):
        factor = 1 + 1e-9 if isinstance(layer, MLPStep) else 2 * result.certificate.layers[k].admissible / layer.step
        network = with_layer(result.network, k, replace(layer, step=layer.step * factor))
        with pytest.raises(InternalError, match=rf"layers\.{k} has step"):
            layer_facts(network, F(1))


@pytest.mark.parametrize(
    "change",
    [
        {"query": (F(9, 8),)},
        {"weight": C + F(1, 2**60)},
        {"weight": -C - F(1, 2**60)},
    ],
)
def test_an_interpolant_outside_the_class_is_refused(change):
    result = construct(Blend(C), NET, C=C)
    with pytest.raises(InternalError, match="not \\(1, C\\)-Lipschitz"):
        verify_class([[replace(result.groups[0][0], **change)]], C)


def test_a_potential_that_is_too_steep_is_refused():
    g = construct(Blend(C), NET, C=C).groups[0][0]
    steep = replace(g.potential, slopes=(2,) * len(g.potential.slopes))
    with pytest.raises(InternalError):
        verify_class([[replace(g, potential=steep)]], C)


def test_all_pairs_agree_with_the_kept_ones_on_the_net_and_are_many_more():
    net = covering_net(C, size=40)
    target = KernelRegression(C)
    whole, kept = construct(target, net, C=C, prune=False), construct(target, net, C=C)
    count = len(net.points)
    assert whole.certificate.pairs == count * (count - 1) > kept.certificate.pairs
    assert F(whole.certificate.net_error) <= F(1, 2**45) + F(1, 2**50)
    cells = len({y[0] for p in net.points for y in p.measure.points}) - 1
    assert cells > 0
    assert unpruned_size(count, cells) == (len(whole.certificate.layers), whole.certificate.width)


def test_a_sampler_is_a_net():
    def sampler(k):
        return exact_measure([[F(k % 3, 4)], [F(k % 4, 4)]]), (F(k % 5, 8),)

    drawn = construct(Blend(C), sampler, C=C, size=9)
    listed = construct(Blend(C), [sampler(k) for k in range(9)], C=C)
    assert drawn.points == listed.points
    with pytest.raises(ArgumentError, match="empty net"):
        construct(Blend(C), sampler, C=C)


def test_weights_never_round_past_the_constant():
    tenth = F(1, 10)  # the float 0.1 is larger
    result = construct(ClippedDistance(tenth), covering_net(tenth, size=60), C=tenth)
    weights = {abs(g.weight) for group in result.groups for g in group}
    assert F(0.1) > tenth > max(weights) > tenth - F(1, 2**50)
    assert towards_zero(-tenth) == -towards_zero(tenth) == -max(weights)


def test_slack_trades_error_for_size():
    tight, loose = (construct(KernelRegression(F(1)), NET, C=F(1), slack=s) for s in (0, F(1, 20)))
    assert loose.certificate.pairs < tight.certificate.pairs
    assert F(1, 2**40) < F(loose.certificate.net_error) <= F(1, 20) + F(1, 2**30)


def test_one_net_point_gives_the_constant():
    context = exact_measure([[F(1, 4)], [F(1, 2)]])
    for value in (F(3, 8), F(-3, 8)):
        result = construct(lambda m, x, value=value: float(value), [(context, (F(1),))], C=1)
        assert ExactNetwork(result.network)(context, [(F(0),)]) == [(value,)]


def test_a_target_without_context_needs_no_attention():
    net = [(exact_measure([[0]]), (F(k, 4),)) for k in range(5)]
    result = construct(lambda m, x: abs(float(x[0]) - 0.5), net, C=1)
    assert not any(isinstance(layer, AttentionStep) for layer in result.network.layers)
    assert F(result.certificate.net_error) <= F(1, 2**45) + F(1, 2**50)


def test_weights_that_are_not_dyadic_are_met_exactly():
    third = exact_measure([[0], [F(1, 2)], [1]], [1, 1, 1])
    net = [(third, (0,)), (exact_measure([[0], [1]], [2, 5]), (0,)), (exact_measure([[F(3, 4)]]), (1,))]
    result = construct(Blend(C), net, C=C)
    assert F(result.certificate.net_error) <= F(1, 2**45) + F(1, 2**50)
    assert result.error_bound(third, (0,)) == result.net_bound


def test_the_error_bound_grows_by_twice_the_distance():
    result = construct(Blend(C), NET, C=C)
    measures, queries = fresh_measures(5, 1, seed=9)
    evaluate_exactly = ExactNetwork(result.network)
    for m, x in zip(measures, queries, strict=True):
        context, query = exact_measure(m), exact_vector(x[0])
        error = abs(evaluate_exactly(context, [query])[0][0] - Blend(C).exact(context, query))
        assert error <= result.error_bound(context, query) <= F(result.certificate.error)


def test_an_epsilon_that_the_net_cannot_guarantee_names_the_size_that_can():
    with pytest.raises(ArgumentError, match=r"epsilon=0\.4 is too small .* takes 104 points"):
        construct(Blend(C), covering_net(C, size=40), C=C, epsilon=F(2, 5))
    assert construct(Blend(C), covering_net(C, size=104), C=C, epsilon=F(2, 5)).certificate.error <= 0.4
    with pytest.raises(ArgumentError, match="without a proved covering radius"):
        construct(Blend(C), list(NET.points), C=C, epsilon=F(2, 5))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"C": 0}, "C must be positive, got C=0"),
        ({"C": -1}, "C must be positive"),
        ({"C": float("nan")}, "C must be a finite number"),
        ({"C": 1, "slack": -1}, "slack must be >= 0"),
        ({"C": 1, "radius": F(1, 100)}, "radius must hold the net"),
        ({"C": 1, "epsilon": 0}, "epsilon must be positive"),
    ],
)
def test_bad_numbers_are_named(options, message):
    with pytest.raises(ArgumentError, match=message):
        construct(Blend(F(1)), NET, **options)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        (lambda m, x: float("nan"), r"finite on the net, got nan at net\[0\]"),
        (lambda m, x: m.points, r"must return one number"),
        (lambda m, x: "0.5", r"must return one number, got '0.5'"),
        (lambda m, x: m.atoms, r"must be defined on the net, got AttributeError.* at net\[0\]"),
        (lambda m, x: {}["key"], r"must be defined on the net, got KeyError: 'key' at net\[0\]"),
        (lambda m, x: 3 * x[0], r"must be \(1, C\)-Lipschitz on the net"),
    ],
)
def test_bad_targets_are_named(target, message):
    with pytest.raises(ArgumentError, match=message):
        construct(target, NET, C=C)


def test_values_too_large_for_exact_offsets_are_refused():
    with pytest.raises(ArgumentError, match="stay below 2\\^8"):
        construct(lambda m, x: 1000 + float(x[0]), NET, C=C)


@pytest.mark.parametrize("name", sorted(TARGETS))
@pytest.mark.parametrize("d", [1, 2])
def test_targets_are_what_they_say_exactly_and_in_floats(name, d):
    kind = TARGETS[name]
    if d not in kind.dimensions:
        with pytest.raises(ArgumentError, match="required C > 0 and d in"):
            kind(C, d)
        return
    target = kind(F(3, 4), d)
    measures, queries = fresh_measures(20, d, seed=1)
    for m, x in zip(measures, queries, strict=True):
        value = float(target.exact(exact_measure(m), exact_vector(x[0])))
        assert float(target(m, x[0])) == pytest.approx(value, abs=400 * 200 * 2**-53)
