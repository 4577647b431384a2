"""Tested: every lemma is pinned, with a verdict that rests on the kernel; a drift from a pin is seen.

Not tested here: that each lemma is as pinned. `pytest` collects that from the lemma file itself (`LT-05::pinned`).
"""

import pytest

from proofcheck import registry
from proofcheck.audit import manifest
from proofcheck.audit.check import Options, check_lemma
from proofcheck.verdict import Verdict

FOUND = registry.headers()
PINS = manifest.read(registry.lemmas_root())


def test_pins_are_for_the_lemmas_there_are():
    assert sorted(PINS) == sorted(header.id for header in FOUND)


def test_a_verdict_that_drifts_either_way_is_seen():
    header = registry.find("SM-02", FOUND)
    result = check_lemma(header, FOUND, Options(hammer=False))
    assert manifest.drift(result, PINS) == ""
    for verdict in ("PROVED_MODULO", "REFUTED"):
        assert PINS["SM-02"]["verdict"] != verdict
        assert verdict in manifest.drift(result, {**PINS, "SM-02": {**PINS["SM-02"], "verdict": verdict}})


@pytest.mark.parametrize("header", FOUND, ids=lambda header: header.id)
def test_no_pin_is_weaker_than_proved(header):
    assert Verdict(PINS[header.id]["verdict"]).holds


def test_every_assumed_fact_is_used():
    used = {name for header in FOUND for name in header.assumes}
    assert used == set(registry.facts(FOUND[0]))


def test_every_lemma_shows(capsys):
    from proofcheck.cli.show_ import page

    for header in FOUND:
        shown = page(header.id)
        assert shown["claims"]
        assert all(claim["certificate"] for claim in shown["claims"])
