"""Which way a bound is weaker: the one table of keys.

    direction   a paper's value is weaker    what the lemma says of its value v
    STEP        smaller                      every step in [0, v] is admissible, v itself too
    LIMIT       smaller                      every value below v is admissible
    UPPER       larger                       the quantity is at most v
    LOWER       smaller                      the quantity is at least v
    EXACT       never                        the construction takes the value v; another one is another construction

Keys that end in `_max` are LIMIT, except the steps; a key that is not listed is EXACT, so that nothing passes for
weaker by mistake.
"""

from __future__ import annotations

from enum import Enum


class Direction(Enum):
    """The side on which a bound loses strength."""

    STEP = "largest step, itself admissible: a smaller one is weaker"
    LIMIT = "largest value: a smaller one is weaker"
    UPPER = "upper bound: a larger one is weaker"
    LOWER = "lower bound: a smaller one is weaker"
    EXACT = "exact value: no other one follows"

    @property
    def is_at_most(self) -> bool:
        """Whether a smaller value in the paper claims less."""
        return self in (Direction.STEP, Direction.LIMIT, Direction.LOWER)


TABLE = {
    "eta_max": Direction.STEP,
    "tau_max": Direction.STEP,
    "context_constant": Direction.UPPER,
    "context_constant_inf": Direction.UPPER,
    "context_constant_2": Direction.UPPER,
    "query_on_ball": Direction.UPPER,
    "on_ball_2": Direction.UPPER,
    "on_ball_inf": Direction.UPPER,
    "on_tokens": Direction.UPPER,
    "lipschitz_constant_2": Direction.UPPER,
    "lipschitz_constant_inf": Direction.UPPER,
    "sphere_inf": Direction.UPPER,
    "as_remembered": Direction.UPPER,
    "lipschitz_constant": Direction.UPPER,
    "on_ball": Direction.UPPER,
    "sharper": Direction.UPPER,
    "combined": Direction.UPPER,
    "biased": Direction.UPPER,
    "max_token": Direction.UPPER,
    "here": Direction.UPPER,
    "here_sharper": Direction.UPPER,
    "values": Direction.UPPER,
    "limit": Direction.UPPER,
    "lipschitz_constant_1": Direction.UPPER,
    "masked": Direction.UPPER,
    "largest_weight": Direction.UPPER,
    "radius": Direction.UPPER,
    "spread": Direction.UPPER,
    "budget": Direction.UPPER,
    "loss": Direction.UPPER,
    "error": Direction.UPPER,
    "net_error": Direction.UPPER,
    "kappa": Direction.UPPER,
    "product_error": Direction.UPPER,
    "probe_shift": Direction.UPPER,
    "probe_cost": Direction.UPPER,
    "reweighting_shift": Direction.UPPER,
    "singular_part": Direction.UPPER,
    "image_modulus": Direction.UPPER,
    "interpolants": Direction.UPPER,
    "exponent": Direction.UPPER,
    "exponent_inf": Direction.UPPER,
    "query_exponent": Direction.UPPER,
    "query_constant": Direction.UPPER,
    "depth_error": Direction.UPPER,
    "refinement_error": Direction.UPPER,
    "layers": Direction.UPPER,
    "velocity_error": Direction.UPPER,
    "drift_error": Direction.UPPER,
    "lower": Direction.LOWER,
    "norm_lower": Direction.LOWER,
    "masked_lower": Direction.LOWER,
    "along_lower": Direction.LOWER,
    "quarter_turn_lower": Direction.LOWER,
    "lower_1": Direction.LOWER,
    "lower_2": Direction.LOWER,
    "separation": Direction.LOWER,
    "jump": Direction.LOWER,
    "mean_remainder": Direction.UPPER,
    "potential_remainder": Direction.UPPER,
    "time_step": Direction.UPPER,
    "tau": Direction.EXACT,
    "tau_offset": Direction.EXACT,
    "tau_coordinate": Direction.EXACT,
    "alpha": Direction.EXACT,
    "beta": Direction.EXACT,
    "factor": Direction.EXACT,
    "lift": Direction.EXACT,
    "readout": Direction.EXACT,
}


def direction(key: str) -> Direction:
    """The direction of a bound by its key in BOUNDS."""
    return TABLE.get(key) or (Direction.LIMIT if key.endswith("_max") else Direction.EXACT)
