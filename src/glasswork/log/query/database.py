"""Puts the rows of runs into a DuckDB that lives in memory, is closed to everything else, and answers one query."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glasswork.errors import LogError, MissingExtra, UserError
from glasswork.log.about import read_about
from glasswork.log.query.gather import RunRows, needed
from glasswork.log.query.rows import run_row
from glasswork.log.query.tables import TABLES, Table
from glasswork.log.reader import iter_entries
from glasswork.log.runs import summarise

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",  # no files, no network, no attached databases, no extensions
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
    "python_enable_replacements": "false",  # no Python variables either
    "temp_directory": "",  # what does not fit the memory is an error, not a file
    "lock_configuration": "true",
}
_READS = {"SELECT", "EXPLAIN", "MULTI"}
"""Kinds of statements that are answered. PIVOT is what DuckDB makes several of."""
_BATCH = 2000
_FETCH = 1000
_INT64 = 2**63


@dataclass(frozen=True)
class Skipped:
    """A run that is not in the answer, and why."""

    run: str
    why: str


@dataclass(frozen=True)
class Answer:
    """What a query came to. ``rows`` can be read once; reading may raise UserError, as asking does."""

    columns: tuple[str, ...]
    """Their names, each once: a second ``run`` is ``run_1``."""
    types: tuple[str, ...]
    """As DuckDB calls them."""
    rows: Iterator[tuple[Any, ...]]
    skipped: tuple[Skipped, ...] = ()


def ask(folders: Sequence[Path], sql: str) -> Answer:
    """Answer one SQL query about runs.

    Only the tables that the query names are filled; one that names ``runs`` alone reads the two ends of each log. A run
    that cannot be read whole is left out of every table.

    Raises:
        UserError: the query is none that DuckDB understands, or does something else than read.
        MissingExtra: DuckDB is not installed.
    """
    connection = _connect()
    with _telling():
        _check(connection, sql)
        for table in TABLES:
            columns = ", ".join(f"{column.name} {column.type}" for column in table.columns)
            connection.execute(f"CREATE TABLE {table.name} ({columns})")
        named = {word.lower() for word in re.findall(r"\w+", sql)}
        wanted = {table.name: table for table in TABLES if table.name in named}
        skipped = [found for folder in folders if wanted and (found := _load(connection, folder, wanted))]
        result = _execute(connection, sql)
        heads = result.description or []
        names, types = _once([str(head[0]) for head in heads]), tuple(str(head[1]) for head in heads)
        return Answer(names, types, _rows(result), tuple(skipped))


def _connect() -> DuckDBPyConnection:
    try:
        import duckdb
    except ImportError as error:
        raise MissingExtra("DuckDB", "query") from error
    return duckdb.connect(":memory:", config=_CLOSED)


@contextmanager
def _telling() -> Iterator[None]:
    """Turn DuckDB's errors into one of the user's, with DuckDB's own words: position, suggestion."""
    import duckdb

    try:
        yield
    except duckdb.Error as error:
        raise UserError(str(error), hint="'glasswork log query --schema' lists tables and columns") from error


def _check(connection: DuckDBPyConnection, sql: str) -> None:
    if not _is_utf8(sql):
        raise UserError("the query is not text in UTF-8")
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise UserError(f"one query at a time: this holds {len(statements) or 'no'} statements")
    kind = statements[0].type.name
    if kind not in _READS:
        raise UserError(f"a query reads, and this is a statement of the kind {kind}", hint="begin it with SELECT")


def _execute(connection: DuckDBPyConnection, sql: str) -> DuckDBPyConnection:
    """Run a query in a thread of its own: this one hears Ctrl-C, which DuckDB notices only at times, and stops it."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(connection.execute, sql)
        try:
            return running.result()
        except KeyboardInterrupt:
            connection.interrupt()
            raise


def _is_utf8(text: str) -> bool:
    """Say whether a text typed was in UTF-8: other bytes come as lone surrogates."""
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _load(connection: DuckDBPyConnection, folder: Path, wanted: dict[str, Table]) -> Skipped | None:
    """Put one run into the tables, whole or not at all."""
    connection.execute("BEGIN")
    try:
        if "runs" in wanted:
            _insert(connection, wanted["runs"], [_run(folder)])
        if wanted.keys() != {"runs"}:
            _load_events(connection, folder, wanted)
    except LogError as error:
        connection.execute("ROLLBACK")
        return Skipped(folder.name, error.message)
    connection.execute("COMMIT")
    return None


def _run(folder: Path) -> tuple[Any, ...]:
    return run_row(summarise(folder), read_about(folder))


def _load_events(connection: DuckDBPyConnection, folder: Path, wanted: dict[str, Table]) -> None:
    making = RunRows(folder.name, wanted.keys() - {"runs"})

    def store(least: int) -> None:
        for name, rows in making.rows.items():
            if len(rows) >= least:
                _insert(connection, wanted[name], rows)
                rows.clear()

    for number, entry in enumerate(iter_entries(folder, only=needed(making.rows)), 1):
        making.take(entry)
        if number % _BATCH == 0:
            store(_BATCH)
    making.end()
    store(1)


def _insert(connection: DuckDBPyConnection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows column by column: one parameter a column is some hundred times faster than one a value."""
    for start in range(0, len(rows), _BATCH):
        values = zip(*rows[start : start + _BATCH], strict=True)
        columns = [_FIT.get(column.type, list)(cells) for column, cells in zip(table.columns, values, strict=True)]
        unnested = ", ".join(f"unnest(?::{column.type}[])" for column in table.columns)
        connection.execute(f"INSERT INTO {table.name} SELECT {unnested}", columns)


def _whole(values: Sequence[int | None]) -> list[int | None]:
    """Leave out numbers that a column does not hold: some server, or seed, may say anything."""
    return [value if value is None or -_INT64 <= value < _INT64 else None for value in values]


def _lists(values: Sequence[Sequence[str] | None]) -> list[list[str] | None]:
    return [None if value is None else list(value) for value in values]


_FIT: dict[str, Callable[[Any], list[Any]]] = {"BIGINT": _whole, "VARCHAR[]": _lists}


def _rows(result: DuckDBPyConnection) -> Iterator[tuple[Any, ...]]:
    with _telling():
        while rows := result.fetchmany(_FETCH):
            yield from rows


def _once(names: Sequence[str]) -> tuple[str, ...]:
    """Make every name unique, as DuckDB does where it makes a table of a result."""
    found: list[str] = []
    for name in names:
        new, number = name, 0
        while new in found:
            number += 1
            new = f"{name}_{number}"
        found.append(new)
    return tuple(found)
