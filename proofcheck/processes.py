"""Worker processes that do not outlive the run that started them."""

from __future__ import annotations

import multiprocessing
import os
import threading
from multiprocessing.process import BaseProcess


def end_with_parent() -> None:
    """In a worker process: end as soon as its parent is gone, even by SIGKILL. An initializer for a process pool.

    Without it the workers of a killed run would finish what is queued and then wait for more, for ever.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_wait_and_end, args=(parent,), name="end-with-parent", daemon=True).start()


def _wait_and_end(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)  # nothing to tidy: files are written by the parent, whole
