"""Tested: a paper's formulas as tests of somebody's pytest, by option and by ini. Not tested: xdist."""

import pytest

import proofcheck.paper.check
import proofcheck.search  # noqa: F401  # imported here, else each pytest inside this one imports it again

pytest_plugins = ["pytester"]

RIGHT = "% proofcheck: LT-05 eta_max\n$\\eta \\le \\frac{8}{\\Delta_A^2}$\n"
WRONG = "% proofcheck: LT-01 tau_max\n$\\tau \\le \\frac{1}{w^2}$\n"


@pytest.fixture
def run(pytester):
    (pytester.path / "paper.tex").write_text(RIGHT + WRONG)
    (pytester.path / "map.toml").write_text('[LT-05]\nD = "\\\\Delta_A"\n')
    (pytester.path / "test_mine.py").write_text("def test_mine():\n    pass\n")
    (pytester.path / "pytest.ini").write_text("[pytest]\n")

    def words(*options):
        return "\n".join(pytester.runpytest_inprocess("-q", "-p", "no:cacheprovider", *options).outlines)

    words.folder = pytester.path
    return words


def test_by_option(run):
    out = run("--proofcheck-paper", "paper.tex", "--proofcheck-notation", "map.toml")
    assert "paper.tex:3:1: weaker than proved, it is 1/2 times the proved value" in out
    assert "1 failed, 2 passed" in out
    assert "Traceback" not in out
    weaker = run("--proofcheck-paper", "paper.tex", "--proofcheck-notation", "map.toml", "--proofcheck-allow-weaker")
    assert "3 passed" in weaker


def test_by_ini_and_not_unless_asked(run):
    assert "1 passed" in run()
    ini = "[pytest]\nproofcheck_papers = paper.tex\nproofcheck_notation = map.toml\n"
    (run.folder / "pytest.ini").write_text(ini)
    out = run("--collect-only")
    assert "paper.tex::paper.tex:1::LT-05::eta_max" in out
    assert "test_mine.py::test_mine" in out


def test_a_paper_without_marks_and_one_that_cannot_be_read_fail(run):
    (run.folder / "paper.tex").write_text("nothing")
    assert "no marked formula" in run("--proofcheck-paper", "paper.tex")
    (run.folder / "map.toml").write_text("w = 1")
    out = run("--proofcheck-paper", "paper.tex", "--proofcheck-notation", "map.toml")
    assert "must be LaTeX in quotes" in out
