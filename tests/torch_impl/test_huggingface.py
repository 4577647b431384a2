"""Tested: attention sub-blocks of transformers' models against the models' own outputs and Jacobians; what is refused.

Not tested: other kinds of attention (they are refused by name), pretrained weights (test_huggingface_models).
"""

import warnings
from dataclasses import replace

import pytest
import torch

from proofcheck.errors import ArgumentError
from torch_impl.attention import self_attention
from torch_impl.huggingface import PARTS, attention_block, deviation, layer_inputs
from torch_impl.huggingface_models import missing

pytestmark = pytest.mark.skipif(missing(packaged=False) is not None, reason=f"models: {missing(packaged=False)}")
d, H, N = 12, 3, 5
KINDS = ("bert", "bert decoder", "gpt2")


@pytest.fixture(scope="module")
def hf():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import transformers
    return transformers


@pytest.fixture(scope="module")
def models(hf):
    bert = {
        "vocab_size": 50, "hidden_size": d, "num_hidden_layers": 2, "num_attention_heads": H, "intermediate_size": 20,
        "max_position_embeddings": 16, "attn_implementation": "eager",
    }  # fmt: skip
    gpt2 = {"vocab_size": 50, "n_embd": d, "n_layer": 2, "n_head": H, "n_positions": 16, "attn_implementation": "eager"}
    made = {
        "bert": hf.BertModel(hf.BertConfig(**bert)),
        "bert decoder": hf.BertModel(hf.BertConfig(**bert, is_decoder=True)),
        "gpt2": hf.GPT2Model(hf.GPT2Config(**gpt2)),
        "gpt2 scaled": hf.GPT2Model(hf.GPT2Config(**gpt2, scale_attn_by_inverse_layer_idx=True)),
    }
    generator = torch.Generator().manual_seed(0)
    for model in made.values():
        model.double().eval()
        with torch.no_grad():
            for name, parameter in model.named_parameters():  # scores of order 1: every weight and bias counts
                draw = 0.3 * torch.randn(parameter.shape, generator=generator, dtype=torch.float64)
                parameter.copy_(draw + (name.endswith("weight") and parameter.ndim == 1))  # a norm's about 1
    return made


@pytest.fixture
def ids():
    return torch.randint(50, (N,), generator=torch.Generator().manual_seed(1))


def roundoff(block, X):
    """(roundings of one output entry) u, times what the softmax makes of a score's error.

    Products: d for q, k, v, d/H for a score, n for the weighted mean, d for the output, LayerNorm about 2 d; both sides
    round, so twice. A score s off by r |s| moves its weight by the factor e^(2 r |s|).
    """
    scores = (
        block.scale
        * (X @ block.query.mT + block.query_bias.unsqueeze(-2))
        @ (X @ block.key.mT + block.key_bias.unsqueeze(-2)).mT
    )
    u = torch.finfo(X.dtype).eps / 2
    sums = sum(
        float(abs(M).sum(-1).max() / M.norm(dim=-1).max()) for M in (block.query, block.key, block.value, block.out)
    )
    return 2 * (6 * d + N + 20) * u * (1 + 2 * float(scores.abs().max())) * sums


@pytest.mark.parametrize("kind", [*KINDS, "gpt2 scaled"])
@pytest.mark.parametrize("layer", [0, 1])
def test_the_block_is_the_models_own(models, ids, kind, layer):
    block = attention_block(models[kind], layer)
    state = layer_inputs(models[kind], ids)[layer]
    assert deviation(models[kind], layer, ids) <= roundoff(
        block, block.normalised(state) if block.norm_first else state
    )


