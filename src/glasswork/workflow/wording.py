"""What is wrong with a value that a definition was to become, in words."""

from __future__ import annotations

from pydantic import ValidationError


def wrong_with(error: ValueError) -> str:
    """Return what is wrong, without pydantic's frame."""
    if isinstance(error, ValidationError):
        return "; ".join(one["msg"].removeprefix("Value error, ") for one in error.errors(include_url=False))
    return str(error)
