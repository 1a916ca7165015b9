"""``glasswork log query``: SQL over all runs."""

from __future__ import annotations

import shutil
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from glasswork.cli import say
from glasswork.cli.load import logs_folder
from glasswork.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from glasswork.log.query import Answer

TERMINAL = (80, 24)
"""Columns and lines of what is no terminal."""


class Format(StrEnum):
    """How rows are printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    JSONL = "jsonl"


def query(
    sql: Annotated[str | None, typer.Argument(help="One SELECT statement.", metavar="SQL", show_default=False)] = None,
    *,
    run: Annotated[
        list[str] | None,
        typer.Option("--run", help="Only this run; may be repeated.", metavar="RUN", show_default=False),
    ] = None,
    form: Annotated[
        Format, typer.Option("--format", help="A table cuts long cells; the others do not.")
    ] = Format.TABLE,
    schema: Annotated[bool, typer.Option("--schema", help="List tables and columns.")] = False,
    logs: Annotated[
        Path | None, typer.Option("--logs", help="Folder of runs; default: logs in the project.", show_default=False)
    ] = None,
) -> None:
    """Ask all runs in SQL: glasswork log query "SELECT run, state, tokens FROM runs".

    Exits with 1 where a log is damaged: it is left out, and named on stderr.
    """
    if schema:
        _schema(form)
        return
    if sql is None:
        raise UserError("'query' takes SQL", hint="--schema lists tables and columns")
    from glasswork.log.query import ask
    from glasswork.log.runs import find_run, run_ids

    folder = logs_folder(logs)
    runs = [find_run(folder, name) for name in run] if run else [folder / name for name in run_ids(folder)]
    answer = ask(list(dict.fromkeys(runs)), sql)
    if not runs:
        say.note(f"{say.shown(folder)} holds no runs")
    for line in _printed(answer, form):
        say.out(line)
    for skipped in answer.skipped:
        say.note(f"left out: {skipped.run}: {skipped.why}")
    if answer.skipped:
        raise typer.Exit(1)


def _printed(answer: Answer, form: Format) -> Iterator[str]:
    from glasswork.view import grid, rows

    if form is not Format.TABLE:
        return rows.WRITERS[form.value](answer.columns, answer.types, answer.rows)
    found = list(answer.rows)
    if not found:
        say.note("no rows")
    return grid.grid(answer.columns, found, width=shutil.get_terminal_size(TERMINAL).columns)


def _schema(form: Format) -> None:
    from glasswork.log.query import TABLES

    if form is not Format.TABLE:
        rows = [{"table": table.name, **vars(column)} for table in TABLES for column in table.columns]
        say.json_object(rows)
        return
    for table in TABLES:
        say.out(f"{say.paint(table.name, 'bold')}  {table.about}")
        say.columns([(column.name, column.type, column.holds) for column in table.columns], indent="  ")
        say.out()
