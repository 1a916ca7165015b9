"""Questions to a table in SQL: DuckDB (MIT), which sees the one table, no file and no network.

The table is read first; then DuckDB is told to reach nothing outside, and to let nobody change that. It takes one
SELECT.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from glasswork.errors import BadArguments, ToolFailed
from glasswork.tools.base import Blob
from glasswork.tools.callables import builtin

if TYPE_CHECKING:
    import duckdb

_ROWS = 200
_CELL = 500
_MEMORY = "512MB"
_DIGITS = 12
"""Significant digits of what is no whole number: a sum of prices is 74.46, and not 74.46000000000001."""


@builtin("table_question", extra="tables", needs=("duckdb",), memory_mb=2048)
def table_question(table: Blob, sql: str) -> dict[str, Any]:
    """Return what a SELECT over the table ``data`` gives: ``columns`` and ``rows``; one cell is also the ``value``.

    The table can also be named as its file is, without the suffix: that of ``orders.csv`` is ``orders``, too.
    """
    with _opened(table) as connection:
        import duckdb

        try:
            statements = connection.extract_statements(sql)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise BadArguments("table_question", ["'sql' must be one SELECT over the table data"])
            asked = connection.execute(statements[0])
            columns = [str(column[0]) for column in asked.description or ()]
            rows = [[_plain(cell) for cell in row] for row in asked.fetchmany(_ROWS + 1)]
        except duckdb.Error as error:
            raise _mistake(connection, error) from None
    return _told(columns, rows)


@builtin("table_facts", extra="tables", needs=("duckdb",), memory_mb=2048)
def table_facts(table: Blob) -> dict[str, Any]:
    """Return how many rows a table has, its columns with their types and what they range over, and its first rows."""
    with _opened(table) as connection:
        (count,) = connection.execute("SELECT count(*) FROM data").fetchall()[0]
        first = [[_plain(cell) for cell in row] for row in connection.execute("FROM data LIMIT 3").fetchall()]
        columns = [_column(connection, name, kind) for name, kind in _columns(connection)]
    return {"rows": count, "columns": columns, "first_rows": first}


def _told(columns: list[str], rows: list[list[Any]]) -> dict[str, Any]:
    if len(rows) == 1 and len(columns) == 1:
        return {"value": rows[0][0], "columns": columns, "rows": rows}
    return {"columns": columns, "rows": rows[:_ROWS], **({"cut": True} if len(rows) > _ROWS else {})}


@contextmanager
def _opened(table: Blob) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a database in memory that holds the one table, and reaches nothing else."""
    import duckdb

    if table.size == 0:
        raise ToolFailed("the table cannot be read: the file is empty")
    limits = {"memory_limit": _MEMORY, "threads": "1", "autoinstall_known_extensions": "false"}
    with duckdb.connect(
        ":memory:", config={**limits, "autoload_known_extensions": "false", "python_enable_replacements": "false"}
    ) as connection:
        try:
            connection.execute("CREATE TABLE data AS SELECT * FROM read_csv(?, sample_size = -1)", [str(table.path)])
        except duckdb.Error as error:
            raise ToolFailed(f"the table cannot be read: {_first_line(error)}") from None
        if (name := Path(table.name).stem) and name.casefold() != "data":
            connection.execute(f"CREATE VIEW {_quoted(name)} AS FROM data")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection


def _columns(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return [(str(row[0]), str(row[1]).lower()) for row in connection.execute("DESCRIBE data").fetchall()]


def _column(connection: duckdb.DuckDBPyConnection, name: str, kind: str) -> dict[str, Any]:
    quoted = _quoted(name)
    asked = f"SELECT min({quoted}), max({quoted}), count(DISTINCT {quoted}), count(*) - count({quoted}) FROM data"  # noqa: S608 - quoted
    least, most, distinct, missing = connection.execute(asked).fetchall()[0]
    facts = {"name": name, "type": kind, "min": _plain(least), "max": _plain(most), "distinct": distinct}
    return {**facts, "missing": missing} if missing else facts


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _mistake(connection: duckdb.DuckDBPyConnection, error: Exception) -> BadArguments:
    known = ", ".join(f"{name} ({kind})" for name, kind in _columns(connection))
    return BadArguments("table_question", [f"'sql': {_first_line(error)}; the columns of data: {known[:1500]}"])


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:300] if str(error) else type(error).__name__


def _plain(cell: object) -> Any:
    """Return a cell as JSON."""
    if isinstance(cell, Decimal):
        return int(cell) if cell == cell.to_integral_value() else float(cell)
    if isinstance(cell, date | datetime | time):
        return cell.isoformat()
    if isinstance(cell, str):
        return cell if len(cell) <= _CELL else cell[: _CELL - 1] + "…"
    if cell is None or isinstance(cell, bool | int):
        return cell
    if isinstance(cell, float):
        return float(f"{cell:.{_DIGITS}g}") if abs(cell) < float("inf") else None
    return json.loads(json.dumps(cell, default=str))
