"""N residual attention layers of step T/N are within (M T/(2N)) (e^{L T} - 1) of the Vlasov flow, uniformly over the ball.

Statement
    mu_0 a probability measure on the ball of radius R0, A, V real matrices, a = ||A||, v = ||V||, Att(mu, x) = V E_x[y], scores <A x, y>,
    no mask; R = R0 e^{v T}, l = v a R^2, L = v (1 + 2 a R^2), M = v R.
    Layers x_{k+1} = x_k + h Att(mu_k, x_k), mu_{k+1} the image of mu_k, h = T/N, from any x_0 in the ball of radius
    R0: a token, or a query that none attends to.
    (a) N layers and m N layers of step h/m end within (1 - 1/m) (M T/(2N)) (e^{L T} - 1) of each other, for every x_0.
    (b) If X_t(x) = x + int_0^t Att(mu_s, X_s(x)) ds, mu_t the image of mu_0 under X_t, X bounded on [0, T] x the ball, then
        |x_N - X_T(x_0)| <= (M T/(2N)) (e^{L T} - 1), hence the same for W_p(mu_N, mu_T), 1 <= p <= infinity.
    (c) v > 0: layers x + h (Att(mu_k, x) + e_k(x)), |e_k(x)| <= eps, mu_k their own tokens, end within eps (e^{L' T} - 1)/L' of the layers of
        (a), for every x_0; L' = v (1 + 2 a R'^2), R' = (R0 + eps T) e^{v T}, since they stay in the ball of radius R', which may exceed R.
    (d) v > 0, A(t), V(t) with ||A(t)|| <= a, ||V(t)|| <= v, |Att_t(mu, x) - Att_s(mu, x)| <= D |t - s| for mu on, x in the ball of radius R,
        layer k with A(k h), V(k h): (a) and (b) hold with M + D/L for M.
    So N >= M T (e^{L T} - 1)/(2 e) layers reach accuracy e. Any d, any number of tokens, any weights.

Proof
    1. Layers stay in the ball of radius R0 (1 + h v)^k <= R, by step 2.                       assumed   MM-26
    2. (1 + z) e^s <= e^{s + z}.                                                               kernel    MM-25.growth
    3. Att is l-Lipschitz in x and m = v (1 + a R^2)-Lipschitz in W_infinity on the ball.       assumed   MM-21
    4. So it moves by at most L r when x and context move by r, every point of the ball with its image. In (d) a time t adds D t:
       the same with l = L M, m = D, r = t.                                                    kernel    MM-25.velocity
    5. j substeps of length k move a token by at most j k M ...                                kernel    MM-25.moved
    6. ... and end within G k^2 j (j - 1)/2 of one step, G = L M (G = L M + D in (d)).          kernel    MM-25.substeps
    7. For the flow: int_0^h of at most G s ds is at most G h^2/2.                             kernel    MM-25.integral
    8. One layer takes a gap e to at most (1 + h L) e + c, c the error of step 6 or 7.         kernel    MM-25.layer
    9. With c <= B h L: e <= B (P - 1), P = (1 + h L)^k, is kept.                               kernel    MM-25.sum
   10. Induction on substeps and layers.                                                       assumed   induction_on_depth
   11. B = h M/2 for (a) up to (1 - 1/m) and for (b), eps/L' for (c), h (M + D/L)/2 for (d).     symbolic  derivation
   12. One token, A = 0, V = v, N = 1: error and bound agree to second order in v T.           symbolic  derivation
   13. (c): an error of at most eps adds h eps to the radius (1 + h v) r that step 1 gives for the ball of radius r ...
                                                                                               kernel    MM-25.perturbed
   14. ... which is at most r_{k+1} for r = r_k = (R0 + k h eps) (1 + h v)^k <= R'.               kernel    MM-25.radii

Sharpness
    The constant 1/2 is sharp as v T -> 0 (step 12: R0 (e^{vT} - 1 - v T) against its bound, both R0 (v T)^2/2 to leading order).

Source
    proofcheck; residual attention with depth scaling as in furuya2024context (arXiv:2408.01367) and castin2024smooth (arXiv:2312.14820).

Audit
    A perturbed layer may leave the ball of radius R, and L is not its constant there: at a = 0.0087, v = 1/100, R0 = T = 1 errors of norm
    60 end 60.2928 apart, with L the bound would be 60.2916 (tested). No product with L is divided by L = 0: v > 0 in (c) and (d); at
    v = 0 nothing moves in (a), (b), and layers of (c) move by at most eps T.
    Nothing is assumed about differential equations: (a) is a statement about finitely many layers, and (b) holds for every bounded solution
    of the integral equation. Its ball: a solution bounded by some R' obeys (b) with R' in place of R for all N, so it is a
    limit of layers, which stay in the ball of radius R. Step 7 for s in place of h gives |X_s - X_0| <= M s first.
    By (a) layers with N = 2^k converge uniformly; that their limit solves the integral equation is used nowhere here (MM-23).
    Masks, an MLP after attention, the sphere and post-norm layers: MM-27.
"""

