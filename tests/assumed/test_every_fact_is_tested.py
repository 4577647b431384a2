"""Each assumed fact has a file of tests with a control that fails, stands in docs/trust.md, and is used."""

import re
import textwrap
from pathlib import Path

import pytest

from lemmas.assumed import FACTS
from proofcheck import registry

HERE = Path(__file__).parent
TRUST = HERE.parent.parent / "docs" / "trust.md"
BEGIN, END = "<!-- facts of lemmas/assumed.py -->", "<!-- end of facts -->"


def entry(fact):
    """What docs/trust.md says of a fact."""
    proved = f"Proved in Coq: `{fact.proof}`." if fact.proof else "Assumed."
    source = f"{proved} Source: {fact.citation}. Tested in `tests/assumed/test_{fact.name}.py`."
    return "\n".join((_filled(f"**{fact.name}.** {fact.statement}"), "", _filled(source), ""))


def _filled(text):
    return textwrap.fill(text, 125, break_long_words=False, break_on_hyphens=False)


def listed(text):
    return text.split(BEGIN)[1].split(END)[0].strip()


def expected(facts):
    return "\n".join(entry(fact) for fact in facts.values()).strip()


def untested(facts, folder):
    """Facts without a file of their own, or whose file has no test, or no control."""
    missing = []
    for name in facts:
        path = folder / f"test_{name}.py"
        names = re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.M) if path.exists() else []
        controls = [n for n in names if n.startswith("test_control_")]
        if not controls or len(controls) == len(names):
            missing.append(name)
    return missing


def test_every_fact_has_a_numerical_test_and_a_control():
    assert untested(FACTS, HERE) == []


def test_a_fact_without_test_is_noticed(tmp_path):
    (tmp_path / "test_one.py").write_text("def test_it():\n    pass\n", encoding="utf-8")
    (tmp_path / "test_two.py").write_text("def test_control_it():\n    pass\n", encoding="utf-8")
    both = "def test_it():\n    pass\n\n\ndef test_control_it():\n    pass\n"
    (tmp_path / "test_three.py").write_text(both, encoding="utf-8")
    assert untested({"one": 0, "two": 0, "three": 0, "four": 0}, tmp_path) == ["one", "two", "four"]


def test_every_file_belongs_to_a_fact():
    here = {path.stem.removeprefix("test_") for path in HERE.glob("test_*.py")} - {"every_fact_is_tested", "coq_proofs"}
    assert here == set(FACTS)


@pytest.mark.parametrize("fact", FACTS.values(), ids=lambda fact: fact.name)
def test_a_fact_has_a_statement_and_a_citation_with_a_place(fact):
    assert fact.statement.endswith(".")
    assert re.search(r"(Theorem|Definition|Remark|chapter|Case|Lemma|Proposition|Corollary|Section) ?\d", fact.citation)
    assert re.search(r"\b(19|20)\d\d\b", fact.citation)


def test_trust_page_lists_the_facts_word_by_word():
    want = expected(FACTS)
    assert listed(TRUST.read_text(encoding="utf-8")) == want, f"docs/trust.md: between the two comments put\n\n{want}"


def test_a_changed_statement_is_noticed():
    text = f"{BEGIN}\n\n{expected(FACTS)}\n\n{END}"
    assert listed(text) == expected(FACTS)
    assert listed(text.replace("on an open convex", "on an open", 1)) != expected(FACTS)


def test_every_fact_is_used_by_a_lemma():
    used = {name for header in registry.headers() for name in header.assumes}
    assert used == set(FACTS)
