"""Slow, obvious twins of the fast code: `exact` (Fractions), `balls` (arb intervals), `loops` (float64)."""