from __future__ import annotations

import sympy as sp

from lemmas.measure_maps import attention_lipschitz
from lemmas.measure_maps.attention_lipschitz import R, a, v
from proofcheck.derive.statement import model, statement
from proofcheck.lemma import Binding, Claim, Counterexample, DerivationStep, Property, Refuted, Source

ID = "MM-25"
TITLE = "Depth limit: residual attention against its Vlasov flow"
SOURCE = Source("furuya2024context", "2408.01367", "proofcheck; depth-scaled residual attention")
LABEL = "sharp"
ASSUMES = ("induction_on_depth",)
USES = ("MM-21", "MM-26")

T, R0, eps, D = sp.symbols("T R0 eps D", nonnegative=True)
N, m = sp.symbols("N m", positive=True)
RADIUS = R0 * sp.exp(v * T)
QUERY = attention_lipschitz.BOUNDS["query_on_ball"]  # l = v a R^2
CONTEXT = v * (1 + a * R**2)  # at least MM-21's v sqrt(1 + a^2 R^4) (MM-26.simpler)
LIPSCHITZ = (QUERY + CONTEXT).subs(R, RADIUS)
PERTURBED = LIPSCHITZ.subs(R0, R0 + eps * T)  # of layers whose velocity is off by eps: in the ball (R0 + eps T) e^{v T}
SPEED = v * RADIUS
GROWTH = sp.exp(LIPSCHITZ * T) - 1

BOUNDS = {
    "radius": RADIUS,
    "depth_error": SPEED * T / (2 * N) * GROWTH,
    "refinement_error": (1 - 1 / m) * SPEED * T / (2 * N) * GROWTH,
    "layers": SPEED * T * GROWTH / (2 * eps),
    "velocity_error": eps * (sp.exp(PERTURBED * T) - 1) / PERTURBED,
    "drift_error": (SPEED + D / LIPSCHITZ) * T / (2 * N) * GROWTH,
}
SYMBOLS = {
    "v": "operator norm of V",
    "a": "operator norm of A",
    "T": "time, the sum of all steps",
    "R0": "radius of a ball that holds the tokens",
    "N": "number of layers, of step T/N",
    "m": "how many times more layers the deeper network has",
    "eps": "accuracy; for velocity_error: error of the velocity in each layer",
    "D": "how fast the velocity changes with time through A(t), V(t)",
}


def _summed(local_error: sp.Expr, lipschitz: sp.Expr = LIPSCHITZ) -> sp.Expr:
    """B (e^{L T} - 1) with B = c/(h L), h = T/N: what step 9 makes of a local error c."""
    return local_error * N / (T * lipschitz) * (sp.exp(lipschitz * T) - 1)


def derivation() -> list[DerivationStep]:
    h, z = T / N, sp.Symbol("z", real=True)
    small, G = h / m, LIPSCHITZ * SPEED
    alone = {a: 0, N: 1, R0: 1, T: 1, v: z}
    bound = BOUNDS["depth_error"].subs(alone, simultaneous=True)
    error = sp.exp(z) - 1 - z
    at_zero = [sp.ImmutableMatrix([sp.diff(f, z, k).subs(z, 0) for k in range(3)]) for f in (error, bound)]
    return [
        DerivationStep("refinement", _summed(G * small**2 * m * (m - 1) / 2), BOUNDS["refinement_error"], "m substeps"),
        DerivationStep("flow", _summed(G * h**2 / 2), BOUNDS["depth_error"], "c = L M h^2/2"),
        DerivationStep("velocity", _summed(h * eps, PERTURBED), BOUNDS["velocity_error"], "c = h eps"),
        DerivationStep(
            "L'", PERTURBED, v * (1 + 2 * a * ((R0 + eps * T) * sp.exp(v * T)) ** 2), "on the ball of radius R'"
        ),
        DerivationStep("drift", _summed((G + D) * h**2 / 2), BOUNDS["drift_error"], "c = (L M + D) h^2/2"),
        DerivationStep("layers", BOUNDS["depth_error"].subs(N, BOUNDS["layers"]), eps, "the error at this depth"),
        DerivationStep("L", LIPSCHITZ, v * (1 + 2 * a * BOUNDS["radius"] ** 2), "l + m on the ball of radius R"),
        DerivationStep("speed", BOUNDS["radius"] * v, SPEED, "M = v R"),
        DerivationStep("sharp", at_zero[0], at_zero[1], "value and two derivatives at v T = 0 agree: (0, 0, 1)"),
    ]


