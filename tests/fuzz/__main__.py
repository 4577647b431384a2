"""Hostile input for every parser and loader: `python -m tests.fuzz [TARGET...] [--inputs N]`."""

from __future__ import annotations

import argparse
import importlib.util
import json
import mmap
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from proofcheck import cache

from .catalogue import NEEDS_TRANSFORMERS, WHERE
from .mutate import LONGEST
from .state import Tally
from .target import Outcome

REQUIRE = "PROOFCHECK_REQUIRE_ATHERIS"
HANG = 240.0  # seconds of CPU on one input, past which its process is ended: code that no signal interrupts
EXAMPLE = """
python -m tests.fuzz --inputs 10000                 every target, some minutes
python -m tests.fuzz expr latex --inputs 1000000    two targets; stop it and run it again: it goes on
python -m tests.fuzz claim --inputs 1000000 --restart 20000    fifty runs, each from the real inputs
python -m tests.fuzz --driver plain --seed 3        without atheris, mutated by a seeded generator

Exit 0 without findings, 1 with some (written to the folder, one file each), 2 on wrong usage.
"""


def main() -> int:
    parser = argparse.ArgumentParser("python -m tests.fuzz", description=__doc__, epilog=EXAMPLE)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(WHERE)} (all)")
    parser.add_argument(
        "--inputs", type=int, default=10_000, help="for each target, over all runs in the folder (10000)"
    )
    parser.add_argument("--driver", choices=("plain", "guided"), help="guided where atheris is installed")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument(
        "--restart", type=int, metavar="N", help="begin again from the real inputs after N, with another seed"
    )
    parser.add_argument("--folder", type=Path, default=cache.folder() / "fuzz", help="corpus, state, findings")
    parser.add_argument("--fresh", action="store_true", help="start the counts anew (the corpus stays)")
    parser.add_argument("--json", action="store_true", help="one JSON document on stdout")
    parser.add_argument("--worker", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    unknown = [name for name in options.targets if name not in WHERE]
    if unknown:
        parser.error(f"no target {unknown[0]!r}; there are {', '.join(WHERE)}")
    if options.inputs < 1:
        parser.error(f"--inputs must be at least 1, got {options.inputs}")
    if options.restart is not None and options.restart < 1:
        parser.error(f"--restart must be at least 1, got {options.restart}")
    has_atheris = importlib.util.find_spec("atheris") is not None
    if not has_atheris and (options.driver == "guided" or os.environ.get(REQUIRE) == "1"):
        parser.error("atheris is required and not installed: pip install atheris")
    options.driver = options.driver or ("guided" if has_atheris else "plain")
    options.folder = options.folder.resolve()
    if options.worker:
        return work(options)
    rows, skipped = {}, []
    for name in options.targets or WHERE:
        if name in NEEDS_TRANSFORMERS and importlib.util.find_spec("transformers") is None:
            skipped.append(f"{name}: transformers is not installed")
            continue
        rows[name] = run(name, options)
        show(name, rows[name], options.driver)
    for line in skipped:
        print(f"skipped {line}", file=sys.stderr)
    findings = sum(len(tally.findings) for tally in rows.values())
    if options.json:
        table = {
            n: {"inputs": t.inputs, "seconds": t.seconds, "asked": t.asked, "counts": dict(t.counts)}
            for n, t in rows.items()
        }
        print(
            json.dumps({"driver": options.driver, "targets": table, "findings": findings, "skipped": skipped}, indent=1)
        )
    else:
        total = sum(tally.inputs for tally in rows.values())
        seconds = sum(tally.seconds for tally in rows.values())
        print(f"{total:,} inputs, {len(rows)} targets, {seconds:.0f} s of CPU, {options.driver}: {findings} findings")
    return 1 if findings else 0


def show(name: str, tally: Tally, driver: str) -> None:
    counts = ", ".join(f"{count:,} {kind}" for kind, count in sorted(tally.counts.items()))
    asked = f", {tally.asked:,} asked of the second checker" if tally.asked else ""
    print(
        f"{name:<15} {tally.inputs:>10,} inputs  {tally.seconds:>8.1f} s  {counts}{asked}", file=sys.stderr, flush=True
    )
    for text in sorted({text[:160] for _, text in tally.findings})[:10]:
        print(f"    {text}", file=sys.stderr)


def share(name: str) -> float:
    """huggingface builds a model for each input that is accepted: a tenth of the inputs."""
    return 0.1 if name in NEEDS_TRANSFORMERS else 1.0


def run(name: str, options: argparse.Namespace) -> Tally:
    """Workers for one target until its inputs are judged; a worker that dies or hangs is a finding and is replaced."""
    folder = options.folder
    folder.mkdir(parents=True, exist_ok=True)
    total, part = folder / f"{name}.json", folder / f"{name}.part.json"
    done = Tally() if options.fresh else Tally.read(total)
    if not options.fresh and part.exists():
        done = done.merge(Tally.read(part))  # a run that was killed
    part.unlink(missing_ok=True)
    done.write(total)
    wanted = max(1, int(options.inputs * share(name)))
    corpus = folder / f"{name}.corpus"
    while done.inputs < wanted:
        left = wanted - done.inputs
        if options.restart:  # a corpus that has grown for long is of inputs that are slow
            left = min(left, options.restart)
            shutil.rmtree(corpus, ignore_errors=True)
        command = [sys.executable, "-m", __package__ or "tests.fuzz", name, "--worker", "--driver", options.driver]
        command += [
            "--inputs",
            str(left),
            "--seed",
            str(options.seed + done.inputs),
            "--folder",
            str(folder),
        ]
        ended = _watched(command, name, done.inputs, wanted, folder)
        made = Tally.read(part)
        if ended:
            made.add(_current(folder / f"{name}.current"), Outcome("work" if "CPU" in ended else "crash", ended))
        elif not made.inputs:
            raise SystemExit(f"{name}: the worker ended without a result")
        done = done.merge(made)
        done.write(total)
        part.unlink(missing_ok=True)
    for number, (data, text) in enumerate(done.findings):
        place = folder / "findings" / f"{name}-{number:03}"
        place.parent.mkdir(exist_ok=True)
        place.write_bytes(data)
        place.with_suffix(".txt").write_text(text + "\n", encoding="utf-8", errors="backslashreplace")
    return done


def _watched(command: list[str], name: str, before: int, wanted: int, folder: Path) -> str:
    """Run a worker to its end; "" or why it ended as it should not."""
    log = folder / f"{name}.log"
    current = folder / f"{name}.current"
    with log.open("wb") as stream:
        fixed = {**os.environ, "PYTHONHASHSEED": "0"}  # sets in one order: the same seed gives the same inputs
        child = subprocess.Popen(command, stdout=stream, stderr=stream, env=fixed)
        seen, stuck_since, shown = b"", 0.0, time.monotonic()
        while child.poll() is None:
            time.sleep(0.2)
            now = current.read_bytes()[:4096] if current.exists() else b""
            spent = _cpu(child.pid)
            if now != seen:
                seen, stuck_since = now, spent
            elif spent - stuck_since > HANG and now:
                child.kill()
                child.wait()
                return f"more than {HANG:.0f} s of CPU in code that no signal interrupts"
            if time.monotonic() - shown > 10:
                shown = time.monotonic()
                part = Tally.read(folder / f"{name}.part.json")
                print(f"{name}: {before + part.inputs:,} of {wanted:,}", file=sys.stderr, flush=True)
    if child.returncode:
        last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
        return f"the process ended with {child.returncode}: {' '.join(last)[:200]}"
    return ""


def _cpu(pid: int) -> float:
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def _current(path: Path) -> bytes:
    raw = path.read_bytes()
    return raw[8 : 8 + int.from_bytes(raw[:8], "little")]


def work(options: argparse.Namespace) -> int:
    """The worker: one target in this process."""
    from . import drive

    (name,) = options.targets
    place, part = options.folder / f"{name}.current", options.folder / f"{name}.part.json"
    with place.open("w+b") as stream:
        stream.truncate(LONGEST + 8)
        current = mmap.mmap(stream.fileno(), LONGEST + 8)
        if options.driver == "guided":
            drive.guided(name, options.inputs, options.seed, current, part, options.folder / f"{name}.corpus")
            return 0
        from .catalogue import find
        from .guard import limit_memory

        target = find(name)
        limit_memory(drive.ROOM)
        drive.plain(target, options.inputs, options.seed, current, part)
    return 0


if __name__ == "__main__":
    sys.exit(main())
