"""Hostile input: parsers and loaders fed with mutated texts, watched for what no text may cause.


python -m tests.fuzz --inputs 10000           every target; coverage-guided where atheris is installed
python -m tests.fuzz expr --inputs 1000000    one target; run again, it goes on where it stopped
"""