PERTURBED_LAYER = {
    "the layer without error": "norm2(p) <= s**2",
    "the error is at most eps": "norm2(e) <= eps**2",
    "s >= 0": "s >= 0",
    "h >= 0": "h >= 0",
    "eps >= 0": "eps >= 0",
}
SIGNS = {"k >= 0": "k >= 0", "G >= 0": "G >= 0"}
LAYER = {
    "|x - y| <= e": "norm2(x - y) <= e**2",
    "|Att(mu, x) - Att(nu, y)| <= L e": "norm2(f - g) <= (L*e)**2",
    "the flow is within c of one step": "norm2(z) <= c**2",
    "e >= 0": "e >= 0",
    "h >= 0": "h >= 0",
    "L >= 0": "L >= 0",
    "c >= 0": "c >= 0",
}
SUM = {
    "one layer": "t <= (1 + h*L)*e + c",
    "the layers before": "e <= B*(P - 1)",
    "the local error": "c <= B*h*L",
    "h >= 0": "h >= 0",
    "L >= 0": "L >= 0",
}


def claims() -> list[Claim]:
    return [
        statement(
            "MM-25.growth",
            "A factor 1 + z raises an exponential by at most z in the exponent.",
            {"the layers before": "P <= exp(s)", "z >= 0": "z >= 0"},
            "(1 + z)*P <= exp(z)*exp(s)",
        ),
        statement(
            "MM-25.perturbed",
            "p = x + h Att(mu, x), s = (1 + h v) r: an error of at most eps in the velocity leaves |p + h e| <= s + h eps.",
            PERTURBED_LAYER,
            "norm2(p + h*e) <= (s + h*eps)**2",
            vectors="p, e",
        ),
        statement(
            "MM-25.radii",
            "P = (1 + h v)^k, r0 = R0 + k h eps, d = h eps: the radii r0 P grow by at least what the error adds.",
            {"P >= 1": "P >= 1", "z = h v >= 0": "z >= 0", "d >= 0": "d >= 0"},
            "(1 + z)*(r0*P) + d <= (r0 + d)*((1 + z)*P)",
        ),
        statement(
            "MM-25.velocity",
            "The velocity moves by at most (l + m) r when token and context move by at most r.",
            {
                "|Att(mu, x) - Att(mu, y)| <= l r": "norm2(u - w) <= (l*r)**2",
                "|Att(mu, y) - Att(nu, y)| <= m r": "norm2(w - z) <= (m*r)**2",
                "l >= 0": "l >= 0",
                "m >= 0": "m >= 0",
                "r >= 0": "r >= 0",
            },
            "norm2(u - z) <= ((l + m)*r)**2",
            vectors="u, w, z",
        ),
        statement(
            "MM-25.moved",
            "j + 1 substeps of length k move a token by at most (j + 1) k M.",
            {
                "j substeps": "norm2(p) <= (j*k*M)**2",
                "the speed is at most M": "norm2(f) <= M**2",
                "j >= 0": "j >= 0",
                "k >= 0": "k >= 0",
                "M >= 0": "M >= 0",
            },
            "norm2(p + k*f) <= ((j + 1)*k*M)**2",
            vectors="p, f",
        ),
        statement(
            "MM-25.substeps",
            "p = y_j - y_0 - j k F_0 and q = F_j - F_0: after one more substep the gap is at most G k^2 j (j + 1)/2.",
            {
                "j substeps": "norm2(p) <= (G*k**2*j*(j - 1)/2)**2",
                "the velocity has moved by at most j k G": "norm2(q) <= (j*k*G)**2",
                "j = 0 or j >= 1": "j*(j - 1) >= 0",
                "j >= 0": "j >= 0",
            }
            | SIGNS,
            "norm2(p + k*q) <= (G*k**2*j*(j + 1)/2)**2",
            vectors="p, q",
        ),
        statement(
            "MM-25.integral",
            "An integral over [0, h] of vectors of length at most G s has length at most G h^2/2.",
            {
                "d = int_0^h f ds": "forall q: inner(d, q) == S[inner(f, q)]",
                "|f| <= G s": "norm2(f) <= (G*s)**2",
                "s >= 0": "s >= 0",
                "int_0^h s ds = h^2/2": "S[s] == h**2/2",
                "G >= 0": "G >= 0",
                "n = |d|": "n**2 == norm2(d)",
            },
            "n <= G*h**2/2",
            vectors="d, f",
            functionals="S!:f,s",
        ),
        statement(
            "MM-25.layer",
            "One layer takes a gap e between network and flow to at most (1 + h L) e + c.",
            LAYER,
            "norm2(x + h*f - (y + h*g + z)) <= ((1 + h*L)*e + c)**2",
            vectors="x, y, f, g, z",
        ),
        statement("MM-25.sum", "e <= B (P - 1) is kept, P the product of the factors.", SUM,
                  "t <= B*((1 + h*L)*P - 1)"),
    ]  # fmt: skip


