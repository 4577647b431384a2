r"""Tested: hostile papers, notation files, lemma texts: refused or inert, in bounded time. Not tested: TeX itself."""

import json
import os
import re
import shutil
import subprocess
import time

import pytest
from click.testing import CliRunner

from proofcheck import registry
from proofcheck.cli import app
from proofcheck.errors import ArgumentError
from proofcheck.export import tex
from proofcheck.export.tex_bib import bibliography, entries
from proofcheck.paper.check import MAX_BYTES, check_paper, names_of
from proofcheck.paper.compare import PaperVerdict, compare
from proofcheck.paper.marks import scan
from proofcheck.paper.notation import Notation, objection, read_notation

MARK = "% proofcheck: LT-07 on_ball\n"
BOUND = r"\eta a (1 + 2 a R^2) e^{2 a R^2}"
LARGE = [
    "2^{9^{9^{9}}}",
    "((((2^{16})^{16})^{16})^{16})^{16}",
    "(a+D+r+t+R)^{16}(a+2D+r+t+R)^{16}",
    "e^{" * 24 + "a" + "}" * 24,
    r"e^{\frac{1}{(a^{16}+a^7+1)^{16}}+\frac{1}{a+1}}",
    r"\max(" + ",".join(f"a+{i}D" for i in range(1, 60)) + ")",
    r"\frac{1}{1+" * 22 + "a" + "}" * 22,
    "+".join(rf"\frac{{1}}{{a+{i}D}}" for i in range(1, 60)),
    r"\sqrt{" + "9" * 59 + "7}",
    "9" * 3000,
    "(" * 2000,
    "{" * 3000,
    "a_" * 2000,
    "a" * 3999,
    "|" * 1400,
    "-" * 1400,
    rf"\frac{{(a+D+r+t)^8}}{{(t+r+D+a)^8}} {BOUND}",
    rf"\frac{{(a+D+r+t+R+\eta)^5}}{{(t+r+D+a+R+\eta)^5}} {BOUND}",
]


@pytest.mark.parametrize("source", LARGE, ids=range(len(LARGE)))
def test_a_large_formula_is_decided_or_refused_in_seconds(source):
    lemma = registry.load(registry.find("LT-07"))
    began = time.monotonic()
    result = compare(source, 0, len(source), lemma, "on_ball", Notation(), seconds=0.5)
    assert time.monotonic() - began < 8
    expected = PaperVerdict.AGREES if source.endswith(BOUND) else result.verdict
    assert result.verdict is expected
    assert source.endswith(BOUND) or result.verdict is not PaperVerdict.AGREES


FILES = [
    r"\proofcheck" * 60_000,
    r"\proofcheck{a}{b}{" * 400,
    "% proofcheck: LT-05 eta_max\n" * 400,
    r"\verb|" * 200_000,
    r"\begin{align}" * 100_000,
    r"\begin{verbatim}" * 100_000,
    "$" * 1_000_000,
    "\\" * 1_000_001,
    "%" * 1_000_000,
    r"\input{" * 200_000,
    "{" * 1_000_000,
    "\x00\x1b[31m" * 100_000,
]


@pytest.mark.parametrize("text", FILES, ids=range(len(FILES)))
def test_a_hostile_file_is_scanned_in_seconds(text):
    began = time.monotonic()
    scan(text)
    assert time.monotonic() - began < 8


def run(path, *words):
    result = CliRunner().invoke(app, ["paper", str(path), "--json", *words])
    return json.loads(result.stdout), result.exit_code


def test_a_file_that_is_too_large_is_refused(tmp_path):
    path = tmp_path / "paper.tex"
    path.write_text("x" * (MAX_BYTES + 1))
    found, code = run(path)
    assert code == 2
    assert "bytes are read" in found["error"]["message"]


@pytest.mark.parametrize("text", ["\\input{x}\n" * 501, "% proofcheck: LT-05 eta_max\n$8$\n" * 501])
def test_too_many_marks_are_refused(tmp_path, text):
    path = tmp_path / "paper.tex"
    path.write_text(text)
    assert run(path)[1] == 2


