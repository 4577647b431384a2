r"""Tested: which formula a mark means, what is no mark, places, included files. Not tested: verdicts."""

import json

import pytest
from click.testing import CliRunner

from proofcheck.cli import app
from proofcheck.paper.marks import scan


def formulas(text):
    return [(mark.lemma, mark.bound, text[mark.start : mark.end].strip()) for mark in scan(text).marks]


MARK = "% proofcheck: LT-05 eta_max\n"
EXPECTED = [("LT-05", "eta_max", "x")]


@pytest.mark.parametrize(
    "text",
    [
        "$x$",
        r"\(x\)",
        r"\[ x \]",
        "$$x$$",
        "words, 5 \\% of them, then $x$ and $y$",
        "% another comment with $y$\n$x$",
        "\\begin{equation} x \\end{equation}",
        "\\begin{equation*}\n x\n\\end{equation*}",
        "\\begin{align} x \\end{align}",
        "\\begin{proof}\n\\[ x \\]\\end{proof}",
        "$x$ % proofcheck is a program",
    ],
)
def test_a_comment_marks_the_next_formula(text):
    assert formulas(MARK + text) == EXPECTED


def test_inside_rows_a_comment_marks_its_row():
    text = "\\begin{align}\n a &= b \\\\\n " + MARK + " x \\\\\n c\n\\end{align} $y$"
    assert formulas(text) == EXPECTED


def test_inside_the_last_row():
    assert formulas("\\begin{align*} a \\\\ " + MARK + " x \\end{align*}") == EXPECTED


def test_a_macro_marks_its_argument():
    assert formulas(r"\proofcheck{LT-05}{eta_max}{x}") == EXPECTED
    assert formulas("$\\proofcheck {LT-05} {eta_max}\n {x}$") == EXPECTED
    text = r"\proofcheck{LT-05}{eta_max}{\frac{8}{D^{2}} \% {}} }"
    assert formulas(text) == [("LT-05", "eta_max", r"\frac{8}{D^{2}} \% {}")]


@pytest.mark.parametrize(
    "text",
    [
        "\\begin{verbatim}\n" + MARK + "$x$\n\\end{verbatim}",
        "\\begin{lstlisting}\n\\proofcheck{LT-05}{eta_max}{x}\n\\end{lstlisting}",
        r"\verb|\proofcheck{LT-05}{eta_max}{x}|",
        r"% \proofcheck{LT-05}{eta_max}{x}",
        "\\end{document}\n" + MARK + "$x$",
        r"\providecommand{\proofcheck}[3]{\ensuremath{#3}}",
        r"\def\proofcheck#1#2#3{#3}",
        r"\% proofcheck: LT-05 eta_max $x$",
        r"\\proofcheck{LT-05}{eta_max}{x}",
        r"\proofcheckers{LT-05}{eta_max}{x}",
    ],
)
def test_this_is_no_mark(text):
    assert formulas(text) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (MARK, "no formula follows"),
        (MARK + "words " * 500 + "$x$", "no formula follows"),
        (MARK + MARK + "$x$", "no formula follows"),
        (MARK + "$x", "does not end"),
        (MARK + r"\begin{align} x \\ y \end{align}", "several rows"),
        ("% proofcheck: LT-05\n$x$", "a mark reads"),
        ("% proofcheck: LT-05 eta_max and more\n$x$", "a mark reads"),
        (r"\proofcheck{LT-05}{eta_max}", "third argument"),
        (r"\proofcheck{LT-05}{eta_max}{x", "not closed"),
        (r"\proofcheck{LT-05 {eta_max}{x}", "a mark reads"),
    ],
)
def test_a_broken_mark_is_said(text, problem):
    assert problem in next(mark.problem for mark in scan(text).marks if mark.problem)


def test_cited_bounds_labels_and_included_files():
    found = scan(
        "\\input{a/b} \\input c \\include{d}\n\\proofcheckbound{mlp-step}{tau_max} \\eqref{pc:sorting-step:tau}"
    )
    assert [path for _, path in found.included] == ["a/b", "c", "d"]
    assert [words[1:] for words in found.cited] == [("mlp-step", "tau_max")]
    assert found.labels == ["pc:sorting-step:tau"]


@pytest.fixture
def paper(tmp_path):
    def run(text, *words, **files):
        for name, content in {"paper": text, **files}.items():
            (tmp_path / f"{name}.tex").write_text(content)
        result = CliRunner().invoke(app, ["paper", str(tmp_path / "paper.tex"), "--json", *words])
        return json.loads(result.stdout), result.exit_code

    return run


def test_exit_codes(paper):
    agrees, weaker = "$\\eta \\le \\frac{8}{D^2}$", "$\\eta \\le \\frac{4}{D^2}$"
    assert paper(MARK + agrees)[1] == 0
    assert paper(MARK + weaker)[1] == 1
    assert paper(MARK + weaker, "--allow-weaker")[1] == 0
    assert paper(MARK + "$\\frac{9}{D^2}$", "--allow-weaker")[1] == 1
    assert paper("nothing is marked: $8$")[1] == 1


def test_the_place_of_what_cannot_be_parsed(paper):
    found, _ = paper("one\ntwo\n" + MARK + "  $\\frac{8}{d^2}$")
    (formula,) = found["formulas"]
    assert formula["verdict"] == "cannot parse"
    assert (formula["line"], formula["column"]) == (4, 13)
    assert "d is no symbol" in formula["reason"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("% proofcheck: LT-99 eta_max\n$8$", "no lemma is called 'LT-99'"),
        ("% proofcheck: LT-05 tau_max\n$8$", "no bound 'tau_max', it has eta_max"),
        ("\\proofcheckbound{mlp-step}{eta_max}", "no bound 'eta_max'"),
        ("\\proofcheckbound{mlp-stop}{tau_max}", "no lemma is called"),
    ],
)
def test_an_unknown_lemma_or_bound_fails(paper, text, reason):
    found, code = paper(text + MARK + "$\\frac{8}{D^2}$")
    assert code == 1
    assert reason in found["formulas"][0]["reason"] + found["formulas"][-1]["reason"]


def test_included_files_are_read_once_and_their_places_are_theirs(paper):
    inner = "\n" + MARK + "$\\frac{9}{D^2}$"
    found, code = paper("\\input{inner}\\input{inner.tex}\\input{glyphtounicode}", inner=inner + "\\input{paper}")
    assert code == 1
    assert [(item["file"], item["line"]) for item in found["formulas"]] == [("inner.tex", 2)]
    assert [item["state"] for item in found["included"]] == ["not found"]


def test_the_json_of_each_formula_has_the_promised_keys(paper):
    found, _ = paper(MARK + "$\\frac{9}{D^2}$")
    (formula,) = found["formulas"]
    assert {"file", "line", "column", "lemma", "bound", "formula", "verdict", "reason"} <= set(formula)
    assert formula["counterexample"] == {"point": {"D": "1"}, "paper": "9", "proved": "8"}
    assert found["counts"]["stronger than proved"] == 1
    assert found["accepted"] is False