MUTANTS = {
    "query and key swapped": lambda b: replace(b, query=b.key, key=b.query),
    "heads sliced across": lambda b: replace(b, query=b.query.transpose(0, 1).reshape(b.query.shape)),
    "no scale": lambda b: replace(b, scale=1.0),
    "no query bias": lambda b: replace(b, query_bias=0 * b.query_bias),
    "no value bias": lambda b: replace(b, value_bias=0 * b.value_bias),
    "other mask": lambda b: replace(b, causal=not b.causal),
    "norm on the other side": lambda b: replace(b, norm_first=not b.norm_first),
    "transposed output": lambda b: replace(b, out=b.out.mT),
    "another layer's norm": lambda b: replace(b, norm_weight=b.norm_weight.flip(0)),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mutant", MUTANTS)
def test_a_wrong_extraction_deviates(models, ids, kind, mutant):
    block = MUTANTS[mutant](attention_block(models[kind], 1))
    assert deviation(models[kind], 1, ids, block) > 1e-3


def test_rows_of_a_fused_gpt2_projection_are_not_heads(models, ids):
    attention = models["gpt2"].h[1].attn
    rows = attention.c_attn.weight.detach()[:, :d].unflatten(0, (H, -1))  # rows of (in, out): inputs, no head's outputs
    block = replace(attention_block(models["gpt2"], 1), query=rows.contiguous())
    assert deviation(models["gpt2"], 1, ids, block) > 1e-3


@pytest.mark.parametrize("kind", KINDS)
def test_the_jacobian_is_that_of_the_models_module(models, ids, kind):
    model, block = models[kind], attention_block(models[kind], 1)
    X = layer_inputs(model, ids)[1]
    future = torch.full((N, N), -torch.inf, dtype=X.dtype).triu(1)[None, None] if block.causal else None

    def whole(X):
        if kind == "gpt2":
            layer = model.h[1]
            return X + layer.attn(layer.ln_1(X)[None], attention_mask=future)[0][0]
        return model.encoder.layer[1].attention(X[None], attention_mask=future)[0][0]

    expected = torch.autograd.functional.jacobian(whole, X)
    found = torch.autograd.functional.jacobian(block.map("block"), X)
    # the derivative of each rounding step is again a few products: squares of the factors above
    tolerance = roundoff(block, X) * (1 + float(X.abs().max())) ** 2
    assert float((found - expected).abs().max()) <= tolerance * float(expected.abs().max())


@pytest.mark.parametrize("kind", ["bert decoder", "gpt2"])
@pytest.mark.parametrize("part", PARTS)
def test_a_causal_block_has_no_derivative_in_later_tokens(models, ids, kind, part):
    X = layer_inputs(models[kind], ids)[0]
    block = attention_block(models[kind], 0)
    later = torch.ones(N, N, dtype=torch.bool).triu(1)
    masked = torch.autograd.functional.jacobian(block.map(part), X)
    assert float(masked.permute(0, 2, 1, 3)[later].abs().max()) == 0.0
    # the layer called alone, as if no mask were due: what the model never computes
    unmasked = torch.autograd.functional.jacobian(block.map(part, causal=False), X)
    assert float(unmasked.permute(0, 2, 1, 3)[later].abs().max()) > 1e-6


@pytest.mark.parametrize("kind", KINDS)
def test_scores_and_biases_are_those_of_self_attention(models, ids, kind):
    block = attention_block(models[kind], 1)
    X = layer_inputs(models[kind], ids)[1]
    heads = block.map("heads")(X).unflatten(-1, (H, -1))
    for h in range(H):
        mask = "causal" if block.causal else None
        plain = self_attention(X, block.scores[h], block.value[h], mask=mask, beta=block.score_biases[h])
        error = float((heads[:, h] - plain - block.value_bias[h]).abs().max())
        assert error <= 4 * d * roundoff(block, X) * float(heads.abs().max())
    without = self_attention(X, block.scores[0], block.value[0], mask="causal" if block.causal else None)
    assert float((heads[:, 0] - without - block.value_bias[0]).abs().max()) > 1e-3  # the query's bias counts


def test_parts_build_on_each_other(models, ids):
    for kind in KINDS:
        block = attention_block(models[kind], 0)
        X = layer_inputs(models[kind], ids)[0]
        read = block.normalised(X) if block.norm_first else X
        assert torch.equal(block.map("residual")(X), X + block.map("projected")(read))
    assert torch.equal(block.map("block")(X), block.map("residual")(X))  # GPT-2's norm comes first


def test_batches_are_inputs_side_by_side(models, ids):
    both = torch.stack([ids, ids.flip(0)])
    for kind in KINDS:
        X = layer_inputs(models[kind], both)[1]
        f = attention_block(models[kind], 1).map("heads")
        assert torch.allclose(f(X)[1], f(X[1]), rtol=0, atol=roundoff(attention_block(models[kind], 1), X[1]))


def test_a_model_for_a_task_has_the_same_block(hf, models, ids):
    masked = hf.BertForMaskedLM(models["bert"].config).double().eval()
    assert torch.equal(attention_block(masked, 1).query, attention_block(masked.bert, 1).query)
    assert deviation(masked, 1, ids) < 1e-12


def test_to_float32_and_back(models):
    block = attention_block(models["bert"], 0)
    low = block.to(torch.float32)
    assert low.query.dtype == torch.float32
    assert low.scale == block.scale
    assert torch.equal(low.to(torch.float64).to(torch.float32).query, low.query)


# what is refused


def refused(call, *words):
    """Whether the call raises an ArgumentError that says all the words."""
    with pytest.raises(ArgumentError) as caught:
        call()
    missing = [word for word in words if word not in str(caught.value)]
    assert not missing, f"{missing} not in: {caught.value}"
    return True


def test_other_kinds_of_attention_are_named(hf, models):
    size = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": 9}
    llama = hf.LlamaModel(hf.LlamaConfig(**size)).eval()
    assert refused(lambda: attention_block(llama, 0), "'llama'", "LlamaModel", "bert or gpt2")
    assert refused(lambda: attention_block(torch.nn.Linear(2, 2), 0), "None", "Linear")
    cross = hf.GPT2Model(hf.GPT2Config(n_embd=8, n_layer=1, n_head=2, vocab_size=9, add_cross_attention=True)).eval()
    assert refused(lambda: attention_block(cross, 0), "cross-attention")


@pytest.mark.parametrize("layer", [-1, 2, True, 0.0])
def test_no_such_layer(models, layer):
    assert refused(lambda: attention_block(models["bert"], layer), "layer", "0 to 1")


@pytest.mark.parametrize("kind", KINDS)
def test_dropout_left_on_is_refused(models, ids, kind):
    model = models[kind]
    try:
        model.train()
        assert refused(lambda: attention_block(model, 0), "eval", "dropout")
        assert refused(lambda: layer_inputs(model, ids), "eval")
        model.eval()
        dropout = next(m for m in model.modules() if isinstance(m, torch.nn.Dropout))
        dropout.train()  # one left on is enough
        assert refused(lambda: layer_inputs(model, ids), "eval", "Dropout")
    finally:
        model.eval()
    assert attention_block(model, 0).layer == 0


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_on_the_cpu_is_refused(models, ids, dtype):
    import copy

    half = copy.deepcopy(models["gpt2"]).to(dtype)
    assert refused(lambda: attention_block(half, 0), str(dtype), ".float()")
    assert refused(lambda: layer_inputs(half, ids), str(dtype))
    assert attention_block(half.float(), 0).query.dtype == torch.float32


@pytest.mark.parametrize("kind", KINDS)
def test_ids_must_fit(models, kind):
    assert refused(lambda: layer_inputs(models[kind], torch.zeros(17, dtype=torch.long)), "16", "n=17")
    assert refused(lambda: layer_inputs(models[kind], torch.zeros(0, dtype=torch.long)), "empty")
    assert refused(lambda: layer_inputs(models[kind], torch.tensor([50])), "[0, 50)")
    assert refused(lambda: layer_inputs(models[kind], torch.tensor([-1])), "[0, 50)")
    assert refused(lambda: layer_inputs(models[kind], torch.tensor([1.0])), "integers")
    assert refused(lambda: layer_inputs(models[kind], "alice"), "integers")
    assert layer_inputs(models[kind], torch.zeros(16, dtype=torch.long))[0].shape == (16, d)


def test_parameters_that_are_not_finite_are_named(models):
    import copy

    broken = copy.deepcopy(models["bert"])
    with torch.no_grad():
        broken.encoder.layer[1].attention.self.key.weight[0, 0] = torch.nan
    assert refused(lambda: attention_block(broken, 1), "key", "finite")
    assert attention_block(broken, 0).layer == 0


def test_an_unknown_part_is_refused(models):
    assert refused(lambda: attention_block(models["bert"], 0).map("mlp"), "heads", "'mlp'")
