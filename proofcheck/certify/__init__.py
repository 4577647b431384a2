"""Certificates of saved deep in-context Transformers: admissible steps, Lipschitz constants, roundoff, an adversary."""

from proofcheck.certify.certificate import Certificate, certify

__all__ = ["Certificate", "certify"]
