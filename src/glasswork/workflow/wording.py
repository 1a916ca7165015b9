"""What is wrong, in words: with a value that a definition was to become, and with steps that failed."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError


def wrong_with(error: ValueError) -> str:
    """Return what is wrong, without pydantic's frame."""
    if isinstance(error, ValidationError):
        return "; ".join(one["msg"].removeprefix("Value error, ") for one in error.errors(include_url=False))
    return str(error)


def told_once(failures: Sequence[str]) -> str:
    """Return failures, each ``step: reason``, as one text; a reason that was given before is not given again."""
    told, reasons = list[str](), list[str]()
    for failure in failures:
        before = next((reason for reason in reasons if failure.endswith(f": {reason}")), "")
        told.append(f"{failure.removesuffix(before)}the same" if before else failure)
        if not before and ": " in failure:
            reasons.append(failure.partition(": ")[2])
    return "; ".join(told)
