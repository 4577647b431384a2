"""Deriving: the EXPR language, claim text, SymPy calculi. This file imports nothing: EXPR needs no SymPy."""
