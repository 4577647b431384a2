"""The example end to end, small: it learns, its steps are admissible, no attack beats a certificate."""

import json
import math
from fractions import Fraction

import pytest
import torch

from torch_impl.bounds import admissible_step
from torch_impl.measures import Measure
from torch_impl.network import AttentionStep, MLPStep, Network
from torch_impl.network_file import load_network
from torch_impl.norms import certified_norm_squared

pytest.importorskip("sklearn", reason="needs the extra `examples`")
pytest.importorskip("matplotlib", reason="needs the extra `examples`")

F64 = torch.float64


@pytest.fixture(scope="module")
def run_once(tmp_path_factory):
    """(results, folder) of one `--quick` run."""
    import train_lipschitz_transformer as example

    folder = tmp_path_factory.mktemp("digits")
    return example.main(["--quick", "--output", str(folder)]), folder


@pytest.fixture(scope="module")
def network(run_once):
    return load_network(run_once[1] / "model.safetensors")


def test_it_learns_and_says_so(run_once):
    results, folder = run_once
    # ten classes: guessing gives 0.1, and 0.5 for 40 images is more than 6 standard deviations above it
    assert results["accuracy"]["lipschitz"] >= 0.5
    sizes = results["parameters"]
    assert 0.9 <= sizes["unconstrained"] / sizes["lipschitz"] <= 1.1
    written = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    assert written["accuracy"] == results["accuracy"]
    for name in ("accuracy.svg", "radii.svg"):
        text = (folder / name).read_text(encoding="utf-8")
        assert text.count("</svg>") == 1
        assert len(text) < 200_000
    assert sorted(p.name for p in folder.iterdir()) == [
        "accuracy.svg",
        "model.safetensors",
        "radii.svg",
        "results.json",
    ]


def largest_step(network, layer):
    """The lemma's step for certified norms, exactly: LT-01, or LT-05 with D = |A||Q| 3 (LT-10)."""
    if isinstance(layer, MLPStep):
        return admissible_step("mlp_step", "tau_max", "w", certified_norm_squared(layer.W), power=2)
    square = certified_norm_squared(layer.A) * certified_norm_squared(network.lift) * 9
    return admissible_step("attention_step_sharp", "eta_max", "D", square, power=2)


def test_every_saved_step_is_admissible(run_once, network):
    assert run_once[0]["admissible"] is True
    for layer in network.layers:
        assert 0 < Fraction(layer.step) <= largest_step(network, layer)
    # control: the largest step has little room, so one step a hundredth larger is refused
    first = network.layers[0]
    assert not Fraction(first.step * 1.01) <= largest_step(network, first)


def test_no_attack_beats_a_certificate(run_once):
    results, _ = run_once
    attacked = [math.inf if v is None else v for v in results["attacked"]["lipschitz"]]
    for metric in ("winf", "w1"):  # moving each token by at most r stays within r in both distances
        certified = results["certified"][metric]
        assert all(c <= a for c, a in zip(certified, attacked, strict=True))
    certified = results["certified"]["winf"]
    assert sum(c > 0.003 for c in certified) >= 10
    assert 0.02 < results["largest_ratio_certified_to_attacked"] <= 1
    # control: a certificate that claims a hundred times as much is refuted by the same attack
    assert any(100 * c > a for c, a in zip(certified, attacked, strict=True))


def test_the_command_line_accepts_the_model(run_once):
    from click.testing import CliRunner

    from proofcheck.cli import app

    path = str(run_once[1] / "model.safetensors")
    assert CliRunner().invoke(app, ["certify", path, "--radius", "1.5"]).exit_code == 0


def test_the_shared_forward_pass_is_the_model():
    """Pixels once for all images, and no tokens behind the last attention: the same answers, for both models."""
    from digits_task import models
    from digits_task.data import compact, digits

    data = digits(30, 20, 0)
    torch.manual_seed(0)
    layers = ("mlp", "attention", "mlp", "attention", "mlp")
    lipschitz = models.lipschitz_model(layers, 6, 1.5, 10).double()
    free = models.unconstrained_model(layers, 6, 10, lipschitz).double()
    points, weights = compact(data.pixels, data.test.weights)
    x = torch.zeros(20, 1, 2, dtype=F64)
    with torch.no_grad():
        slow = lipschitz(Measure(points, weights), x).squeeze(-2)
        everywhere = data.pixels.expand(20, -1, -1), data.test.weights
        for y, w in ((data.pixels, data.test.weights), (points, weights), everywhere):
            assert torch.allclose(models.run(models.parts_of(lipschitz), y, w), slow, rtol=0, atol=1e-12)
            assert torch.allclose(
                models.run(models.parts_of_network(lipschitz.network()), y, w), slow, rtol=0, atol=1e-12
            )
        parts = free.parts()
        y, q = parts.lift(points), parts.lift(x)
        for layer in parts.layers:
            y, q = layer(Measure(y, weights), y), layer(Measure(y, weights), q)
        assert torch.allclose(
            models.run(parts, data.pixels, data.test.weights), parts.readout(q).squeeze(-2), rtol=0, atol=1e-12
        )
    # a token of twice the weight counts as two tokens, in the unconstrained model as well
    doubled = torch.cat((points, points), 1), torch.cat((weights, weights), 1) / 2
    assert torch.allclose(models.run(parts, *doubled), models.run(parts, points, weights), rtol=0, atol=1e-12)


