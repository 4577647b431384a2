"""What merging, space-time attention and the derivatives of attention refuse: other widths, queries, times, dtypes."""

import pytest
import torch

from proofcheck.errors import ArgumentError
from torch_impl import log_laplace, space_time
from torch_impl.measures import measure
from torch_impl.prefix_merge import attention_state, merge

F64 = torch.float64
EYE, WIDE = torch.eye(2, dtype=F64), torch.eye(3, dtype=F64)


def context():
    return measure(torch.arange(6.0, dtype=F64).reshape(3, 2))


def test_states_of_other_queries_do_not_merge():
    mu, x = context(), torch.zeros(2, 2, dtype=F64)
    state = attention_state(mu, x, EYE, EYE)
    for other in (attention_state(mu, x[:1], EYE, EYE), attention_state(mu, x, EYE, EYE[:1])):
        with pytest.raises(ArgumentError, match="two states of the same queries"):
            merge(state, other)
    with pytest.raises(ArgumentError, match="attend"):
        attention_state(mu, torch.zeros(1, 3, dtype=F64), EYE, EYE)


def test_space_time_attention_refuses_other_widths_and_times():
    mu = space_time.from_sequence(context().points)
    x, t = torch.zeros(2, 2, dtype=F64), torch.ones(2, dtype=F64)
    for query, A, V in ((x[:, :1], EYE, EYE), (x, WIDE, EYE), (x, EYE, WIDE), (x.float(), EYE, EYE)):
        with pytest.raises(ArgumentError, match="one width d and one dtype"):
            space_time.causal_attend(mu, query, t, A, V)
    for time in (t[:1], t.float()):
        with pytest.raises(ArgumentError, match="one time for each query"):
            space_time.causal_attend(mu, x, time, EYE, EYE)


def test_derivatives_refuse_other_widths():
    mu, x = context(), torch.zeros(1, 2, dtype=F64)
    for theta in (torch.zeros(1, 3, dtype=F64), torch.zeros(2, dtype=F64), x.float()):
        with pytest.raises(ArgumentError, match="required theta"):
            log_laplace.log_laplace(mu, theta)
    for derivative in (log_laplace.query_jacobian, log_laplace.token_jacobian):
        for A, V in ((WIDE, EYE), (EYE, WIDE)):
            with pytest.raises(ArgumentError, match="for tokens of width 2"):
                derivative(mu, x, A, V)
    with pytest.raises(ArgumentError, match="required points y"):
        log_laplace.flat_derivative(mu, x, torch.zeros(1, 3, dtype=F64), EYE, EYE)


def test_padding_has_no_derivative():
    mu = measure(context().points, torch.tensor([0.5, 0.5, 0.0], dtype=F64))
    x = torch.ones(1, 2, dtype=F64)
    assert (log_laplace.token_jacobian(mu, x, EYE, EYE)[0, 2] == 0).all()
    far = mu._replace(points=mu.points + torch.tensor([[0.0], [0.0], [1e9]], dtype=F64))
    assert torch.equal(log_laplace.query_jacobian(mu, x, EYE, EYE), log_laplace.query_jacobian(far, x, EYE, EYE))
