"""Formulas, prose, certificates, the graph, source excerpts: each alone, with hostile input."""

import re

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_page import Page

from proofcheck.derive.latex import latex
from proofcheck.review import graph, mathml
from proofcheck.review.exact import exact, world
from proofcheck.review.source import excerpt
from proofcheck.review.typeset import typeset

HOSTILE = [
    "<script>x()</script>",
    '"onload="x()',
    "]]>",
    "a\u2028b",
    "<!--",
    "</pre>",
    "&lt;",
    "javascript:x()",
    "<a,b>",
]
FRAGMENTS = [
    *HOSTILE,
    "eta",
    "D^2",
    "x_1",
    "<A y, h>",
    "**2",
    "inner(",
    ")",
    "Abs(",
    " ",
    "\n",
    "LT-05.step",
    "{",
    "}",
    "^{",
    "_{",
]


def tags(markup):
    read = Page(str(markup))
    assert read.unbalanced == []
    return {tag for tag, _ in read.elements}, "".join(read.all_text)


# ---- prose


def test_signs_are_exchanged_and_words_stay():
    shown = typeset(
        "If eta D^2 <= 8: <A y, h> in R^d, E_x[A y], W_infinity, log_partition, eta_max of LT-05.", {"LT-05": "#l"}
    )
    assert shown == (
        "If η D<sup>2</sup> ≤ 8: ⟨A y, h⟩ in R<sup>d</sup>, E<sub>x</sub>[A y], W<sub>∞</sub>, log_partition, "
        'η<sub>max</sub> of <a href="#l">LT-05</a>.'
    )


@pytest.mark.parametrize("text", ["x < y, z > w", "a_b_c", "pair.eta", "betas", "2 < 3"])
def test_what_only_looks_like_mathematics_stays(text):
    assert tags(typeset(text))[1] == text


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(FRAGMENTS) | st.text(max_size=4), max_size=8).map("".join))
def test_prose_makes_no_element_of_its_own(text):
    found, _ = tags(typeset(text, {"LT-05.step": '#"><script>'}))
    assert found <= {"sup", "sub", "a"}
    found, _ = tags(exact(text))
    assert found <= {"div", "small", "sup", "sub", "strong"}
    found, _ = tags(world(text))
    assert found <= {"div", "small", "sup", "sub", "strong"}


# ---- certificates and models


def test_a_certificate_is_set_as_mathematics():
    lines = exact("(D**2*inner(h, h) - (M - m)**2)   [a2]\n  = Abs(x)**-2 + 2*3 + sqrt(rho0) >= 0")
    assert tags(lines)[1] == "(D2\u2009⟨h, h⟩ − (M − m)2) [a2]= |x|−2 + 2·3 + √(ρ0) ≥ 0"
    assert 'class="i1"' in lines


def test_a_model_gathers_values_and_marks_what_fails():
    shown = world(
        "D = 1\neta = 2\nE: weight 1/2 at v = (1)\nE: weight 1/2 at v = (-1)\na0: D > 1   FAILS, left - right = 0"
    )
    assert tags(shown)[1].startswith("D = 1, η = 2E: weight 1/2 at v = (1); weight 1/2 at v = (−1)a0")
    assert "<strong>FAILS</strong>" in shown


def test_the_assumptions_that_hold_are_one_line_and_the_others_are_written_out():
    lines = (
        "D = 1",
        "a0: D >= 0   holds, left - right = 1",
        "a1: D > 1   FAILS, left - right = 0",
        "a2: s <= D   holds, right - left = 1/2, 3",
        "a3: f(i) <= D   holds for all i",
        "claim: D > 2   FAILS, left - right = -1",
    )
    shown = re.findall(r"<div>(?!<div)(.*?)</div>", world("\n".join(lines)).replace('<div class="lines">', ""))
    assert [re.sub("<[^>]*>", "", line).replace("\u2003", " ").replace("&gt;", ">") for line in shown] == [
        "D = 1",
        "a0 holds by 1; a2 by 1/2, 3",
        "a1: D > 1 FAILS, left \u2212 right = 0",
        "a3: f(i) \u2264 D holds for all i",
        "claim: D > 2 FAILS, left \u2212 right = \u22121",
    ]


