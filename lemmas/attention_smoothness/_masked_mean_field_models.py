"""Models for AS-07: each satisfies every assumption of a claim but one, and violates its target.

One entry for each assumption, in the order of the claim; None where the assumption is redundant (the test says why).
"""

from __future__ import annotations

from proofcheck.derive.statement import model

MODELS: dict[str, tuple[dict | None, ...]] = {
    "AS-07.hardy_step": (
        model({"T": "3/2", "g": "7/5", "q": 1, "w": 3, "x": 2, "z": -1}),  # the average after is at most this
        model({"T": -1, "w": 1, "x": 0, "z": 1, "q": 2, "g": "68/25"}),  # T >= 0
        model({"T": 1, "w": 1, "x": 0, "z": 1, "q": "1/2", "g": "-71/100"}),  # q >= 1
    ),
    "AS-07.hardy_chain": (
        model({"F0": 3, "F1": "1/2", "P": -2, "Q": "5/2", "q": -2, "s": 2, "t": "199/100"}),  # before
        model(
            {"F0": -2, "F1": "1/2", "P": "501/1000", "Q": 1, "q": "1/2", "s": -1, "t": "-999/1000"}
        ),  # one time stamp
    ),
    "AS-07.hardy": (
        model({"q": 2, "k": 1}, E=[(1, {"x": 5, "y": 0})]),  # linear form
        model({"k": "1/2", "q": 1}, E=[(1, {"x": 1, "y": 0})]),  # e^k >= q/(q - 1)
        None,  # q >= 1
    ),
    "AS-07.jensen": (
        model({"m": "3/2", "q": "7/5"}, E=[(1, {"y": 1})]),  # e^m is at most the mean
        model({"m": 1, "q": "-1/2"}, E=[(1, {"y": 3})]),  # q >= 1
    ),
    "AS-07.minkowski": (
        model(
            {"L": 0, "M": 1, "k": 0, "p": 2, "r": "-1/100"}, E=[(1, {"u": "-1/1000", "y": -2, "z": -2})]
        ),  # a pair goes to at most L g + M h
        model(
            {"L": "7/3", "M": "703/300", "k": -1, "p": "673/300", "r": 1},
            E=[(1, {"u": "6997/3000", "y": -3, "z": "1/2"})],
        ),  # e^k = L + M
        model(
            {"L": 1, "M": 0, "k": 0, "p": 1, "r": 0}, E=[(1, {"u": 1, "y": 2, "z": -1})]
        ),  # the coupling costs at most e^r
        model(
            {"L": 0, "M": 1, "k": 0, "p": 1, "r": 0}, E=[(1, {"u": 1, "z": 2, "y": -1})]
        ),  # the averages cost at most e^r
        model(
            {"p": 2, "k": 0, "r": 0, "L": -1, "M": 2},
            E=[("1/2", {"z": "-1/2", "u": "-31/20", "y": 0}), ("1/2", {"z": "1/5", "u": "183/500", "y": 0})],
        ),  # L >= 0
        model(
            {"p": 2, "k": 0, "r": 0, "L": 2, "M": -1},
            E=[("1/2", {"y": "-1/2", "u": "-31/20", "z": 0}), ("1/2", {"y": "1/5", "u": "183/500", "z": 0})],
        ),  # M >= 0
        model(
            {"L": 0, "M": 1, "k": 0, "p": -1, "r": -1},
            E=[("1/3", {"u": "-7/3", "y": 0, "z": "-5/4"}), ("2/3", {"u": -2, "y": "1/4", "z": "-1/100"})],
        ),  # p >= 1
    ),
    "AS-07.harmonic": (
        model({"n": 3}, E=[(1, {"k": -1})]),  # k > 0
        model({"n": 1}, E=[(1, {"k": "9/4"})]),  # k <= 2 n
    ),
}