def _at(**scalars: int | str) -> dict:
    return model(scalars)


def _vectors(scalars: dict, **vectors: int | str) -> dict:
    return model(scalars, {name: [value] for name, value in vectors.items()})


def _integral(s: int, f: int, d: int, **scalars: int | str) -> dict:
    return model({"G": 1, "h": 1, "n": 1} | scalars, {"d": [d]}, S=[("1/2", {"s": s, "f": [f]})])


def _layer(scalars: dict, **vectors: int) -> dict:
    base = {"x": 0, "y": 0, "f": 0, "g": 0, "z": 0}
    return _vectors({"L": 0, "c": 0, "e": 0, "h": 1} | scalars, **(base | vectors))


def _substeps(p: int | str, q: int | str, **scalars: int | str) -> dict:
    return _vectors({"G": 1, "k": 1, "j": 1} | scalars, p=p, q=q)


def counterexamples() -> list[Counterexample]:
    sum_ = {"t": 0, "e": 0, "c": 0, "h": 1, "L": 1, "B": 0, "P": 1}
    return [
        Counterexample("MM-25.growth", 0, _at(P=2, s=0, z=0), "a larger factor"),
        Counterexample("MM-25.growth", 1, _at(P=-1, s="-101/100", z=-2), "a negative factor"),
        *(
            Counterexample("MM-25.perturbed", number, _vectors({"s": 1, "h": 1, "eps": 0} | scalars, **vectors), why)
            for number, (scalars, vectors, why) in enumerate(
                [
                    ({}, {"p": 2, "e": 0}, "a token outside the ball"),
                    ({}, {"p": 1, "e": 1}, "a larger error"),
                    ({"s": -1, "eps": 1}, {"p": 1, "e": 1}, "a negative radius"),
                    ({"h": -1, "eps": 1}, {"p": 1, "e": -1}, "a negative step"),
                    ({"eps": -1}, {"p": 1, "e": 1}, "a negative error"),
                ]
            )
        ),
        Counterexample("MM-25.radii", 0, _at(P=0, z=0, d=1, r0=0), "a factor below 1"),
        Counterexample("MM-25.radii", 1, _at(P=1, z=-1, d=1, r0=0), "a negative rate"),
        Counterexample("MM-25.radii", 2, _at(P=2, z=0, d=-1, r0=0), "a negative error"),
        Counterexample("MM-25.velocity", 0, _vectors({"l": 0, "m": 0, "r": 1}, u=1, w=0, z=0), "queries matter more"),
        Counterexample("MM-25.velocity", 1, _vectors({"l": 0, "m": 0, "r": 1}, u=1, w=1, z=0), "contexts matter more"),
        Counterexample("MM-25.velocity", 2, _vectors({"l": -1, "m": 1, "r": 1}, u=1, w=1, z=0), "a negative constant"),
        Counterexample("MM-25.velocity", 3, _vectors({"l": 1, "m": -1, "r": 1}, u=1, w=0, z=0), "a negative constant"),
        Counterexample("MM-25.moved", 0, _vectors({"M": 0, "j": 0, "k": 1}, p=1, f=0), "a farther start"),
        Counterexample("MM-25.moved", 1, _vectors({"M": 0, "j": 0, "k": 1}, p=0, f=1), "a faster token"),
        Counterexample("MM-25.moved", 2, _vectors({"M": 1, "j": -1, "k": 1}, p=1, f=1), "a negative number of steps"),
        Counterexample("MM-25.substeps", 0, _substeps(9, 0), "a larger gap before"),
        Counterexample("MM-25.substeps", 1, _substeps(0, 2), "a velocity that moves more"),
        Counterexample("MM-25.substeps", 2, _substeps("1/8", "1/2", j="1/2"), "half a substep"),
        Counterexample("MM-25.substeps", 3, _substeps(1, 1, j=-1), "a negative number of substeps"),
        Counterexample("MM-25.integral", 0, _integral(1, 0, 1), "d is not the integral"),
        Counterexample("MM-25.integral", 1, _integral(1, 2, 1, G="1/2"), "a velocity that moves more"),
        Counterexample("MM-25.integral", 2, _negative_times(), "times below 0"),
        Counterexample("MM-25.integral", 3, _integral(2, 2, 1), "a longer interval"),
        Counterexample("MM-25.integral", 4, _integral(1, 0, 0, G=-1, n=0), "a negative constant"),
        Counterexample("MM-25.integral", 5, _integral(1, 0, 0, n=9), "n is not the length"),
        Counterexample("MM-25.layer", 0, _layer({}, x=1), "a larger gap before"),
        Counterexample("MM-25.layer", 1, _layer({}, f=1), "a velocity that moves more"),
        Counterexample("MM-25.layer", 2, _layer({}, z=1), "a larger local error"),
        Counterexample("MM-25.layer", 3, _layer({"e": -1, "c": 1}, x=1), "a negative gap"),
        Counterexample("MM-25.layer", 4, _layer({"h": -1, "e": 1, "L": 1}, x=1), "a negative step"),
        Counterexample("MM-25.layer", 5, _layer({"e": 1, "L": -1}, x=1), "a negative constant"),
        Counterexample("MM-25.layer", 6, _layer({"e": 1, "c": -1}, x=1), "a negative error"),
        *(
            Counterexample("MM-25.sum", number, model(sum_ | change), why)
            for number, (change, why) in enumerate(
                [
                    ({"t": 1}, "a layer that does more"),
                    ({"e": 1, "t": 2}, "a larger gap before"),
                    ({"c": 1, "t": 1}, "a larger local error"),
                    ({"h": -2, "t": 1, "e": -1}, "a negative step"),
                    ({"L": -2, "t": 1, "e": -1}, "a negative constant"),
                ]
            )
        ),
    ]


