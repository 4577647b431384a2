"""Contract tests shipped with the package: subclass `LemmaContract`, name the lemma, add what is special to it."""

from proofcheck.testing.contract import LemmaContract
from proofcheck.testing.nudge import nudges

__all__ = ["LemmaContract", "nudges"]
