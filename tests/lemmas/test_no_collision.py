from fractions import Fraction

from flint import arb, ctx

from lemmas.measure_maps import no_collision
from proofcheck.testing import LemmaContract


class TestNoCollision(LemmaContract):
    lemma = "no-collision"
    redundant = {
        ("MM-26.radius", 2): "R enters by its square only, and a radius is not negative",
        ("MM-26.collides", 2): "t is an exponential; t = -1 would force R = 0",
    }


def image(x, points, a, p):
    """x - p E_x[y] for equal weights, scores a x y: a ball around the image."""
    weights = [(arb(a) * x * y).exp() for y in points]
    return x - p * sum((w * y for w, y in zip(weights, points, strict=True)), arb(0)) / sum(weights, arb(0))


def test_two_tokens_meet_at_zero_and_not_before():
    ctx.prec = 200
    for score in (Fraction(1, 100), Fraction(1, 2), Fraction(1), Fraction(3)):
        b = arb(score.numerator) / score.denominator
        for factor, meets in ((arb(1), True), (arb(99) / 100, False)):
            p = factor / b.tanh()
            assert image(arb(1), [arb(1), arb(-1)], b, p).contains(0) == meets
        assert p * b < 1 + b


def test_the_threshold_of_the_bounds_is_where_the_factor_vanishes():
    values = {no_collision.v: 2, no_collision.a: 3, no_collision.R: 1}
    step = no_collision.BOUNDS["step_max"].subs(values)
    assert step == Fraction(1, 6)
    assert no_collision.BOUNDS["separation"].subs({**values, no_collision.h: step}) == 0
    assert no_collision.BOUNDS["separation"].subs({**values, no_collision.h: step * 2}) < 0


def test_the_product_is_no_bound_where_two_factors_are_negative():
    ctx.prec = 200
    score, tokens, radius, kept = Fraction(9, 10), [arb(1), arb(-1)], 1, Fraction(1)
    for _ in range(3):
        tokens = [image(x, tokens, arb(9) / 10, arb(1)) for x in tokens]
        kept, radius = kept * (1 - score * radius**2), radius * 2
    assert kept > 0
    distance = abs(tokens[0] - tokens[1])
    assert distance < 2 * arb(kept.numerator) / kept.denominator
