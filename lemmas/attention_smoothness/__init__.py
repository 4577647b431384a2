"""Lemmas of line B: how smooth attention is (arXiv:2312.14820) and related bounds."""
