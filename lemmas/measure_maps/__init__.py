"""Lemmas of line C: Transformers as maps between measures (arXiv:2509.25611, arXiv:2408.01367), as reconstructed."""
