"""The time on the page: SOURCE_DATE_EPOCH if it is set, so that the same inputs give the same bytes, else now."""

from __future__ import annotations

import os
from datetime import UTC, datetime

from proofcheck.errors import ArgumentError

VARIABLE = "SOURCE_DATE_EPOCH"


def now() -> str:
    """Such as 2026-02-21 18:40 UTC.

    Raises:
        ArgumentError: SOURCE_DATE_EPOCH is no number of seconds that is a date.
    """
    given = os.environ.get(VARIABLE)
    try:
        moment = datetime.now(UTC) if given is None else datetime.fromtimestamp(int(given), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ArgumentError(
            f"{VARIABLE}: a number of seconds since 1970 required, got {given!r} ({error}). Unset it, or set a number."
        ) from error
    return moment.strftime("%Y-%m-%d %H:%M UTC")
