r"""Writes what an event holds as JSON that every reader of JSON can read: in one pass, on one line, in ASCII.

On the way secrets are taken out, and each long text is stored apart and replaced by ``"$blob:<its name>"``; a text that
begins like that itself gets another ``$``. Numbers that are not finite become the strings ``NaN``, ``Infinity``,
``-Infinity`` (which a field for numbers reads back); lone surrogates, which no file can hold, are spelled out
(``\udc80``). It is what :func:`~glasswork.log.plain.plain` makes of the same data, and much faster.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from itertools import accumulate
from json.encoder import encode_basestring_ascii as quote
from typing import Any

from pydantic import BaseModel

from glasswork.log.plain import encodable, plain
from glasswork.log.redact import Redactor
from glasswork.records import Event

LONG = 2000
"""Strings of more UTF-8 bytes than this are moved out of their event."""
DEEPEST = 100
"""Data nested deeper than this is refused: whatever was written must be readable, and readers have limits."""

_MARK_LIKE = re.compile(r"\$+blob:")
_NO_BRACKETS = re.compile(r'"(?:[^"\\]|\\.)*+"|[^]["{}]++')
_ROOM = 8_000_000


class Encoder:
    """Encodes the events of one log."""

    def __init__(self, redactor: Redactor, store: Callable[[str], str]) -> None:
        """``store`` keeps a long text and returns its name."""
        self._redactor = redactor
        self._store = store
        self._texts = _Remembered(self._text)
        # Python's encoder in C asks back for every string and every record, and does all the rest itself. The class
        # around it would not let us say what becomes of strings.
        self._chunks = json.encoder.c_make_encoder(  # type: ignore[attr-defined]
            None, _fields, self._texts.__getitem__, None, ":", ",", False, False, False
        )

    def event(self, event: Event) -> str:
        """Return the fields of an event, its type aside.

        Raises TypeError, ValueError, RecursionError for what JSON has no form for; whatever ``store`` raises.
        """
        fields = dict(event.__dict__)
        del fields["type"]
        try:
            text = "".join(self._chunks(fields, 0))
        except ValueError:  # a number that is not finite
            text = "".join(self._chunks(plain(event.model_dump(exclude={"type"})), 0))
        if text.count("{") + text.count("[") > DEEPEST and _depth(text) > DEEPEST:
            raise ValueError(f"it is nested deeper than {DEEPEST} levels")
        return text

    def _text(self, text: str) -> str:
        text = self._redactor.text(encodable(text))
        if len(text) * 4 > LONG and len(text.encode()) > LONG:
            return f'"$blob:{self._store(text)}"'
        return quote("$" + text if _MARK_LIKE.match(text) else text)


class _Remembered(dict[str, str]):
    """Remembers what was made of each text: prompts, labels and names come again with every event."""

    def __init__(self, make: Callable[[str], str]) -> None:
        super().__init__()
        self._make = make
        self._room = _ROOM

    def __missing__(self, text: str) -> str:
        made = self._make(text)
        self._room -= len(text) + len(made)
        if self._room < 0:
            self.clear()
            self._room = _ROOM
        self[text] = made
        return made


def _fields(value: Any) -> dict[str, Any]:
    if isinstance(value, BaseModel):
        return value.__dict__
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def _depth(text: str) -> int:
    return max(accumulate(1 if bracket in "[{" else -1 for bracket in _NO_BRACKETS.sub("", text)))
