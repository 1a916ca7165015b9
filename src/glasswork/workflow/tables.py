"""A table step: a CSV file that is taken in, and what it holds, in words that an agent can read.

The file is recorded as every file is that a run takes in; a program in a sandbox gets the run's own copy. Agents see
columns, what they range over, and a few rows: never the whole table.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from glasswork.definitions import SandboxUse, TableStep
from glasswork.dispatch import Caller
from glasswork.errors import UserError
from glasswork.sandbox import lab
from glasswork.tools import Blob, Value, plain
from glasswork.workflow.compiled import CompiledStep
from glasswork.workflow.dispatch_rules import paths
from glasswork.workflow.dispatching import Nobody, taken
from glasswork.workflow.resources import Resources, Supply

_COLUMNS, _VALUES, _ROWS, _CELL = 60, 6, 3, 40
"""What is shown at most: columns, values of a column of text, rows; characters of a cell."""


async def look(resources: Resources, step: CompiledStep, decision: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Take a step's table in; return the step's output.

    Raises:
        GlassworkError: there is no such file, or it is no table.
    """
    supply = resources.tools or Nobody(Path("media"))
    caller = Caller(resources.record, supply.media, resources.past)
    assert isinstance(step.definition, TableStep), "only tables are looked at"
    found = [*paths(step.files, values)]
    if len(found) != 1:
        raise UserError("no file was named: the input that says where the table lies is empty")
    blob = await taken(caller, decision, found[0], supply)
    facts = await _facts(caller, f"{decision}/facts", blob, supply, step.definition.comparable)
    return {**facts, "file": plain(blob), "name": blob.name}


def tables_of(resources: Resources, use: SandboxUse, values: Mapping[str, Any]) -> dict[str, Blob]:
    """Return the tables that a sandbox gets, by their names there. Raises UserError where one was not taken in."""
    supply = resources.tools or Nobody(Path("media"))
    caller = Caller(resources.record, supply.media, resources.past)
    found: dict[str, Blob] = {}
    for name, step in use.files.items():
        blob = caller.value(values["steps"][step]["file"], "table")
        if not isinstance(blob, Blob):
            raise UserError(f"there is no {name}: the step {step!r} took no table in")
        found[name] = blob
    return found


def refuse_unusable(step: CompiledStep, inputs: Mapping[str, Any]) -> None:
    """Refuse a table that a step could not use, before anything is started; one that steps lead to is left to them.

    Raises:
        UserError: the file at the input that the step names is no table, or has too few columns; says why.
    """
    assert isinstance(step.definition, TableStep), "only tables are looked at"
    for named in (template.lone for template in step.files):
        if named is None or named.path[0] != "inputs" or not inputs[named.path[1]]:
            continue
        path = Path(str(inputs[named.path[1]])).expanduser()
        if path.is_file():
            try:
                facts_in(path.read_bytes(), step.definition.comparable)
            except ValueError as error:
                raise UserError(f"the input {named.path[1]!r}: {path}: {error}") from None


async def _facts(caller: Caller, place: str, blob: Blob, supply: Supply, least: int) -> Mapping[str, Any]:
    async def made() -> Value:
        facts: Value = supply.clean(await asyncio.to_thread(read))
        return facts

    def read() -> Value:
        try:
            return facts_in(blob.path.read_bytes(), least)
        except ValueError as error:
            raise UserError(f"{blob.name}: {error}") from None

    given: dict[str, JsonValue] = {"sha256": blob.sha256}
    facts = await caller.answered(place, "facts of a table", given, made, gives="json")
    assert isinstance(facts, dict), "they were made as such"
    return facts


def facts_in(data: bytes, least: int = 0) -> dict[str, JsonValue]:
    """Return what there is to know of a CSV file.

    Raises:
        ValueError: it is no table, or fewer than ``least`` of its columns can be compared; says why.
    """
    rows = lab.rows_of(data)
    many, found = len(rows[0]), [(name, lab.incomparable(lab.column(rows, name))) for name in rows[0]]
    if many < least:
        raise ValueError(
            f"the table has {many} column{'s' if many > 1 else ''}, and {least} are needed; what sets columns apart is "
            "a comma, a semicolon, a tab or |"
        )
    if sum(not why for _, why in found) < least:
        told = "; ".join(f"{name!r} {why}" for name, why in found[:_COLUMNS] if why)
        raise ValueError(f"fewer than {least} columns of the table can be compared: {told}")
    return facts_of(rows)


def facts_of(rows: Sequence[lab.Row]) -> dict[str, JsonValue]:
    """Return what there is to know of a table: ``rows``, ``columns``, those of them that are ``comparable``, and
    ``text``, which tells it in words.
    """
    names = [*rows[0]]
    lines = [f"The table has {len(rows)} rows and {len(names)} columns."]
    lines += [f"- {_told(name, [row[name] for row in rows])}" for name in names[:_COLUMNS]]
    lines += [f"- and {len(names) - _COLUMNS} more columns"] if len(names) > _COLUMNS else []
    lines += ["Its first rows:", *_first(rows, names[:_COLUMNS])]
    shown: list[JsonValue] = [*names]
    fit: list[JsonValue] = [name for name in names if not lab.incomparable(lab.column(rows, name))]
    return {"text": "\n".join(lines), "columns": shown, "comparable": fit, "rows": len(rows)}


def _told(name: str, cells: Sequence[lab.Cell]) -> str:
    known = [cell for cell in cells if cell is not None]
    missing = f", missing in {len(cells) - len(known)} rows" if len(known) < len(cells) else ""
    numbers = [cell for cell in known if not isinstance(cell, str)]
    if not known:
        return f"{name}: empty"
    if len(numbers) == len(known):
        spread = f"from {min(numbers):.6g} to {max(numbers):.6g}, mean {lab.mean(numbers):.6g}"
        return f"{name}: number, {spread}, {len(set(numbers))} different{missing}"
    counts = Counter(str(cell) for cell in known)
    most = ", ".join(f"{_short(value)!r} ({count})" for value, count in counts.most_common(_VALUES))
    return f"{name}: text, {len(counts)} different, mostly {most}{missing}"


def _first(rows: Sequence[lab.Row], names: Sequence[str]) -> Iterator[str]:
    for row in rows[:_ROWS]:
        yield "  " + ", ".join(f"{name} = {_short(row[name])}" for name in names)


def _short(cell: lab.Cell) -> str:
    text = "nothing" if cell is None else " ".join(str(cell).split())
    return text if len(text) <= _CELL else text[: _CELL - 1] + "…"
