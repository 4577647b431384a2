"""Measured figures, never timed tests: `python -m benchmarks [NAME...] [--write]` fills docs/benchmarks.md."""