@pytest.mark.parametrize(
    "name",
    [
        "/etc/passwd", "../secret", "../secret.tex", "sub/../../secret", "./../secret", "link", "linked/secret",
        "|ls", "~/x", "\\jobname", "a\x00b", "#1",
    ],
)  # fmt: skip
def test_nothing_outside_the_folder_is_read(tmp_path, name):
    folder = tmp_path / "paper"
    folder.mkdir()
    (tmp_path / "secret.tex").write_text("% proofcheck: LT-05 eta_max\n$\\frac{8}{D^2}$")
    (tmp_path / "secret").write_text("% proofcheck: LT-05 eta_max\n$\\frac{8}{D^2}$")
    os.symlink(tmp_path / "secret.tex", folder / "link.tex")
    os.symlink(tmp_path, folder / "linked")
    (folder / "paper.tex").write_text(f"\\input{{{name}}}")
    report = check_paper(folder / "paper.tex")
    assert report.formulas == ()
    assert [item.state for item in report.included] == ["refused"]
    assert not report.is_accepted(allow_weaker=True)


def test_no_control_character_reaches_a_terminal(tmp_path):
    path = tmp_path / "paper.tex"
    path.write_text("% proofcheck: LT-05 eta_max\n$\x1b[31m8\x07$ \\input{\x1b[31m}")
    shown = CliRunner().invoke(app, ["paper", str(path)]).output
    assert "?[31m8?" in shown
    assert "\x1b" not in shown
    assert "\x07" not in shown


def test_a_circle_of_files_ends(tmp_path):
    (tmp_path / "a.tex").write_text("\\input{b}\\input{a}")
    (tmp_path / "b.tex").write_text("\\input{a}\\input{b}")
    assert check_paper(tmp_path / "a.tex").included == ()


@pytest.mark.parametrize(
    "value",
    [
        r"\input{/etc/passwd}", r"\write18{ls}", r"\immediate\write18{ls}", "W % x", "W}", "{W", "$W$", "W # 1",
        "W & V", r"W \\ V", "^^41", r"\csname x\endcsname", r"\catcode`\%=12", "W\nV", "", " ", "_1", "^2", "W" * 201,
        "Ω", "\x07", r"\foo", r"\def\x{1}", "W^1^2", r"\begin{x}",
    ],
)  # fmt: skip
def test_a_spelling_is_inert(tmp_path, value):
    assert objection(value)
    path = tmp_path / "map.toml"
    path.write_text(f"w = {json.dumps(value)}")
    with pytest.raises(ArgumentError):
        read_notation(path, names_of(registry.headers()))


@pytest.mark.parametrize(
    "content",
    [
        "w = 1", "w = []", "w = [1]", "[LT-99]\nw = 'W'", "'1w' = 'W'", "'a b' = 'W'", "commands = ['write']",
        "commands = ['a b']", "commands = 'input'", "w = 'W'\nv = 'W'", "x", "w = 'a' = 'b'", "\xff",
        "[LT-05]\n'D}' = 'D'", "factors = [3]", "commands = ['pdfximage']", "a = " + "[" * 3000,
    ],
)  # fmt: skip
def test_a_notation_file_is_checked(tmp_path, content):
    path = tmp_path / "map.toml"
    path.write_text(content, encoding="latin-1")
    with pytest.raises(ArgumentError):
        read_notation(path, names_of(registry.headers()))


def test_two_symbols_of_one_spelling_are_refused(tmp_path):
    path = tmp_path / "map.toml"
    path.write_text("D = 'r'")
    (tmp_path / "paper.tex").write_text("% proofcheck: LT-07 context_constant\n$r$")
    with pytest.raises(ArgumentError, match=r"are both r\."):
        check_paper(tmp_path / "paper.tex", path)


def test_an_authors_macro_has_to_be_declared(tmp_path):
    assert objection(r"\opnorm{W}")
    path = tmp_path / "map.toml"
    path.write_text("commands = ['opnorm']\nw = '\\opnorm{W}'")
    (tmp_path / "paper.tex").write_text("% proofcheck: LT-01 tau_max\n$2/\\opnorm{W}^2$")
    assert check_paper(tmp_path / "paper.tex", path).is_accepted(allow_weaker=False)


ATTACKS = [
    r"\immediate\write18{touch pwned}",
    r"\input{/etc/passwd}",
    r"} \input{/etc/passwd} {",
    "% \\end{document}",
    r"$\openout1=pwned.tex$",
    r"\end{document}",
    "^^5cinput{/etc/passwd}",
    r"\catcode`\%=12 #1 & ~",
    "‮\x1b[31m\x00",
]


