"""The formulas of a paper against the lemmas: marked LaTeX is read, compared with BOUNDS, and given a verdict.

tokens.py      LaTeX mathematics to a canonical list of tokens, with their places
notation.py    the paper's names: a TOML file, symbol of the lemma -> LaTeX
formula.py     tokens to an EXPR tree, by a whitelist
directions.py  which way a bound is weaker: the table of keys
compare.py     agrees, weaker, stronger, different, undecided
points.py      exact evaluation at rational points
marks.py       marked formulas, macros and included files of a .tex file
included.py    whether files written by `proofcheck tex` are current
check.py       a whole paper
"""
