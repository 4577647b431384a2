"""A user's own modules against lemmas, in ten lines each: right ones pass, each wrong one is told what is wrong."""

import pytest
import torch
from torch import nn

from proofcheck.errors import ArgumentError
from proofcheck.testing import adapt, check_module, replay
from proofcheck.testing.against_lemma import report


class MyAttention(nn.Module):
    """x - eta sum_j p_j A y_j, written as somebody else would."""

    def __init__(self, d=4):
        super().__init__()
        self.W_qk = nn.Parameter(torch.randn(d, d))
        self.eta = 0.1

    def scores(self, x, memory):
        return x @ self.W_qk @ memory.mT

    def logits(self, x, memory, mass):
        return self.scores(x, memory) + torch.log(mass)

    def update(self, p, memory):
        return p @ memory @ self.W_qk.mT

    def forward(self, x, memory, mass):
        p = torch.softmax(self.logits(x, memory, mass), dim=-1)
        return x - self.eta * self.update(p, memory)


class Transposed(MyAttention):
    def scores(self, x, memory):
        return x @ self.W_qk.mT @ memory.mT

    def update(self, p, memory):
        return p @ memory @ self.W_qk


class ThreeSteps(MyAttention):
    def update(self, p, memory):
        return 3 * super().update(p, memory)


class ForgetsWeights(MyAttention):
    def logits(self, x, memory, mass):
        return self.scores(x, memory)


class HalfTransposed(MyAttention):
    def scores(self, x, memory):
        return x @ self.W_qk.mT @ memory.mT


PLACES = {"query": "x", "context": "memory", "weights": "mass", "A": "W_qk", "step": "eta"}


@pytest.mark.parametrize("lemma", ["attention-step", "LT-05"])
def test_my_attention_satisfies_the_lemma(lemma):
    result = check_module(lemma, MyAttention(d=4), **PLACES)
    assert result.decision == "holds"
    assert result.best > 0.9


@pytest.mark.parametrize(
    ("module", "cause"),
    [
        (Transposed, "A seems to be transposed"),
        (ThreeSteps, "the step seems to be taken 3 times"),
        (ForgetsWeights, "the weights seem to be ignored"),
        (HalfTransposed, None),
    ],
)
def test_a_wrong_module_is_told_what_is_wrong(module, cause):
    with pytest.raises(AssertionError, match=f"{module.__name__} returns") as failure:
        check_module("LT-05", module(), **PLACES)
    text = str(failure.value)
    assert (f"Likely cause: {cause}" in text) if cause else "Likely cause" not in text
    assert "points = [[" in text


def test_the_example_is_small_and_can_be_replayed():
    from proofcheck.hammer import campaign

    wrong, right = adapt("LT-05", ThreeSteps(), **PLACES), adapt("LT-05", MyAttention(), **PLACES)
    result = campaign(wrong, measures=200, workers=1, adversary=False)
    found = result.counterexample
    assert found["atoms"] == 1
    assert "step = " in report(wrong, result)
    assert replay(wrong, found).refuted
    assert not replay(right, found).refuted


class MyMLP(nn.Module):
    def __init__(self, d, k):
        super().__init__()
        self.lin = nn.Linear(d, k)

    def forward(self, x, tau):
        return x - tau * nn.functional.linear(torch.relu(self.lin(x)), self.lin.weight.mT)


class ForgetsTranspose(MyMLP):
    def forward(self, x, tau):
        return x - tau * nn.functional.linear(torch.relu(self.lin(x)), self.lin.weight)


MLP_PLACES = {"query": "x", "W": "lin.weight", "b": "lin.bias", "step": "tau"}


def test_my_mlp_with_nested_parameters():
    assert check_module("mlp-step", MyMLP(3, 5), **MLP_PLACES).decision == "holds"
    assert check_module("mlp-step", MyMLP, **MLP_PLACES).decision == "holds"


def test_a_square_mlp_that_forgets_the_transpose():
    with pytest.raises(ArgumentError, match="forward failed at query"):
        check_module("mlp-step", ForgetsTranspose(3, 3), **MLP_PLACES)


class PerQuery(MyAttention):
    def forward(self, x, memory):
        keys = memory @ self.W_qk.mT
        return x - self.eta * torch.softmax(keys @ x, 0) @ keys


def test_one_query_at_a_time_and_no_weights():
    places = {"query": "x", "context": "memory", "A": "W_qk", "step": "eta", "one_query": True}
    assert check_module("LT-04", PerQuery(2), measures=200, **places).decision == "holds"


class Batched(MyAttention):
    def forward(self, x, memory, mass):
        assert x.ndim == 3
        return super().forward(x, memory, mass.unsqueeze(-2))


def test_a_module_that_wants_a_batch_axis():
    assert check_module("LT-04", Batched(2), batched=True, measures=200, **PLACES).decision == "holds"


class QueryKey(nn.Module):
    """A = W_k^T W_q is stored as two matrices."""

    def __init__(self, d=2):
        super().__init__()
        self.W_q, self.W_k = nn.Parameter(torch.eye(d)), nn.Parameter(torch.eye(d))

    def forward(self, x, memory, mass, eta):
        A = self.W_q.mT @ self.W_k
        p = torch.softmax(x @ A @ memory.mT + mass.log(), -1)
        return x - eta * p @ memory @ A.mT


def test_a_matrix_that_is_stored_as_a_product():
    A = {"W_k": lambda A: A, "W_q": lambda A: torch.eye(len(A), dtype=A.dtype)}
    places = {"query": "x", "context": "memory", "weights": "mass", "A": A, "step": "eta"}
    assert check_module("LT-05", QueryKey(), measures=300, **places).decision == "holds"


