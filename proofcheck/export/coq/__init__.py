"""Claims and certificates as Coq theorems: `export_coq` writes them, `check_coq` has Coq check them.

`Proofcheck.v` states the model: real inner product spaces, positive linear functionals with "almost everywhere", what
it means that moments exist. A statement is printed from the claim's file alone (`statement.py`); the proof is the
certificate, written out as explicit terms (`proof.py`, `terms.py`), with `ring` and `field` for identities only.

    python -m proofcheck.export.coq build/coq --check
"""

from proofcheck.export.coq.coqc import ALLOWED as ALLOWED
from proofcheck.export.coq.coqc import CoqResult as CoqResult
from proofcheck.export.coq.coqc import check_coq as check_coq
from proofcheck.export.coq.coqc import coqc as coqc
from proofcheck.export.coq.write import NOT_EXPORTED as NOT_EXPORTED
from proofcheck.export.coq.write import Exported as Exported
from proofcheck.export.coq.write import export_coq as export_coq
from proofcheck.export.coq.write import make_theorem as make_theorem
