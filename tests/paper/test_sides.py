"""Tested: which side of a relation is compared, how it is related, and factors beside a constant."""

import pytest

from proofcheck import registry
from proofcheck.paper.compare import compare
from proofcheck.paper.notation import Notation

EIGHT = r"\frac{8}{D^2}"
FACTORS = Notation(factors={"": (r"W_1(\mu, \nu)",)})


def verdict(source, lemma_id="LT-05", key="eta_max", notation=None):
    lemma = registry.load(registry.find(lemma_id))
    return compare(source, 0, len(source), lemma, key, notation)


@pytest.mark.parametrize(
    ("source", "word"),
    [
        (EIGHT, "agrees"),
        (rf"\eta \le {EIGHT}", "agrees"),
        (rf"0 \le \eta \leq {EIGHT}", "agrees"),
        (rf"{EIGHT} \ge \eta \ge 0", "agrees"),
        (rf"\eta_{{\max}} = {EIGHT}", "agrees"),
        (rf"\eta_{{\max}} := {EIGHT}", "agrees"),
        (rf"{EIGHT} = \eta_{{\max}}", "agrees"),
        (rf"\eta \le \eta_{{\max}} = {EIGHT}", "agrees"),
        (rf"\mathrm{{step}}(\Gamma) \le {EIGHT}", "agrees"),
        (rf"\eta < {EIGHT}", "weaker than proved"),
        (rf"{EIGHT} > \eta", "weaker than proved"),
        (rf"0 < \eta \le {EIGHT}", "agrees"),
        (rf"-1 \le \eta \le {EIGHT}", "cannot parse"),
        (rf"-{EIGHT} < \eta \le {EIGHT}", "cannot parse"),
        (rf"{EIGHT} \ge \eta \ge -1", "cannot parse"),
        (rf"-g(x) \le \eta \le {EIGHT}", "agrees"),
        (rf"\eta < \eta_{{\max}} = {EIGHT}", "weaker than proved"),
        (rf"\eta \ge {EIGHT}", "different"),
        (rf"{EIGHT} \le \eta", "different"),
        (rf"\mathrm{{step}}(\Gamma) \ge {EIGHT}", "different"),
        (rf"0 \le {EIGHT} \ge \eta", "cannot parse"),
        (r"\eta \le \frac{8}{d^2}", "cannot parse"),
        (r"0 \le \eta \le \frac{8}{d^2}", "cannot parse"),
        (r"\eta \le", "cannot parse"),
        (r"\le 8", "cannot parse"),
        (r"\eta \le \eta", "different"),
    ],
)
def test_the_side_that_is_the_bound(source, word):
    result = verdict(source)
    assert result.verdict.value == word, result.reason


def test_what_is_not_compared_is_said():
    assert verdict(rf"0 \le \eta \le {EIGHT}").ignored == r"0; \eta"
    assert verdict(EIGHT).ignored == ""


BALL = r"\eta a (1 + 2 a R^2) e^{2 a R^2}"


@pytest.mark.parametrize(
    ("source", "word"),
    [
        (rf"{BALL} W_1(\mu, \nu)", "agrees"),
        (rf"W_1(\mu,\nu)\, {BALL}", "agrees"),
        (BALL, "agrees"),
        (rf"{BALL} W_1(\mu, \nu)^2", "cannot parse"),
        (rf"{BALL} + W_1(\mu, \nu)", "cannot parse"),
        (rf"\frac{{{BALL}}}{{W_1(\mu, \nu)}}", "cannot parse"),
        (rf"2 {BALL} W_1(\mu, \nu)", "weaker than proved"),
        (rf"{BALL} W_2(\mu, \nu)", "cannot parse"),
    ],
)
def test_a_factor_multiplies_the_whole_bound_once(source, word):
    result = verdict(source, "LT-07", "on_ball", FACTORS)
    assert result.verdict.value == word, result.reason
