"""Tested: the kernel reads what EXPR and SymPy write, with the meaning meant. Not tested: proofs."""

import json

import pytest
import sympy as sp
from expr_strategies import products, sums
from hypothesis import given
from hypothesis import strategies as st

from proofcheck.derive.claims import build_claim, claim_json
from proofcheck.derive.nodes import Name, Number, Power, text_of
from proofcheck.derive.sympy_bridge import expression, text
from proofcheck.kernel import KernelError, read_claim

x, y = sp.symbols("x y", real=True)
ONE = read_claim(claim_json("c", scalars=["x", "y"], target="1 > 0")).ctx
OPTIONS = {"vectors": "u,v,X", "random": "t,X", "functionals": ["F!:r"]}


@pytest.mark.parametrize(
    ("assume", "target"),
    [
        (["tau >= 0", "tau*w**2 <= 2"], "norm2(u) >= norm2(u - tau*v)"),
        (["m <= t <= M"], "Var(t) <= (M - m)**2/4"),
        (["forall vector q, scalar c: c*inner(v, q) == E(c*inner(X, q))"], "norm2(v) <= E[norm2(X)]"),
        ([], "norm2(E[t*X]) <= E[t**2]*E[norm2(X)]"),
        (["t >= 1e-9", "x == E[t]"], "E[log(t)] <= log(x)"),
        (["x != 0", "u != v", "u == 0.5*v"], "Max(x, 1, 2, Abs(x))/x**2 >= -0.25"),
        (["r >= 0"], "F[r**2]*F[1] >= F[r]**2"),
        ([], "norm(u + v) <= norm(u) + norm(v)"),
        ([], "Cov(t, inner(X, u))**2 <= Var(t)*Var(inner(X, u))"),
        ([], "Rational(-1, 3)*x <= -(-x)*--y"),
    ],
)
def test_claim_is_read(assume, target):
    for claim in build_claim("c", assume, target, **OPTIONS):
        read = read_claim(claim)
        assert read.target_text == json.loads(claim)["target"]
        assert len(read.assumptions) == len(json.loads(claim)["assume"])


def test_the_kernel_can_refuse_such_a_text():
    data = json.loads(build_claim("c", [], "x >= 0")[0])
    with pytest.raises(KernelError):
        read_claim(json.dumps({**data, "target": "x >= 0.1"}))


small = st.builds(Number, st.fractions(0, 5, max_denominator=5)) | st.sampled_from((Name("x"), Name("y")))
polynomials = st.recursive(
    small,
    lambda inside: st.one_of(
        sums(inside), products(inside).filter(lambda p: all(s > 0 for s, _ in p.factors)),
        st.builds(Power, inside, st.integers(0, 3)),
    ),
    max_leaves=6,
)  # fmt: skip


@given(polynomials)
def test_kernel_and_sympy_agree_on_polynomials(node):
    (claim,) = build_claim("c", [], f"{text_of(node)} >= 0", scalars="x, y")
    written = json.loads(claim)["target"].removesuffix(" >= 0")
    expanded = text(sp.expand(expression(node)))
    assert ONE.expression(written) == ONE.expression(expanded)
    assert ONE.expression(written) != ONE.expression(expanded + " + 1/7")
