"""Brings what an event holds into JSON that every reader of JSON can read."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any


def plain(value: Any) -> Any:
    r"""Return ``value`` as JSON data.

    Tuples become lists; keys become strings, as JSON would write them; numbers that are not finite become the strings
    ``NaN``, ``Infinity``, ``-Infinity`` (which a field for numbers reads back); lone surrogates, which no file can
    hold, are spelled out (``\udc80``). Raises TypeError for what JSON has no form for.
    """
    match value:
        case None | bool() | int():
            return value
        case float():
            return value if math.isfinite(value) else spelled(value)
        case str():
            return encodable(str(value))
        case Mapping():
            return {_key(key): plain(item) for key, item in value.items()}
        case list() | tuple():
            return [plain(item) for item in value]
        case _:
            raise TypeError(f"{type(value).__name__} has no form in JSON")


def _key(key: Any) -> str:
    match key:
        case str():
            return encodable(str(key))
        case None | bool() | int() | float():
            return encodable(json.dumps(key))
        case _:
            raise TypeError(f"{type(key).__name__} cannot be a key in JSON")


def encodable(text: str) -> str:
    """Return ``text`` with lone surrogates spelled out."""
    return text if text.isascii() else str(text.encode("utf-8", "backslashreplace"), "utf-8")


def spelled(number: float) -> str:
    """Return what stands for a number that is not finite."""
    if math.isnan(number):
        return "NaN"
    return "Infinity" if number > 0 else "-Infinity"
