"""Tested: the lemmas that docs/limitations.md says no hammer tries are those that have none."""

import re
from pathlib import Path

from proofcheck import registry

PAGE = (Path(__file__).parents[2] / "docs" / "limitations.md").read_text(encoding="utf-8")


def named(sentence, known):
    """The ids in a sentence, `X to Y` standing for all known ids between them."""
    found = set()
    for first, last in re.findall(r"([A-Z]{2}-\w+)(?: to ([A-Z]{2}-\w+))?", sentence):
        found |= {i for i in known if first <= i <= last} if last else {first}
    return found


def test_the_lemmas_without_a_hammer_are_named():
    lemmas = {header.id: registry.load(header) for header in registry.headers() if header.id[:2] != "LT"}
    sentence = re.search(r"No hammer tries (.*?)\. ", PAGE, re.DOTALL)
    assert sentence is not None
    assert named(sentence[1], lemmas) == {i for i, lemma in lemmas.items() if not lemma.hammers}


def test_a_range_means_what_is_between():
    known = {"MM-01", "MM-02", "MM-05", "MM-11", "AS-02B"}
    assert named("AS-02B, MM-01 to MM-05", known) == known - {"MM-11"}
