"""A second reading of each claim: its sentence, evaluated at sampled points, against what the kernel reads.

A reading is a plain function, written from the sentence of a claim and never from its text. It is no part of what a
PROVED verdict rests on; it is evidence that the claim says what the sentence says. See docs/fidelity.md.
"""

from .compare import Comparison, compare
from .reading import Reading, load_readings

__all__ = ["Comparison", "Reading", "compare", "load_readings"]