def attacked(tree, attack):
    """The sample lemma with the attack in every text that reaches LaTeX."""
    shown = attack.replace("\\", "\\\\").replace('"', "'").replace("\x00", "").replace("\x1b", "\\x1b")
    tree.edit(tree.lemma(), 'TITLE = "A product of complementary parts"', f'TITLE = "A {shown}"')
    tree.edit(tree.lemma(), "100 % & no_trouble", f"100 {shown}")
    tree.edit(tree.lemma(), '"a part of 1"', f'"a part {shown}"')
    tree.edit(tree.lemma(), '"complete the square"', f'"complete {shown}"')
    tree.edit(tree.lemma(), 'Source("folklore", "", "Exercise 1")', f'Source("folklore", "", "Exercise {shown}")')
    tree.edit(tree.lemma(), '"t (1 - t) <= 1/4 for all t."', f'"t {shown}"')
    tree.edit(tree.lemma(), '"the constant 249/1000"', f'"the {shown}"')
    (tree.root / "references.bib").write_text(
        f"@misc{{folklore,\n author = {{{attack}}},\n title = {{{attack}}},\n note = {{{attack}}}\n}}\n"
    )
    return tree.headers()


@pytest.mark.parametrize("attack", ATTACKS, ids=range(len(ATTACKS)))
def test_texts_of_lemmas_are_inert(tree, tmp_path, attack):
    made = tex.files(attacked(tree, attack))
    for name, text in made.items():
        assert text.isascii(), name
        body = text.replace("\\input{proofcheck-bounds}", "")
        assert re.search(r"\\(input|write|openout|immediate|catcode|def\\x)(?![A-Za-z])", body) is None, name
        assert body.count("\\end{document}") == (name == tex.DOCUMENT)
    if shutil.which("pdflatex") is None:
        pytest.skip("optional: pdflatex is not installed")
    tex.write(tree.headers(), tmp_path / "out")
    before = sorted(path.name for path in (tmp_path / "out").iterdir())
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-shell-escape", tex.DOCUMENT]
    done = subprocess.run(command, cwd=tmp_path / "out", capture_output=True, text=True, errors="replace")
    assert done.returncode == 0, done.stdout[-2000:]
    new = {path.name for path in (tmp_path / "out").iterdir()} - set(before)
    assert {name.rsplit(".", 1)[0] for name in new} == {"derivations"}
    assert "root:" not in done.stdout


def test_the_attack_test_can_fail(tree, tmp_path, monkeypatch):
    monkeypatch.setattr("proofcheck.export.tex_document.prose", lambda text: text)
    made = tex.files(attacked(tree, r"\input{/etc/passwd}"))
    assert "\\input{/etc/passwd}" in made[tex.DOCUMENT]


@pytest.mark.parametrize("key", ["../../evil", "a}b", "a b", "a/b", "", "x" * 65, "a\\b", "a%b"])
def test_a_bound_whose_name_is_no_word_is_refused(tree, monkeypatch, key):
    header = tree.header("SQ-01")
    module = registry.load(header).module
    monkeypatch.setattr(module, "BOUNDS", {key: module.CONSTANT})
    with pytest.raises(ArgumentError, match="names of letters"):
        tex.files([header])


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "out").mkdir()
    os.symlink(tmp_path / "outside", tmp_path / "out" / "bounds")
    with pytest.raises(ArgumentError, match="outside"):
        tex.write([registry.find("LT-01")], tmp_path / "out", among=registry.headers())
    assert list((tmp_path / "outside").iterdir()) == []
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["bounds"]


def test_the_output_folder_must_be_a_folder(tmp_path):
    (tmp_path / "file").write_text("mine")
    result = CliRunner().invoke(app, ["tex", "-o", str(tmp_path / "file"), "LT-01"])
    assert result.exit_code == 2
    assert (tmp_path / "file").read_text() == "mine"


def test_a_bibliography_is_text():
    text = (
        r'@article{k, author = {M{\"u}ller, {\L}ukasz and P\'olya, G.}, title = "A \write18{ls} {T}itle", year = 1999}'
    )
    assert entries(text)["k"]["author"].startswith("Müller, ")
    made = bibliography(text, ["k", "unknown_key"])
    assert r"M\"{u}ller" in made
    assert r"P\'{o}lya" in made
    assert r"\textbackslash{}write18" in made
    assert r"\bibitem{unknown_key} unknown\_key." in made
    assert entries("@x{" * 10_000) == {}
    with pytest.raises(ArgumentError):
        entries("x" * 1_000_001)