def _negative_times() -> dict:
    atoms = [(1, {"s": -1, "f": [1]}), (1, {"s": 1, "f": [0]})]
    return model({"G": 1, "h": 0, "n": 1}, {"d": [1]}, S=atoms)


def refuted() -> list[Refuted]:
    first, second = {"j substeps": "norm2(p) <= 0"}, {"q moved by k G": "norm2(q) <= (k*G)**2"}
    smaller = statement(
        "MM-25.smaller", "", first | second | SIGNS, "norm2(p + k*q) <= (99/100*G*k**2)**2", vectors="p, q"
    )
    frozen = statement(
        "MM-25.frozen",
        "",
        {"one layer, frozen context": "t <= (1 + h*L)*e + c", "the context has moved": "c <= h*K"} | {"h > 0": "h > 0"},
        "t <= (1 + h*L)*e + h**2*K",
    )
    return [
        Refuted(
            "a smaller constant",
            "Two substeps stay within 0.99 G k^2 of one step.",
            smaller.text,
            _substeps(0, 1) | {"scalars": {"G": "1", "k": "1"}},
        ),
        Refuted(
            "frozen context",
            "A layer that attends to the first context has a local error of order h^2 (false: it is of order h).",
            frozen.text,
            model({"t": "1/2", "h": "1/2", "L": 0, "e": 0, "c": "1/2", "K": 1}),
        ),
    ]


NORMS = {"v": "value_norm", "a": "operator_norm", "R0": "radius", "T": "time"}
HAMMER = (
    Property(
        kind="flow",
        callable="torch_impl.vlasov:depth_flow",
        bound="refinement_error",
        quantities=NORMS | {"N": "layers", "m": "times"},
        sharp=False,
        options={"statement": "refinement", "layers": 2},
    ),
    Property(
        kind="flow",
        callable="torch_impl.vlasov:depth_flow",
        bound="radius",
        quantities={"v": "value_norm", "R0": "radius", "T": "time"},
        sharp=False,
        options={"statement": "radius", "layers": 2},
    ),
)
BINDINGS = (Binding("torch_impl.attention:residual_attention", "proofcheck.bind.formulas_flow:RESIDUAL_ATTENTION"),)
