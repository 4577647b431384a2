"""Models for AS-03: each satisfies every assumption of a claim but one, and violates its target.

One entry for each assumption, in the order of the claim; None where the assumption is redundant (the test says why).
"""

from __future__ import annotations

from proofcheck.derive.statement import model

MODELS: dict[str, tuple[dict | None, ...]] = {
    "AS-03.remembered": (
        model({"R": 2, "a": "4/3", "p": "403/300", "v": -2}),  # v >= 0
        model({"R": "1/2", "a": -1, "p": 3, "v": "1/2"}),  # a >= 0
        model({"R": -2, "a": "1/2", "p": "501/1000", "v": 1}),  # p >= 1
    ),
    "AS-03.spread": (
        model({"s": -2}),  # s >= 0
    ),
    "AS-03.tokens": (
        model({"L": 0, "M": 1, "w": "9/4"}, E=[(1, {"g": 1, "o": "113/50"})]),  # a token goes to at most L g + M rho
        model({"L": 0, "M": "1/10", "w": 1}, E=[(1, {"g": "-1/4", "o": -2})]),  # o is a distance
        model({"L": 2, "M": "1/2", "w": "499/1000"}, E=[(1, {"g": 2, "o": 2})]),  # rho^2 is the mean of squares
        None,  # w >= 0
        model({"L": -1, "M": 2, "w": 2}, E=[(1, {"g": 0, "o": 3})]),  # L >= 0
        model(
            {"L": 1, "M": "-1/2", "w": 1}, E=[("119/128", {"g": "5/8", "o": 0}), ("9/128", {"g": 3, "o": 2})]
        ),  # M >= 0
    ),
}
