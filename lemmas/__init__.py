"""Lemmas, one file each, grouped by source paper; `lemmas.assumed` holds the textbook facts they may rest on."""
