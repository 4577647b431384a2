"""Stand-ins for lemma modules: the statements of the theory with their bounds, one trial each."""

from types import SimpleNamespace

import sympy as sp

from proofcheck.hammer.trial import trial
from proofcheck.lemma import Property

NAMES = "w D beta r eta a Delta q1 q2 c1 c2 R t"
w, D, beta, r, eta, a, Delta, q1, q2, c1, c2, R, t = (sp.Symbol(n, positive=True) for n in NAMES.split())


def stand_in(name, kind, function, bound, quantities, sharp=True, **options):
    where = function if ":" in function else f"torch_impl.layers:{function}"
    prop = Property(kind, where, "b" if bound is not None else "", quantities, sharp, options)
    return trial(SimpleNamespace(ID=name, HAMMER=prop, BOUNDS={} if bound is None else {"b": bound}))


COMPOSITION = {
    "q1": "query_constant_1",
    "q2": "query_constant_2",
    "c1": "context_constant_1",
    "c2": "context_constant_2",
}

STEP_NORM = {"eta": "step", "a": "operator_norm"}
DATA = {**STEP_NORM, "D": "image_diameter", "r": "query_norm", "t": "query_image_norm"}
BALL = {**STEP_NORM, "R": "radius"}
ATTENDED = {"w": "value_norm"}

eta1, eta2, eta3, a1, a2, a3, s2 = sp.symbols("eta1 eta2 eta3 a1 a2 a3 s2", positive=True)


def on_ball(eta, a, r):
    return eta * a * (1 + 2 * a * r**2) * sp.exp(2 * a * r**2)


r1 = R * (1 + eta1 * a1)
DEEP = (1 + on_ball(eta1, a1, R)) * (1 + on_ball(eta2, a2, r1)) - 1
TWO_LAYERS = {"eta1": "step_1", "a1": "operator_norm_1", "eta2": "step_2", "a2": "operator_norm_2", "R": "radius"}
# attention, an MLP step that adds eta2 s2 to the radius, attention
MIXED = (1 + on_ball(eta1, a1, R)) * (1 + on_ball(eta3, a3, r1 + eta2 * s2)) - 1
THREE_LAYERS = {k: q for k, q in TWO_LAYERS.items() if k != "a2"} | {
    "s2": "bias_pull_2",
    "eta3": "step_3",
    "a3": "operator_norm_3",
}

