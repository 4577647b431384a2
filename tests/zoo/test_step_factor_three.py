"""3 / |W|^2 in place of 2 / |W|^2: random tests of a trained layer rarely come near the difference."""

from fractions import Fraction

from harness import caught, changed, replay
from own_step import Layer, find, mlp_step, violated

from proofcheck.hammer import campaign
from torch_impl.norms import certified_norm


class Two(Layer):
    def norm_squared(self):
        return certified_norm(self.W) ** 2 * (1 + 2**-50)  # two roundings of the quotient, one of the square


class Three(Two):
    factor = 3


def test_caught_and_the_fixed_twin_passes():
    found = caught(find, violated, buggy=Three, fixed=Two)
    w = Fraction(found.numbers["W"][0][0])
    assert not replay(changed(found, step=2 / w**2), violated)


def test_the_hammer_sees_the_factor_in_the_bound():
    lemma = mlp_step()
    assert campaign(lemma, measures=300, adversary=False).decision == "holds"
    result = campaign(lemma.with_bound(lemma.bound * 3 / 2), measures=300, adversary=False)
    assert result.decision == "REFUTED"
    assert result.counterexample["level"] == "statement"
