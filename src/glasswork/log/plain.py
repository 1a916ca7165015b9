"""Brings what an event holds into JSON that every reader of JSON can read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any


def plain(value: Any) -> Any:
    r"""Return ``value`` as JSON data.

    Tuples become lists; numbers that are not finite become the strings ``NaN``, ``Infinity``, ``-Infinity`` (which a
    field for numbers reads back); lone surrogates, which no file can hold, are spelled out (``\udc80``).
    Raises TypeError for what JSON has no form for.
    """
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else _spelled(value)
        case str():
            return str(value.encode("utf-8", "backslashreplace"), "utf-8") if not value.isascii() else str(value)
        case Mapping():
            return {plain(str(key)): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case _:
            raise TypeError(f"{type(value).__name__} has no form in JSON")


def _spelled(number: float) -> str:
    if math.isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"
