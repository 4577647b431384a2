"""Certified radii: what no context within that distance can change, from the certificate of the network.

Logit i minus logit j is (v_i - v_j) T(mu, x), v_i the rows of the read-out, so it moves by at most
|v_i - v_j| C d(mu, nu), C the certified context constant of T in the metric d. A margin m > 0 against every j is safe
up to

    min_j m_j / (|v_i - v_j| C)          (which is at least m / (sqrt(2) |V| C)).

Margins are float64 values of the network as it runs. Twice the certified roundoff of a difference of two logits is
taken off first, for this context and for the one next to it, so the radius holds for the network in floats too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import torch
from torch import Tensor

from proofcheck.certify import Certificate, certify
from torch_impl.network import Network
from torch_impl.reference.balls import upper
from torch_impl.rounding import float_down, sqrt_up


@dataclass(frozen=True)
class Safety:
    """whole, features: certificates of the network, and of T before the read-out.   lengths: >= |v_i - v_j|."""

    whole: Certificate
    features: Certificate
    lengths: tuple[tuple[Fraction, ...], ...]

    def constant(self, metric: str) -> Fraction:
        """C of T: "winf" or "w1"."""
        return upper(self.features.context[metric])

    def radii(self, logits: Tensor, labels: Tensor, metric: str = "winf") -> Tensor:
        """(B,) float64, rounded down; 0 where the answer is not certified to be right."""
        if self.whole.roundoff is None or not self.whole.roundoff.is_finite():
            return torch.zeros(len(labels), dtype=torch.float64)
        C, slack = self.constant(metric), 4 * upper(self.whole.roundoff)
        found = []
        for row, label in zip(logits.double().tolist(), labels.tolist(), strict=True):
            gaps = [
                (Fraction(row[label]) - Fraction(value) - slack) / (C * self.lengths[label][j])
                for j, value in enumerate(row)
                if j != label and C * self.lengths[label][j] > 0
            ]
            found.append(float_down(max(min(gaps, default=Fraction(0)), Fraction(0))) + 0.0)  # no -0.0
        return torch.tensor(found, dtype=torch.float64)


def safety(network: Network, domain_radius: float, tokens: int) -> Safety:
    """Certify T on the ball of this radius; all norms of differences of read-out rows, exactly rounded up."""
    identity = torch.eye(network.width, dtype=network.readout.dtype)
    features = certify(replace(network, readout=identity), radius=Fraction(domain_radius), tokens=tokens)
    rows = [[Fraction(v) for v in row] for row in network.readout.tolist()]
    lengths = tuple(
        tuple(sqrt_up(sum(((a - b) ** 2 for a, b in zip(u, v, strict=True)), Fraction(0))) for v in rows) for u in rows
    )
    return Safety(certify(network, radius=Fraction(domain_radius), tokens=tokens), features, lengths)
