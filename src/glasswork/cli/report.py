"""How an error is told: what is wrong, where, and what to do about it; never a traceback for a user's mistake."""

from __future__ import annotations

import io
import os
import sys
import traceback
from pathlib import Path
from typing import Protocol, TextIO, runtime_checkable

from glasswork.cli import say
from glasswork.errors import DefinitionError, GlassworkError, Problem
from glasswork.view.clean import clean

BUG = 70
"""Exit status for an error of Glasswork's own (``EX_SOFTWARE``)."""


@runtime_checkable
class Usage(Protocol):
    """What typer raises where the words typed are no command: by its shape, for its class moves between versions."""

    exit_code: int

    def show(self, file: TextIO | None = None) -> None:
        """Print it."""


def known(error: GlassworkError, *, as_json: bool = False) -> int:
    """Tell an error that Glasswork foresees; return the exit status."""
    if as_json:
        say.json_object({"error": as_data(error)})
    elif isinstance(error, DefinitionError):
        _problems(error)
    else:
        _error(error.message)
    if error.hint:
        say.note(f"  {clean(error.hint)}")
    return error.exit_status


def as_data(error: GlassworkError) -> dict[str, object]:
    """Return an error as ``--json`` speaks of it."""
    data: dict[str, object] = {"code": error.code, "message": error.message, "hint": error.hint}
    if isinstance(error, DefinitionError):
        data["problems"] = [vars(problem) for problem in error.problems]
    return data


def usage(error: Usage) -> int:
    """Tell that the words typed are no command, in typer's words."""
    told = io.StringIO()
    error.show(told)
    say.note(told.getvalue().rstrip())
    return error.exit_code


def system(error: OSError) -> int:
    """Tell an error of the operating system: a folder that cannot be written, a full disk."""
    where = f": {error.filename}" if error.filename else ""
    _error(f"{error.strerror or error}{where}")
    return 1


def bug(error: Exception) -> int:
    """Tell an error that nobody foresaw."""
    if os.environ.get("GLASSWORK_DEBUG") == "1":
        say.note("".join(traceback.format_exception(error)).rstrip())
    _error(f"{type(error).__name__}: {error}")
    say.note("  This is a bug in Glasswork, not a mistake of yours. GLASSWORK_DEBUG=1 shows where it happened.")
    return BUG


def _error(message: str) -> None:
    """Tell what is wrong; what a message quotes over several lines is set in, so that none passes for another's."""
    say.note(f"{say.paint('error:', 'red', sys.stderr)} {clean(message)}".replace("\n", "\n  "))


def _problems(error: DefinitionError) -> None:
    for problem in error.problems:
        say.note(clean(str(problem)))
        for line in _source(problem):
            say.note(line)
    files = {problem.file for problem in error.problems}
    _error(f"{say.counted(len(error.problems), 'problem')} in {say.counted(len(files), 'file')}")


def _source(problem: Problem) -> list[str]:
    """Return the offending line with a caret under its column, or nothing where the file cannot be read (any more)."""
    try:
        lines = Path(problem.file).read_text(encoding="utf-8").splitlines()
        line = lines[problem.line - 1] if problem.line else ""
    except (OSError, ValueError, IndexError):
        return []
    if not line.strip():
        return []
    number = f"{problem.line:>5} | "
    before = "".join("\t" if letter == "\t" else " " for letter in line[: max(problem.column - 1, 0)])
    return [number + clean(line), " " * (len(number) - 2) + "| " + before + "^"]
