"""Theory against code: the graph of a torch callable, run on symbols, against the formula a lemma speaks of.

compare(callable, formula, inputs)    Agreement (a proof), Disagreement (with a rational input), Undecided
formula_of(callable, inputs)          what the code computes, as SymPy expressions
check_bindings(lemma)                 every torch callable that a lemma names
"""

from proofcheck.bind.check import BindingResult, check_bindings
from proofcheck.bind.compare import Agreement, Disagreement, Undecided, compare, compare_all, formula_of
from proofcheck.bind.errors import TooLarge, UnsupportedOp
from proofcheck.bind.inputs import Input, positive, real, weights

__all__ = [
    "Agreement",
    "BindingResult",
    "Disagreement",
    "Input",
    "TooLarge",
    "Undecided",
    "UnsupportedOp",
    "check_bindings",
    "compare",
    "compare_all",
    "formula_of",
    "positive",
    "real",
    "weights",
]
