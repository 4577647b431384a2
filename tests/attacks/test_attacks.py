"""Every attack is refused for its one reason, every control accepted; and these tests can fail.

The texts of an attack and its control must be near: then the refusal has the reason that the attack is about.
"""

import time

import pytest

from attacks.corpus import ATTACKS, THEMES, run
from proofcheck import kernel, witness

SECONDS = 2  # of processor time for one hostile text
SLACK = 3  # a loaded machine counts more time than an idle one for the same work


@pytest.mark.parametrize("name", ATTACKS)
def test_attack_is_refused_and_its_control_accepted(name):
    item = ATTACKS[name]
    start = time.process_time()
    error = run(item.bad, kernel, witness)
    spent = time.process_time() - start
    assert error is not None, f"accepted: {item.why}"
    assert type(error) is kernel.KernelError, f"{type(error).__name__} instead of a refusal: {error}"
    assert item.reason in str(error), str(error)
    assert len(str(error)) < 1000
    assert spent < SECONDS * SLACK
    control = run(item.good, kernel, witness)
    assert control is None, f"control refused: {control}"


def test_corpus_is_large_and_every_theme_has_attacks():
    assert len(ATTACKS) >= 100
    for theme in THEMES:
        assert sum(name.startswith(theme) for name in ATTACKS) >= 10, theme


def test_control_differs_and_is_of_the_same_kind():
    for name, item in ATTACKS.items():
        assert item.bad.kind == item.good.kind, name
        assert (type(item.bad.claim), item.bad) != (str, item.good), name
        assert item.why, name
        assert item.reason or item.bad.claim != item.good.claim, name  # open only where the claim is misread


class _Accepting:
    """A kernel that believes everything."""

    KernelError = kernel.KernelError
    check = read_claim = check_model = staticmethod(lambda *a, **k: None)


class _Crashing(_Accepting):
    """A kernel that stumbles over everything."""

    @staticmethod
    def check(*_, **__):
        raise TypeError("unhashable type")

    read_claim = check_model = check


def test_harness_notices_a_kernel_that_accepts_and_one_that_crashes():
    for name, item in ATTACKS.items():
        assert run(item.bad, _Accepting, _Accepting) is None, name
        assert type(run(item.bad, _Crashing, _Crashing)) is TypeError, name


def test_known_false_theorems_of_the_first_prototype():
    """A float that underflows, and an object that hides its items: both are refused as what they are."""
    for name in ("texts: small float", "texts: claim that is a dict", "texts: claim of a subclass of str"):
        assert isinstance(run(ATTACKS[name].bad, kernel, witness), kernel.KernelError)
