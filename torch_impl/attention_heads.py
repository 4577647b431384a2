"""Multi-head softmax attention: heads as data, their score matrices, and the map of all of them together.

    head h:   scores <Q_h x_i + b_q, K_h x_j + b_k> s,   s = 1/sqrt(k) unless told
    output:   sum_h W_h V_h sum_j P^h_ij x_j + constants

so A_h = s K_h^T Q_h and beta_h = s K_h^T b_q in `attention.self_attention`; b_k adds the same number to every score
of a row and cancels in the softmax.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor


class Head(NamedTuple):
    """One head: Q and K (k, d), V (k', d), W (d', k') its columns of the output projection, b_q (k,) or None.

    scale: of the scores, None for 1/sqrt(k). Biases of keys, values and output move no derivative and have no place.
    """

    Q: Tensor
    K: Tensor
    V: Tensor
    W: Tensor
    b_q: Tensor | None = None
    scale: float | None = None

    @property
    def factor(self) -> float:
        """s."""
        return self.Q.shape[-2] ** -0.5 if self.scale is None else self.scale

    @property
    def A(self) -> Tensor:
        """s K^T Q, (d, d)."""
        return self.factor * (self.K.mT @ self.Q)

    @property
    def beta(self) -> Tensor | None:
        """s K^T b_q, (d,)."""
        return None if self.b_q is None else self.factor * (self.b_q @ self.K)
