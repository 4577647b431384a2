"""proofcheck: keep a paper, a theory and torch code that claim the same bound checked against each other."""

__version__ = "0.1.0"
