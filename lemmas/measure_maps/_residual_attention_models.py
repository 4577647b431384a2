"""Models for MM-22: each satisfies every assumption of a claim but one, and violates its target.

One entry for each assumption, in the order of the claim; None where the assumption is redundant (the test says why).
"""

from __future__ import annotations

from proofcheck.derive.statement import model

MODELS: dict[str, tuple[dict | None, ...]] = {
    "MM-22.pair": (
        model(
            {"g": "5/4", "h": 0, "l": 1, "m": 2, "w": "9/10"}, {"s": ["5/4"], "t": ["31/25"], "x": [-2]}
        ),  # |y1 - y0| <= g
        model(
            {"g": 1, "h": "1/2", "l": "49/100", "m": "3/5", "w": "12/25"}, {"s": ["1001/1000"], "t": [0], "x": [1]}
        ),  # s = Att(mu, y0) - Att(mu, y1)
        model(
            {"g": 0, "h": "1/2", "l": 1, "m": 0, "w": "99/100"}, {"s": [0], "t": [-1], "x": [0]}
        ),  # t = Att(mu, y1) - Att(nu, y1)
        model(
            {"g": -2, "h": 2, "l": "2001/1000", "m": 3, "w": 3}, {"s": ["-2001/1000"], "t": ["-1001/500"], "x": [0]}
        ),  # g >= 0
        model({"g": 2, "h": "1/2", "l": -2, "m": 2, "w": 0}, {"s": ["-1/2"], "t": [0], "x": ["-1/2"]}),  # l >= 0
        model(
            {"g": "5/2", "h": "1/2", "l": 2, "m": -3, "w": 3}, {"s": ["249/100"], "t": ["239/100"], "x": [1]}
        ),  # m >= 0
        model({"g": 3, "h": "1/2", "l": "1/2", "m": 3, "w": -2}, {"s": [-1], "t": [0], "x": ["-99/100"]}),  # w >= 0
        model(
            {"g": 3, "h": "-1/4", "l": 3, "m": 2, "w": "2999/1000"}, {"s": [-2], "t": ["-1999/1000"], "x": ["-201/100"]}
        ),  # h >= 0
    ),
    "MM-22.layer_inf": (
        model({"h": 0, "l": 1, "m": 0, "w": "1/2"}, E=[(1, {"g": "-1/1000", "o": 2})]),  # a pair
        model({"h": 0, "l": 2, "m": 0, "w": -1}, E=[(1, {"g": 3, "o": "7/4"})]),  # no pair is farther than rho
        model({"h": 2, "l": -3, "m": 2, "w": 1}, E=[(1, {"g": -2, "o": "199/100"})]),  # l >= 0
        model({"h": "-1/2", "l": 3, "m": "1/2", "w": 3}, E=[(1, {"g": "49/100", "o": -2})]),  # h >= 0
    ),
    "MM-22.projection": (
        model({}, {"b": [2], "x": [-2], "y": [-1]}),  # |x| = 1
        model({}, {"b": [3], "x": [-1], "y": ["-1/2"]}),  # |y| = 1
    ),
    "MM-22.tangent": (
        model({"q": 1, "v": 1, "w": 1}, {"d": ["999/1000"], "r": ["2/3"], "x": ["5/2"]}),  # |x| = 1
        model({"q": "1/2", "v": "499/1000", "w": 3}, {"d": [-3, 3], "r": ["1/2", 0], "x": [1, 0]}),  # d = c - b
        model({"q": "1/2", "v": "51/100", "w": "1/2"}, {"d": ["1/2"], "r": [-2], "x": [-1]}),  # r = <x, b> x - <y, b> y
        model({"q": -2, "v": "1/2", "w": 3}, {"d": [1], "r": ["-4/3"], "x": [1]}),  # q >= 0
        model({"q": 2, "v": "-11/4", "w": 1}, {"d": [2], "r": ["-5/2"], "x": [1]}),  # v >= 0
        model({"q": 2, "v": "8/3", "w": -1}, {"d": ["-5/4"], "r": [-1], "x": [1]}),  # w >= 0
    ),
    "MM-22.sphere": (
        model({"a": 3, "v": -1}),  # v >= 0
        model({"a": -2, "v": "1/2"}),  # a >= 0
    ),
}
