"""Rows for other programs: CSV, a JSON array, JSON Lines. Nothing is cut.

In JSON, what does not print is escaped. CSV has no escapes: there it is taken out or spelled out by whoever prints it.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from glasswork.view.clean import json_text

Names = Sequence[str]
Rows = Iterable[Sequence[Any]]


def csv_lines(columns: Names, types: Names, rows: Rows) -> Iterator[str]:
    """Yield one record after the other; NULL is an empty cell, what is neither text nor number is JSON."""
    del types
    for row in (columns, *rows):
        line = io.StringIO()
        csv.writer(line, lineterminator="").writerow([_whole(cell) for cell in row])
        yield line.getvalue()


def json_lines(columns: Names, types: Names, rows: Rows) -> Iterator[str]:
    """Yield one object for each row; columns of the type JSON hold JSON, not a text."""
    for row in rows:
        values = [
            json.loads(cell) if kind == "JSON" and cell is not None else _plain(cell)
            for kind, cell in zip(types, row, strict=True)
        ]
        yield json_text(dict(zip(columns, values, strict=True)))


def json_array(columns: Names, types: Names, rows: Rows) -> Iterator[str]:
    """Yield the lines of one array, an object a line."""
    before = "["
    for each in json_lines(columns, types, rows):
        yield before + each
        before = ","
    yield "]" if before == "," else "[]"


WRITERS: dict[str, Callable[[Names, Names, Rows], Iterator[str]]] = {
    "csv": csv_lines,
    "json": json_array,
    "jsonl": json_lines,
}

_AS_JSON: dict[type, Callable[[Any], Any]] = {
    float: lambda value: value if math.isfinite(value) else None,
    Decimal: float,
    datetime: datetime.isoformat,
    date: date.isoformat,
    time: time.isoformat,
    timedelta: timedelta.total_seconds,
    bytes: bytes.hex,
    list: lambda value: [_plain(item) for item in value],
    tuple: lambda value: [_plain(item) for item in value],
    dict: lambda value: {str(key): _plain(item) for key, item in value.items()},
    UUID: str,
}
"""How a database's values are written: times in ISO 8601, durations in seconds, bytes in hexadecimal."""


def _plain(value: Any) -> Any:
    return _AS_JSON.get(type(value), lambda same: same)(value)


def _whole(cell: Any) -> Any:
    value = _plain(cell)
    return value if isinstance(value, str) or value is None else json_text(value)
