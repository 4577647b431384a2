"""Mutants: mistakes made on purpose, in torch_impl and in the lemmas, that the checks have to see.

run(headers)      judge every mutant of the given lemmas: killed (by which check), survived, or equivalent (explained)
all_mutants       what there is to judge; `operators`, `code` and `theory` make them
Pool              warm worker processes; every mutant is applied and judged in a fork that is thrown away
equivalent.json   explanations by people, matched by content
"""

from proofcheck.audit.mutants.mutant import EQUIVALENT, KILLED, SURVIVED, Mutant, Outcome
from proofcheck.audit.mutants.pool import Pool
from proofcheck.audit.mutants.runner import Report, all_mutants, run, sampled

__all__ = [
    "EQUIVALENT",
    "KILLED",
    "SURVIVED",
    "Mutant",
    "Outcome",
    "Pool",
    "Report",
    "all_mutants",
    "run",
    "sampled",
]
