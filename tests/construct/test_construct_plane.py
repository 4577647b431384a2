"""Tested: the construction in d = 2 and 3, its loss kappa, the command line. Not: that the net is a good one."""

import json
from dataclasses import replace
from fractions import Fraction as F

import pytest
from click.testing import CliRunner

from proofcheck.certify import certify
from proofcheck.cli import construct_
from proofcheck.cli.app import app
from proofcheck.errors import InternalError
from torch_impl.construct import construct, verify_class
from torch_impl.construct_net import net_points, sampled_net
from torch_impl.construct_targets import Blend, KernelRegression
from torch_impl.construct_verify import attack, verify
from torch_impl.network_file import load_network
from torch_impl.reference.exact import exact_measure
from torch_impl.reference.network_exact import ExactNetwork
from torch_impl.rounding import sqrt_down

ROUNDING = F(1, 2**45) + F(1, 2**48)


@pytest.fixture(scope="module")
def plane():
    target = KernelRegression(F(1), 2)
    return target, construct(target, sampled_net(16, 2), C=1, directions=8, radius=2, slack=F(1, 50))


class Transport:
    """W1(mu, delta_0) = int |y| dmu, rounded down by 2^-79: it uses the whole budget of the context, in d = 2."""

    def exact(self, measure, x):
        return sum((a * sqrt_down(y[0] ** 2 + y[1] ** 2) for y, a in zip(*measure, strict=True)), F(0))

    def __call__(self, measure, x):
        return (measure.weights * measure.points.norm(dim=-1)).sum()


@pytest.mark.parametrize("d", [2, 3])
def test_the_network_meets_a_target_with_room_on_the_net(d):
    result = construct(Blend(F(1), d), sampled_net(10, d), C=1, radius=2)
    assert F(result.certificate.net_error) <= ROUNDING
    assert 0 < F(result.certificate.kappa) <= F(result.certificate.kappa_a_priori)


def test_a_tight_target_is_missed_by_at_most_c_kappa_and_from_above():
    net = [(exact_measure([[F(1), F(k, 8)]]), (0, 0)) for k in range(1, 8)] + [(exact_measure([[0, 0]]), (0, 0))]
    errors = {}
    for count in (4, 8, 32):
        c = construct(Transport(), net, C=1, radius=2, directions=count, value_error=F(1, 2**70)).certificate
        assert 0 < F(c.above) <= F(c.kappa) + ROUNDING
        assert F(c.below) <= ROUNDING
        assert F(c.kappa) <= F(c.kappa_a_priori)
        errors[count] = F(c.net_error)
    assert errors[4] > errors[8] > errors[32] > ROUNDING


def test_the_network_is_the_max_min_of_its_interpolants_exactly(plane):
    _, result = plane
    evaluate_exactly = ExactNetwork(result.network)
    for context, x in net_points(sampled_net(5, 2, seed=8)):
        expected = max(min(g(context, x) for g in group) for group in result.groups)
        assert evaluate_exactly(context, [x]) == [(expected,)]


def test_fresh_measures_are_within_the_stated_error(plane):
    target, result = plane
    found = verify(result, target, measures=200)
    assert found.violations == 0
    assert found.uniform_bound is None
    assert found.worst_ratio < 1


def test_the_adversary_exceeds_neither_bound(plane):
    _, result = plane
    assert not attack(result, tries=8, steps=8).broken


def test_a_direction_outside_the_ball_is_refused(plane):
    _, result = plane
    g = next(g for group in result.groups for g in group if len(g.potential.directions) > 1)
    long = tuple(tuple(c * (1 + F(1, 2**20)) for c in u) for u in g.potential.directions)
    with pytest.raises(InternalError):
        verify_class([[replace(g, potential=replace(g.potential, directions=long))]], F(1))


def run(*words):
    return CliRunner().invoke(app, ["construct", *words], catch_exceptions=True)


def test_the_command_writes_a_file_that_certify_accepts(tmp_path):
    path = tmp_path / "distance.safetensors"
    result = run("distance", "--net", "40", "--C", "1/2", "--verify", "50", "-o", str(path), "--json")
    assert result.exit_code == 0
    document = json.loads(result.stdout)
    assert document["ok"]
    assert document["certificate"]["C"] == "1/2"
    assert document["verification"]["violations"] == 0
    assert certify(load_network(path), radius=1).ok


def test_the_command_prints_what_is_guaranteed(tmp_path, monkeypatch):
    (tmp_path / "own_target.py").write_text(
        "def steep(m, x):\n    return 3 * x[0]\ndef flat(m, x):\n    return x[0] / 2\n"
    )
    monkeypatch.chdir(tmp_path)
    result = run("own_target:flat", "--net", "20")
    assert result.exit_code == 0
    assert "every measure on [0, 1], any number of tokens" in " ".join(result.stdout.split())
    assert "the target's values are off by at most 9.1e-13" in result.stdout
    refused = run("own_target:steep", "--net", "20")
    assert refused.exit_code == 2
    assert "must be (1, C)-Lipschitz on the net" in refused.output


def test_printed_bounds_are_not_below_the_bounds():
    assert construct_._bound(F(1, 3), 3) == "0.334"
    assert construct_._bound(F(9, 10) + F(1, 10**12), 6) == "0.900001"
    assert construct_._bound(0.5, 6) == "0.5"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nothing",), "blend, distance, regression, or module:function"),
        (("no_such_module:f",), "'module:name' required"),
        (("blend", "--C", "0"), "required a number > 0"),
        (("blend", "--verify", "-5"), "-5 is not in the range"),
        (("blend", "-o", "no/such/folder/model.pt"), "in a folder that exists"),
        (("blend", "-o", "model.onnx"), "required a file ending in .safetensors, .pt, .pth"),
        (("blend", "--C", "1e999999"), "required a number"),
        (("blend", "--epsilon", "0.1"), "For this epsilon a covering net"),
        (("distance", "--d", "2"), "required C > 0 and d in"),
    ],
)
def test_bad_words_are_named(words, message):
    result = run(*words)
    assert result.exit_code == 2
    assert message in " ".join(result.output.split())
