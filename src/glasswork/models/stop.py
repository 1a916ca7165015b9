"""Where a free text ends: what servers do with stop strings, for models that are no servers."""

from __future__ import annotations

from collections.abc import Sequence


def before_stop(text: str, stop: Sequence[str]) -> str:
    """Return ``text`` up to the first of the ``stop`` strings in it, without that."""
    ends = [position for one in stop if (position := text.find(one)) >= 0]
    return text[: min(ends, default=len(text))]
