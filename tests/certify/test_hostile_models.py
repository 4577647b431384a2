"""Tested: model files that are truncated, foreign, hostile or false are refused by name; nothing in them runs."""

import os
import pickle
import struct

import pytest
import torch
from safetensors.torch import save_file

from proofcheck.errors import ArgumentError
from torch_impl.network import AttentionStep, MLPStep, Network
from torch_impl.network_file import load_network, network_from, network_tensors, save_network

F64 = torch.float64
I = torch.eye(2, dtype=F64)
GOOD = network_tensors(Network(I, (MLPStep(I, I[0], 1.0), AttentionStep(I.to_sparse(), 0.5)), I))
ONE, ORIGIN = torch.ones(1, dtype=F64), torch.tensor([[0], [0]])


class Hostile:
    def __reduce__(self):
        return os.mkdir, ("executed",)


def cast(dtype):
    return {k: v.to(dtype) for k, v in GOOD.items() if v.is_floating_point() and not k.endswith("step")}


def sparse(indices, values, shape):
    return {"layers.1.A.indices": indices, "layers.1.A.values": values, "layers.1.A.shape": torch.tensor(shape)}


BAD_TENSORS = {
    "a stretched view": ({"lift": torch.zeros(1, 1, dtype=F64).expand(10**6, 10**6)}, "fewer numbers"),
    "a huge sparse matrix": (
        {"layers.0.W": torch.sparse_coo_tensor(ORIGIN, ONE, (10**12, 2), check_invariants=True)},
        "must be sparse",
    ),
    "a false sparse matrix": (
        {"layers.0.W": torch.sparse_coo_tensor([[7], [9]], ONE, (2, 2), check_invariants=False)},
        "no plain state dict|outside its shape",
    ),
    "a sparse bias": ({"layers.0.b": I[0].to_sparse()}, "sparse matrix"),
    "eight bits": (cast(torch.float8_e4m3fn), "float16 or bfloat16"),
    "complex numbers": (cast(torch.complex128), "float16 or bfloat16"),
    "integers": ({"lift": I.long()}, "must be floating"),
    "no data": ({"lift": torch.zeros(2, 2, dtype=F64, device="meta")}, "on meta"),
    "two dtypes": ({"readout": I.float()}, "dtype and device of lift"),
    "NaN": ({"layers.0.W": I * float("nan")}, r"layers\.0\.W must be finite"),
    "infinity": ({"lift": I / 0}, "lift must be finite"),
    "a NaN step": ({"layers.0.step": torch.tensor(float("nan"))}, "finite float"),
    "an integer step": ({"layers.0.step": torch.tensor(1)}, "one floating number"),
    "two steps": ({"layers.0.step": torch.ones(2)}, "one floating number"),
    "no step": ({"layers.0.step": None}, "must have W, b, step or A, step"),
    "no lift": ({"lift": None}, "lift is missing"),
    "a gap": ({"layers.7.step": torch.tensor(1.0)}, r"layers\.2 is missing"),
    "a foreign tensor": ({"encoder.weight": I}, "unknown tensor 'encoder.weight'"),
    "a shape": ({"readout": torch.ones(2, 3, dtype=F64)}, "readout must have shape"),
    "nothing": ({"lift": torch.zeros(0, 2, dtype=F64)}, "must not be empty"),
    "a negative index": (sparse(ORIGIN - 1, ONE, [2, 2]), "outside its shape"),
    "an index too large": (sparse(ORIGIN + 2, ONE, [2, 2]), "outside its shape"),
    "a shape beyond int64": (sparse(ORIGIN, ONE, [2**62, 4]), "must be sparse"),
    "a negative shape": (sparse(ORIGIN, ONE, [-2, -2]), "must be sparse"),
    "three axes": (sparse(ORIGIN, ONE, [2, 2, 2]), "must be sparse"),
    "short indices": (sparse(ORIGIN.int(), ONE, [2, 2]), "int32"),
    "entries that overflow together": (
        sparse(torch.zeros(2, 2, dtype=torch.int64), torch.full((2,), 1e308, dtype=F64), [2, 2]),
        "must be finite",
    ),
    "dense and sparse at once": ({"layers.1.A": I}, "indices, shape, values"),
}


@pytest.mark.parametrize("name", BAD_TENSORS)
def test_tensors_that_are_no_network(tmp_path, name):
    changes, message = BAD_TENSORS[name]
    path = tmp_path / "model.pt"
    torch.save({k: v for k, v in {**GOOD, **changes}.items() if v is not None}, path)
    with pytest.raises(ArgumentError, match=message):
        load_network(path)


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support is in beta")
def test_another_sparse_layout():
    with pytest.raises(ArgumentError, match="strided or sparse COO"):
        network_from({**GOOD, "layers.0.W": I.to_sparse_csr()})


