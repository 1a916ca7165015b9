"""Questions to a person: answered beforehand, asked at the terminal, or left open."""

from __future__ import annotations

import asyncio
import getpass
import sys
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from textwrap import indent
from typing import TYPE_CHECKING, Any

from glasswork.cli import say
from glasswork.errors import Waiting
from glasswork.places import named
from glasswork.view.clean import clean

if TYPE_CHECKING:
    from glasswork.workflow.resources import Answer

Answers = Mapping[str, tuple[bool, str]]
"""Step to yes or no, and a note."""


class People:
    """Who answers the questions of a run."""

    def __init__(self, answers: Answers) -> None:
        self.pause: Callable[[], AbstractContextManager[object]] = nullcontext
        """Keeps a live view still while a question stands."""
        self.clean: Callable[[Any], Any] = lambda data: data
        """Takes secrets out of what is said."""
        self._answers = answers
        self._one_at_a_time = asyncio.Lock()

    async def ask(self, step: str, question: str) -> Answer:
        """Return the answer to a step's question.

        Raises:
            Waiting: it was not answered beforehand, and there is no terminal, or nobody at it who will say.
        """
        from glasswork.workflow.resources import Answer

        by = getpass.getuser()
        given = self._answers.get(step, self._answers.get(named(step)))
        if given is not None:
            approved, note = given
            return Answer(approved, self.clean(note), by)
        if not sys.stdin.isatty():
            raise Waiting(f"{step} waits for an answer: {question}")
        async with self._one_at_a_time:
            with self.pause():
                say.note(f"\n{say.paint(step, 'bold', sys.stderr)} asks:\n{indent(clean(question), '  ')}")
                said = await _yes_or_no()
                if said is None:
                    raise Waiting(f"{step} waits for an answer: {question}")
                note = await _line("A note (Enter for none): ") or ""
        return Answer(said, self.clean(note), by)


async def _yes_or_no() -> bool | None:
    """Return the answer; None where it is left for later, or the terminal is closed."""
    while True:
        said = await _line("yes, no or later? ")
        match said.lower() if said is not None else "later":
            case "y" | "yes":
                return True
            case "n" | "no":
                return False
            case "l" | "later":
                return None


async def _line(prompt: str) -> str | None:
    """Read a line from the terminal without holding up the other steps; None where the terminal was closed.

    The event loop waits for the terminal, no thread does: a thread in ``input()`` could not be interrupted.
    """
    loop = asyncio.get_running_loop()
    arrived: asyncio.Future[str] = loop.create_future()
    sys.stderr.write(prompt)
    sys.stderr.flush()

    def read() -> None:
        if not arrived.done():
            arrived.set_result(sys.stdin.readline())

    loop.add_reader(sys.stdin, read)
    try:
        line = await arrived
    finally:
        loop.remove_reader(sys.stdin)
    return line.strip() if line else None
