"""Models for MM-18: each satisfies every assumption of a claim but one, and violates its target.

One entry for each assumption, in the order of the claim; None where the assumption is redundant (the test says why).
"""

from __future__ import annotations

from proofcheck.derive.statement import model

MODELS: dict[str, tuple[dict | None, ...]] = {
    "MM-18.pair": (
        model({"L": 1, "M": "1001/1000", "g": "1101/1000", "w": 3}, {"s": [3], "t": [3]}),  # s = G(mu, y0) - G(mu, y1)
        model(
            {"L": "3/2", "M": "3/2", "g": "1/2", "w": "1/2"}, {"s": ["1/2"], "t": ["8/5"]}
        ),  # t = G(mu, y1) - G(nu, y1)
        model({"L": -1, "M": 1, "g": "1/2", "w": "1/2"}, {"s": [0], "t": ["-1/2"]}),  # L >= 0
        model({"L": 2, "M": "-11/4", "g": 1, "w": 1}, {"s": ["1/2"], "t": ["21/10"]}),  # M >= 0
        model({"L": "1/2", "M": "3/5", "g": -3, "w": "3/2"}, {"s": [-1], "t": [0]}),  # g >= 0
        model({"L": 2, "M": 1, "g": "11/4", "w": -2}, {"s": ["57/20"], "t": [2]}),  # w >= 0
    ),
    "MM-18.push": (
        model(
            {"L": 0, "M": 1, "k": 0, "p": 2, "r": "-1/100"}, E=[(1, {"u": "-1/1000", "y": -2})]
        ),  # a pair goes to at most L g + M rho
        model({"L": 0, "M": 3, "k": "-1/2", "p": "299/100", "r": "5/3"}, E=[(1, {"u": 2, "y": -2})]),  # e^k = L + M
        model(
            {"L": 1, "M": 0, "k": 0, "p": 3, "r": "-5/2"}, E=[(1, {"u": "101/100", "y": "5/2"})]
        ),  # the coupling costs at most e^r
        model({"L": -1, "M": 2, "k": 0, "p": "199/100", "r": "-1/10"}, E=[(1, {"u": 0, "y": "-1/3"})]),  # L >= 0
        model(
            {"p": 2, "k": 0, "r": 0, "L": 2, "M": -1},
            E=[("1/2", {"y": "-1/2", "u": "-31/20"}), ("1/2", {"y": "1/5", "u": "183/500"})],
        ),  # M >= 0
        model(
            {"L": "1/2", "M": "1/2", "k": 0, "p": "-1/2", "r": "-1/2"},
            E=[("1/2", {"u": -2, "y": "49/100"}), ("1/2", {"u": -1, "y": -1})],
        ),  # p >= 1
    ),
    "MM-18.push_inf": (
        model({"L": 2, "M": -2, "w": 0}, E=[(1, {"g": -2, "o": "8/3"})]),  # a pair goes to at most L g + M rho
        model({"L": 3, "M": "1/2", "w": -2}, E=[(1, {"g": "5/2", "o": -2})]),  # no pair is farther than rho
        model({"L": -3, "M": "4/3", "w": 3}, E=[(1, {"g": 0, "o": 0})]),  # L >= 0
    ),
}
