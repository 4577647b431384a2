"""Experiments: what the proved bounds look like on real and on adversarial inputs.

`python -m proofcheck.experiments attention-smoothness` measures local Lipschitz constants of attention against the
number of tokens. A run is resumable: every measurement is a row of one CSV file, written whole and renamed into place.
"""
