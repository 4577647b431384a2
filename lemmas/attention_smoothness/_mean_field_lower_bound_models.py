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
    "AS-03L.twice": (
        model({"R": 3, "g": "1/2", "u": -2}),  # v >= 0
        None,  # a >= 0
    ),
}
