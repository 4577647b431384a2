"""Checking lemmas: derivation, certificates, models, counterexamples, code, and the pins of the trust manifest."""