def test_images_are_measures():
    from digits_task.data import compact, digits

    data = digits(100, 50, 3)
    assert data.train.weights.shape == (100, 64)
    assert torch.allclose(data.test.weights.sum(1), torch.ones(50, dtype=F64), rtol=0, atol=1e-14)
    assert float(data.pixels.abs().max()) == 1.0
    points, weights = compact(data.pixels, data.test.weights)
    means = torch.einsum("bn,bnd->bd", data.test.weights, data.pixels.expand(50, -1, -1))
    assert torch.allclose(torch.einsum("bn,bnd->bd", weights, points), means, rtol=0, atol=1e-14)
    other = digits(100, 50, 4)
    assert not torch.equal(other.train.labels, data.train.labels)
    with pytest.raises(SystemExit, match="1797 images"):
        digits(1500, 400, 0)


def test_the_attack_finds_the_radius_of_a_half_plane():
    """Label 1 iff the mean of the first coordinates is positive: the true radius is that mean."""
    from digits_task.attack import attacked_radius

    points = torch.tensor([[[0.3, 0.0], [0.1, 1.0], [9.0, 9.0]], [[-0.1, 0.0], [0.0, 0.5], [9.0, 9.0]]], dtype=F64)
    weights = torch.tensor([[0.5, 0.5, 0.0], [0.5, 0.5, 0.0]], dtype=F64)

    def classify(y, w):
        mean = (w * y[..., 0]).sum(-1)
        return torch.stack((-mean, mean), -1)

    labels = torch.tensor([1, 1])
    found = attacked_radius(classify, points, weights, labels, (0.05, 0.1, 0.25, 0.4), domain_radius=20.0)
    assert float(found[1]) == 0.0  # wrong at once
    assert 0.2 <= float(found[0]) <= 0.21
    assert float(attacked_radius(classify, points, weights, labels, (0.1, 0.19), domain_radius=20.0)[0]) == math.inf


def test_certified_radii_of_a_network_known_by_hand():
    """One uniform attention layer: T = -eta A mean, so C = eta |A| |Q|; margins over |v_i - v_j| C, rounded down."""
    from digits_task.certificates import safety

    # query coordinate 1 is 0 and A reads coordinate 0 into 1: scores <x, A y> = 0 at the query 0
    A = torch.tensor([[0.0, 0.0], [0.5, 0.0]], dtype=F64)
    lift = torch.tensor([[1.0], [0.0]], dtype=F64)
    readout = torch.tensor([[0.0, 1.0], [0.0, -1.0]], dtype=F64)
    network = Network(lift, (AttentionStep(A, 1.0),), readout)
    found = safety(network, 1.0, 2)
    logits = torch.tensor([[0.3, -0.3], [-0.2, 0.2]], dtype=F64)
    radii = found.radii(logits, torch.tensor([0, 0]))
    C = float(found.constant("winf"))
    assert 0.5 <= C <= 0.5 * (1 + 0.5**2) ** 0.5 * (1 + 1e-12)  # eta a sqrt(1 + (a r)^2 D^2/4a^2) at most
    assert float(radii[0]) == pytest.approx(0.6 / (2 * C), rel=1e-9)
    assert float(radii[0]) < 0.6 / (2 * C)  # roundoff was taken off
    assert float(radii[1]) == 0.0


@pytest.mark.parametrize("words", [["--epochs", "0"], ["--radius", "-1"], ["--format", "gif"]])
def test_bad_arguments_are_usage_errors(words):
    import train_lipschitz_transformer as example

    with pytest.raises(SystemExit) as error:
        example.arguments(words)
    assert error.value.code == 2


def test_help_names_the_quick_run(capsys):
    import train_lipschitz_transformer as example

    with pytest.raises(SystemExit) as end:
        example.arguments(["--help"])
    assert end.value.code == 0
    assert "--quick" in capsys.readouterr().out
