"""Lemmas of line A: Lipschitz-continuous Transformers built from gradient steps (arXiv:2602.15503)."""
