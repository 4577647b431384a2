"""Code mutants: every change of `operators` in every formula of torch_impl, with the lemmas that own it.

Ownership is read from the code: a lemma owns the callables that its HAMMER and BINDINGS name and whatever of
torch_impl these call. What no binding reaches (modules, composition, evaluation of bounds) is owned as OWNERS says.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from proofcheck.audit.mutants.mutant import CODE, Mutant
from proofcheck.audit.mutants.operators import changes
from proofcheck.errors import ArgumentError
from proofcheck.registry import Lemma

MODULES = (
    *("layers", "modules", "composition", "measures", "bounds", "blocks_steps"),
    *("attention", "attention_jacobian", "norm_layers", "l2_attention"),
    *("log_laplace", "prefix_merge", "space_time", "linear_attention", "gaussian_attention", "gaussian_variants"),
    *("hermite_context", "equiangular"),
)

# where no lemma's callable leads: prefix of "module:name" -> ids, nearest first
OWNERS: dict[str, tuple[str, ...]] = {
    "torch_impl.modules:GradientMLP": ("LT-01",),
    "torch_impl.modules:GradientAttention": ("LT-05", "LT-04", "LT-10"),
    "torch_impl.modules:": ("LT-01", "LT-05", "LT-04"),
    "torch_impl.composition:": ("LT-09",),
    "torch_impl.measures:radius": ("LT-04", "LT-10"),
    "torch_impl.measures:": ("LT-05", "LT-09"),
    "torch_impl.bounds:": ("LT-01", "LT-05", "LT-04"),
}
# tests of torch_impl that speak of a module, quickest first; run when the lemmas' own checks see nothing
TESTS: dict[str, tuple[str, ...]] = {
    "torch_impl.layers": (
        "test_layers_against_loops",
        "test_measures",
        "test_layer_properties",
        "test_derivatives",
    ),
    "torch_impl.modules": ("test_edges", "test_modules"),
    "torch_impl.composition": ("test_in_context_composition",),
    "torch_impl.measures": ("test_edges", "test_measures", "test_layers_against_loops", "test_in_context_composition"),
    "torch_impl.bounds": ("test_edges", "test_bounds", "test_modules"),
    "torch_impl.blocks_steps": ("test_blocks_steps",),
    "torch_impl.attention": ("test_attention",),
    "torch_impl.attention_jacobian": ("test_attention_derivative",),
    "torch_impl.norm_layers": ("test_norm_loops",),
    "torch_impl.l2_attention": ("test_l2_attention_loops",),
    "torch_impl.log_laplace": ("test_log_laplace_loops", "test_closed_form_arguments"),
    "torch_impl.prefix_merge": ("test_prefix_merge_loops", "test_closed_form_arguments"),
    "torch_impl.space_time": ("test_space_time_loops", "test_closed_form_arguments"),
    "torch_impl.linear_attention": ("test_linear_attention_loops", "test_linear_attention_flows"),
    "torch_impl.gaussian_attention": ("test_gaussian_loops", "test_gaussian_flows"),
    "torch_impl.gaussian_variants": ("test_gaussian_loops",),
    "torch_impl.hermite_context": ("test_gaussian_loops",),
    "torch_impl.equiangular": ("test_equiangular_loops",),
}
# not formulas: validation, random initial values and stored options, names of files, messages
LEFT_OUT = ("__init__", "_check", "_refusal", "lemma_bound", "_tensors", "_flat")


def source_of(module: str) -> Path:
    """The file of a module, found without importing it.

    Raises:
        ArgumentError: there is none.
    """
    spec = importlib.util.find_spec(module)
    if spec is None or spec.origin is None:
        raise ArgumentError(f"mutants: an importable module required, got {module!r}. Install the repository.")
    return Path(spec.origin)


@lru_cache(maxsize=64)
def functions(path: Path) -> dict[str, ast.FunctionDef]:
    """Functions and methods of a file by qualified name, docstrings removed."""
    found: dict[str, ast.FunctionDef] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        inside = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}." if isinstance(node, ast.ClassDef) else ""
        for member in inside:
            if isinstance(member, ast.FunctionDef):
                if ast.get_docstring(member) is not None and len(member.body) > 1:
                    member.body = member.body[1:]
                found[prefix + member.name] = member
    return found


def code_mutants(lemmas: Sequence[Lemma]) -> Iterator[Mutant]:
    """All code mutants that the given lemmas own, in the order of the files."""
    owned = owners(lemmas)
    reached = reached_by(lemmas)
    for short in MODULES:
        module = f"torch_impl.{short}"
        for name, function in functions(source_of(module)).items():
            ids = owned.get(f"{module}:{name}", ())
            if not ids or name.rpartition(".")[2].startswith(LEFT_OUT):
                continue
            context = ast.unparse(function)
            for operator, old, new, changed in changes(function, f"{module}:{name}"):
                yield Mutant(
                    family=CODE,
                    module=module,
                    name=name,
                    operator=operator,
                    line=getattr(old, "lineno", function.lineno),
                    before=_first_line(ast.unparse(old)),
                    after=_first_line(ast.unparse(new)),
                    lemmas=ids,
                    context=context,
                    text=changed,
                    reached=f"{module}:{name}" in reached,
                )


def _first_line(text: str) -> str:
    first = text.strip().splitlines()[0]
    return first if first == text.strip() else first + " ..."


def reached_by(lemmas: Sequence[Lemma]) -> dict[str, list[tuple[int, str]]]:
    """ "module:function" -> (calls away, id) of each lemma whose HAMMER or BINDINGS lead to it."""
    calls = _calls()
    found: dict[str, list[tuple[int, str]]] = {}
    for lemma in lemmas:
        hammered = [prop.callable for prop in lemma.hammers]
        distance = {start: 0 for start in [*hammered, *(b.callable for b in lemma.bindings)] if start in calls}
        waiting = list(distance)
        while waiting:
            here = waiting.pop(0)
            for other in sorted(calls[here] - set(distance)):
                distance[other] = distance[here] + 1
                waiting.append(other)
        for name, far in distance.items():
            found.setdefault(name, []).append((far, lemma.id))
    return found


def owners(lemmas: Sequence[Lemma]) -> dict[str, tuple[str, ...]]:
    """ "module:function" -> ids of the lemmas that own it, nearest first."""
    present = {lemma.id for lemma in lemmas}
    result = {n: tuple(i for _, i in sorted(ids, key=lambda e: e[0])) for n, ids in reached_by(lemmas).items()}
    for name in _calls():
        if name not in result:
            prefix = max((p for p in OWNERS if name.startswith(p)), key=len, default="")
            ids = tuple(i for i in OWNERS.get(prefix, ()) if i in present)
            if ids:
                result[name] = ids
    return result


@lru_cache(maxsize=1)
def _calls() -> dict[str, frozenset[str]]:
    """ "module:function" -> the functions of torch_impl that its body names."""
    home: dict[str, str] = {}
    trees: dict[str, dict[str, ast.FunctionDef]] = {}
    for short in MODULES:
        module = f"torch_impl.{short}"
        trees[module] = functions(source_of(module))
        for name in trees[module]:
            if "." not in name:
                home[name] = f"{module}:{name}"
    return {
        f"{module}:{name}": frozenset(
            home[n.id] for n in ast.walk(body) if isinstance(n, ast.Name) and n.id in home.keys() - _parameters(body)
        )
        for module, members in trees.items()
        for name, body in members.items()
    }


def _parameters(function: ast.FunctionDef) -> set[str]:
    """A parameter may have the name of a function, as `measure` has."""
    a = function.args
    return {p.arg for p in (*a.posonlyargs, *a.args, *a.kwonlyargs)}
