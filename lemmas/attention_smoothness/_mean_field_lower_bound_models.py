"""Models for AS-03L: each satisfies every assumption of a claim but one, and violates its target.

One entry for each assumption, in the order of the claim; None where the assumption is redundant (the test says why).
"""

from __future__ import annotations

from proofcheck.derive.statement import model

MODELS: dict[str, tuple[dict | None, ...]] = {
    "AS-03L.two": (
        model({"S": 0, "h": "-1/1000", "k": -2, "l": "1/2", "w0": 1, "w1": "-8/3"}),  # w1 = 1/(1 + S)
        model({"S": 0, "h": 0, "k": 1, "l": 3, "w0": "8/3", "w1": 1}),  # w0 is at most 1/(1 + S e^{k h})
        model({"S": 1, "h": -1, "k": 3, "l": "1/2", "w0": "-7/3", "w1": "1/2"}),  # w0 >= 0
        model({"S": -2, "h": "1/2", "k": "501/1000", "l": 1, "w0": "1/2", "w1": -1}),  # S >= 0
        model({"S": 0, "h": "-5/4", "k": 0, "l": -1, "w0": 0, "w1": 1}),  # l >= 0
    ),
    "AS-03L.stay": (
        model({"p": 3, "r": 0}, E=[(1, {"y": "-8/3"})]),  # no destination is nearer
        model({"p": -2, "r": "1/2"}, E=[(1, {"y": "501/1000"})]),  # p >= 0
    ),
    "AS-03L.ratio": (
        model({"D": 0, "alpha": 1, "h": 1, "y": 1, "tau": 1, "delta": 1}),  # the images
        model({"D": 1, "alpha": 1, "h": 1, "y": 1, "tau": 1, "delta": 2}),  # the measures
        model({"D": -1, "alpha": -1, "h": 1, "y": 1, "tau": 1, "delta": 0}),  # alpha >= 0
        model({"D": -1, "alpha": 1, "h": 1, "y": -1, "tau": 1, "delta": 0}),  # y >= 0
        model({"D": 2, "alpha": 1, "h": 1, "y": 1, "tau": -1, "delta": -1}),  # tau >= 0
    ),
    "AS-03L.move": (
        model({"S": 0, "h": 0, "k": 0, "w0": 1, "w1": 2}),  # w1 = 1/(1 + S)
        model({"S": 0, "h": 0, "k": 0, "w0": 0, "w1": 1}),  # w0 is at least 1/(1 + S e^{k h})
        model({"S": "-1/2", "h": 1, "k": 1, "w0": -3, "w1": 2}),  # S >= 0
        model({"S": 0, "h": -1, "k": 1, "w0": 1, "w1": 1}),  # k h >= 0
    ),
    "AS-03L.large": (
        model({"R": 1, "S": 0, "g": 1, "u": 1, "x": 2}),  # x = S/(1 + S)
        model({"R": 1, "S": -2, "g": 1, "u": 1, "x": 2}),  # S >= 0
        model({"R": 1, "S": 1, "g": 1, "u": -1, "x": "1/2"}),  # u >= 0
    ),
    "AS-03L.twice": (
        model({"R": 3, "g": "1/2", "u": -2}),  # v >= 0
        None,  # a >= 0
    ),
}
