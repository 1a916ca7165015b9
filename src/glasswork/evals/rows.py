"""Answers to be judged, and labelled ones, from a file: a JSON object a line, in a form that belongs to no data set."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import ConfigDict, Field, ValidationError

from glasswork.errors import DefinitionError, Problem, UserError, did_you_mean
from glasswork.evals.dimensions import DIMENSIONS
from glasswork.evals.judge import Case, Labelled, Said
from glasswork.library.wording import words
from glasswork.records import Record

Text = Annotated[str, Field(min_length=1)]
FORMS = '{"question": "…", "answer": "…"} or {"question": "…", "a": "…", "b": "…"}'
LABELLED = '{"question": "…", "answer": "…", "label": true} or {"question": "…", "a": "…", "b": "…", "better": "a"}'


class _Line(Record):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    question: Text
    dimension: str = ""
    """What the label is about; empty: whatever is asked for."""
    id: str = ""


class _Single(_Line):
    answer: Text
    label: bool | None = None

    def row(self, line: int) -> Row:
        case = Case(question=self.question, answers=(self.answer,))
        label: Said | None = None if self.label is None else "yes" if self.label else "no"
        return Row(case, label, self.id or f"line {line}", self.dimension)


class _Pair(_Line):
    a: Text
    b: Text
    better: Literal["a", "b", "tie"] | None = None

    def row(self, line: int) -> Row:
        case = Case(question=self.question, answers=(self.a, self.b))
        return Row(case, self.better, self.id or f"line {line}", self.dimension)


class Row(NamedTuple):
    """A case of a file."""

    case: Case
    label: Said | None
    name: str
    """Its ``id``, or its line."""
    dimension: str
    """What alone it is about; empty: whatever is asked for."""


def read_rows(path: Path) -> list[Row]:
    """Read cases.

    Raises:
        UserError: the file cannot be read, or holds none.
        DefinitionError: lines are not as they must be; all of them.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
    rows, problems = list[Row](), list[Problem]()
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                rows.append(_line(json.loads(line)).row(number))
            except ValidationError as error:
                problems += [Problem(str(path), number, 1, _said(one)) for one in error.errors(include_url=False)]
            except (ValueError, RecursionError) as error:
                problems.append(Problem(str(path), number, getattr(error, "colno", 1), str(error).split(": line")[0]))
    if problems:
        raise DefinitionError(problems)
    if not rows:
        raise UserError(f"{path} holds no answers", hint=f"each line: {FORMS}")
    return rows


def labelled(path: Path, dimension: str) -> list[Labelled]:
    """Read the cases of a file that are about a dimension, for a gate: all labelled, and of one form.

    Raises:
        UserError: there is none, one has no label, or single answers stand beside pairs.
        DefinitionError: lines are not as they must be; all of them.
    """
    rows = [row for row in read_rows(path) if row.dimension in {"", dimension}]
    if not rows:
        raise UserError(f"{path} holds nothing about {dimension}", hint=f"each line: {LABELLED}")
    for row in rows:
        if row.label is None:
            raise UserError(f"{path}: {row.name} has no label", hint=f"each line: {LABELLED}")
        if row.case.form != rows[0].case.form:
            raise UserError(
                f"{path} holds single answers and pairs", hint="a judge passes for each by itself: part them"
            )
    return [Labelled(row.case, row.label) for row in rows if row.label is not None]


def _line(data: Any) -> _Single | _Pair:
    if not isinstance(data, dict):
        raise ValueError(f"it must be an object: {FORMS}")  # noqa: TRY004 - told as any other mistake in a line
    form = _Pair if {"a", "b", "better"} & data.keys() else _Single
    found: _Single | _Pair = form.model_validate(data)
    if found.dimension and found.dimension not in DIMENSIONS:
        raise ValueError(f"no dimension named {found.dimension!r}{did_you_mean(found.dimension, DIMENSIONS)}")
    return found


def _said(detail: Any) -> str:
    key = ".".join(map(str, detail["loc"]))
    if detail["type"] == "missing":
        return f"'{key}' is missing; expected {FORMS}"
    if detail["type"] == "extra_forbidden":
        known = {*_Single.model_fields, *_Pair.model_fields}
        return f"unknown key '{key}'{did_you_mean(key, known)}"
    return f"{key}: {words(detail)}"
