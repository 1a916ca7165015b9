"""Printing: plain text in columns, JSON, and the few colours, which stay away where nobody can see them."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import typer

from glasswork.view.clean import clean, json_text

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

WIDTH = 100
"""Columns of what is drawn where there is no terminal."""
_COLOURS = {"red": "31", "green": "32", "yellow": "33", "cyan": "36", "bold": "1", "dim": "2"}
_PAINT = re.compile(rf"(\x1b\[(?:0|{'|'.join(_COLOURS.values())})m)")
"""What :func:`paint` writes, and nothing else: whatever text goes round it, only a colour can come through."""


class Painted(str):
    """Text that is safe for a terminal already, colours included."""

    __slots__ = ()


def paint(text: str, colour: str, stream: TextIO | None = None) -> Painted:
    """Return ``text``, made harmless, in a colour where ``stream`` (default: stdout) is a terminal.

    Set ``NO_COLOR`` to have none.
    """
    stream = stream or sys.stdout
    text = clean(text)
    if not stream.isatty() or os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return Painted(text)
    return Painted(f"\x1b[{_COLOURS[colour]}m{text}\x1b[0m")


def out(text: str = "") -> None:
    """Print a line of results, made harmless but for what is painted."""
    typer.echo(_harmless(text))


def note(text: str) -> None:
    """Print a line about what is going on: to stderr, so that results can be piped."""
    typer.echo(_harmless(text), err=True)


def json_object(value: Any) -> None:
    """Print one JSON value; what would not print is escaped in it."""
    typer.echo(json_text(value, indent=2, default=str))


def _harmless(text: str) -> str:
    """Return text without anything that a terminal would act on: the last gate, for what nobody has cleaned before."""
    if isinstance(text, Painted) or (text.isascii() and text.isprintable()):
        return text
    return "".join(piece if _PAINT.fullmatch(piece) else clean(piece) for piece in _PAINT.split(text))


def counted(number: int, thing: str) -> str:
    """Return a number with what is counted: ``1 file``, ``2 files``."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def shown(path: str | Path) -> str:
    """Return a path as it is written from here: relative where it lies below the working folder."""
    here = Path.cwd()
    return str(Path(path).relative_to(here)) if path and Path(path).is_relative_to(here) else str(path)


def draw(view: RenderableType) -> None:
    """Print what a view has drawn; where it is piped, without the blanks that fill lines up."""
    screen = console()
    if screen.is_terminal:
        screen.print(view)
        return
    plainly(view, screen)


def plainly(view: RenderableType, screen: Console) -> None:
    """Print what a view has drawn, without the blanks that fill lines up."""
    with screen.capture() as drawn:
        screen.print(view)
    out(Painted("\n".join(line.rstrip() for line in drawn.get().removesuffix("\n").split("\n"))))


@contextmanager
def waiting(*, shown: bool = True) -> Iterator[Callable[[str], None]]:
    """Show what a slow start says of itself: in place on a terminal; elsewhere only what is starting, once."""
    if shown and sys.stderr.isatty():
        from rich.text import Text

        with console(sys.stderr).status("starting") as status:
            # a text, for rich reads markup in what is only a string
            yield lambda line: status.update(Text(clean(line).partition("\n")[0][:WIDTH]))
        return
    begun: set[str] = set()

    def tell(line: str) -> None:
        what = line.partition(": ")[0]
        if shown and what not in begun:
            begun.add(what)
            note(f"{clean(what)} is starting")

    yield tell


def console(stream: TextIO | None = None) -> Console:
    """Return a rich console on ``stream`` (default: stdout): as wide as the terminal, else 100 columns."""
    from rich.console import Console

    stream = stream or sys.stdout
    width = None if stream.isatty() else shutil.get_terminal_size((WIDTH, 24)).columns
    return Console(file=stream, width=width, highlight=False)


def columns(rows: Iterable[Sequence[str]], *, indent: str = "") -> None:
    """Print rows as columns, each as wide as its widest cell; the last, which may be painted, is as long as it is.

    A cell stays on its line: whatever it holds, it cannot pass for a row.
    """
    table = [[cell if isinstance(cell, Painted) else _cell(cell) for cell in row] for row in rows]
    if not table:
        return
    widths = [max(len(row[place]) for row in table) for place in range(len(table[0]) - 1)]
    for row in table:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
        out(indent + "  ".join([*cells, row[-1]]).rstrip())


def _cell(text: str) -> str:
    return re.sub(r"\s*[\n\t]\s*", " ", clean(text).strip("\n"))
