"""Tested: LaTeX text of EXPR and SymPy input, exactly. Not tested: that a LaTeX installation compiles it."""

import pytest
import sympy as sp

from proofcheck.derive.gram import norm2, vectors
from proofcheck.derive.latex import latex, name_latex
from proofcheck.derive.nodes import Name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0 <= tau <= 2/w**2", r"0 \le \tau \le \frac{2}{w^{2}}"),
        ("inner(u - tau*z, v) != 0", r"\left\langle u - \tau z, v\right\rangle \ne 0"),
        ("E(t**2) - E[t]**2 <= (M - m)**2/4",
         r"\mathbb{E}\left[t^{2}\right] - \mathbb{E}\left[t\right]^{2} \le \frac{\left(M - m\right)^{2}}{4}"),
        ("forall q, scalar c: inner(m_1, q) == c",
         r"\forall q, c:\ \left\langle m_{1}, q\right\rangle = c"),
        ("norm2(u)**2*exp(x)**2", r"\left(\left\lvert u\right\rvert^{2}\right)^{2} \left(e^{x}\right)^{2}"),
        ("Max(1, x, 0.1)*3", r"\max\left(1, x, \frac{1}{10}\right) \cdot 3"),
        ("Abs(x)*sqrt(lambda1)", r"\left|x\right| \sqrt{\lambda_{1}}"),
        ("-(x - y) - (x - (y + 1))", r"-\left(x - y\right) - \left(x - \left(y + 1\right)\right)"),
        ("a/b*c/(d + 1)", r"\frac{a c}{b \left(d + 1\right)}"),
        ("0.5**2", r"\left(\frac{1}{2}\right)^{2}"),
        ("(x**2)**3", r"\left(x^{2}\right)^{3}"),
        ("log(step)", r"\log\left(\mathrm{step}\right)"),
        ("Cov(s, t) + norm(u)", r"\operatorname{Cov}\left(s, t\right) + \left\lvert u\right\rvert"),
    ],
)  # fmt: skip
def test_latex_of_text(text, expected):
    assert latex(text) == expected


def test_latex_of_sympy():
    D, beta, w = sp.symbols("D beta w", positive=True)
    assert latex(8 / D**2) == r"\frac{8}{D^{2}}"
    assert latex(sp.sqrt(beta) / (1 + w), {"w": r"\lVert W\rVert"}) == r"\frac{\sqrt{\beta}}{\lVert W\rVert + 1}"
    u, z = vectors("u z")
    assert latex(norm2(u - 2 * z)) == (
        r"\left\langle u, u\right\rangle - 4 \left\langle u, z\right\rangle + 4 \left\langle z, z\right\rangle"
    )
    assert latex(sp.Le(D, 2)) == r"D \leq 2"


def test_notation_wins_in_text_too():
    notation = {"w": r"\lVert W\rVert", "E": r"\mathsf{E}", "u": "u^{+}"}
    assert latex("w**2*E[t]", notation) == r"\lVert W\rVert^{2} \mathsf{E}\left[t\right]"
    assert latex("u**2", notation) == r"\left(u^{+}\right)^{2}"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("x", "x"), ("tau", r"\tau"), ("x1", "x_{1}"), ("x_1", "x_{1}"), ("tau_max", r"\tau_{\mathrm{max}}"),
     ("lambda", r"\lambda"), ("step", r"\mathrm{step}"), ("a_b_c", r"\mathrm{a\_b\_c}"), ("D_x", "D_{x}")],
)  # fmt: skip
def test_names(name, expected):
    assert name_latex(name) == expected


def test_names_cannot_inject_latex():
    assert "\\input" not in latex(Name("x")) + latex(sp.Symbol(r"\input{secret}"))


def test_same_text_on_every_run():
    x, y = sp.symbols("x y", real=True)
    assert len({latex((x + y) ** 2 + sp.exp(x) / y) for _ in range(5)}) == 1
