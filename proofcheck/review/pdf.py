"""A page on paper, through Chromium without a window. Nothing is fetched: the page forbids it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from proofcheck.errors import ArgumentError
from proofcheck.files import write_bytes_atomic

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
VARIABLE = "PROOFCHECK_CHROMIUM"
SECONDS = 180


def browser() -> str:
    """The Chromium that PROOFCHECK_CHROMIUM names, else the first of the usual names on the PATH; "" if none."""
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return shutil.which(chosen) or ""
    return next((found for name in NAMES if (found := shutil.which(name))), "")


def arguments(program: str, profile: str) -> list[str]:
    """The command line that a quiet Chromium without a window and without a network starts with."""
    words = [program, "--headless=new", "--disable-gpu", "--no-first-run", "--disable-extensions",
             "--disable-background-networking", "--disable-component-update", f"--user-data-dir={profile}"]  # fmt: skip
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        words.append("--no-sandbox")  # Chromium refuses to start for root with it
    return words


def write_pdf(html: str, target: Path) -> None:
    """Print `html` to `target`, written whole.

    Raises:
        ArgumentError: there is no Chromium, or it fails.
        OSError: the folder cannot be written.
    """
    program = browser()
    if not program:
        raise ArgumentError(
            f"--pdf: Chromium required, got none of {', '.join(NAMES)} on the PATH. Install it (Debian, Ubuntu: "
            f"`apt install chromium`; macOS: `brew install --cask chromium`), or let {VARIABLE} name the program. "
            "Any browser prints the HTML page too."
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="proofcheck-", ignore_cleanup_errors=True) as folder:
        source, made = Path(folder, "page.html"), Path(folder, "page.pdf")
        source.write_text(html, encoding="utf-8")
        command = [
            *arguments(program, str(Path(folder, "profile"))),
            "--no-pdf-header-footer",
            f"--print-to-pdf={made}",
        ]
        try:
            done = subprocess.run([*command, source.as_uri()], capture_output=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired as error:
            raise ArgumentError(f"--pdf: {program} did not print the page within {SECONDS} s. Try again.") from error
        if done.returncode or not made.is_file() or made.read_bytes()[:5] != b"%PDF-":
            last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["no message"]
            raise ArgumentError(f"--pdf: {program} printed nothing (exit code {done.returncode}): {last[0]}")
        write_bytes_atomic(target, made.read_bytes())
