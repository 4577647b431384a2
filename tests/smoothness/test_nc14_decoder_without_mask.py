"""Negative control 14: a decoder whose attention is called without its mask is an encoder.

Causal means that blocks J_ij = d f_i / d x_j with j > i are exactly 0: no float is added to them. In BERT-type decoders
the model makes the mask and hands it to its layers, so a layer that is called on its own attends to everything.
"""

import pytest
import torch
from torch import nn
from torch.func import jacrev

from torch_impl.attention import self_attention
from torch_impl.attention_heads import heads_of, multi_head_attention
from torch_impl.local_bound import local_bound_heads
from torch_impl.local_lipschitz import local_lipschitz

N, D = 6, 8


def later_blocks(f, X):
    """The largest entry of a block d f_i / d x_j with j > i, f: (n, d) -> (n, d')."""
    J = jacrev(f)(X)
    i, j = torch.triu_indices(len(X), len(X), offset=1)
    return float(J[i, :, j].abs().max().detach())


@pytest.fixture
def X():
    return torch.randn(N, D, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


class Decoder(nn.Module):
    """Post-norm attention block as in BERT: the mask comes from the caller, None for all tokens."""

    def __init__(self):
        super().__init__()
        self.attention = nn.MultiheadAttention(D, 2, dropout=0.1, batch_first=True, dtype=torch.float64)
        self.norm = nn.LayerNorm(D, eps=1e-12, dtype=torch.float64)

    def forward(self, X, mask=None):
        return self.norm(X + multi_head_attention(X, heads_of(self.attention), mask=mask))


@pytest.fixture
def decoder():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return Decoder().eval()


def test_with_its_mask_later_tokens_have_no_influence(decoder, X):
    assert later_blocks(lambda X: decoder(X, mask="causal"), X) == 0.0


def test_called_without_it_they_have(decoder, X):
    assert later_blocks(decoder, X) > 1e-3


def test_every_block_below_is_there(decoder, X):
    J = jacrev(lambda X: decoder(X, mask="causal"))(X)
    i, j = torch.tril_indices(N, N)
    assert bool((J[i, :, j].abs().amax((-2, -1)) > 0).all())


def test_a_bound_for_the_encoder_is_none_for_the_decoder(decoder, X):
    head = heads_of(decoder.attention).split()[0]
    small = X / 1e6  # nearly uniform weights: the mean of all tokens, or running means

    def masked(X):
        return self_attention(X, head.A, head.W @ head.V, mask="causal")

    estimate = local_lipschitz(masked, small).value
    assert local_bound_heads(small, [head]) < estimate
    assert estimate <= local_bound_heads(small, [head], mask="causal")


def test_a_layer_of_a_bert_decoder_called_alone_is_an_encoder(X):
    transformers = pytest.importorskip("transformers")
    config = transformers.BertConfig(
        vocab_size=11,
        hidden_size=D,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=8,
        max_position_embeddings=N,
        is_decoder=True,
        attn_implementation="eager",
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = transformers.BertModel(config, add_pooling_layer=False).eval().double()
    embedded = model.embeddings.LayerNorm(X)

    def alone(X):
        found = model.encoder.layer[0].attention(X.unsqueeze(0))
        return (found[0] if isinstance(found, tuple) else found)[0]

    def within(X):
        return model(inputs_embeds=X.unsqueeze(0), use_cache=False).last_hidden_state[0]

    assert later_blocks(alone, embedded.detach()) > 1e-6
    assert later_blocks(within, X) == 0.0
