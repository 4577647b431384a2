"""Lipschitz Transformer layers on discrete measures, with slow exact twins in `reference`."""
