"""`python -m proofcheck` is `proofcheck`."""

from proofcheck.cli.app import main

main()
