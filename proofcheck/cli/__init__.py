"""The command line: one file per command, each imported only when it is asked for.

Exit codes: 0 as it should be (or PROVED); 1 not as pinned, REFUTED or VACUOUS; 2 usage, or the work could not
be done (a file that cannot be read or written); 3 UNKNOWN; 70 a bug of ours; 130 interrupted;
141 the pipe was closed.
"""

from proofcheck.cli.app import app, main

__all__ = ["app", "main"]
