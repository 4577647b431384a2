"""An in-context map that is Lipschitz in both arguments pushes measures forward Lipschitz: L + M in W_p, every real p >= 1.

Statement
    Let p in [1, infinity], G: P(Omega) x Omega -> R^m with |G(mu, x) - G(mu, y)| <= L |x - y| and |G(mu, y) - G(nu, y)| <= M W_p(mu, nu) for
    all x, y in Omega and probability measures mu, nu on Omega with p-th moments. Then f(mu) = G(mu, .)_# mu has
    W_p(f(mu), f(nu)) <= (L + M) W_p(mu, nu). Every d and m, any measures; more exactly, the cost of every coupling grows by at most L + M.

Proof
    1. Push a coupling (y0, y1) through (G(mu, .), G(nu, .)): a pair at distance g = |y1 - y0| goes to distance at most
       L g + M rho, rho any number above W_p(mu, nu).                                           kernel    MM-18.pair
    2. p real: if E[g^p] <= rho^p then E[(L g + M rho)^p] <= (L + M)^p rho^p.                     kernel    MM-18.push
    3. p infinite: if g <= rho almost surely then L g + M rho <= (L + M) rho.                    kernel    MM-18.push_inf
    4. Attained: x -> L x + M mean(mu) and measures that are translates of each other.            kernel    MM-18.attained
    5. The ratio of step 4 is the bound.                                                        symbolic  derivation

Sharpness
    Attained for every p, d, L, M >= 0 by step 4: the translate by w has W_p = |w| (its mean moves by w), the image moves by (L + M) w.

Source
    Stated for p = 2 in expositions of measure-to-measure Transformers; here for furuya2025support (arXiv:2509.25611). Proof: proofcheck.

Audit
    Minkowski's inequality against a constant is all that is needed, and for real p it is an identity: with g = e^y, rho = e^r,
    L + M = e^k, step 2 is the tangent of z -> z^p at (L g + M rho)/(L + M), twice, and e^z >= 1 + z three times. Pairs with g = 0 are
    covered by any positive bound of g (E[g^p] is below rho^p with room), L = M = 0 is trivial. No optimal coupling has to exist.
    Both Lipschitz constants are needed: f for G(mu, x) = x + mean(mu) is 2-Lipschitz, and neither max(L, M) nor the Euclidean norm is enough.
"""

from __future__ import annotations

import sympy as sp

from lemmas._models import one_for_each
from lemmas.measure_maps._push_forward_lipschitz_models import MODELS
from proofcheck.derive.statement import model, statement
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Refuted, Source

ID = "MM-18"
TITLE = "Lipschitz in both arguments"
SOURCE = Source("furuya2025support", "2509.25611", "proofcheck; sufficient condition for a Lipschitz induced map")
LABEL = "upper"
ASSUMES = ()
USES = ()

L, M = sp.symbols("L M", nonnegative=True)
BOUNDS = {"lipschitz_constant": L + M}
SYMBOLS = {"L": "Lipschitz constant of G in the query", "M": "Lipschitz constant of G in the context, for W_p"}


def derivation() -> list[DerivationStep]:
    y, m, w = sp.symbols("y m w", positive=True)
    moved = L * (y + w) + M * (m + w) - (L * y + M * m)
    return [DerivationStep("translates", moved / w, BOUNDS["lipschitz_constant"], "every atom and the mean move by w")]


def claims() -> list[Claim]:
    return [
        statement(
            "MM-18.pair",
            "A pair at distance g goes to distance at most L g + M rho.",
            {
                "s = G(mu, y0) - G(mu, y1)": "norm2(s) <= (L*g)**2",
                "t = G(mu, y1) - G(nu, y1)": "norm2(t) <= (M*w)**2",
                "L >= 0": "L >= 0",
                "M >= 0": "M >= 0",
                "g >= 0": "g >= 0",
                "w >= 0": "w >= 0",
            },
            "norm2(s + t) <= (L*g + M*w)**2",
            vectors="s, t",
        ),
        statement(
            "MM-18.push",
            "Minkowski's inequality against a constant, for every real p >= 1: distances are e^y, the cost e^r, L + M = e^k.",
            {
                "a pair goes to at most L g + M rho": "exp(k + u) <= L*exp(y) + M*exp(r)",
                "e^k = L + M": "exp(k) == L + M",
                "the coupling costs at most e^r": "E[exp(p*y)] <= exp(p*r)",
                "L >= 0": "L >= 0",
                "M >= 0": "M >= 0",
                "p >= 1": "p >= 1",
            },
            "E[exp(p*(k + u))] <= exp(p*(k + r))",
            random="u, y",
        ),
        statement(
            "MM-18.push_inf",
            "If no pair is farther apart than rho, no image is farther than (L + M) rho.",
            {
                "a pair goes to at most L g + M rho": "o <= L*g + M*w",
                "no pair is farther than rho": "g <= w",
                "L >= 0": "L >= 0",
            },
            "o <= (L + M)*w",
            random="g, o",
        ),
        statement(
            "MM-18.attained",
            "L x + M mean moves by (L + M) w when every atom moves by w.",
            {},
            "norm2(L*(y + w) + M*(m + w) - (L*y + M*m)) == (L + M)**2*norm2(w)",
            vectors="y, m, w",
        ),
    ]


def counterexamples() -> list[Counterexample]:
    return one_for_each(claims(), MODELS)


def refuted() -> list[Refuted]:
    def two(name: str, constant: str) -> str:
        pairs = {"a pair goes to L g + M rho": "o == L*g + M*w", "the coupling costs at most rho": "E[g**2] <= w**2"}
        signs = {f"{x} >= 0": f"{x} >= 0" for x in ("L", "M", "g", "w")}
        return statement(name, "", pairs | signs, f"E[o**2] <= ({constant})*w**2", random="g, o").text

    still = model({"L": 1, "M": 1, "w": 1}, E=[(1, {"g": 1, "o": 2})])
    return [
        Refuted("max(L, M)", "The larger constant is enough.", two("MM-18.largest", "Max(L, M)**2"), still),
        Refuted("root of squares", "sqrt(L^2 + M^2) is enough.", two("MM-18.squares", "L**2 + M**2"), still),
        Refuted("the query alone", "A map that is L-Lipschitz in the query is L-Lipschitz.", two("MM-18.query", "L**2"), still),
        Refuted("0.999 of it", "0.999 (L + M) is enough.", two("MM-18.below", "(999/1000*(L + M))**2"), still),
    ]  # fmt: skip


HAMMER = None
BINDINGS = (Binding("torch_impl.layers:affine_mean", "affine_mean"),)