BAD_OBJECTS = {"a list": [1, 2], "a tensor": I, "other names": {1: I}, "numbers": {"lift": 1.0}}


@pytest.mark.parametrize("name", BAD_OBJECTS)
def test_objects_that_are_no_state_dict(tmp_path, name):
    torch.save(BAD_OBJECTS[name], tmp_path / "model.pt")
    with pytest.raises(ArgumentError, match="names and tensors"):
        load_network(tmp_path / "model.pt")


@pytest.mark.parametrize("legacy", [False, True])
def test_a_hostile_pickle_does_not_run(tmp_path, monkeypatch, legacy):
    monkeypatch.chdir(tmp_path)
    if legacy:
        (tmp_path / "model.pt").write_bytes(pickle.dumps(Hostile()))
    else:
        torch.save({"lift": Hostile()}, tmp_path / "model.pt")
    with pytest.raises(ArgumentError, match="cannot be read") as refusal:
        load_network(tmp_path / "model.pt")
    assert "weights_only=False" not in str(refusal.value)  # torch's advice would execute it
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_truncated_files(tmp_path, deep, suffix, share):
    path = tmp_path / f"model{suffix}"
    save_network(deep(), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(ArgumentError, match="cannot be read"):
        load_network(path)


def header(text, numbers):
    return struct.pack("<Q", len(text)) + text.encode() + struct.pack(f"<{len(numbers)}d", *numbers)


def entry(name, start, stop, dtype="F64", shape="[1,1]"):
    return f'"{name}":{{"dtype":"{dtype}","shape":{shape},"data_offsets":[{start},{stop}]}}'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (header("{" + ",".join([entry("lift", 0, 8)] * 2 + [entry("readout", 8, 16)]) + "}", [1, 2]), "'lift' twice"),
        (
            header("{" + ",".join([entry("lift", 0, 8, "F32", "[2,1]"), entry("lift", 0, 8)]) + "}", [1]),
            "'lift' twice",
        ),
        (header("{" + ",".join([entry("lift", 0, 8), entry("readout", 0, 8)]) + "}", [1]), "cannot be read"),
        (struct.pack("<Q", 2**60) + b"{}", "cannot be read"),
        (header("[1, 2]", []), "cannot be read"),
        (b"\x80\x02}q\x00.", "cannot be read"),
    ],
    ids=["twice", "twice as another type", "overlap", "endless header", "no object", "a pickle"],
)
def test_safetensors_that_lie(tmp_path, content, message):
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(ArgumentError, match=message):
        load_network(path)


def test_other_suffixes_and_missing_files(tmp_path):
    (tmp_path / "model.bin").write_bytes(b"")
    with pytest.raises(ArgumentError, match="must end in"):
        load_network(tmp_path / "model.bin")
    for path in (tmp_path, tmp_path / "absent.pt"):
        with pytest.raises(ArgumentError, match="no file"):
            load_network(path)


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".safetensors"])
@pytest.mark.parametrize("dtype", [F64, torch.float32, torch.bfloat16])
def test_networks_come_back_as_they_were(tmp_path, deep, suffix, dtype):
    network = deep(4, 3, 4, 0, dtype)
    half = AttentionStep(network.layers[1].A.to_sparse(), 0.1)
    network = Network(network.lift, (*network.layers, half), network.readout)
    save_network(network, tmp_path / f"model{suffix}")
    found = network_tensors(load_network(tmp_path / f"model{suffix}"))
    for name, tensor in network_tensors(network).items():
        assert torch.equal(found[name], tensor), name
        assert found[name].dtype == tensor.dtype


def test_one_tensor_under_two_names_is_saved_twice(tmp_path):
    save_network(Network(I, (AttentionStep(I, 0.5),), I), tmp_path / "model.safetensors")
    assert load_network(tmp_path / "model.safetensors").readout.equal(I)


def test_raw_sparse_tensors_of_a_state_dict_are_read(tmp_path):
    tensors = {k: v for k, v in GOOD.items() if not k.startswith("layers.1.A")}
    torch.save({**tensors, "layers.1.A": I.to_sparse()}, tmp_path / "model.pt")
    assert load_network(tmp_path / "model.pt").layers[1].A.to_dense().equal(I)
    save_file({**GOOD, "optimizer": I.clone()}, tmp_path / "model.safetensors")
    with pytest.raises(ArgumentError, match="unknown tensor"):
        load_network(tmp_path / "model.safetensors")
