"""Tested: files, escaping, determinism, stamps, compilation without warnings. Not tested: how it looks."""

import shutil
import subprocess

import pytest
from click.testing import CliRunner

from proofcheck import registry
from proofcheck.cli import app
from proofcheck.errors import ArgumentError
from proofcheck.export import tex
from proofcheck.export.tex_layout import inline, pieces, rows, width
from proofcheck.export.tex_stamp import read_stamp
from proofcheck.export.tex_text import escape, paragraphs
from proofcheck.paper.notation import Notation


def compiled(folder, name):
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", name]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
    assert done.returncode == 0, done.stdout[-3000:]
    return folder / f"{name.removesuffix('.tex')}.pdf"


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The folder that `tex` writes for the whole library: made once, read by every test that needs it."""
    folder = tmp_path_factory.mktemp("tex")
    tex.write(registry.headers(), folder)
    return folder


needs_latex = pytest.mark.skipif(shutil.which("pdflatex") is None, reason="no pdflatex")


def test_one_fragment_for_each_bound_with_a_stable_label(tree, tmp_path):
    result = CliRunner().invoke(app, ["tex", "-o", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    names = sorted(path.name for path in (tmp_path / "out" / "bounds").iterdir())
    assert names == ["positive-part--sum-max.tex", "square--product-max.tex"]
    fragment = (tmp_path / "out" / "bounds" / "square--product-max.tex").read_text()
    assert r"\label{pc:square:product-max}" in fragment
    assert r"\frac{1}{4}" in fragment


def test_the_same_lemmas_give_the_same_bytes(tree):
    found = tree.headers()
    assert tex.files(found) == tex.files(list(reversed(list(reversed(found)))))
    assert tex.files(found) == tex.files(found)


def test_text_of_lemmas_is_escaped(tree):
    document = tex.files(tree.headers())[tex.DOCUMENT]
    assert r"100 \% \& no\_trouble" in document
    assert "no_trouble" not in document


def test_every_file_is_ascii(written):
    names = [path for path in written.rglob("*") if path.is_file()]
    assert len(names) > 100
    for path in names:
        assert path.read_bytes().isascii(), path


@pytest.mark.parametrize(
    "character", [*list('\\{}$&#%_^~<>|"'), "≤", "λ", "²", "ö", "ł", "∇", "⟨", "漢", "\x07", "\u200b"]
)
def test_no_character_gets_through_raw(character):
    text = escape(f"a{character}b")
    assert text.isascii()
    assert text != f"a{character}b"


def test_paragraphs_keep_blank_lines():
    assert paragraphs("one\n\ntwo") == "one\n\ntwo"


def test_items_start_lines_and_keep_what_is_below_them():
    text = "Let x be.\n(a) first,\n    and more,\n    and more.\n(b) second\n"
    assert paragraphs(text).count("\\\\") == 2
    assert paragraphs("one\n    deeper\n    still").count("\\\\") == 1
    assert paragraphs("f(x) is one\n(x, y) is a pair").count("\\\\") == 0


def warnings(folder, name):
    """Lines of the log that a reader of the pages would notice."""
    log = (folder / name.replace(".tex", ".log")).read_text(errors="replace")
    return [line for line in log.splitlines() if line.startswith("Overfull") or "Warning" in line]


@needs_latex
def test_the_document_compiles_without_warnings(written, tmp_path):
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    for _ in range(3):
        document = compiled(tmp_path, tex.DOCUMENT)
    assert document.stat().st_size > 10_000
    assert warnings(tmp_path, tex.DOCUMENT) == []


@needs_latex
def test_the_warnings_test_can_fail(tmp_path):
    wide = r"\documentclass{article}\begin{document}\rule{9in}{1pt}\ref{nothing}\end{document}"
    (tmp_path / "wide.tex").write_text(wide)
    compiled(tmp_path, "wide.tex")
    assert len(warnings(tmp_path, "wide.tex")) >= 3


def test_the_document_has_all_parts(tree):
    document = tex.files(tree.headers())[tex.DOCUMENT]
    for part in (
        r"\section{\texorpdfstring{A product of complementary parts (SQ-01)}",
        r"\label{pc:square:product-max}",
        r"\pcevidence{kernel (SQ-01.step)}",
        r"\text{\small square: complete the square}",
        r"\paragraph{Refuted.}",
        "the constant 249/1000 False at: t = 1/",
        r"\item[square\_is\_convex] t",
        r"(Section~\ref{pc:assumed})",
        r"\cite{folklore}",
        r"\bibitem{folklore} folklore.",
    ):
        assert part in document


def test_a_notation_changes_formulas_and_stamps_only(tree):
    header = tree.header("SQ-02")
    plain = tex.files([header], among=tree.headers())
    spelt = tex.files([header], Notation({"t": (r"\theta_0",)}), among=tree.headers())
    fragment = "bounds/positive-part--sum-max.tex"
    assert r"\theta_0 + \frac{1}{4}" in spelt[fragment]
    assert r"\theta_0 + \frac{1}{4}" in spelt[tex.MACROS]
    assert r"$\theta_0$: a part of 1" in spelt[tex.DOCUMENT]
    assert "theta" not in plain[fragment]
    assert read_stamp(plain[fragment]).notation == "none" != read_stamp(spelt[fragment]).notation


def test_every_file_is_stamped_and_a_change_of_any_line_is_seen(tree):
    for name, text in tex.files(tree.headers()).items():
        stamp = read_stamp(text)
        assert (stamp.name, stamp.is_whole) == (name, True)
        assert set(stamp.lemmas) <= {"SQ-01", "SQ-02"}
        lines = text.splitlines(keepends=True)
        for at in range(len(lines)):
            changed = "".join([*lines[:at], lines[at][:-1] + "x\n", *lines[at + 1 :]])
            found = read_stamp(changed)
            assert found is None or not found.is_whole, (name, lines[at])
    assert read_stamp("\\begin{document}") is None


def test_a_lemma_whose_file_name_is_no_word_is_refused(tree):
    tree.lemma().rename(tree.lemma().with_name("a}b.py"))
    with pytest.raises(ArgumentError, match="names of letters"):
        tex.files(tree.headers())


@needs_latex
def test_bounds_and_fragments_work_in_a_paper(written, tmp_path):
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    paper = (
        r"\documentclass{article}\usepackage{amsmath,amssymb}\input{proofcheck-bounds}\begin{document}"
        r"A step of \proofcheckbound{mlp-step}{tau_max}, in a formula $\proofcheckbound{mlp-step}{tau_max}$, see"
        r" \eqref{pc:mlp-step:tau-max}. \input{bounds/mlp-step--tau-max}\end{document}"
    )
    (tmp_path / "paper.tex").write_text(paper)
    compiled(tmp_path, "paper.tex")
    (tmp_path / "wrong.tex").write_text(paper.replace("{tau_max},", "{tau_min},"))
    with pytest.raises(AssertionError, match="proofcheck has no bound tau_min of mlp-step"):
        compiled(tmp_path, "wrong.tex")


def test_wide_formulas_are_cut_at_their_outermost_signs_only():
    term = r"\left(a + b_{i - 1}\right)^{2 + n}"
    assert pieces(f"{term} - c + {{d + e}}") == [term, "- c", "+ {d + e}"]
    assert "".join(rows(" + ".join([term] * 30))).count("left") == 30
    assert all(width(row) <= 88 for row in rows(" + ".join([term] * 30)))
    assert rows("a + b") == ["a + b"]
    assert inline(r"\left(a\right)") == "$(a)$"
    assert inline(r"\sqrt{" + "a" * 200 + "}").startswith(r"\pcfit")
