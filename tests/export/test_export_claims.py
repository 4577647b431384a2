"""Tested: what the export targets start from: all pairs in order of use, and trees that say what the text says."""

import json

import pytest

from proofcheck.audit.artifacts import used_claims
from proofcheck.errors import ArgumentError
from proofcheck.export.claims import pairs, read_tree
from proofcheck.export.tree import Binary, Call, Name, Negative, Number, Power, expression, is_vector, relation
from proofcheck.registry import headers


def test_every_committed_pair_is_there_once_after_what_it_uses():
    seen: set[str] = set()
    for pair in pairs():
        assert pair.name not in seen
        assert used_claims(pair.certificate) <= seen
        assert pair.tree.name == pair.name
        seen.add(pair.name)
    assert len(seen) >= 400


def test_lemmas_that_are_used_join_on_request():
    header = next(header for header in headers() if header.uses and pairs([header.id]))
    alone = [pair.lemma for pair in pairs([header.id])]
    closed = [pair.lemma for pair in pairs([header.id], with_used=True)]
    assert set(alone) == {header.id}
    assert set(alone) < set(closed)
    assert closed[-1] == header.id


def test_an_unknown_lemma_is_an_error():
    with pytest.raises(ArgumentError, match="no lemma is called 'LT-99'"):
        list(pairs(["LT-99"]))


def test_the_tree_is_the_text_not_its_normal_form():
    assert expression("-x**2", set()) == Negative(Power(Name("x"), 2))
    assert expression("a - b - c", set()) == Binary("-", Binary("-", Name("a"), Name("b")), Name("c"))
    assert expression("a/b*c", set()) == Binary("*", Binary("/", Name("a"), Name("b")), Name("c"))
    assert expression("Max(x, 0)", set()) == Call("Max", (Name("x"), Number(0)))
    assert relation("x <= 1", set()).sign == "<="
    assert is_vector(expression("u - c*v", set()), {"u", "v"})
    assert not is_vector(expression("inner(u, v)", set()), {"u", "v"})


@pytest.mark.parametrize("text", ["", "a +", "a b", "inner(u)", "F[x]", "a < b", "(a", "x**", "f(a)"])
def test_text_outside_of_the_grammar_is_refused(text):
    with pytest.raises(ArgumentError, match="required"):
        expression(text, set())


def test_a_text_that_the_kernel_does_not_read_is_refused():
    claim = {"format": "proofcheck-claim/1", "name": "x", "scalars": [], "vectors": [], "functionals": {}, "assume": []}
    with pytest.raises(ArgumentError, match="a claim required"):
        read_tree(json.dumps({**claim, "target": "y >= 0"}))
