"""`python -m proofcheck.cli` is `proofcheck`."""

from proofcheck.cli.app import main

main()
