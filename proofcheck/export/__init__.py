"""Certificates and bounds for readers: mathematics as text, LaTeX."""