# ---- formulas


def test_a_formula_has_words_for_those_who_do_not_see_it():
    shown = mathml.mathml(r"\frac{8}{D^{2}}", "8/D**2")
    assert shown.startswith('<math alttext="8/D**2">')
    assert "<mfrac>" in shown


def test_an_upright_word_is_one_element():
    assert "<mi>gap</mi>" in mathml.mathml(latex(sp.Symbol("gap")))


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_symbol_stays_text(name):
    read = Page(str(mathml.mathml(latex(sp.Symbol(name) + 1), name)))
    assert {tag for tag, _ in read.elements} <= mathml.ELEMENTS | {"code"}
    assert all(set(found) <= mathml.ATTRIBUTES | {"alttext"} for _, found in read.elements)


def test_elements_off_the_list_are_refused(monkeypatch):
    import latex2mathml.converter

    monkeypatch.setattr(latex2mathml.converter, "convert", lambda text: "<math><script>x()</script></math>")
    assert mathml.mathml("off-the-list", "plain <x>") == "<code>plain &lt;x&gt;</code>"
    monkeypatch.setattr(latex2mathml.converter, "convert", lambda text: '<math><mi href="javascript:x()">x</mi></math>')
    assert "href" not in mathml.mathml("attribute-off-the-list", "x")


def test_what_cannot_be_converted_is_shown_as_text():
    assert mathml.mathml("x" * (mathml.LIMIT + 1), "long") == "<code>long</code>"
    assert "<code>" in mathml.relation("not a relation <", [])


# ---- the graph


def test_a_lemma_stands_below_what_it_uses_and_boxes_do_not_touch():
    edges = {"a": [], "b": ["a"], "c": ["a"], "d": ["b", "c", "a"], "e": [], "f": ["e"], "alone": []}
    made = graph.picture(edges)
    place = {box.id: box for box in made.boxes}
    for user, all_used in edges.items():
        assert all(place[used].y + graph.HEIGHT < place[user].y for used in all_used)
    for one in made.boxes:
        for other in made.boxes:
            if one.id < other.id and one.y == other.y:
                assert abs(one.x - other.x) >= graph.WIDTH + graph.GAP - 0.2
    assert all(0 <= box.x <= made.width - graph.WIDTH + 0.2 for box in made.boxes)
    drawn = {(line.used, line.user) for line in made.lines}
    assert ("a", "d") not in drawn, "it follows from the others"
    assert {("a", "b"), ("b", "d"), ("c", "d"), ("e", "f")} == drawn - {("a", "c")}


@pytest.mark.parametrize(
    "edges", [{}, {"a": []}, {"a": ["b"], "b": ["a"]}, {"a": ["b"], "b": ["c"], "c": ["a"], "d": []}]
)
def test_odd_graphs_are_drawn(edges):
    made = graph.picture(edges)
    assert [box.id for box in made.boxes] == list(edges)
    assert all(re.fullmatch(r"[MLC0-9. -]+", line.path) for line in made.lines)


# ---- source


def test_the_source_is_the_definition():
    found = excerpt("torch_impl.layers:gradient_attention")
    assert found.file == "torch_impl/layers.py"
    assert found.text.startswith("def gradient_attention(")
    assert "return" in found.text
    method = excerpt("torch_impl.network:Network.propagate")
    assert method.text.lstrip().startswith(("def propagate", "@"))


@pytest.mark.parametrize(
    "name", ["torch_impl.layers:nothing", "no_such_module:x", "math:sin", "::", "", "../etc:passwd"]
)
def test_a_source_that_is_not_there_says_why(name):
    found = excerpt(name)
    assert found.text == ""
    assert found.reason