class MySoftmax(nn.Module):
    def __init__(self, temperature=1.0):
        super().__init__()
        self.temperature = temperature

    def forward(self, z):
        return torch.softmax(z / self.temperature, dim=-1)


def test_softmax_with_a_temperature_is_another_function():
    assert check_module("softmax", MySoftmax(), query="z").decision == "holds"
    with pytest.raises(AssertionError, match="MySoftmax returns"):
        check_module("softmax", MySoftmax(0.5), query="z")


class Dropping(MyAttention):
    def forward(self, x, memory, mass):
        return nn.functional.dropout(super().forward(x, memory, mass), 0.5, self.training)


class Branching(MyAttention):
    def forward(self, x, memory, mass):
        return super().forward(x, memory, mass) if x.sum() > -1e9 else x


class InPlace(MyAttention):
    def forward(self, x, memory, mass):
        memory.mul_(2)
        return super().forward(x, memory, mass)


class Detached(MyAttention):
    @torch.no_grad()
    def forward(self, x, memory, mass):
        return super().forward(x, memory, mass)


class Narrow(MyAttention):
    def forward(self, x, memory, mass):
        return super().forward(x, memory, mass).float()


class FixedSize(MyAttention):
    def forward(self, x, memory, mass):
        return super().forward(x.reshape(-1, 4), memory, mass)


class Complex(MyAttention):
    def __init__(self):
        super().__init__()
        self.phase = nn.Parameter(torch.ones((), dtype=torch.complex64))


class Counting(MyAttention):
    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros(()))

    def forward(self, x, memory, mass):
        self.calls += 1
        return super().forward(x, memory, mass)


@pytest.mark.parametrize(
    ("module", "says"),
    [
        (Dropping(), r"Call \.eval\(\)"),
        (Branching(), "loop=True"),
        (InPlace(), "changes points"),
        (Detached(), "detached"),
        (Narrow(), "keep the dtype"),
        (FixedSize(), "pass a function"),
        (Complex(), "complex"),
    ],
)
def test_what_cannot_be_compared_is_refused(module, says):
    with pytest.raises(ArgumentError, match=says):
        check_module("LT-04", module, **PLACES)


def test_a_branching_module_is_tested_case_by_case():
    assert check_module("LT-04", Branching(), loop=True, measures=40, **PLACES).decision == "holds"


def test_a_module_that_counts_its_calls_keeps_its_state():
    module = Counting()
    assert check_module("LT-04", module, measures=40, **PLACES).decision == "holds"
    assert module.calls == 0


def test_eval_mode_makes_dropout_testable():
    assert check_module("LT-04", Dropping().eval(), measures=200, **PLACES).decision == "holds"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"A": "W_kq"}, "Did you mean W_qk"),
        ({"A": None}, r"got none for \['A'\]"),
        ({"context": "x"}, "two arguments"),
        ({"beta": "eta"}, r"\['beta'\] that it does not know"),
        ({"context": None}, "context"),
    ],
)
def test_a_wrong_adapter_is_refused(change, says):
    places = {k: v for k, v in {**PLACES, **change}.items() if v is not None}
    with pytest.raises(ArgumentError, match=says):
        check_module("LT-04", MyAttention(), **places)


class MySort(nn.Module):
    def forward(self, pair):
        return torch.stack([pair.amin(-1), pair.amax(-1)], -1)


class MyMixing(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("keep", torch.ones(()))
        self.register_buffer("mix", torch.ones(()))

    def forward(self, x, memory, mass):
        return self.keep * x + self.mix * (mass @ memory)


class MyLogPartition(nn.Module):
    def __init__(self):
        super().__init__()
        self.A = nn.Parameter(torch.eye(2))

    def forward(self, x, memory, mass):
        return torch.logsumexp(x @ self.A @ memory.mT + mass.log(), -1)


CONTEXT = {"query": "x", "context": "memory", "weights": "mass"}
EVERY = [
    ("LT-11", MySort(), {"query": "pair"}),
    ("LT-09", MyMixing(), {**CONTEXT, "q": "keep", "c": "mix"}),
    ("LT-02", MyLogPartition(), {**CONTEXT, "A": "A"}),
    ("LT-10", MyAttention(), PLACES),
]


@pytest.mark.parametrize(("lemma", "module", "places"), EVERY, ids=[e[0] for e in EVERY])
def test_every_kind_of_lemma_takes_a_users_module(lemma, module, places):
    assert check_module(lemma, module, measures=100, **places).decision == "holds"


class Descending(MySort):
    def forward(self, pair):
        return super().forward(pair).flip(-1)


class TwiceTheMean(MyMixing):
    def forward(self, x, memory, mass):
        return self.keep * x + 2 * self.mix * (mass @ memory)


class ForgetsMass(MyLogPartition):
    def forward(self, x, memory, mass):
        return torch.logsumexp(x @ self.A @ memory.mT, -1)


@pytest.mark.parametrize(
    ("lemma", "module", "places"),
    [
        ("LT-11", Descending(), {"query": "pair"}),
        ("LT-09", TwiceTheMean(), {**CONTEXT, "q": "keep", "c": "mix"}),
        ("LT-02", ForgetsMass(), {**CONTEXT, "A": "A"}),
        ("LT-10", ThreeSteps(), PLACES),
    ],
    ids=["LT-11", "LT-09", "LT-02", "LT-10"],
)
def test_and_refuses_a_wrong_one(lemma, module, places):
    with pytest.raises(AssertionError, match="Smallest example"):
        check_module(lemma, module, measures=100, **places)
