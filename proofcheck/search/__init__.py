"""Untrusted finders of certificates and counterexamples; the kernel decides on what they find. See README.md."""

from .prove import Outcome, prove

__all__ = ["Outcome", "prove"]
