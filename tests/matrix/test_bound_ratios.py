"""The table of worst ratios in docs/measure-maps.md lists every bound of MM-*, AS-03, AS-07; sharp ones reach 0.99.

Families are computed anew; campaigns are not, they take minutes (`python -m benchmarks.bound_ratios`).
"""

import re

import pytest

from benchmarks import bound_ratios
from benchmarks.bound_ratio_families import FAMILIES
from proofcheck import registry

PAGE = bound_ratios.PAGE.read_text(encoding="utf-8")
# what the theory calls sharp: W_1 and query constants, sqrt 2, the 1/2 of the Euler error, the collision threshold
SHARP = {
    ("MM-05", "time_step"),
    ("MM-16", "lipschitz_constant"),
    ("MM-18", "lipschitz_constant"),
    ("MM-21", "context_constant"),
    ("MM-21", "on_ball"),
    ("MM-21", "query_constant"),
    ("MM-25", "depth_error"),
    ("MM-26", "step_max"),
}


def listed(page):
    """(lemma, bound) -> (ratio or None, words) of the page's table."""
    section = page.split("<!-- ratios -->")[1].split("<!-- /ratios -->")[0]
    rows = re.findall(r"^\| (\w+-\w+) \| `(\w+)` \| (\w+) \| (\S+) \| (.+) \|$", section, re.M)
    return {(a, b): (None if ratio == "–" else float(ratio), words) for a, b, _, ratio, words in rows}


TABLE = listed(PAGE)


def faults(table):
    """Missing or unknown bounds, ratios out of range, no reason, a sharp bound that is not reached."""
    wanted = bound_ratios.bounds()
    found = [f"{key} is missing" for key in wanted if key not in table]
    found += [f"{key} is no bound" for key in table if key not in wanted]
    for key, (ratio, words) in table.items():
        if ratio is None and not words.startswith("not hammered: "):
            found.append(f"{key} has neither a ratio nor a reason")
        if ratio is not None and not 0 < ratio <= 1:
            found.append(f"{key} has ratio {ratio}")
    return found + [f"{key} is sharp" for key in SHARP if key in table and not (table[key][0] or 0) >= 0.99]


def test_every_bound_is_listed_with_its_ratio_or_a_reason():
    assert faults(TABLE) == []


def test_faults_are_seen():
    key = ("MM-25", "depth_error")
    others = {k: v for k, v in TABLE.items() if k != key}
    assert faults(others) == [f"{key} is missing"]
    for entry in ((None, "no words"), (0.98, "a hammer"), (1.01, "a hammer")):
        assert faults(others | {key: entry}) != []
    assert faults(TABLE | {("MM-25", "no_bound"): (0.5, "a hammer")}) == ["('MM-25', 'no_bound') is no bound"]


@pytest.mark.parametrize("key", FAMILIES, ids=".".join)
def test_families_give_at_most_what_the_table_says(key):
    ratio = FAMILIES[key].ratio()
    assert 0 < ratio <= 1 + bound_ratios.ROUNDOFF
    assert round(ratio, 4) <= TABLE[key][0]
    assert TABLE[key][1].find(FAMILIES[key].words) >= 0


def test_a_weakened_constant_would_be_above_1():
    for key in SHARP & set(FAMILIES):
        assert FAMILIES[key].ratio() / 0.99 > 1 + bound_ratios.ROUNDOFF


def test_a_bound_with_a_property_is_hammered():
    hammered = {(i, p.bound) for i in {i for i, _ in TABLE} for p in registry.load(registry.find(i)).hammers}
    assert all("hammer" in TABLE[key][1] for key in hammered)
    assert set(bound_ratios.CAMPAIGNS) | set(FAMILIES) | set(bound_ratios.REASONS) | hammered == set(TABLE)
    assert not set(bound_ratios.REASONS) & (hammered | set(FAMILIES) | set(bound_ratios.CAMPAIGNS))
