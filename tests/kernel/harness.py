"""Load a changed copy of the trusted modules under another package name, and find a test that notices the change."""

import contextlib
import random
import resource
import signal
import sys
import types
from pathlib import Path

from attacks.corpus import ATTACKS, run

import proofcheck
from kernel import properties
from kernel.mutants import changed, mutants

ROOT = Path(proofcheck.__file__).parent
MODULES = {
    "kernel.syntax": "kernel/syntax.py",
    "kernel.algebra": "kernel/algebra.py",
    "kernel.claim": "kernel/claim.py",
    "kernel.proof": "kernel/proof.py",
    "kernel": "kernel/__init__.py",
    "witness.evaluate": "witness/evaluate.py",
    "witness": "witness/__init__.py",
}
SECONDS = 4  # of processor time for one case; a change that loops or expands without end is noticed
MEMORY = 1 << 30  # on top of what is in use
LIMITS = (
    "budget",
    "spend",
    ".pay",
    "spent",
    "_LIMIT",
    "COST",
    "bounded",
)  # only these need the texts that take long


class Hang(BaseException):
    """A case took too long."""


def sources():
    return {name: (ROOT / path).read_text(encoding="utf-8") for name, path in MODULES.items()}


def all_mutants():
    """Mutants of every trusted module but the two package files, by name."""
    texts = sources()
    return {m.name: m for name in MODULES if "." in name for m in mutants(name, texts[name])}


def load(package, codes):
    """(kernel, witness) from compiled modules, as the packages `package`.kernel and `package`.witness."""
    for name in [n for n in sys.modules if n == package or n.startswith(package + ".")]:
        del sys.modules[name]
    for name in ("", ".kernel", ".witness"):
        module = types.ModuleType(package + name)
        module.__path__ = []
        sys.modules[package + name] = module
    for name in MODULES:
        full = f"{package}.{name}"
        module = sys.modules.setdefault(full, types.ModuleType(full))
        module.__package__ = full if "." not in name else full.rpartition(".")[0]
        exec(codes[name], module.__dict__)
    return sys.modules[f"{package}.kernel"], sys.modules[f"{package}.witness"]


@contextlib.contextmanager
def limited(seconds):
    """Raise Hang after `seconds`; memory is bounded by the caller."""

    def stop(*_):
        raise Hang

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


@contextlib.contextmanager
def bounded_memory():
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def attack_fails(name, kernel, witness):
    """Whether the test of this attack would fail."""
    item = ATTACKS[name]
    with limited(SECONDS):
        error = run(item.bad, kernel, witness)
        if type(error) is not kernel.KernelError or item.reason not in str(error):
            return True
        return run(item.good, kernel, witness) is not None


def property_fails(check, kernel, witness):
    with limited(2 * SECONDS):
        try:
            if check.__name__ == "models":
                return check(kernel, witness, random.Random(1), 150) < 75
            count = 250 if check.__name__ == "normal_forms" else 100
            return check(kernel, random.Random(1), count) < count // 4
        except Exception:  # whatever comes out of a mutant, the test fails
            return True


PROPERTIES = {
    f.__name__: f
    for f in (
        properties.normal_forms,
        properties.factors,
        properties.definitions,
        properties.substitution,
        properties.models,
    )
}


class Killer:
    """Runs the checks on one mutant after the other; the last to notice a change are tried first.

    Only the checks that enter the changed function are run: a change elsewhere cannot matter to the others.
    """

    def __init__(self):
        self.plain = {name: compile(text, f"<mutant.{name}>", "exec") for name, text in sources().items()}
        quick = [name for name, item in ATTACKS.items() if not item.slow]
        self.order = quick[::7] + list(PROPERTIES) + [q for i, q in enumerate(quick) if i % 7]
        self.slow = [name for name, item in ATTACKS.items() if item.slow]
        self.entered = self.trace()

    def trace(self):
        """Check -> the functions (module.qualified name) that it enters on the unchanged modules."""
        kernel, witness = load("mutant", self.plain)
        entered = {}

        def note(frame, event, _):
            if event == "call" and frame.f_code.co_filename.startswith("<mutant."):
                module = frame.f_code.co_filename[len("<mutant.") : -1]
                here.add(f"{module}.{frame.f_code.co_qualname.replace('.<locals>', '')}")

        for name in self.order:
            here = entered[name] = set()
            sys.setprofile(note)
            try:
                failed = self.fails(name, kernel, witness)
            finally:
                sys.setprofile(None)
            if failed:
                raise RuntimeError(f"{name} fails on the unchanged kernel")
        return entered

    def matters(self, check, mutant):
        """Whether `check` can notice the mutant; a change outside functions concerns all."""
        where = mutant.name.partition(":")[0]
        functions = self.entered.get(check)
        if functions is None or mutant.imported:
            return True
        return any(f == where or f.startswith(where + ".") for f in functions)

    def fails(self, name, kernel, witness):
        try:
            if name in PROPERTIES:
                return property_fails(PROPERTIES[name], kernel, witness)
            return attack_fails(name, kernel, witness)
        except Hang:
            return True

    def kill(self, mutant):
        """The name of a check that notices `mutant` (or a reason why it cannot even be loaded), or ""."""
        with bounded_memory():
            try:
                code = compile(changed(mutant), f"<mutant.{mutant.module}>", "exec")
                with limited(SECONDS):
                    kernel, witness = load("mutant", {**self.plain, mutant.module: code})
            except (Exception, Hang) as error:
                return f"import: {type(error).__name__}"
            limits = any(word in mutant.name for word in LIMITS)
            for checks in (self.order, self.slow if limits else []):
                for place, name in enumerate(checks):
                    if self.matters(name, mutant) and self.fails(name, kernel, witness):
                        checks.insert(0, checks.pop(place))
                        return name
        return ""
