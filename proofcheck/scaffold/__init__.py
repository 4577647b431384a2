"""`proofcheck new`: a lemma file and its test to start from; see `skeleton` for what is in them."""

from proofcheck.scaffold.names import Names, names
from proofcheck.scaffold.write import Written, write

__all__ = ["Names", "Written", "names", "write"]
