"""Tested: files, escaping, determinism, compilation where pdflatex is here. Not tested: how it looks."""

import shutil
import subprocess

import pytest
from click.testing import CliRunner

from proofcheck import registry
from proofcheck.cli import app
from proofcheck.export import tex
from proofcheck.export.tex_text import escape, paragraphs


def compiled(folder, name):
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", name]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
    assert done.returncode == 0, done.stdout[-3000:]
    return folder / f"{name.removesuffix('.tex')}.pdf"


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


def test_every_file_is_ascii():
    for name, text in tex.files(registry.headers()).items():
        assert text.isascii(), name


@pytest.mark.parametrize(
    "character", [*list('\\{}$&#%_^~<>|"'), "≤", "λ", "²", "ö", "ł", "∇", "⟨", "漢", "\x07", "\u200b"]
)
def test_no_character_gets_through_raw(character):
    text = escape(f"a{character}b")
    assert text.isascii()
    assert text != f"a{character}b"


def test_paragraphs_keep_blank_lines():
    assert paragraphs("one\n\ntwo") == "one\n\ntwo"


@needs_latex
def test_the_document_compiles(tmp_path):
    tex.write(registry.headers(), tmp_path)
    assert compiled(tmp_path, tex.DOCUMENT).stat().st_size > 10_000


@needs_latex
def test_bounds_and_fragments_work_in_a_paper(tmp_path):
    tex.write(registry.headers(), tmp_path)
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