SHARP = {
    "mlp": stand_in("mlp", "nonexpansive_query", "gradient_mlp", 2 / w**2, {"w": "operator_norm"}),
    "attention": stand_in(
        "attention", "nonexpansive_query", "gradient_attention", 2 / beta, {"beta": "image_radius_squared"}
    ),
    "attention_sharp": stand_in(
        "attention_sharp", "nonexpansive_query", "gradient_attention", 8 / D**2, {"D": "image_diameter"}
    ),
    "propagated": stand_in(
        "propagated",
        "nonexpansive_query",
        "gradient_attention",
        8 / (a * Delta) ** 2,
        {"a": "operator_norm", "Delta": "domain_diameter"},
    ),
    "softmax": stand_in("softmax", "lipschitz_constant", "softmax", sp.Rational(1, 2), {}),
    "softmax_variance": stand_in(
        "softmax_variance",
        "softmax_variance",
        "softmax",
        q1 * (1 - q1 + q2),
        {"q1": "largest_weight", "q2": "second_weight"},
    ),
    "softmax_1": stand_in("softmax_1", "lipschitz_constant", "softmax", sp.Rational(1, 2), {}, p=1),
    "softmax_inf": stand_in("softmax_inf", "lipschitz_constant", "softmax", sp.Rational(1, 2), {}, p="inf"),
    "composition": stand_in(
        "composition", "context_lipschitz", "affine_mean", (q1 + c1) * (q2 + c2) - q1 * q2, COMPOSITION
    ),
    "context": stand_in(
        "context", "context_attention", "gradient_attention", eta * (a + D * t) * sp.exp(D * r), DATA, distance="w1"
    ),
    "context_ball": stand_in(
        "context_ball",
        "context_attention",
        "gradient_attention",
        eta * a * (1 + 2 * a * R**2) * sp.exp(2 * a * R**2),
        BALL,
        distance="w1",
    ),
    "context_inf": stand_in(
        "context_inf",
        "context_attention",
        "gradient_attention",
        eta * sp.sqrt(a**2 + D**2 * t**2 / 4),
        {name: q for name, q in DATA.items() if name != "r"},
        distance="winf",
    ),
    "context_attend": stand_in(
        "context_attend",
        "context_attend",
        "torch_impl.attention:attend",
        w * (1 + D * t) * sp.exp(D * t),
        ATTENDED | {"D": "diameter", "t": "query_image_norm"},
        distance="w1",
    ),
    "context_attend_inf": stand_in(
        "context_attend_inf",
        "context_attend",
        "torch_impl.attention:attend",
        w * sp.sqrt(1 + a**2 * R**4),
        ATTENDED | {"a": "operator_norm", "R": "radius"},
        distance="winf",
    ),
    "query_attend": stand_in(
        "query_attend",
        "query_attend",
        "torch_impl.attention:attend",
        w * a * D**2 / 4,
        ATTENDED | {"a": "operator_norm", "D": "diameter"},
    ),
    "deep": stand_in("deep", "deep_context", "gradient_attention", DEEP, TWO_LAYERS, layers=("attention", "attention")),
    "deep_mlp": stand_in(
        "deep_mlp",
        "deep_context",
        "gradient_attention",
        MIXED,
        THREE_LAYERS,
        layers=("attention", "mlp", "attention"),
    ),
    "radius": stand_in(
        "radius",
        "domain_radius",
        "gradient_attention",
        r * (1 + eta * a),
        {"r": "radius", "eta": "step", "a": "operator_norm"},
    ),
    "jacobian_max": stand_in(
        "jacobian_max",
        "jacobian_norm",
        "torch_impl.attention:self_attention",
        q1 * (a * R**2 + sp.sqrt(1 + a**2 * R**4)),
        {"q1": "value_norm", "a": "score_norm", "R": "radius"},
        norm="max_token",
    ),
    "diameter": stand_in(
        "diameter", "domain_radius", "gradient_attention", Delta, {"Delta": "domain_diameter"}, statement="diameter"
    ),
}
UPPER = {
    "context_paper": stand_in(
        "context_paper",
        "context_attention",
        "gradient_attention",
        eta * a * ((1 + a * R**2) * sp.exp(2 * a * R**2) + a * R**2 * sp.exp(4 * a * R**2)),
        BALL,
        False,
        distance="w1",
    ),
    "push_attend": stand_in(
        "push_attend",
        "push_attend",
        "torch_impl.attention:attend",
        w * (a * R**2 + sp.sqrt(1 + a**2 * R**4) * sp.exp(a * R**2)),
        ATTENDED | {"a": "operator_norm", "R": "radius"},
        False,
        distance="w2",
    ),
    "push_residual": stand_in(
        "push_residual",
        "push_attend",
        "torch_impl.attention:residual_attention",
        1 + eta * w * (a * R**2 + sp.sqrt(1 + a**2 * R**4)),
        ATTENDED | {"a": "operator_norm", "R": "radius", "eta": "step"},
        False,
        distance="winf",
    ),
    "mlp_radius": stand_in(
        "mlp_radius",
        "domain_radius",
        "gradient_mlp",
        r + eta * a,
        {"r": "radius", "eta": "step", "a": "bias_pull"},
        False,
    ),
    "jacobian": stand_in(
        "jacobian",
        "jacobian_norm",
        "torch_impl.attention:self_attention",
        q1 * (sp.sqrt(c1 * (1 + a**2 * R**4)) + a * R**2),
        {"q1": "value_norm", "c1": "tokens", "a": "score_norm", "R": "radius"},
        False,
        mask="causal",
    ),
    "jacobian_here": stand_in(
        "jacobian_here",
        "jacobian_norm",
        "torch_impl.attention:self_attention",
        q1 * (q2 + sp.sqrt(c1) * t + c2),
        {"q1": "value_norm", "q2": "weights_norm", "c1": "column_sum", "t": "key_factor", "c2": "query_factor"},
        False,
    ),
    "attained": stand_in(
        "attained",
        "attained_norm",
        "torch_impl.attention:self_attention",
        q1 * sp.sqrt(c1 - 1) / (1 + (c1 - 1) * sp.exp(-2 * c2 * R**2)),
        {"q1": "value_norm", "c1": "tokens", "c2": "gamma", "R": "radius"},
        False,
    ),
    "derivatives": stand_in("derivatives", "identity", "log_partition", None, {}, False),
    "mean": stand_in("mean", "identity", "attention_mean", None, {}, False),
    "covariance": stand_in("covariance", "identity", "attention_covariance", None, {}, False),
    "sorting": stand_in("sorting", "identity", "sorting_step", None, {}, False),
}
ALL = SHARP | UPPER

# what the general tests above show of W_1 is not repeated
INFINITY = {
    "context_inf_ball": stand_in(
        "context_inf_ball",
        "context_attention",
        "gradient_attention",
        eta * a * sp.sqrt(1 + a**2 * R**4),
        BALL,
        distance="winf",
    ),
    "deep_inf": stand_in(
        "deep_inf",
        "deep_context",
        "gradient_attention",
        (1 + eta1 * a1 * sp.sqrt(1 + a1**2 * R**4)) * (1 + eta2 * a2 * sp.sqrt(1 + a2**2 * r1**4)) - 1,
        TWO_LAYERS,
        layers=("attention", "attention"),
        distance="winf",
    ),
}


TENTH = sp.Rational(1, 10)


def weakened(name, percent=TENTH):
    """The trial with a bound that is false by `percent` per cent: a longer step, a smaller constant."""
    t = SHARP[name]
    longer = t.prop.kind == "nonexpansive_query"
    return t.with_bound(t.bound * (1 + percent / 100 if longer else 1 - percent / 100))
