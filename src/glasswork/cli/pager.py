"""Printing what may be long: piece by piece, through a pager on a terminal, and quietly over when nobody reads on."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, TYPE_CHECKING

from glasswork.cli import say

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

_LESS = "FRX"
"""How git asks ``less`` to behave: no pager for a single screen, colours, nothing cleared at the end."""


def pages(pieces: Iterable[RenderableType], *, pager: bool = True) -> None:
    """Print pieces as they come: to a pager where there is a terminal and ``pager`` is set, else to stdout.

    Whoever stops reading (``q`` in the pager, ``| head``) or presses Ctrl-C ends it, and that is no error.
    """
    with quietly():
        if not sys.stdout.isatty():
            _plainly(pieces, say.console())
            return
        command = pager_command() if pager else []
        if not command:
            screen = say.console()
            for piece in pieces:
                screen.print(piece)
            return
        with _paged(command) as stream:
            screen = _like(say.console(), stream)
            for piece in pieces:
                screen.print(piece)
                stream.flush()


@contextmanager
def quietly() -> Iterator[None]:
    """Take it as an end, not as an error, that nobody reads on, or that Ctrl-C is pressed."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        with suppress(OSError, ValueError):  # what is still buffered has no reader: the exit must not try it again
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except KeyboardInterrupt:
        say.out()


def pager_command() -> list[str]:
    """Return the pager to use: ``$GLASSWORK_PAGER``, else ``$PAGER``, else ``less`` where there is one; or none.

    An empty value, or ``cat``, means none.
    """
    for name in ("GLASSWORK_PAGER", "PAGER"):
        chosen = os.environ.get(name)
        if chosen is not None:
            words = shlex.split(chosen)
            return [] if words in ([], ["cat"]) or shutil.which(words[0]) is None else words
    return ["less"] if shutil.which("less") else []


@contextmanager
def _paged(command: list[str]) -> Iterator[IO[str]]:
    """Start a pager, hand out what it reads from, and wait until its reader has had enough."""
    encoding = sys.stdout.encoding or "utf-8"
    environment = {"LESS": _LESS, "LESSCHARSET": "utf-8" if encoding.lower().startswith("utf") else ""} | os.environ
    process = subprocess.Popen(  # noqa: S603 - the user's own pager
        command, stdin=subprocess.PIPE, text=True, encoding=encoding, errors="backslashreplace", env=environment
    )
    with process:
        assert process.stdin is not None
        try:
            yield process.stdin
        finally:
            with suppress(BrokenPipeError):
                process.stdin.close()
            _outwait(process)


def _outwait(process: subprocess.Popen[str]) -> None:
    """Wait for the pager; Ctrl-C is for it to act on, and does not leave it behind without us."""
    while True:
        try:
            process.wait()
        except KeyboardInterrupt:
            continue
        return


def _like(screen: Console, stream: IO[str]) -> Console:
    """Return a console on ``stream`` that draws as ``screen`` does; where nobody reads, it raises BrokenPipeError."""
    from rich.console import Console as Rich

    class Console(Rich):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError  # rich's own would exit with status 1

    return Console(
        file=stream,
        width=screen.width,
        force_terminal=True,
        color_system=screen.color_system,  # type: ignore[arg-type]
        no_color=screen.no_color,
        highlight=False,
        legacy_windows=False,
    )


def _plainly(pieces: Iterable[RenderableType], screen: Console) -> None:
    """Print without the blanks that fill lines up, each piece at once."""
    for piece in pieces:
        say.plainly(piece, screen)
        sys.stdout.flush()
