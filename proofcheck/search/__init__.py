"""Untrusted finders of certificates and counterexamples; the kernel decides on what they find. See README.md."""

from .prove import Outcome, prove
from .via import prove_via

__all__ = ["Outcome", "prove", "prove_via"]
